"""Which kernel does a convolution: chosen from shapes alone, so that the same program always takes the same path.

A kernel is a module with a function for each role (`correlate`, `transposed`, `filter_gradient`; a role may be missing)
and ``refuses(problem)``, which says why it cannot do a problem, or None. It is asked for images of two axes alone,
unless it says ``ANY_AXES = True``. ``cost(problem)`` gives its multiplications and bytes of workspace, where they are
not those of the definition and none; ``FLOAT32_BOUND`` its error, relative to the largest number, if above 1e-5.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
from collections.abc import Iterator
from types import ModuleType
from typing import NamedTuple

from . import chunks, depthwise, fourier, patches, pointwise, reference, width, winograd
from .problem import Problem

KERNELS: dict[str, ModuleType] = {
    "patches": patches,
    "fourier": fourier,
    "width": width,
    "pointwise": pointwise,
    "winograd": winograd,
    "depthwise": depthwise,
    "chunks": chunks,
    "scipy": reference,
}


# The first of these that can do a problem, and is faster on such shapes, does it.
RULES = {
    "fourier": "filters so large are fastest as a product of spectra",
    "width": "few channels: images last in memory, rows of taps as products",
    "pointwise": "each pixel is a patch: a matrix product without any copy",
    "winograd": "3x3 over many channels: a quarter of the multiplications",
    "depthwise": "one filter for each channel: no matrix products",
    "chunks": "many channels: products as large as the cache",
}


class Plan(NamedTuple):
    """A choice: the name of a kernel, and why it was taken."""

    kernel: str
    reason: str


_forced: contextvars.ContextVar[str | None] = contextvars.ContextVar("forced", default=None)


def plan(problem: Problem) -> Plan:
    """The kernel for a problem. Raises ValueError if one is forced that cannot do it."""
    name = _forced.get()
    if name is None or problem.products == 0:
        return _fastest(problem)
    if refusal := refusal_of(name, problem):
        raise ValueError(f"the kernel {name!r} cannot do {problem.role}: {refusal}; force another one, or none")
    return Plan(name, "it was forced")


@functools.lru_cache(maxsize=1024)  # a choice takes 7 us
def _fastest(problem: Problem) -> Plan:
    if problem.products == 0:
        return Plan("patches", "without images, channels or filters there is nothing to multiply")
    for name, reason in RULES.items():
        if not refusal_of(name, problem) and KERNELS[name].wins(problem):
            return Plan(name, reason)
    return Plan("patches", "it does everything")


def refusal_of(name: str, problem: Problem) -> str | None:
    """Why a kernel cannot do a problem, or None if it can."""
    module = KERNELS[name]
    if not hasattr(module, problem.role):
        return "it has no such role"
    if len(problem.size) != 2 and not getattr(module, "ANY_AXES", False):
        return "it is for images of two axes"
    refuses = getattr(module, "refuses", None)
    return refuses(problem) if refuses else None


@contextlib.contextmanager
def conv_kernel(name: str) -> Iterator[None]:
    """A block in which all convolutions, forward and backward, are done by one kernel, in this thread.

    name: one of those that `explain_conv` lists; "scipy" is the reference, by scipy.signal. A convolution that the
    kernel cannot do raises ValueError, which says why. Raises ValueError for another name.
    """
    if name not in KERNELS:
        raise ValueError(f"conv_kernel: there is no kernel {name!r}; pass one of {', '.join(sorted(KERNELS))}")
    token = _forced.set(name)
    try:
        yield
    finally:
        _forced.reset(token)
