"""The first wrong operation of a run: the one whose own derivative is not what is measured of it.

If the derivative of every operation is right for the gradient that arrives at it, the chain rule makes the whole right.
So a function is run once under an observer, its graph is walked back as `gradients` does, and each call is taken out
and checked by itself, in the order of execution: along a random direction first, which is cheap. Where that fails, the
arrays are cut down for as long as the derivative stays wrong, and searched for an entry. If no operation is wrong by
itself, the graph is: what left a node is compared with the derivative computed afresh, which shows saved values that
were written into after the call.
"""

from __future__ import annotations

import itertools
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..core import Call, Deferred, Node, Output, fit, gradients, history, observe, raw
from ..tensor import Tensor
from ..transforms.checkpointing import opened
from .calls import Array, Arrays, Case, compared, has_history, leaves_of, pulled
from .culprit import Culprit, module_path
from .directions import gaussian, own_rng
from .document import decimal
from .minimal import Finding, Question, cut_down, wrong_entry
from .numeric import Estimate

Outputs = Callable[[], "tuple[Tensor, ...]"]

_SECONDS = 30.0  # for all that can be left out: similar calls, of which the first was right, and smaller arrays
_ENTRIES = 1000  # that are looked at one by one
_STRICTLY = 16.0  # units in the last place, for a second look at what is not wrong by more


@dataclass
class Step:
    """A call of the run: what it was given and what it gave, copied, and what passed through it on the way back.

    arrived: the gradient of each output, as `gradients` takes weights. left: that of each parent, as formulas give it.
    """

    number: int
    call: Call
    case: Case
    node: Node
    results: tuple[Array, ...]
    arrived: tuple[Array, ...] = ()
    left: dict[Node, Array] = field(default_factory=dict)
    dtypes: dict[Node, np.dtype[Any]] = field(default_factory=dict)  # of what left it, before it was cast
    spoiled: bool = False  # whether the formulas wrote into the gradient that arrived
    wrote: bool = False  # whether they wrote into what the node had saved
    again: dict[Node, Array] = field(default_factory=dict)  # what left when the formulas were used once more


def first_wrong(stages: Sequence[Outputs]) -> Culprit | None:
    """The first operation whose own derivative is wrong, or that the graph gives wrong values; None if there is none.

    stages: the function that was verified and, in second order, its gradient as a function, whose history ends in the
    same leaves; in third order the gradient of that one, too, and so on. What is wrong in the last of them may be the
    derivative of an operation there, or one of the second order in the function before.

    One call of each kind is always looked at. After half a minute similar ones are not, of which an earlier one may be
    wrong, and arrays are left as large as they are.
    """
    until = time.monotonic() + _SECONDS
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        steps = walked(stages[-1])
        found = _writer(steps) or _first(steps, 1, until)
        for order, stage in enumerate(reversed(stages[:-1]), 2):
            if not found:
                before = walked(stage)
                found = _first(before, order, until) or _unlike_recorded(before)
        found = found or _spoiler(steps) or _in_graph(steps) or _where_operands_are_one(steps)
        return found or _coarse(steps, until) or _without_formula(steps, until)


def first_inexact(outputs: Outputs) -> Culprit | None:
    """The first operation whose own derivative is so little wrong that it takes a complex step to see it, or None."""
    until = time.monotonic() + _SECONDS
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        sharply = [replace(step, case=replace(step.case, sharply=True)) for step in walked(outputs)]
        return _first(sharply, 1, until)


def where_not_finite(outputs: Outputs) -> str:
    """A sentence on the operation that makes infinities or NaN of a finite gradient, first on the way back; or none."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for step in reversed(walked(outputs)):
            for label, parent in _parents_of(step):
                left = step.left.get(parent)
                if left is not None and _finite(step.arrived) and not _finite((left,)):
                    return _told_of_infinity(step, label, left)
    return ""


def _told_of_infinity(step: Step, label: str, left: Array) -> str:
    index = tuple(int(i) for i in np.argwhere(~np.isfinite(left))[0])
    value = step.case.arrays()[label]
    where = f" where {label} is {decimal(value[index].item())}" if value.shape == left.shape else ""
    name = f"{step.call.op.name} at {step.call.line}" if step.call.line else step.call.op.name
    return (
        f"The gradient is finite until {name}, which passes on {_what(left[index])} for its"
        f" {label + str(list(index)) * bool(index)}{where}; further back, 0 times infinity is not a number."
    )


def _what(number: Array) -> str:
    return "NaN" if np.isnan(number) else "infinity"


def _finite(arrays: Sequence[Array]) -> bool:
    return all(bool(np.isfinite(array).all()) for array in arrays)


# -- a run ---------------------------------------------------------------------------------------------------------


def walked(outputs: Outputs) -> list[Step]:
    """The calls of a run that its outputs depend on, in their order, with the gradients that arrive at them."""
    steps: list[Step] = []
    known: dict[int, tuple[Array, Array]] = {}  # the arrays of the run, and their copies

    def snapshot(array: Array) -> Array:
        if id(array) not in known or not np.array_equal(*known[id(array)]):
            known[id(array)] = array, np.array(array)
        return known[id(array)][1]

    numbers = itertools.count()

    def record(call: Call) -> None:
        number, node = next(numbers), _node_of(call.output)
        if node is not None:
            steps.append(
                Step(number, call, Case.of(call, snapshot), node, tuple(map(snapshot, _arrays_of(call.output))))
            )

    with observe(record), opened():
        results = outputs()
    _walk_back([output for output in results if has_history(output)], {step.node: step for step in steps})
    return [step for step in steps if step.arrived and step.case.variables and _repeats(step)]


def _repeats(step: Step) -> bool:
    """Whether the call gives the same once more by itself. A checkpoint, for one, does not: it is used up."""
    again = step.case.outputs(leaves_of(step.case.point()))
    before = [result for result in step.results if result.dtype.kind in "fc"]
    return len(again) == len(before) and all(map(_same, map(raw, again), before))


def _node_of(output: Any) -> Node | None:
    """The node that a call has made, of which outputs are nodes themselves if there are several."""
    if isinstance(output, tuple):
        return next((handle.node.parents[0] for handle in output if has_history(handle)), None)
    return output.node if has_history(output) else None


def _arrays_of(output: Any) -> tuple[Array, ...]:
    return tuple(map(raw, output)) if isinstance(output, tuple) else (raw(output),)


def _walk_back(outputs: Sequence[Tensor], steps: dict[Node, Step]) -> None:
    """Backward as `gradients` does it, for random weights, with nothing shared, nothing freed, and all written down."""
    rng = own_rng(0)
    table: dict[Node, Any] = {}
    for output in outputs:
        assert output.node is not None
        _add(table, output.node, gaussian(output.data, rng))
    nodes: list[Any] = history(*outputs)[0]
    for node in nodes:
        g = table.pop(node, None)
        if g is None:
            continue
        if isinstance(node, Output):
            collecting: Any = node.parents[0]
            table.setdefault(collecting, [None] * len(collecting.shape))[node.params[0]] = g
            continue
        if isinstance(g, list):
            shapes = zip(g, node.shape, node.dtype, strict=True)
            g = tuple(np.zeros(shape, dtype) if part is None else part for part, shape, dtype in shapes)
        left = _pulled_back(node, g, steps.get(node))
        for parent, contribution in left.items():
            _add(table, parent, contribution)


def _pulled_back(node: Node, g: Any, step: Step | None) -> dict[Node, Array]:
    """What a node gives to each of its parents, by what it has saved."""
    parts = g if isinstance(g, tuple) else (g,)
    given = tuple(map(np.array, parts))
    saved = [value for value in node.saved if isinstance(value, np.ndarray)]
    before = [value.copy() for value in saved]
    left, dtypes = _given(node, given if isinstance(g, tuple) else given[0])
    if step is not None:
        step.arrived = tuple(part.conj() for part in map(np.asarray, parts) if part.dtype.kind in "fc")
        step.left, step.dtypes = left, dtypes
        step.again, _ = _given(node, tuple(map(np.array, parts)) if isinstance(g, tuple) else np.array(g))
        step.spoiled = any(not _same(a, b) for a, b in zip(parts, given, strict=True))
        step.wrote = any(not _same(a, b) for a, b in zip(before, saved, strict=True))
    return left


def _given(node: Node, g: Any) -> tuple[dict[Node, Array], dict[Node, np.dtype[Any]]]:
    """What the formulas of a node give to its parents, and the dtypes of that before it is cast to theirs."""
    left: dict[Node, Array] = {}
    dtypes: dict[Node, np.dtype[Any]] = {}

    def give(parent: Node, contribution: Any) -> None:
        if contribution is not None:
            array = contribution.alone() if isinstance(contribution, Deferred) else contribution
            dtypes[parent] = array.dtype
            _add(left, parent, fit(np.array(array), parent))

    node.op.pullback(node, g, node.parents, give)
    return left, dtypes


def _add(table: dict[Node, Any], node: Node, contribution: Array) -> None:
    table[node] = table[node] + contribution if node in table else contribution


def _same(a: Array, b: Array) -> bool:
    return np.array_equal(a, b, equal_nan=True)


# -- each call by itself -------------------------------------------------------------------------------------------


def _first(steps: Sequence[Step], order: int, until: float) -> Culprit | None:
    """The first step whose own derivative of this order is wrong.

    The first of similar calls is checked in any case. The others are, for as long as there is time, where they come
    before one that is wrong, or if none is.
    """
    by_kind: dict[Any, Step] = {}
    for step in steps:
        by_kind.setdefault(step.case.kind, step)
    wrong: Culprit | None = None
    for step in by_kind.values():
        wrong = _examined(step, order, until)
        if wrong:
            break
    for step in steps:
        if (wrong and step.number >= wrong.call) or time.monotonic() > until:
            break
        if step is not by_kind[step.case.kind] and (earlier := _examined(step, order, until)):
            return earlier
    return wrong


def _examined(step: Step, order: int, until: float) -> Culprit | None:
    """What is wrong with the derivative of one step, for the gradient that arrives at it."""
    if not _finite(step.arrived):
        return None
    rng = own_rng(step.number)
    question = Question(step.case, _of_size_one(step.arrived))
    for _ in range(1, order):
        question = question.of_next_order(rng)
    if not question.wrong(rng):
        return None
    nudged = question.nudged(rng)
    smaller = cut_down(question, rng, until)
    beside = cut_down(nudged, rng, until) if nudged.wrong(rng) else question
    for candidate in (smaller, beside, question):
        finding = wrong_entry(candidate, rng)
        if finding:
            return _culprit(step, finding)
    return None


def _of_size_one(weights: tuple[Array, ...]) -> tuple[Array, ...]:
    """Weights, the largest of which is about 1, times a power of 2: gradients may have vanished in a deep graph."""
    largest = max((float(np.abs(w[np.isfinite(w)]).max(initial=0.0)) for w in weights), default=0.0)
    exponent = int(np.frexp(largest)[1])
    return tuple(
        np.asarray(w * 2.0 ** (-exponent // 2) * 2.0 ** (-exponent - -exponent // 2), w.dtype) for w in weights
    )


def _culprit(step: Step, finding: Finding) -> Culprit:
    return Culprit(
        op=step.call.op,
        order=finding.question.case.order,
        line=step.call.line,
        module=module_path(step.call.modules),
        call=step.number,
        argument=finding.argument,
        index=finding.index,
        analytic=finding.analytic,
        numeric=finding.numeric.value,
        error=finding.numeric.error,
        note=" ".join(filter(None, (finding.note, _coarser(step, finding.argument)))),
        case=finding.question.case,
        weights=finding.question.weights,
    )


def _coarser(step: Step, argument: str) -> str:
    """A sentence, if the formula gives a gradient with fewer digits than its argument has; or none."""
    parent = dict(_parents_of(step)).get(argument)
    given = step.dtypes.get(parent) if parent is not None else None
    if parent is None or given is None or np.result_type(given, parent.dtype) == given:
        return ""
    return f"Its formula for {argument} returns {given}, and {argument} is {parent.dtype}; return that."


# -- the graph -----------------------------------------------------------------------------------------------------


def _in_graph(steps: Sequence[Step]) -> Culprit | None:
    """The step, first on the way back, whose parents get something else than its derivative is when computed afresh."""
    for step in reversed(steps):
        fresh = pulled(step.case, step.arrived)
        by_parent: dict[Node, Array] = {}
        for label, parent in _parents_of(step):
            _add(by_parent, parent, np.conj(fresh[label]))
        for label, parent in _parents_of(step):
            left = step.left.get(parent, np.zeros(parent.shape, parent.dtype))
            if not _close(left, by_parent[parent]):
                return _misled(steps, step, label, np.conj(left), np.conj(by_parent[parent]))
    return None


def _writer(steps: Sequence[Step]) -> Culprit | None:
    """The step, first on the way back, whose derivative writes into what it has saved, or is not what it was before."""
    for step in reversed(steps):
        given = [(label, parent) for label, parent in _parents_of(step) if parent in step.left]
        unlike = [(label, parent) for label, parent in given if not _close(step.again[parent], step.left[parent])]
        if unlike or (step.wrote and given):
            label, parent = (unlike or given)[0]
            why = "it writes into an array that was saved." if step.wrote else "does it keep a state?"
            note = (
                f"The first value is what its formula gives when it is used again, the other what it gave before: {why}"
            )
            found = _at_largest(step, label, np.conj(step.again[parent]), np.conj(step.left[parent]), note)
            return replace(found, twice=True)
    return None


def _spoiler(steps: Sequence[Step]) -> Culprit | None:
    """The step, first on the way back, whose derivative writes into the gradient that it is given."""
    for step in reversed(steps):
        number = next((i for i, weight in enumerate(step.arrived) if weight.any()), None)
        if not step.spoiled or number is None:
            continue
        leaves = leaves_of(step.case.point())
        result = step.case.outputs(leaves)[number]
        weights = [np.array(w) if i == number else np.zeros_like(w) for i, w in enumerate(step.arrived)]
        beside = Tensor(np.zeros_like(result.data), requires_grad=True)
        found = gradients(result + beside, [beside, *leaves.values()], np.array(weights[number]), allow_unused=True)
        if not _same(found[0].data, weights[number]):
            note = (
                "Its formula writes into the gradient that it is given, which is also that of beside, a Tensor that is"
                " added to the result; compute with a copy."
            )
            culprit = _at_largest(step, "beside", found[0].data, weights[number], note)
            return replace(culprit, weights=tuple(weights), beside={"beside": beside.data})
    return None


def _unlike_recorded(steps: Sequence[Step]) -> Culprit | None:
    """The step, first on the way back, whose derivative is another one with create_graph=True: its spec is wrong."""
    for step in reversed(steps):
        plain, second = pulled(step.case, step.arrived), step.case.of_next_order(step.arrived)
        recorded = second.outputs(leaves_of(second.point()))
        for (label, fresh), other in zip(plain.items(), recorded, strict=True):
            if not _close(raw(other), fresh):
                note = "With create_graph=True, it gives another gradient than without: is the spec the same function?"
                return replace(_at_largest(step, label, raw(other), fresh, note), recorded=True)
    return None


def _coarse(steps: Sequence[Step], until: float) -> Culprit | None:
    """The first step that is wrong by little more than rounding: all were right if generously judged."""
    coarse = [step for step in steps if any(g.dtype.char in "fF" for g in step.arrived)]
    strictly = [replace(step, case=replace(step.case, rounding=_STRICTLY)) for step in coarse]
    alone = [replace(step, case=replace(step.case, rounding=_STRICTLY, beside=0.0)) for step in steps]
    return _first(strictly, 1, until) or _first(alone, 1, until)


def _without_formula(steps: Sequence[Step], until: float) -> Culprit | None:
    """The first step that depends on an operand with a history for which its operation has no formula."""
    for step in steps:
        case = replace(step.case, variables=step.case.constants)
        found = _examined(replace(step, case=case), 1, until) if case.variables else None
        if found:
            return replace(found, note=f"It has no formula for {found.argument}, which is a constant to it.")
    return None


def _where_operands_are_one(steps: Sequence[Step]) -> Culprit | None:
    """The step some of whose operands are one Tensor, and whose derivative is wrong if they move together.

    At a tie the derivative for each of them can be right by itself, and their sum still wrong.
    """
    for step in filter(lambda step: _finite(step.arrived), steps):
        labels: dict[Node, list[str]] = {}
        for label, parent in _parents_of(step):
            labels.setdefault(parent, []).append(label)
        for several in labels.values():
            found = _wrong_together(step, several) if len(several) > 1 else None
            if found:
                return replace(_culprit(step, found), shared=tuple(several))
    return None


def _wrong_together(step: Step, several: Sequence[str]) -> Finding | None:
    """The first entry of operands that are one Tensor for which the sum of their derivatives is wrong."""
    array = step.case.point()[several[0]]
    for index in itertools.islice(np.ndindex(array.shape), _ENTRIES):
        direction = np.zeros_like(array)
        direction[index] = 1
        probe = compared(step.case, step.arrived, dict.fromkeys(several, direction))
        if not probe.ok and np.isfinite(probe.numeric.value):
            note = f"{' and '.join(several)} are one Tensor, and this is its derivative."
            return Finding(Question(step.case, step.arrived), several[0], index, probe.analytic, probe.numeric, note)
    return None


def _at_largest(step: Step, label: str, found: Array, expected: Array, note: str) -> Culprit:
    """A step by the entry in which what was found is furthest from what was expected."""
    place = int(np.argmax(np.nan_to_num(np.abs(found - expected), nan=np.inf)))
    index = tuple(int(i) for i in np.unravel_index(place, expected.shape))
    measured = Estimate(expected[index].item(), 0.0)
    question = Question(step.case, step.arrived)
    return _culprit(step, Finding(question, label, index, found[index].item(), measured, note))


def _misled(steps: Sequence[Step], step: Step, label: str, left: Array, fresh: Array) -> Culprit:
    """A step that is right by itself and gives `left` in its graph, for what would be `fresh`."""
    after, later = _overwritten(step), next(s for s in reversed(steps) if s.call.op is step.call.op)
    if after:
        names = ["the result" if name == "out" else name for name in after]
        were = "were" if len(after) > 1 else "was"
        why = f"{' and '.join(names)} {were} written into after the call, and backward needs what was there"
    else:
        why = "does it keep a value anywhere but in its arguments and results?"
    note = f"By itself it gives the value that counts as measured, so what is wrong is the graph: {why}"
    shared = tuple(other for other, parent in _parents_of(step) if parent is dict(_parents_of(step))[label])
    other = not after and later is not step and later.case.kind == step.case.kind
    return replace(
        _at_largest(step, label, left, fresh, note),
        after=after,
        shared=shared,
        later=later.case.arrays() if other else {},
    )


def _overwritten(step: Step) -> Arrays:
    """The arrays of a call that are not any more what they were, as they are now; its result as `out`."""
    was, now = step.case.arrays(), Case.of(step.call).arrays()
    if not isinstance(step.call.output, tuple):
        was, now = was | {"out": step.results[0]}, now | {"out": raw(step.call.output)}
    return {label: now[label] for label, array in was.items() if not _same(array, now[label])}


def _parents_of(step: Step) -> list[tuple[str, Node]]:
    """The variables of a step with their nodes."""
    op, parents = step.call.op, step.node.parents
    labels = [f"{op.arrays[0]}[{i}]" for i in range(len(parents))] if op.sequence else op.arrays
    return [(label, parent) for label, parent in zip(labels, parents, strict=True) if parent is not None]


def _close(a: Array, b: Array) -> bool:
    size = np.abs(b[np.isfinite(b)]).max(initial=0.0)
    return np.allclose(a, b, rtol=1e-3 * _root_eps(a), atol=1e-3 * _root_eps(a) * size, equal_nan=True)


def _root_eps(array: Array) -> float:
    return float(np.sqrt(np.finfo(array.dtype).eps))
