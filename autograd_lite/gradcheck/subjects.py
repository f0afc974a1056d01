"""What a check is about: outputs as a function of named leaves, and the gradient that is computed for these."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core import gradients
from ..errors import LostGradientError
from ..tensor import Tensor
from ..transforms import trees
from ..transforms.modules import StandIn, standing_in
from .contracts import contract_problems, explicit_problems
from .explicit import ExplicitGradient
from .inputs import COMPLEX, DOUBLE, Way, check_function, is_floating, unpacked, why_none
from .report import Problem
from .signatures import argument_names, takes, takes_nothing

Array = np.ndarray[Any, Any]
Outputs = Callable[[], "tuple[Tensor, ...]"]  # what is differentiated: a function of the data of the leaves


@dataclass(slots=True)
class Subject:
    """Outputs as a function of leaves.

    explicit: for functions whose gradient is not the engine's, that gradient, of the arrays. origin: what the outputs
    are the gradients of, if they are.
    """

    outputs: Outputs
    leaves: dict[str, Tensor]
    explicit: ExplicitGradient | None = None
    origin: Subject | None = None

    def gradient(self, weights: Sequence[Array], create_graph: bool = False) -> list[Array | None]:
        """The gradient of the weighted outputs for each leaf; None for one that is not among their ancestors.

        create_graph: compute it by operations, as if it were to be differentiated.
        """
        if self.explicit:
            found = self.explicit.gradients(*_copies(self.leaves))
            return [np.asarray(g) * weights[0] for g in found]
        known = [(o, w.astype(o.dtype)) for o, w in zip(self.outputs(), weights, strict=True) if o.requires_grad]
        if not known:
            return [None] * len(self.leaves)
        outputs, seeds = zip(*known, strict=True)
        leaves = list(self.leaves.values())
        found = gradients(outputs, leaves, seeds, create_graph=create_graph, allow_unused=True)
        return [None if g is None else g.data for g in found]

    def problems(self, weights: Sequence[Array]) -> list[Problem]:
        """What is wrong with the gradient beside its values."""
        if self.explicit:
            arrays = {name: leaf.data for name, leaf in self.leaves.items()}
            return explicit_problems(self.explicit.gradients, arrays, self.explicit.function)
        weights = [weight.astype(output.dtype) for weight, output in zip(weights, self.outputs(), strict=True)]
        return contract_problems(self.outputs, weights, self.leaves)

    def gradient_function(self, weights: Sequence[Array]) -> Subject:
        """The gradient as a function of the leaves and of the weights: to be differentiated in its turn."""
        seeds = [Tensor(w.astype(o.dtype), requires_grad=True) for o, w in zip(self.outputs(), weights, strict=True)]
        targets = list(self.leaves.values())

        def gradient() -> tuple[Tensor, ...]:
            known = [(o, seed) for o, seed in zip(self.outputs(), seeds, strict=True) if o.requires_grad]
            if not known:
                return ()
            outputs, their_seeds = zip(*known, strict=True)
            found = gradients(outputs, targets, their_seeds, create_graph=True, allow_unused=True)
            return tuple(g for g in found if g is not None)

        named = {_fresh(f"grad_output {number}", self.leaves): seed for number, seed in enumerate(seeds)}
        return Subject(gradient, self.leaves | named, origin=self)


@dataclass(slots=True)
class Sides:
    """The same subject twice: where it is measured, and where its gradient is computed; mostly one and the same."""

    measured: Subject
    computed: Subject
    precision: np.dtype[Any]

    def gradient_function(self, weights: Sequence[Array]) -> Sides:
        """Both sides' gradients as functions, to be differentiated in their turn."""
        measured = self.measured.gradient_function(weights)
        same = self.computed is self.measured
        return Sides(measured, measured if same else self.computed.gradient_function(weights), self.precision)


def _fresh(name: str, taken: Mapping[str, Tensor]) -> str:
    return name if name not in taken else _fresh(f"{name}'", taken)


@contextmanager
def data_of_their_own(leaves: Sequence[Tensor]) -> Iterator[None]:
    """A block in which the leaves hold copies of their data, which may be written into."""
    originals = [leaf.data for leaf in leaves]
    try:
        for leaf in leaves:
            leaf.data = np.array(leaf.data)
        yield
    finally:
        for leaf, original in zip(leaves, originals, strict=True):
            leaf.data = original


# -- functions of Tensors --------------------------------------------------------------------------------------------


def subject_of(f: Callable[..., Any], inputs: Sequence[Any], loss: Callable[..., Any] | None, way: Way) -> Subject:
    """A function of Tensors, or a Module, at `inputs`; of Modules, copies are used."""
    check_function(way.caller, "f", f)
    if loss is not None:
        check_function(way.caller, "loss", loss)
    if loss is None and not _is_module(f):
        return _of_function(f, unpacked(f, inputs, way), way)
    copied: dict[int, Any] = {}  # what both share, their copies share, too
    model: Any = copy.deepcopy(f, copied)  # forward may write into buffers, and so may a conversion
    if _is_module(loss):
        loss = copy.deepcopy(loss, copied)
    for part in filter(_is_module, (model, loss) if way.convert else ()):
        part.astype(way.real)
    return _of_model(model, unpacked(model, inputs, way) if loss is None else inputs, loss, way)


def _is_module(value: Any) -> bool:
    return hasattr(value, "named_parameters")


def _of_function(f: Callable[..., Any], inputs: Sequence[Any], way: Way) -> Subject:
    names = argument_names(f, len(inputs))
    arguments, found = way.all_taken(names, inputs)
    if not found:
        raise ValueError(f"{way.caller}: {why_none(names, inputs)}")
    if takes_nothing(f):
        return _of_own_tensors(f, names, inputs, way)
    outputs = _checked(lambda: _called(f, arguments, way), way)
    return Subject(outputs, _named(outputs, found))


def _called(f: Callable[..., Any], arguments: Sequence[Any], way: Way) -> Any:
    """What `f` returns; if it is a function of arrays, its error says so."""
    try:
        return f(*arguments)
    except LostGradientError as error:
        raise TypeError(
            f"{way.caller}: f makes arrays of its Tensors, which have no gradient; use functions of Tensors, or"
            " check the gradient that you have: gradcheck(f, x, jac=gradient), or jac=True if f returns both"
        ) from error


def _of_own_tensors(f: Callable[..., Any], names: Sequence[str], inputs: Sequence[Any], way: Way) -> Subject:
    """A function of Tensors that it uses itself; to convert them, others stand in for them while it runs."""
    floating = [(name, value) for name, value in zip(names, inputs, strict=True) if is_floating(value)]
    if not all(isinstance(value, Tensor) and value.is_leaf for _, value in floating):
        raise ValueError(f"{way.caller}: f takes no arguments, so the inputs must be the leaves that it uses itself")
    others = {value: way.taken(name, value) for name, value in floating}

    def run() -> Any:
        with standing_in(tuple(StandIn(value, other.data, other.node) for value, other in others.items())):
            result = f()
        return trees.map_leaves(
            lambda output: others.get(output, output) if isinstance(output, Tensor) else output, result
        )

    outputs = _checked(run, way)
    try:
        with data_of_their_own(list(others.values())):
            named = _named(outputs, [(name, value) for name, value in floating if value.requires_grad])
    except TypeError as error:
        if not way.convert:
            raise
        raise TypeError(
            f"{way.caller}: {error}. That is f with its leaves as {way.real}: let it take its data as arguments, or"
            " make Tensors of what else it uses, and pass them as inputs, too"
        ) from error
    return Subject(outputs, {name: others[value] for name, value in named.items()})


def _of_model(model: Any, inputs: Sequence[Any], loss: Callable[..., Any] | None, way: Way) -> Subject:
    """All parameters of a model and of a loss by name, and the inputs; with a loss, the last of them is its target."""
    if loss is not None and not inputs:
        raise ValueError(f"{way.caller}: loss needs the inputs of the model and, last, the target")
    names = argument_names(model, len(inputs))
    values = list(inputs)
    target = values.pop() if loss is not None else None
    if loss is not None and takes(model, len(inputs)) and not takes(model, len(values)):
        raise ValueError(
            f"{way.caller}: loss= takes the last of the inputs as its target, which leaves {len(values)} for f; pass"
            " the target, too, after the inputs of f"
        )
    arguments, leaves = way.all_taken(names[: len(values)], values)
    if isinstance(target, Tensor) or (way.convert and isinstance(target, np.ndarray) and target.dtype.kind in "fc"):
        target = way.taken("target", Tensor(target) if isinstance(target, np.ndarray) else target)
    found, of_loss = _parameters(model, way) + leaves, _parameters(loss, way, "loss")
    if isinstance(target, Tensor) and target.requires_grad:
        found.append(("target", target))
    if not found + of_loss:
        raise ValueError(f"{way.caller}: no parameter requires a gradient, and {why_none(names, values)}")

    def run() -> Any:
        result = _called(model, arguments, way)
        return result if loss is None else loss(result, target)

    outputs = _checked(run, way)
    return Subject(outputs, _named(outputs, found, of_loss))


def _parameters(module: Any, way: Way, prefix: str = "") -> list[tuple[str, Tensor]]:
    """The parameters of a Module that learn, by name; of anything else none."""
    found = module.named_parameters(prefix) if _is_module(module) else ()
    return [(name, way._replace(convert=False).taken(name, p)) for name, p in found if p.requires_grad]


def _named(
    outputs: Outputs, leaves: Sequence[tuple[str, Tensor]], of_loss: Sequence[tuple[str, Tensor]] = ()
) -> dict[str, Tensor]:
    """The leaves by their own names, or by those of the arguments where they have none or share one.

    of_loss: parameters of a loss, by names that stay what they are; a second ``loss.s`` is ``loss.s (loss)``.
    """
    with data_of_their_own([leaf for _, leaf in (*leaves, *of_loss)]):
        outputs()  # the first call, in which a Module names its parameters
    named: dict[str, Tensor] = {}
    for argument, leaf in leaves:
        if any(leaf is known for known in named.values()) and not leaf.name:
            continue
        label = leaf.name or argument
        named[label if label not in named else f"{label} ({argument})"] = leaf
    for label, leaf in of_loss:
        if not any(leaf is known for known in named.values()):
            named[label if label not in named else f"{label} (loss)"] = leaf
    return named


def _checked(run: Callable[[], Any], way: Way) -> Outputs:
    """The floating-point outputs of a run, which must be Tensors of this precision."""
    precise = (way.real, COMPLEX[way.real])

    def outputs() -> tuple[Tensor, ...]:
        results = dict(trees.named_leaves(run(), "output"))
        for path, output in results.items():
            if not isinstance(output, Tensor):
                place = f" as {path}" if path != "output" else ""
                raise TypeError(
                    f"{way.caller}: f returned {type(output).__name__}{place}; return Tensors, one or several in a"
                    " tuple, list or dict; a function of arrays is checked with its gradient, by jac="
                )
        inexact = tuple(output for output in results.values() if output.dtype.kind in "fc")
        if not inexact or any(output.dtype not in precise for output in inexact):
            found = ", ".join(str(output.dtype) for output in results.values()) or "nothing"
            wanted = " or ".join(map(str, precise))
            why = "finite differences need" if way.real == DOUBLE else "of inputs in float32, f should return"
            raise TypeError(f"{way.caller}: f returned {found}; {why} {wanted}")
        return inexact

    return outputs


# -- any function with its gradient ----------------------------------------------------------------------------------


def subject_with_gradient(f: Callable[..., Any], inputs: Sequence[Any], jac: Callable[..., Any] | bool) -> Subject:
    """A function of arrays whose gradient is not the engine's: it returns both (jac=True), or `jac` returns it."""
    explicit = ExplicitGradient(f, jac, inputs)
    leaves = {name: Tensor(array, requires_grad=True) for name, array in explicit.arrays.items()}
    return Subject(lambda: (Tensor(explicit.value(*_copies(leaves))),), leaves, explicit)


def _copies(leaves: Mapping[str, Tensor]) -> list[Array]:
    return [leaf.data.copy() for leaf in leaves.values()]
