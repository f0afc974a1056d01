"""Which kernel does a convolution and its gradients, and why."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from ..core import get_default_dtype
from ..kernels.conv import CORRELATE, FILTER_GRADIENT, TRANSPOSED, Choice, Problem, choice
from ..kernels.windows import Lengths, Windows
from .conv import FAMILIES, ConvPadding, correlation_windows, transposed_windows
from .windows import Numbers


class ConvExplanation(NamedTuple):
    """What `explain_conv` finds: the kernel of the forward, of the gradient for x, and of that for the weight."""

    title: str
    forward: Choice
    x: Choice
    weight: Choice

    def __str__(self) -> str:
        parts = {"forward": self.forward, "gradient for x": self.x, "gradient for weight": self.weight}
        lines = (f"{name}: {part}".replace("\n", "\n  ") for name, part in parts.items())
        return "\n  ".join([self.title, *lines])

    def __repr__(self) -> str:
        return str(self)


def explain_conv(
    x: Any,
    weight: Any,
    stride: Numbers = 1,
    padding: ConvPadding = 0,
    dilation: Numbers = 1,
    groups: int = 1,
    *,
    transposed: bool = False,
    output_padding: Numbers = 0,
    dtype: DTypeLike | None = None,
) -> ConvExplanation:
    """Which kernel does a convolution and its two gradients, what that costs, and why the other kernels do not.

    x, weight: arrays, or their shapes, of `conv1d`, `conv2d` or `conv3d`, whose arguments the others are. transposed:
    they are those of `conv_transpose1d` to `conv_transpose3d`, which have an output_padding, too. dtype: of both (None:
    that of the arrays, or the default one). Returns an explanation that reads well when it is printed, with a choice
    for each of the three: the kernel, the reason, multiplications, bytes of workspace, and for each other kernel why it
    was not taken. What is taken depends on these arguments alone, or on `conv_kernel` if that forces one. Raises the
    errors of the convolution.
    """
    (n, *_), (outer, inner, *_) = shapes = _shape("x", x), _shape("weight", weight)
    axes, size = len(shapes[0]) - 2, shapes[0][2:]
    name = f"conv_transpose{axes}d" if transposed else f"conv{axes}d"
    if axes not in FAMILIES:
        raise ValueError(f"explain_conv: x has {axes + 2} axes; pass one with 3 to 5, as the convolutions take them")
    dtype = _dtype(x, weight) if dtype is None else np.dtype(dtype)
    if transposed:
        windows = transposed_windows(axes, *shapes, stride, padding, output_padding, groups, dilation)
        size = windows.covered(size)
        roles = TRANSPOSED, CORRELATE, FILTER_GRADIENT
    else:
        windows = correlation_windows(axes, *shapes, stride, padding, dilation, groups)
        roles = CORRELATE, TRANSPOSED, FILTER_GRADIENT
    problem = Problem.of(roles[0], n, inner * groups, outer, size, windows, groups, dtype)
    choices = (choice(problem.in_role(role)) for role in roles)
    return ConvExplanation(_title(name, shapes, windows, groups, dtype), *choices)


def _shape(name: str, value: Any) -> Lengths:
    """Of an array, or a shape itself."""
    shape = tuple(value if isinstance(value, tuple | list) else value.shape)
    if len(shape) < 3:
        raise ValueError(f"explain_conv: {name} has {len(shape)} axes; pass an array of 3 to 5 axes, or its shape")
    return shape


def _dtype(*operands: Any) -> np.dtype[Any]:
    arrays = [operand.dtype for operand in operands if hasattr(operand, "dtype")]
    return np.result_type(*arrays) if arrays else np.dtype(get_default_dtype())


def _title(name: str, shapes: tuple[Lengths, Lengths], windows: Windows, groups: int, dtype: np.dtype[Any]) -> str:
    text = f"{name} of x {shapes[0]} and weight {shapes[1]}, {dtype}"
    for argument, value in windows._asdict().items():
        text += f", {argument} {value}" if argument != "kernel" else ""
    return text + (f", groups {groups}" if groups != 1 else "")
