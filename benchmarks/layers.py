"""Single layers, as they are inside of a network: forward, gradients of parameters and input, perhaps an update."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from .training import Array, data, differentiate, optimizer, start
from .workload import Step, Workload

LR = 1e-4


def layer(
    title: str,
    make: Callable[[Any], Any],
    inputs: Sequence[Array],
    gradient: Array | None,
    reach: float,
    stretch: float,
    update: bool = False,
    unit: str = "ms",
    **more: Any,
) -> Workload:
    """The workload of one layer of ours and PyTorch's.

    make: makes it out of `ag.nn` or `torch.nn`, which have the same names. inputs: of the layer; gradients are computed
    for floats. gradient: of the output; None for a scalar. update: by SGD. more: for `Workload`.
    """
    build = partial(differentiated, make, inputs, gradient, update)
    images = inputs[0].ndim == 4
    # Ours takes images in any order of memory; this is the one that a layer before would have given.
    ours = partial(build, "autograd_lite", channels_last=images)
    systems = {"autograd_lite": ours, "torch": partial(build, "torch")}
    if images:
        systems["torch/channels_last"] = partial(build, "torch", channels_last=True)
    return Workload(title, unit, systems, reach={"torch": reach}, stretch={"torch": stretch}, **more)


def convolution(
    title: str, make: Callable[[Any], Any], x: Array, gradient: Array, reach: float, stretch: float
) -> Workload:
    """The workload of a convolution, with an update of its weights."""
    return layer(title, make, [x], gradient, reach, stretch, update=True)


def differentiated(make, inputs, gradient, update, library: str, channels_last: bool = False) -> Step:
    lib = importlib.import_module(library)
    module = start(lib, make(lib.nn), channels_last and library == "torch")
    tensors = [data(lib, x, channels_last, requires_grad=x.dtype.kind == "f") for x in inputs]
    leaves = [*(x for x in tensors if x.requires_grad), *module.parameters()]
    gradient = None if gradient is None else data(lib, gradient, channels_last)
    return differentiate(
        lambda: module(*tensors), leaves, gradient, optimizer(lib, "SGD", module.parameters(), LR) if update else None
    )
