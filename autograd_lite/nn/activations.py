"""Activations as modules. `inplace` is accepted for PyTorch's sake: values are never changed here."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ClassVar

from numpy.typing import DTypeLike

from ..ops import activations, elementwise
from ..ops import softmax as softmax_ops
from ..ops.random import Generator
from . import init as initial
from .checks import check_sizes, checked_dtype, matching
from .linear import empty
from .module import Module


class Activation(Module):
    """An operation on `x`, with the arguments of the constructor, which are attributes of the same names."""

    function: ClassVar[Callable[..., Any]]
    names: ClassVar[tuple[str, ...]] = ()  # of the arguments, in the order in which the operation takes them
    inplace = False

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.names = tuple(name for name in inspect.signature(cls).parameters if name not in ("inplace", "rng"))

    def forward(self, x: Any) -> Any:
        """The operation."""
        return self.function(x, *(getattr(self, name) for name in self.names))

    def extra_repr(self) -> str:
        """The arguments; `inplace` only where it is set."""
        names = (*self.names, "inplace") if self.inplace else self.names
        return ", ".join(f"{name}={getattr(self, name)!r}" for name in names)


class InPlace(Activation):
    """One without other arguments, which PyTorch can do in place."""

    def __init__(self, inplace: bool = False):
        self.inplace = inplace


class AlongAxis(Activation):
    """One along an axis, which PyTorch calls `dim`."""

    def __init__(self, dim: int = -1):
        self.dim = dim


class ReLU(InPlace):
    """``max(x, 0)``.

    x: any shape. Returns the same shape. At 0 the gradient is 0.
    """

    function = staticmethod(elementwise.relu)


class ReLU6(InPlace):
    """``min(max(x, 0), 6)``.

    x: any shape. Returns the same shape. At 0 and 6 the gradient is 0.
    """

    function = staticmethod(activations.relu6)


class LeakyReLU(Activation):
    """`x` where it is positive, ``negative_slope x`` elsewhere.

    x: any shape. Returns the same shape. At 0 the gradient is `negative_slope`.
    """

    function = staticmethod(activations.leaky_relu)

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False):
        self.negative_slope, self.inplace = negative_slope, inplace


class PReLU(Module):
    """`x` where it is positive, ``weight x`` elsewhere; weights are learned, one for each channel or one for all.

    num_parameters: the number of channels, or 1. init: what the weights start with. x: (N, C, ...), or any shape for
    one weight. Returns the same shape. At 0 the gradient is the weight. Raises TypeError for an input of another
    dtype, ValueError for one with another number of channels.
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, dtype: DTypeLike | None = None):
        check_sizes(self, 1, num_parameters=num_parameters)
        self.num_parameters, self.init = num_parameters, init
        self.weight = empty((num_parameters,), checked_dtype(self, dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """All weights as they started."""
        initial.constant_(self.weight, self.init)

    def forward(self, x: Any) -> Any:
        """``prelu(x, weight)``."""
        return activations.prelu(matching(self, x, self.weight), self.weight)

    def extra_repr(self) -> str:
        """The number of weights."""
        return f"num_parameters={self.num_parameters}"


class RReLU(Activation):
    """`x` where it is positive, a random slope times `x` elsewhere; out of training the middle of the slopes.

    lower, upper: the slopes lie between. x: any shape. Returns the same shape. rng: where slopes come from (None: the
    package's own generator). At 0 the gradient is the slope. Raises ValueError if `lower` is above `upper`.
    """

    function = staticmethod(activations.rrelu)

    def __init__(
        self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False, *, rng: Generator | None = None
    ):
        if lower > upper:
            raise ValueError(f"RReLU: lower = {lower} is above upper = {upper}; exchange them")
        self.lower, self.upper, self.inplace, self.rng = lower, upper, inplace, rng

    def forward(self, x: Any) -> Any:
        """``rrelu(x)``."""
        return self.function(x, self.lower, self.upper, self.training, rng=self.rng)


class ELU(Activation):
    """`x` where it is positive, ``alpha (exp(x) - 1)`` elsewhere.

    x: any shape. Returns the same shape. At 0 the gradient is `alpha`.
    """

    function = staticmethod(activations.elu)

    def __init__(self, alpha: float = 1.0, inplace: bool = False):
        self.alpha, self.inplace = alpha, inplace


class SELU(InPlace):
    """`ELU` scaled such that mean 0 and variance 1 stay from layer to layer.

    x: any shape. Returns the same shape.
    """

    function = staticmethod(activations.selu)


class CELU(Activation):
    """`x` where it is positive, ``alpha (exp(x / alpha) - 1)`` elsewhere.

    x: any shape. Returns the same shape.
    """

    function = staticmethod(activations.celu)

    def __init__(self, alpha: float = 1.0, inplace: bool = False):
        self.alpha, self.inplace = alpha, inplace


class GELU(Activation):
    """`x` times the probability that a standard normal number is below it.

    x: any shape. Returns the same shape. approximate: "tanh" for a formula without the error function.
    """

    function = staticmethod(activations.gelu)

    def __init__(self, approximate: str = "none"):
        self.approximate = approximate


class SiLU(InPlace):
    """``x sigmoid(x)``.

    x: any shape. Returns the same shape.
    """

    function = staticmethod(activations.silu)


class Mish(InPlace):
    """``x tanh(softplus(x))``.

    x: any shape. Returns the same shape.
    """

    function = staticmethod(activations.mish)


class Tanh(Activation):
    """Hyperbolic tangent.

    x: any shape. Returns the same shape.
    """

    function = staticmethod(elementwise.tanh)


class Sigmoid(Activation):
    """Logistic function ``1 / (1 + exp(-x))``.

    x: any shape. Returns the same shape.
    """

    function = staticmethod(elementwise.sigmoid)


class LogSigmoid(Activation):
    """``log(sigmoid(x))``.

    x: any shape. Returns the same shape.
    """

    function = staticmethod(activations.logsigmoid)


class Softplus(Activation):
    """``log(1 + exp(beta x)) / beta``, and `x` itself where ``beta x`` is above `threshold`.

    x: any shape. Returns the same shape.
    """

    function = staticmethod(activations.softplus)

    def __init__(self, beta: float = 1.0, threshold: float = 20.0):
        self.beta, self.threshold = beta, threshold


class Softsign(Activation):
    """``x / (1 + abs(x))``.

    x: any shape. Returns the same shape.
    """

    function = staticmethod(activations.softsign)


class Tanhshrink(Activation):
    """``x - tanh(x)``.

    x: any shape. Returns the same shape.
    """

    function = staticmethod(activations.tanhshrink)


class Hardtanh(Activation):
    """`x` limited to the interval from `min_val` to `max_val`.

    x: any shape. Returns the same shape. On a limit the gradient is 0.
    """

    function = staticmethod(activations.hardtanh)

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False):
        self.min_val, self.max_val, self.inplace = min_val, max_val, inplace


class Hardsigmoid(InPlace):
    """``clip(x + 3, 0, 6) / 6``.

    x: any shape. Returns the same shape. At -3 and 3 the gradient is 0.
    """

    function = staticmethod(activations.hardsigmoid)


class Hardswish(InPlace):
    """``x clip(x + 3, 0, 6) / 6``.

    x: any shape. Returns the same shape. At -3 and 3 the gradient is the one from outside.
    """

    function = staticmethod(activations.hardswish)


class Hardshrink(Activation):
    """`x`, and 0 where its absolute value is at most `lambd`.

    x: any shape. Returns the same shape. At -lambd and lambd the gradient is 0.
    """

    function = staticmethod(activations.hardshrink)

    def __init__(self, lambd: float = 0.5):
        self.lambd = lambd


class Softshrink(Activation):
    """`x` moved towards 0 by `lambd`, and 0 where its absolute value is less.

    x: any shape. Returns the same shape. At -lambd and lambd the gradient is 0.
    """

    function = staticmethod(activations.softshrink)

    def __init__(self, lambd: float = 0.5):
        self.lambd = lambd


class Threshold(Activation):
    """`x` where it is above `threshold`, `value` elsewhere.

    x: any shape. Returns the same shape. At the threshold the gradient is 0.
    """

    function = staticmethod(activations.threshold)

    def __init__(self, threshold: float, value: float, inplace: bool = False):
        self.threshold, self.value, self.inplace = threshold, value, inplace


class GLU(AlongAxis):
    """The first half of `x` along the axis `dim`, times the sigmoid of the second.

    x: any shape, with an even length there. Returns that shape with half the length.
    """

    function = staticmethod(activations.glu)


class Softmax(AlongAxis):
    """``exp(x) / sum(exp(x))`` along the axis `dim`.

    x: any shape with that axis. Returns the same shape.
    """

    function = staticmethod(softmax_ops.softmax)


class LogSoftmax(AlongAxis):
    """``log(softmax(x))`` along the axis `dim`.

    x: any shape with that axis. Returns the same shape.
    """

    function = staticmethod(softmax_ops.log_softmax)


class Softmin(AlongAxis):
    """``softmax(-x)`` along the axis `dim`.

    x: any shape with that axis. Returns the same shape.
    """

    function = staticmethod(activations.softmin)


class Softmax2d(Module):
    """`Softmax` over the channels.

    x: (N, C, H, W) or (C, H, W). Returns the same shape.
    """

    def forward(self, x: Any) -> Any:
        """``softmax(x)`` along the third axis from behind."""
        return softmax_ops.softmax(x, -3)
