"""Parameters that are computed from others: weight and spectral normalization, and functions of one's own.

A parametrized ``layer.weight`` is no Parameter any more. It is computed, once in each call of the layer, from what is
learned instead, under PyTorch's keys: ``parametrizations.weight.original`` (``original0``, ``original1``, ... where
there are several), and under ``parametrizations.weight.0`` what the parametrization itself has.
"""

from __future__ import annotations

import threading
from typing import Any

from ..core import is_grad_enabled, no_grad, raw
from ..ops.elementwise import maximum
from ..ops.linalg import matmul
from ..ops.norms import vector_norm
from ..ops.random import Generator, default_rng
from ..ops.scaling import normalize
from ..ops.shape import moveaxis, reshape
from .checks import check_integers, check_sizes
from .containers import ModuleList
from .conv import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from .module import Module, Parameter, structure_changed


class _Calls(threading.local):
    def __init__(self) -> None:
        self.values: dict[int, dict[Any, Any]] = {}  # what is computed so far in the calls of modules that run


_calls = _Calls()


class ParametrizationList(ModuleList):
    """One parametrization and what it is computed from: Parameters `original`, or `original0`, `original1`, ...

    parametrization: called with the originals, gives the value. Its method `right_inverse`, if it has one, gives the
    originals, one array or a tuple of them, of the value that is there; else the value is the original.
    """

    def __init__(self, parametrization: Module, parameter: Parameter):
        super().__init__([parametrization])
        inverse = getattr(parametrization, "right_inverse", None)
        with no_grad():
            originals = parameter.detach() if inverse is None else inverse(parameter.detach())
        several = isinstance(originals, tuple)
        self.names = [f"original{i}" for i in range(len(originals))] if several else ["original"]
        for name, original in zip(self.names, originals if several else [originals], strict=True):
            setattr(self, name, Parameter(raw(original), parameter.requires_grad))

    def originals(self) -> list[Parameter]:
        """What is learned."""
        return [getattr(self, name) for name in self.names]

    def forward(self) -> Any:
        """The value."""
        return self[0](*self.originals())


class _Parametrized(Module):
    """Goes before the class of a module of which something is parametrized."""

    parametrizations: dict[str, ParametrizationList]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if id(self) in _calls.values:
            return super().__call__(*args, **kwargs)
        _calls.values[id(self)] = {}
        try:
            return super().__call__(*args, **kwargs)
        finally:
            del _calls.values[id(self)]

    def __getattr__(self, name: str) -> Any:
        """The value of a parametrized attribute, which is in no `__dict__`."""
        if name not in vars(self).get("parametrizations", ()):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        values, key = _calls.values.get(id(self), {}), (name, is_grad_enabled())
        if key not in values:
            values[key] = self.parametrizations[name]()
        return values[key]

    def __setattr__(self, name: str, value: Any) -> None:
        if name in vars(self).get("parametrizations", ()):
            raise AttributeError(
                f"{type(self).__name__}.{name} is computed from others; change the parameters of"
                f" .parametrizations[{name!r}], or take the parametrization away first with remove_parametrizations"
            )
        super().__setattr__(name, value)


_classes: dict[type, type] = {}


def _parametrized(kind: type) -> type:
    """The class of a module of this class of which something is parametrized."""
    if kind not in _classes:
        _classes[kind] = type(kind.__name__, (_Parametrized, kind), {"__doc__": kind.__doc__})
    return _classes[kind]


def register_parametrization(module: Module, tensor_name: str, parametrization: Module) -> Module:
    """Let the Parameter `tensor_name` of `module` be computed by `parametrization`; returns the module.

    parametrization: a Module whose `forward` makes the value of the originals, and whose `right_inverse`, if it has
    one, makes an original, or a tuple of several, of a value. Optimizers must be made afterwards, of the new
    parameters. Raises ValueError if there is no such Parameter, or it is parametrized already.

    >>> layer = register_parametrization(nn.Linear(4, 4), "weight", Symmetric())
    """
    parameter = vars(module).get(tensor_name)
    if not isinstance(parameter, Parameter):
        names = ", ".join(name for name, value in vars(module).items() if isinstance(value, Parameter))
        raise ValueError(
            f"register_parametrization: {type(module).__name__} has no Parameter {tensor_name!r} of its own, or it is"
            f" parametrized already; pass one of its Parameters ({names or 'it has none'})"
        )
    computed = ParametrizationList(parametrization, parameter).train(module.training)
    delattr(module, tensor_name)
    if not isinstance(module, _Parametrized):
        module.__class__ = _parametrized(type(module))
        module.parametrizations = {}
    module.parametrizations[tensor_name] = computed  # type: ignore[attr-defined]
    structure_changed()
    return module


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Make `tensor_name` a Parameter again; returns the module.

    leave_parametrized: with the value that is computed, or (False) with the original. Raises ValueError if it is
    not parametrized, or there are several originals and leave_parametrized is False.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(
            f"remove_parametrizations: {type(module).__name__}.{tensor_name} is not parametrized; see is_parametrized"
        )
    parametrizations: dict[str, ParametrizationList] = module.parametrizations  # type: ignore[attr-defined]
    computed = parametrizations[tensor_name]
    originals = computed.originals()
    if not leave_parametrized and len(originals) > 1:
        raise ValueError(
            f"remove_parametrizations: {tensor_name} has {len(originals)} originals; pass leave_parametrized=True"
        )
    with no_grad():
        value = computed() if leave_parametrized else originals[0]
    del parametrizations[tensor_name]
    if not parametrizations:
        del module.parametrizations  # type: ignore[attr-defined]
        module.__class__ = type(module).__bases__[1]
    setattr(module, tensor_name, Parameter(raw(value), originals[0].requires_grad))
    return module


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether this attribute of the module, or for None any, is computed by a parametrization."""
    names = module.parametrizations if isinstance(module, _Parametrized) else ()
    return len(names) > 0 if tensor_name is None else tensor_name in names


# -- weight normalization ----------------------------------------------------------------------------------------


class _WeightNorm(Module):
    def __init__(self, dim: int | None):
        self.dim = dim

    def _norm(self, direction: Any) -> Any:
        if self.dim is None:
            return vector_norm(direction)
        others = tuple(axis for axis in range(direction.ndim) if axis != self.dim % direction.ndim)
        return vector_norm(direction, axis=others, keepdims=True)

    def right_inverse(self, weight: Any) -> tuple[Any, Any]:
        return self._norm(weight), weight

    def forward(self, length: Any, direction: Any) -> Any:
        return direction * (length / self._norm(direction))


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Learn the lengths and the directions of the rows of a weight apart: ``w = g * v / norm(v)``; returns the module.

    dim: the axis along which each index has its own length, None for one length. The keys are
    ``parametrizations.weight.original0`` (g) and ``original1`` (v), which start so that the weight stays. Raises
    ValueError if there is no such Parameter, or no such axis. Salimans and Kingma 2016.

    >>> layer = ag.nn.parametrizations.weight_norm(ag.nn.Linear(8, 4))
    """
    if dim is not None:
        check_integers(module, dim=dim)
        _check_axis("weight_norm", module, name, dim)
    return register_parametrization(module, name, _WeightNorm(dim))


# -- spectral normalization --------------------------------------------------------------------------------------


class _SpectralNorm(Module):
    _u: Any
    _v: Any

    def __init__(self, weight: Any, n_power_iterations: int, dim: int, eps: float, rng: Generator | None):
        self.n_power_iterations, self.dim, self.eps = n_power_iterations, dim, eps
        if weight.ndim < 2:
            return  # the norm of a vector takes no iteration
        rng, matrix = default_rng(rng), raw(self._matrix(weight))
        for name, size in zip(("_u", "_v"), matrix.shape, strict=True):
            start = rng.standard_normal(size).astype(matrix.dtype)
            self.register_buffer(name, normalize(start, axis=0, eps=eps))
        self._iterate(matrix, 15)

    def _matrix(self, weight: Any) -> Any:
        """The weight as a matrix, with a row for each index along `dim`."""
        return reshape(moveaxis(weight, self.dim, 0), (weight.shape[self.dim], -1))

    def _iterate(self, matrix: Any, times: int) -> None:
        """The power method: u and v come closer to the singular vectors of the largest singular value."""
        u, v = self._u.data, self._v.data
        for _ in range(times):
            u = normalize(matrix @ v, axis=0, eps=self.eps)
            v = normalize(matrix.T @ u, axis=0, eps=self.eps)
        self._u.data, self._v.data = u, v

    def forward(self, weight: Any) -> Any:
        if weight.ndim < 2:
            return weight / maximum(vector_norm(weight), self.eps)
        matrix = self._matrix(weight)
        if self.training:
            self._iterate(raw(matrix), self.n_power_iterations)
        return weight / matmul(self._u.data, matmul(matrix, self._v.data))


def spectral_norm(
    module: Module,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
    *,
    rng: Generator | None = None,
) -> Module:
    """Divide a weight by its largest singular value, so that the layer is 1-Lipschitz; returns the module.

    The value is estimated by power iteration, which goes on by n_power_iterations steps in each call in training. dim:
    the axis of the outputs, None for 0, or for 1 of a transposed convolution; the others make up the columns of the
    matrix. rng: draws the first vectors. The keys are ``parametrizations.weight.original``, and the buffers
    ``parametrizations.weight.0._u`` and ``_v``. Raises ValueError if there is no such Parameter, no such axis, or
    n_power_iterations is below 1. Miyato, Kataoka, Koyama and Yoshida 2018.

    >>> layer = ag.nn.parametrizations.spectral_norm(ag.nn.Linear(8, 4))
    """
    check_sizes(module, least=1, n_power_iterations=n_power_iterations)
    if dim is None:
        dim = 1 if isinstance(module, ConvTranspose1d | ConvTranspose2d | ConvTranspose3d) else 0
    weight = _check_axis("spectral_norm", module, name, dim)
    return register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, dim, eps, rng))


def _check_axis(title: str, module: Module, name: str, dim: int) -> Any:
    """The Parameter, if there is one of this name with this axis."""
    parameter = vars(module).get(name)
    if not isinstance(parameter, Parameter) or not -parameter.ndim <= dim < parameter.ndim:
        shape = f"is {parameter.shape}" if isinstance(parameter, Parameter) else "is no Parameter of its own"
        raise ValueError(
            f"{title}: {type(module).__name__}.{name} {shape}; pass the name of a Parameter that has axis {dim}"
        )
    return parameter.detach()
