"""Sums of products over named axes: what the subscripts mean, in which order to multiply, and two factors by matmul."""

from __future__ import annotations

import functools
import math
import string
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]
Step = tuple[tuple[int, ...], str]  # positions of the operands to take out, subscripts of their product

REMEMBERED = 1024  # plans: one for each expression and shapes of a program


# -- what subscripts mean ----------------------------------------------------------------------------------------


def letters(*arguments: Any) -> tuple[str, tuple[Any, ...]]:
    """NumPy's other form, ``a, [0, 1], b, [1, 2], [0, 2]``, as subscripts and operands."""
    terms, operands = [_spelled(axes) for axes in arguments[1::2]], arguments[: len(arguments) // 2 * 2 : 2]
    output = "->" + _spelled(arguments[-1]) if len(arguments) % 2 else ""
    return ",".join(terms) + output, operands


def _spelled(axes: Sequence[Any]) -> str:
    return "".join("..." if axis is Ellipsis else string.ascii_letters[axis] for axis in axes)


def explicit(subscripts: str, ndims: Sequence[int]) -> tuple[list[str], str]:
    """Terms and output of subscripts, with letters for "..." and the output that NumPy implies."""
    left, arrow, output = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    spare = sorted(set(string.ascii_letters) - set(subscripts))
    wide = [ndim - len(t.replace("...", "")) if "..." in t else 0 for t, ndim in zip(terms, ndims, strict=True)]
    ellipsis = "".join(spare[: max(wide)])
    terms = [t.replace("...", ellipsis[len(ellipsis) - n :]) for t, n in zip(terms, wide, strict=True)]
    if not arrow:
        joined = "".join(terms)
        output = ellipsis + "".join(sorted(c for c in set(joined) - set(ellipsis) if joined.count(c) == 1))
    return terms, output.replace("...", ellipsis)


@functools.lru_cache(REMEMBERED)
def steps(subscripts: str, shapes: tuple[Shape, ...], optimize: Any) -> tuple[Step, ...]:
    """Products of at most two operands each, whose results go to the end of the line, that make up the whole one.

    optimize: NumPy's, where a path is a tuple. Raises NumPy's errors for subscripts that do not fit the shapes.
    """
    dummies = [np.broadcast_to(np.float64(0), shape) for shape in shapes]
    path, _ = np.einsum_path(subscripts, *dummies, optimize=list(optimize) if type(optimize) is tuple else optimize)
    terms, output = explicit(subscripts, [len(shape) for shape in shapes])
    found: list[Step] = []
    for positions in path[1:]:
        chosen = sorted(positions)
        while len(chosen) > 2:  # three at once: two, and then their product with the third
            found.append(_step(terms, chosen[-2:], output))
            chosen = [*chosen[:-2], len(terms) - 1]
        found.append(_step(terms, chosen, output))
    return tuple(found)


def _step(terms: list[str], positions: Sequence[int], output: str) -> Step:
    """One product; `terms` becomes what is left after it. Axes that nothing needs any more are summed over."""
    taken = [terms[i] for i in positions]
    for i in reversed(positions):
        del terms[i]
    wanted = set(output).union(*terms)
    result = "".join(c for c in dict.fromkeys("".join(taken)) if c in wanted) if terms else output
    terms.append(result)
    return tuple(positions), f"{','.join(taken)}->{result}"


# -- one product -------------------------------------------------------------------------------------------------


def contract(subscripts: str, *operands: Array) -> Any:
    """Sum of products of one or two operands over named axes; subscripts without "..." and with an output.

    Two are multiplied by BLAS, batches too, which np.einsum does one element after the other unless it is asked for a
    path: (64, 32, 32) and as much again in float32, "bij,bjk->bik", take 0.06 ms and not 0.57.
    """
    if len(operands) == 1:
        return np.einsum(subscripts, operands[0])
    a, b = operands
    if a.dtype.kind not in "fc" or b.dtype.kind not in "fc":  # sums of booleans are "or"
        return np.einsum(subscripts, a, b)
    if a.dtype != b.dtype:  # what one side sums alone would be sums in its own precision
        kind = np.result_type(a, b)
        a, b = a.astype(kind, copy=False), b.astype(kind, copy=False)
    plan = _plan(subscripts, a.shape, b.shape)
    if plan is None:
        return np.einsum(subscripts, a, b)
    a, b = _arranged(a, plan.a), _arranged(b, plan.b)
    out = a * b if plan.elementwise else a.dot(b) if a.ndim == 2 else np.matmul(a, b)
    if plan.lengths is not None:
        out = out.reshape(plan.lengths)
    return out if plan.order is None else out.transpose(plan.order)


def contract_reference(subscripts: str, *operands: Array) -> Any:
    """The same by NumPy's loop."""
    return np.einsum(subscripts, *operands)


class _Side(NamedTuple):
    """How an operand becomes a factor of a matrix product: diagonals, sums, order of axes, shape; None: as it is."""

    diagonal: str | None
    summed: Shape | None
    order: Shape | None
    shape: Shape | None


class _Plan(NamedTuple):
    """How two operands become one: both sides, whether without a sum, lengths and order of the result's axes."""

    a: _Side
    b: _Side
    elementwise: bool
    lengths: Shape | None
    order: Shape | None


def _arranged(x: Array, side: _Side) -> Array:
    if side.diagonal is not None:
        x = np.einsum(side.diagonal, x)
    if side.summed is not None:
        x = x.sum(side.summed)
    if side.order is not None:
        x = x.transpose(side.order)
    return x if side.shape is None else x.reshape(side.shape)


@functools.lru_cache(REMEMBERED)
def _plan(subscripts: str, a_shape: Shape, b_shape: Shape) -> _Plan | None:
    """Each letter has one of four parts: it counts matrices, rows, columns, or products to be summed.

    None where NumPy's loop is the best: many scalar products.
    """
    left, _, output = subscripts.partition("->")
    a, b = left.split(",")
    of_a, of_b = _lengths(a, a_shape, b, b_shape)
    # An axis of length 1 that the other side has at length repeats what is there: it can be left out.
    in_a = {c for c in a if of_a[c] != 1 or of_b.get(c, 1) == 1}
    in_b = {c for c in b if of_b[c] != 1 or of_a.get(c, 1) == 1}
    lengths = {c: of_a[c] if c in in_a else of_b[c] for c in in_a | in_b}
    batch, rows, columns = ([c for c in output if c in part] for part in (in_a & in_b, in_a - in_b, in_b - in_a))
    summed = [c for c in of_a if c in in_a & in_b and c not in output]
    if not summed:  # an elementwise product, both with the result's order of axes
        sides = [
            _side(term, [c for c in output if c in kept], lengths, [lengths[c] if c in kept else 1 for c in output])
            for term, kept in ((a, in_a), (b, in_b))
        ]
        return _Plan(sides[0], sides[1], True, None, None)
    if batch and not rows and not columns:
        return None
    matrices, n, m, k = (math.prod(lengths[c] for c in part) for part in (batch, rows, columns, summed))
    stack = [matrices] if batch else []
    side_a = _side(a, [*batch, *rows, *summed], lengths, [*stack, n, k])
    side_b = _side(b, [*batch, *summed, *columns], lengths, [*stack, k, m])
    made = [*batch, *rows, *columns]
    order = tuple(made.index(c) for c in output) if made != list(output) else None
    return _Plan(side_a, side_b, False, _unless([lengths[c] for c in made], [*stack, n, m]), order)


def _lengths(a: str, a_shape: Shape, b: str, b_shape: Shape) -> tuple[dict[str, int], dict[str, int]]:
    """The length of each letter on both sides. Raises ValueError where they do not fit."""
    if (len(a), len(b)) != (len(a_shape), len(b_shape)):
        raise ValueError("a term has too many or too few letters; give one letter for each axis")
    pairs = [*zip(a, a_shape, strict=True), *zip(b, b_shape, strict=True)]
    for c in a + b:
        found = {n for name, n in pairs if name == c}
        if len(found | {1}) > 2 or (len(found) > 1 and max(a.count(c), b.count(c)) > 1):
            raise ValueError(
                f"axis {c} is {sorted(found)} long; an axis must have one length wherever its letter stands"
            )
    return dict(pairs[: len(a)]), dict(pairs[len(a) :])


def _side(term: str, wanted: list[str], lengths: dict[str, int], shape: list[int]) -> _Side:
    """The steps from an operand with the axes `term` to one with the axes `wanted`, reshaped."""
    once = "".join(dict.fromkeys(term))
    left = [c for c in once if c in wanted]
    return _Side(
        f"{term}->{once}" if once != term else None,
        _unless([i for i, c in enumerate(once) if c not in wanted], []),
        _unless(list(map(left.index, wanted)), list(range(len(left)))),
        _unless(shape, [lengths[c] for c in wanted]),
    )


def _unless(value: list[int], trivial: list[int]) -> Shape | None:
    return None if value == trivial else tuple(value)


# -- chains of matrices ------------------------------------------------------------------------------------------


def chain_order(lengths: Sequence[int]) -> dict[tuple[int, int], int]:
    """Where to split each part (first, last) of a chain of matrices lengths[i] x lengths[i + 1], for the least work.

    The textbook's dynamic programme over parts of growing length (Cormen et al., Introduction to Algorithms, 15.2).
    """
    n = len(lengths) - 1
    cost = {(i, i): 0 for i in range(n)}
    split = {}
    for span in range(1, n):
        for i in range(n - span):
            j = i + span
            work = {k: cost[i, k] + cost[k + 1, j] + lengths[i] * lengths[k + 1] * lengths[j + 1] for k in range(i, j)}
            split[i, j] = min(work, key=work.__getitem__)
            cost[i, j] = work[split[i, j]]
    return split
