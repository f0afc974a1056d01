"""What a check is about: outputs as a function of named leaves, and the gradient that is computed for these."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..core import gradients
from ..recording import Call, observe
from ..tensor import Tensor
from ..transforms.modules import StandIn, standing_in
from .contracts import contract_problems, handwritten_problems
from .report import Problem

Array = np.ndarray[Any, Any]
Outputs = Callable[[], "tuple[Tensor, ...]"]  # what is differentiated: a function of the data of the leaves

DOUBLE: np.dtype[Any] = np.dtype(np.float64)
SINGLE: np.dtype[Any] = np.dtype(np.float32)
_COMPLEX: dict[np.dtype[Any], np.dtype[Any]] = {DOUBLE: np.dtype(np.complex128), SINGLE: np.dtype(np.complex64)}


@dataclass(slots=True)
class Subject:
    """Outputs as a function of leaves.

    explicit: for functions whose gradient is not the engine's, that gradient, of the arrays. origin: what the outputs
    are the gradients of, if they are.
    """

    outputs: Outputs
    leaves: dict[str, Tensor]
    explicit: Handwritten | None = None
    origin: Subject | None = None

    def gradient(self, weights: Sequence[Array], create_graph: bool = False) -> list[Array | None]:
        """The gradient of the weighted outputs for each leaf; None for one that is not among their ancestors.

        create_graph: compute it by operations, as if it were to be differentiated.
        """
        if self.explicit:
            found = self.explicit.gradients(*(leaf.data.copy() for leaf in self.leaves.values()))
            return [np.asarray(g) * weights[0] for g in found]
        known = [(o, w.astype(o.dtype)) for o, w in zip(self.outputs(), weights, strict=True) if o.requires_grad]
        if not known:
            return [None] * len(self.leaves)
        outputs, seeds = zip(*known, strict=True)
        leaves = list(self.leaves.values())
        found = gradients(outputs, leaves, seeds, create_graph=create_graph, allow_unused=True)
        return [None if g is None else g.data for g in found]

    def noise(self, weights: Sequence[Array]) -> float:
        """The rounding error to expect of the weighted outputs: that of each value on the way, times its gradient.

        (J. H. Wilkinson's running error analysis, in its adjoint form; the signs are taken to be random.)
        """
        if self.explicit:
            return 0.0
        made: list[Tensor] = []

        def note(call: Call) -> None:
            results = call.output if isinstance(call.output, tuple) else (call.output,)
            made.extend(result for result in results if getattr(result, "requires_grad", False))

        with observe(note):
            outputs = self.outputs()
        known = [(o, w.astype(o.dtype)) for o, w in zip(outputs, weights, strict=True) if o.requires_grad]
        if not known:
            return 0.0
        found = gradients([o for o, _ in known], made, [w for _, w in known], allow_unused=True)
        with np.errstate(all="ignore"):
            sizes = [np.linalg.norm(g.data * t.data) for g, t in zip(found, made, strict=True) if g is not None]
        return float(np.finfo(DOUBLE).eps * np.linalg.norm([size for size in sizes if np.isfinite(size)]))

    def problems(self, weights: Sequence[Array]) -> list[Problem]:
        """What is wrong with the gradient beside its values."""
        if self.explicit:
            return handwritten_problems(
                self.explicit.gradients, {name: leaf.data for name, leaf in self.leaves.items()}, self.explicit.value
            )
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


def subject_of(
    f: Callable[..., Any], inputs: Sequence[Any], loss: Callable[..., Any] | None, real: np.dtype[Any], convert: bool
) -> Subject:
    """A function of Tensors, or a Module, at `inputs`, in the precision `real`.

    convert: let what is of another precision be cast, instead of refusing it; Modules are then copied.
    """
    modules = [part for part in (f, loss) if hasattr(part, "named_parameters")]
    if not modules and loss is None:
        return _of_function(f, inputs, real, convert)
    model: Any = copy.deepcopy(f)  # forward may write into buffers, and so may a conversion
    if convert and modules:
        model = model.astype(real)
    return _of_model(model, inputs, loss, real, convert)


def _of_function(f: Callable[..., Any], inputs: Sequence[Any], real: np.dtype[Any], convert: bool) -> Subject:
    names = _argument_names(f, len(inputs))
    arguments = [_argument(name, value, real, convert) for name, value in zip(names, inputs, strict=True)]
    found = _leaves(names, arguments)
    if not found:
        raise ValueError("gradcheck: no input requires a gradient; pass arrays, or Tensors with requires_grad=True")
    if _takes_nothing(f):
        return _of_own_tensors(f, names, inputs, real, convert)
    outputs = _checked(lambda: f(*arguments), real)
    return Subject(outputs, _named(outputs, found))


def _of_own_tensors(
    f: Callable[..., Any], names: Sequence[str], inputs: Sequence[Any], real: np.dtype[Any], convert: bool
) -> Subject:
    """A function of Tensors that it uses itself; to convert them, others stand in for them while it runs."""
    floating = [(name, value) for name, value in zip(names, inputs, strict=True) if _is_floating(value)]
    if not all(isinstance(value, Tensor) and value.is_leaf for _, value in floating):
        raise ValueError("gradcheck: f takes no arguments, so the inputs must be the leaves that it uses itself")
    others = {value: _argument(name, value, real, convert) for name, value in floating}

    def run() -> Any:
        with standing_in(tuple(StandIn(value, other.data, other.node) for value, other in others.items())):
            result = f()
        results = tuple(result) if isinstance(result, tuple | list) else (result,)
        return tuple(others.get(output, output) if isinstance(output, Tensor) else output for output in results)

    outputs = _checked(run, real)
    try:
        with data_of_their_own(list(others.values())):
            named = _named(outputs, [(name, value) for name, value in floating if value.requires_grad])
    except TypeError as error:
        if not convert:
            raise
        raise TypeError(
            f"gradcheck: {error}. That is f with its leaves as {real}: let it take its data as arguments, or make"
            " Tensors of what else it uses, and pass them as inputs, too"
        ) from error
    return Subject(outputs, {name: others[value] for name, value in named.items()})


def _of_model(
    model: Any, inputs: Sequence[Any], loss: Callable[..., Any] | None, real: np.dtype[Any], convert: bool
) -> Subject:
    """All parameters of a model by name, and its inputs; with a loss, the last input is its target."""
    if loss is not None and not inputs:
        raise ValueError("gradcheck: loss needs the inputs of the model and, last, the target")
    names = _argument_names(getattr(model, "forward", model), len(inputs))
    values = list(inputs)
    target = values.pop() if loss is not None else None
    arguments = [_argument(name, value, real, convert) for name, value in zip(names, values, strict=False)]
    if isinstance(target, Tensor) or (convert and isinstance(target, np.ndarray) and target.dtype.kind in "fc"):
        target = _argument("target", Tensor(target) if isinstance(target, np.ndarray) else target, real, convert)
    parameters = model.named_parameters() if hasattr(model, "named_parameters") else ()
    found = [(name, _argument(name, p, real, False)) for name, p in parameters if p.requires_grad]
    found += _leaves([*names[: len(arguments)], "target"], [*arguments, target])
    if not found:
        raise ValueError("gradcheck: neither a parameter nor an input requires a gradient; pass floating-point inputs")

    def run() -> Any:
        result = model(*arguments)
        return result if loss is None else loss(result, target)

    outputs = _checked(run, real)
    return Subject(outputs, _named(outputs, found))


def _leaves(names: Sequence[str], arguments: Sequence[Any]) -> list[tuple[str, Tensor]]:
    pairs = zip(names, arguments, strict=True)
    return [(name, value) for name, value in pairs if isinstance(value, Tensor) and value.requires_grad]


def _named(outputs: Outputs, leaves: Sequence[tuple[str, Tensor]]) -> dict[str, Tensor]:
    """The leaves by their own names, or by those of the arguments where they have none or share one."""
    with data_of_their_own([leaf for _, leaf in leaves]):
        outputs()  # the first call, in which a Module names its parameters
    named: dict[str, Tensor] = {}
    for argument, leaf in leaves:
        if any(leaf is known for known in named.values()) and not leaf.name:
            continue
        label = leaf.name or argument
        named[label if label not in named else f"{label} ({argument})"] = leaf
    return named


def _is_floating(value: Any) -> bool:
    return isinstance(value, Tensor | np.ndarray | np.generic) and value.dtype.kind in "fc"


def _argument(name: str, value: Any, real: np.dtype[Any], convert: bool) -> Any:
    """An input as `f` gets it: a leaf where a gradient is to be checked."""
    if not _is_floating(value):
        return value
    wanted = value.requires_grad if isinstance(value, Tensor) else True
    precision = _COMPLEX[real] if value.dtype.kind == "c" else real
    if convert and value.dtype != precision:
        data = value.data if isinstance(value, Tensor) else value
        return Tensor(np.asarray(data).astype(precision), requires_grad=wanted)
    if not wanted:
        return value
    if value.dtype != precision:
        raise TypeError(
            f"gradcheck: {name} {value.shape} is {value.dtype}, too coarse for finite differences; convert it with"
            " astype('float64'), make the model with dtype='float64', or pass dtype='float32' to check float32"
            " gradients against differences in float64"
        )
    if isinstance(value, Tensor) and value.is_leaf and not convert:
        return value
    data = value.data if isinstance(value, Tensor) else value
    return Tensor(np.array(data), requires_grad=True)


_NAMED = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def _takes_nothing(f: Callable[..., Any]) -> bool:
    return not any(parameter.kind in (*_NAMED, parameter.VAR_POSITIONAL) for parameter in _parameters(f))


def _argument_names(f: Callable[..., Any], count: int) -> list[str]:
    """Names for the inputs: those of the arguments of `f` where it has them, else numbers."""
    names = [parameter.name for parameter in _parameters(f) if parameter.kind in _NAMED][:count]
    return names + [f"input {number}" for number in range(len(names), count)]


def _parameters(f: Callable[..., Any]) -> list[inspect.Parameter]:
    """What `f` takes; some builtins do not tell, and may take anything."""
    try:
        return list(inspect.signature(f).parameters.values())
    except ValueError:
        return [inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL)]


def _checked(run: Callable[[], Any], real: np.dtype[Any]) -> Outputs:
    """The floating-point outputs of a run, which must be Tensors of this precision."""
    precise = (real, _COMPLEX[real])

    def outputs() -> tuple[Tensor, ...]:
        result = run()
        results = tuple(result) if isinstance(result, tuple | list) else (result,)
        for output in results:
            if not isinstance(output, Tensor):
                raise TypeError(f"gradcheck: f returned {type(output).__name__}; return a Tensor or a tuple of Tensors")
        inexact = tuple(output for output in results if output.dtype.kind in "fc")
        if not inexact or any(output.dtype not in precise for output in inexact):
            found = ", ".join(str(output.dtype) for output in results) or "nothing"
            wanted = " or ".join(map(str, precise))
            why = "finite differences need" if real == DOUBLE else "of inputs in float32, f should return"
            raise TypeError(f"gradcheck: f returned {found}; {why} {wanted}")
        return inexact

    return outputs


# -- any function with its gradient ----------------------------------------------------------------------------------


class Handwritten(NamedTuple):
    """A function of arrays, and what returns a gradient for each of them."""

    value: Callable[..., Any]
    gradients: Callable[..., Sequence[Any]]


def subject_with_gradient(f: Callable[..., Any], inputs: Sequence[Any], jac: Callable[..., Any] | bool) -> Subject:
    """A function of arrays whose gradient is not the engine's: it returns both (jac=True), or `jac` returns it."""
    leaves = [Tensor(np.array(value, np.float64), requires_grad=True) for value in inputs]
    if not leaves:
        raise ValueError("gradcheck: there is no input; pass arrays")

    def value() -> tuple[Tensor]:
        result: Any = f(*(leaf.data.copy() for leaf in leaves))
        result = np.asarray(result[0] if jac is True else result)
        if result.size != 1 or result.dtype.kind not in "fiu":
            raise TypeError(
                f"gradcheck: f returned a value {result.shape} {result.dtype}; with jac, it must be one real number"
            )
        return (Tensor(result.reshape(()).astype(DOUBLE)),)

    def gradients(*arrays: Array) -> Sequence[Any]:
        found = f(*arrays)[1] if jac is True else jac(*arrays)  # type: ignore[operator]
        if len(leaves) == 1:
            return [np.asarray(found)]
        if not isinstance(found, tuple | list) or len(found) != len(leaves):
            count = len(found) if isinstance(found, tuple | list) else 1
            raise ValueError(f"gradcheck: {len(leaves)} inputs, but {count} gradients; return one for each input")
        return found

    names = _argument_names(f, len(leaves))
    return Subject(value, dict(zip(names, leaves, strict=True)), Handwritten(f, gradients))
