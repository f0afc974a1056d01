"""The operation that is wrong, with the smallest case that shows it: as a sentence, as code, as files."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..core import Definition
from ..recording import Line
from ..saving.atomic import replacing
from .calls import Array, Arrays, Case
from .document import decimal
from .script import as_they_lie, program, small


@dataclass(frozen=True, slots=True)
class Culprit:
    """The first operation of a run whose derivative is wrong, and where it is.

    op: its definition. order: 2 if only the derivative of its gradient is wrong, and so on. line: of the user's code.
    module: the path of the Module that called it, "" outside of one. call: the number of the operation in the run, from
    0. argument, index: the entry of the gradient, in the smallest case; analytic, numeric: what the derivative gives
    there and what is measured, error: how far the latter may be off. note: what else is to be known. case, weights:
    that smallest case, and what its outputs are weighted with.

    It may take more than a call by itself to show it. after: what arguments (or the result, `out`) became, that were
    written into after the call. shared: arguments that are one Tensor, `argument` among them. twice: whether it shows
    when the graph is used again. later: the arrays of another call, which comes between this one and its derivative.
    beside: a Tensor of that name, of zeros, is added to the result. recorded: with create_graph=True.
    """

    op: Definition
    order: int
    line: Line | None
    module: str
    call: int
    argument: str
    index: tuple[int, ...]
    analytic: complex
    numeric: complex
    error: float
    note: str
    case: Case
    weights: tuple[Array, ...]
    after: Arrays = field(default_factory=dict)
    shared: tuple[str, ...] = ()
    twice: bool = False
    later: Arrays = field(default_factory=dict)
    beside: Arrays = field(default_factory=dict)
    recorded: bool = False

    @property
    def label(self) -> str:
        """The entry as one would write it: ``x[2, 0]``."""
        return self.argument + (str(list(self.index)) if self.index else "")

    def __repr__(self) -> str:
        values = f"{decimal(self.analytic, 6)} for {decimal(self.numeric, 6)}"
        return f"<Culprit {self.op.name}, order {self.order}, {self.label}: {values}>"

    def to_text(self) -> str:
        """What is wrong and where, in two or three sentences."""
        place = [f"operation {self.call + 1} of the run"]
        place += [str(self.line)] if self.line else []
        place += [f"inside {self.module}"] if self.module else []
        what = _ORDERS.get(self.order, f"derivative of order {self.order}")
        sentences = [
            f"The first wrong operation is {self.op.name} ({', '.join(place)}).",
            f"In the smallest case its {what} for {self.label} is {decimal(self.analytic)}, measured"
            f" {decimal(self.numeric)} ± {self.error:.1e}.",
        ]
        return " ".join([*sentences, *([self.note] if self.note else [])])

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "op": self.op.name,
            "order": self.order,
            "line": None if self.line is None else self.line._asdict(),
            "module": self.module,
            "call": self.call,
            "argument": self.argument,
            "index": self.index,
            "analytic": self.analytic,
            "numeric": self.numeric,
            "error": self.error,
            "note": self.note,
        }

    @property
    def output(self) -> int:
        """The number of the output that shows it, of those that are no integers."""
        return next((number for number, weight in enumerate(self.weights) if weight.any()), 0)

    @property
    def small(self) -> bool:
        """Whether its arrays are so few numbers that `code` has them in its text."""
        return small(self)

    def code(self, file: str | None = None, told: bool = True) -> str:
        """A program to paste below the definition of the operation, which prints both values.

        file: read the arrays from this file, that `save` writes, beside the program; None: they are in its text. told:
        whether it begins with what `to_text` says.
        """
        text = program(self, file)
        return f'"""{self.to_text()}"""\n\n'.replace("\\", "/") + text if told else text

    def save(self, folder: str | os.PathLike[str] = ".") -> Path:
        """Write the program and its arrays, ``name.py`` and ``name.npz``, into a folder; returns the path of the first.

        Files of these names are replaced, each at once. Raises OSError if there is no such folder.
        """
        path = Path(folder) / f"{self.op.name}.py"
        arrays = path.with_suffix(".npz")
        with replacing(arrays) as stream:
            np.savez(stream, **self.arrays())  # type: ignore[arg-type]
        with replacing(path) as stream:
            stream.write(self.code(arrays.name).encode())
        return path

    def arrays(self) -> Arrays:
        """All that the program needs: arguments, the weight unless it is 1, and what arguments became: ``x after``."""
        weight = self.weights[self.output]
        weights = {} if (weight == 1).all() else {"output weight": weight}
        after = {f"{label} after": array for label, array in self.after.items()}
        later = {f"{label} later": array for label, array in self.later.items()}
        return as_they_lie(self.case.arrays() | self.case.weights | self.beside | weights | after | later)


_ORDERS = {1: "derivative", 2: "second derivative", 3: "third derivative"}


def module_path(modules: tuple[Any, ...]) -> str:
    """Where the innermost of the running Modules is in the outermost one: ``encoder.0 (Linear)``."""
    if not modules:
        return ""
    root, inner = modules[0], modules[-1]
    path = next((path for path, module in root.named_modules() if module is inner), "")
    return f"{path} ({type(inner).__name__})" if path else type(inner).__name__
