"""All derivatives of a function: `jacobian` and `hessian`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np

from ..errors import operand
from ..ops.elementwise import astype, conj
from ..ops.shape import reshape, stack
from . import trees
from .evaluation import Argnums, Forward, Run, check_argnums
from .functional import gradient_function


def jacobian(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    mode: Literal["auto", "reverse", "forward"] = "auto",
    holomorphic: bool = False,
) -> Callable[..., Any]:
    """The function that gives all derivatives of what `f` returns: blocks of shape ``output.shape + input.shape``.

    argnums: as in `grad`. mode: "reverse" takes a backward for each element of the outputs, "forward" one, somewhat
    dearer, for each element of the inputs; "auto" takes what is cheaper. holomorphic: `f` is, from complex arguments to
    complex results; the derivatives are then complex numbers. Returns the structure of the outputs, and in the place of
    each the structure of the arguments. Blocks have the argument's dtype, or its complex one for a complex output.
    Raises ValueError for another mode, TypeError for arguments of integers, and for complex ones without `holomorphic`.

    >>> ag.jacobian(lambda x: x**2)(np.array([1.0, 2.0]))  # array([[2.0, 0.0], [0.0, 4.0]])
    """
    if mode not in _MODES:
        raise ValueError(f"jacobian: there is no mode {mode!r}; use one of {', '.join(_MODES)}")
    return _jacobian("jacobian", f, argnums, mode, holomorphic)


def hessian(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The function that gives all second derivatives of `f`, whose value is a real scalar.

    argnums: as in `grad`. Returns blocks of shape ``input.shape + other.shape``, in the structure of the arguments
    twice over. Raises as `grad` does, and TypeError for complex arguments: pass real and imaginary parts.
    """
    return _jacobian("hessian", gradient_function("hessian", f, argnums), argnums, "reverse", False)


_MODES = ("auto", "reverse", "forward")
_DEARER = 2  # what a column of a Jacobian costs, in rows


def _jacobian(name: str, f: Callable[..., Any], argnums: Argnums, mode: str, holomorphic: bool) -> Callable[..., Any]:
    check_argnums(name, argnums)

    @functools.wraps(f, updated=())
    def derivatives(*args: Any, **kwargs: Any) -> Any:
        run = Run(name, f, args, kwargs, argnums)
        _check_complex(name, run, holomorphic)
        rows, columns = (sum(value.size for value in values) for values in (run.outputs, run.variables))
        forward = mode == "forward" or (mode == "auto" and _DEARER * columns < rows)
        blocks = _by_columns(run) if forward else _by_rows(run, holomorphic)
        return trees.rebuild(run.result, (run.arranged(row) for row in blocks))

    return derivatives


def _by_rows(run: Run, holomorphic: bool) -> Iterator[list[Any]]:
    """For each output the blocks for all variables, by a backward for each of its elements."""
    for i, output in enumerate(run.outputs):
        rows = [_row(run, i, seed, holomorphic) for seed in _units(output)]
        yield [_block([row[j] for row in rows], 0, output, variable) for j, variable in enumerate(run.variables)]


def _row(run: Run, i: int, seed: Any, holomorphic: bool) -> list[Any]:
    """The derivatives of one element for all variables; of a complex one, those of both its parts."""

    def pull(seed: Any) -> list[Any]:
        found = run.pull(_only(i, seed, run.outputs), run.lasting, retain=True)
        return found if run.lasting else [g.data for g in found]

    if holomorphic:
        return list(map(conj, pull(seed)))
    if seed.dtype.kind != "c":
        return pull(seed)
    return [real + 1j * imaginary for real, imaginary in zip(pull(seed), pull(1j * seed), strict=True)]


def _by_columns(run: Run) -> Iterator[list[Any]]:
    """The same by a derivative along each element of the variables."""
    forward = Forward(run)

    def push(j: int, tangent: Any) -> list[Any]:
        found = forward.push(_only(j, tangent, run.variables), run.lasting)
        return found if run.lasting else [derivative.data for derivative in found]

    columns = [[push(j, tangent) for tangent in _units(variable)] for j, variable in enumerate(run.variables)]
    for i, output in enumerate(run.outputs):
        pairs = zip(columns, run.variables, strict=True)
        yield [_block([column[i] for column in found], -1, output, variable) for found, variable in pairs]


def _units(value: Any) -> Iterator[Any]:
    """The arrays like `value` that are 1 in one element, in order, and 0 in all others."""
    for position in range(value.size):
        unit = np.zeros(value.shape, value.dtype)
        unit.flat[position] = 1
        yield unit


def _only(position: int, value: Any, values: list[Any]) -> list[Any]:
    return [value if i == position else None for i in range(len(values))]


def _block(slices: list[Any], axis: int, output: Any, variable: Any) -> Any:
    """The derivatives of one output for one variable, from those of each element along `axis`; in its dtype."""
    shape = (*output.shape, *variable.shape)
    dtype = np.result_type(variable.dtype, np.complex64) if output.dtype.kind == "c" else variable.dtype
    if not slices:
        return np.zeros(shape, dtype)
    block = reshape(stack(slices, axis), shape)
    return block if block.dtype == dtype else astype(block, dtype)


def _check_complex(name: str, run: Run, holomorphic: bool) -> None:
    values = (("argument", run.variables), ("result", run.outputs if holomorphic else ()))
    for what, value in ((what, value) for what, found in values for value in found):
        if holomorphic is not (value.dtype.kind == "c"):
            rule = "is not complex, but holomorphic=True" if holomorphic else "is complex"
            raise TypeError(
                f"{name}: an {what} {operand(value)} {rule}; pass real and imaginary parts as real arguments, or"
                " holomorphic=True for a function from complex arguments to complex results"
            )
