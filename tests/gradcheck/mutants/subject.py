"""A subject is an operation with its right derivative and a small model around it; a mutant is one mistake in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import autograd_lite as ag

Inputs = Callable[[np.random.Generator], tuple[Any, ...]]


class Subject:
    """What `ag.op` makes an operation of, inputs for a model, and the model: a function of the op and the inputs."""

    def __init__(
        self, forward: Callable[..., Any], inputs: Inputs, model: Callable[..., Any], definition: Mapping[str, Any]
    ):
        self.forward, self.inputs, self.model, self.definition = forward, inputs, model, definition
        self.name = forward.__name__

    def op(self, **changes: Any) -> Callable[..., Any]:
        """The operation, with some parts of its definition changed; the registry does not know it."""
        parts = {name: part for name, part in {**self.definition, **changes}.items() if part is not None}
        return ag.op(registered=False, **parts)(self.forward)

    def mistake(
        self,
        kind: str,
        what: str,
        *,
        at: Inputs | None = None,
        model: Callable[..., Any] | None = None,
        check: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> None:
        """List a mutant: `kind` for tables, `what` is wrong, the wrong parts of the definition (None: left out).

        at: inputs that show it, if it does not show at those of the subject; likewise `model`.
        check: what `ag.gradcheck` must be told for it.
        """
        MUTANTS.append(Mutant(kind, what, self, changes, at or self.inputs, model or self.model, check or {}))


@dataclass(frozen=True, eq=False)
class Mutant:
    """One deliberate, plausible mistake in the derivative of one operation, in a model that is right otherwise."""

    kind: str
    what: str
    subject: Subject
    changes: Mapping[str, Any]
    inputs: Inputs
    model: Callable[..., Any]
    check: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.subject.name}: {self.what}"

    @property
    def right(self) -> Callable[..., Any]:
        """The model with the right derivative."""
        return self._model(self.subject.op())

    @property
    def wrong(self) -> Callable[..., Any]:
        """The model with the mistake."""
        return self._model(self.subject.op(**self.changes))

    def values(self, seed: int = 0) -> tuple[Any, ...]:
        """Inputs of the model."""
        return self.inputs(np.random.default_rng(seed))

    def _model(self, op: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *inputs: self.model(op, *inputs)


MUTANTS: list[Mutant] = []


def subject(inputs: Inputs, model: Callable[..., Any], **definition: Any) -> Callable[[Callable[..., Any]], Subject]:
    """Make a subject of a forward; `definition` is what `ag.op` takes, with the right derivative."""
    return lambda forward: Subject(forward, inputs, model, definition)


def normal(*shapes: tuple[int, ...]) -> Inputs:
    """Inputs of these shapes, of standard normal numbers."""
    return lambda rng: tuple(np.asarray(rng.standard_normal(shape)) for shape in shapes)


def between(low: float, high: float, *shapes: tuple[int, ...]) -> Inputs:
    """Inputs of these shapes, of numbers in an interval."""
    return lambda rng: tuple(np.asarray(rng.uniform(low, high, shape)) for shape in shapes)


def exactly(*values: Any) -> Inputs:
    """These inputs, whatever the seed."""
    return lambda rng: tuple(np.array(value) for value in values)
