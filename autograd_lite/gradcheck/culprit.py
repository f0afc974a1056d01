"""The operation that is wrong, with the smallest case that shows it: as a sentence, as code, as files."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import EllipsisType
from typing import Any

import numpy as np

from ..core import Definition
from ..recording import Line, place
from ..saving.atomic import replacing
from .calls import Array, Arrays, Case
from .document import decimal


@dataclass(frozen=True, slots=True)
class Culprit:
    """The first operation of a run whose derivative is wrong, and where it is.

    op: its definition. order: 2 if only the derivative of its gradient is wrong, and so on. line: of the user's code.
    module: the path of the Module that called it, "" outside of one. call: the number of the operation in the run, from
    0. argument, index: the entry of the gradient, in the smallest case; analytic, numeric: what the derivative gives
    there and what is measured, error: how far the latter may be off. note: what else is to be known. case, weights:
    that smallest case, and what its outputs are weighted with. after: arrays of it that were written into after the
    call. shared: arguments that are one Tensor, `argument` among them, if that is how it shows. twice: whether it shows
    when the graph is used again.
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

    def code(self, file: str | None = None, told: bool = True) -> str:
        """A script to paste, which reads the arrays from `file` (that `save` writes) and prints both values.

        told: whether it begins with what `to_text` says.
        """
        text = script(self, file or f"{self.op.name}.npz")
        return f'"""{self.to_text()}"""\n\n'.replace("\\", "/") + text if told else text

    def save(self, folder: str | os.PathLike[str] = ".") -> Path:
        """Write the script and its arrays, ``name.py`` and ``name.npz``, into a folder; returns the path of the script.

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
        """All that the script reads: the arguments, the weights, and what arguments became, as ``x after``."""
        weights = {f"weight_{i}": weight for i, weight in enumerate(self.weights)}
        after = {f"{label} after": array for label, array in self.after.items()}
        return self.case.arrays() | self.case.weights | weights | after


_ORDERS = {1: "derivative", 2: "second derivative", 3: "third derivative"}


def module_path(modules: tuple[Any, ...]) -> str:
    """Where the innermost of the running Modules is in the outermost one: ``encoder.0 (Linear)``."""
    if not modules:
        return ""
    root, inner = modules[0], modules[-1]
    path = next((path for path, module in root.named_modules() if module is inner), "")
    return f"{path} ({type(inner).__name__})" if path else type(inner).__name__


# -- as code -------------------------------------------------------------------------------------------------------


def script(culprit: Culprit, file: str) -> str:
    """The text of a program that shows what is wrong."""
    case, argument = culprit.case, culprit.argument
    used = next((i for i, weight in enumerate(culprit.weights) if weight.any()), 0)
    weighted = f"x['weight_{used}'] * result"
    if culprit.weights[used].dtype.kind == "c":
        weighted = f"ag.real(ag.conj(x['weight_{used}']) * result)"
    lines = [
        *_where_defined(case.op),
        "import numpy as np",
        "",
        "import autograd_lite as ag",
        *_imported(case.op),
        "",
        "",
        "def value(x, create_graph=True):",
        f"    result = {_call(case)}",
        *(_several(case, used) if case.order == 1 else _gradient(case, used)),
        f"    return ({weighted}).sum()",
        "",
        "",
        "def tensors(arrays):",
        f"    x = arrays | {{name: ag.tensor(arrays[name], requires_grad=True) for name in {list(case.point())}}}",
        *(f"    x[{label!r}] = x[{argument!r}]" for label in culprit.shared if label != argument),
        "    return x",
        "",
        "",
        f"arrays = dict(np.load({file!r}))",
        "x = tensors(arrays)",
        "y = value(x)",
        *(f"x[{label!r}].data[...] = arrays[{label + ' after'!r}]" for label in culprit.after),
        *([f"ag.gradients(y, x[{argument!r}], retain_graph=True, allow_unused=True)"] if culprit.twice else []),
        f"g = ag.gradients(y, x[{argument!r}], allow_unused=True)[0] if y.requires_grad else None",
        f'print("computed:", 0.0 if g is None else g.data[{culprit.index}])',
        "",
        "",
        "def moved(step):",
        "    wide = {k: a.astype(np.result_type(a, 'f8')) if a.dtype.kind in 'fc' else a for k, a in arrays.items()}",
        f"    wide[{argument!r}][{culprit.index}] += step",
        "    return value(tensors(wide), create_graph=False).data",
        "",
        "",
        f"h = 1e-5 * max(1.0, abs(arrays[{argument!r}][{culprit.index}]))",
        "slope = (moved(h) - moved(-h)) / (2 * h)",
    ]
    if case.point()[argument].dtype.kind == "c":
        lines.append("slope = slope + 1j * (moved(1j * h) - moved(-1j * h)) / (2 * h)")
    return "\n".join([*lines, 'print("measured:", slope)', ""])


def _several(case: Case, used: int) -> list[str]:
    """The line that takes one of the outputs, if there are several, some of them perhaps integers."""
    return [] if case.op.outputs is None else [f"    result = [r for r in result if r.dtype.kind in 'fc'][{used}]"]


def _gradient(case: Case, used: int) -> list[str]:
    """The lines that take the gradient of the outputs, and the gradient of that, of which in the end one is used."""
    lines = [
        "    results = [result]"
        if case.op.outputs is None
        else "    results = [r for r in result if r.dtype.kind in 'fc']"
    ]
    names = list(case.variables)
    for number, level in enumerate(case.levels, 2):
        record = "create_graph" if number == case.order else "True"
        lines += [
            f"    pairs = [(r, x[w]) for r, w in zip(results, {list(level)}) if getattr(r, 'requires_grad', False)]",
            "    results, weights = zip(*pairs)",
            f"    inputs = [x[name] for name in {names}]",
            f"    results = ag.gradients(results, inputs, weights, create_graph={record}, allow_unused=True)",
        ]
        names += level
    return [*lines, f"    result = results[{used}]"]


def _imported(op: Definition) -> list[str]:
    """The line that makes the operation known, if a module has it."""
    return [f"from {op.forward.__module__} import {op.name}"] if _importable(op) else []


def _where_defined(op: Definition) -> list[str]:
    """What is to be known of an operation that no module has, before the first line."""
    code = op.forward.__code__
    at = place(code.co_filename, code.co_firstlineno)
    return [] if _importable(op) else [f"# Run this below the definition of {op.name} ({at}).", ""]


def _importable(op: Definition) -> bool:
    module = op.forward.__module__
    return module != "__main__" and getattr(sys.modules.get(module), op.name, None) is op.function


def _call(case: Case) -> str:
    """The call of the operation as source text."""
    parts: list[str] = []
    for name, parameter in case.op.signature.parameters.items():
        value = case.values[name]
        text = _source(name, value)
        if parameter.kind is parameter.VAR_POSITIONAL:
            parts += [_source(f"{name}[{i}]", member) for i, member in enumerate(value)]
        elif case.op.roles[name] in ("array", "arrays", "index") or parameter.kind is parameter.POSITIONAL_ONLY:
            parts.append(text if parameter.kind is not parameter.KEYWORD_ONLY else f"{name}={text}")
        elif value is not parameter.default:
            parts.append(f"{name}={text}")
    return f"{case.op.name}({', '.join(parts)})"


def _source(label: str, value: Any) -> str:
    """The source text of an argument; arrays are looked up by their labels."""
    if isinstance(value, np.ndarray):
        return f"x[{label!r}]"
    if isinstance(value, tuple):
        return "(" + "".join(f"{_source(f'{label}[{i}]', member)}, " for i, member in enumerate(value)) + ")"
    if isinstance(value, np.dtype) or (isinstance(value, type) and issubclass(value, np.generic)):
        return f"np.dtype({np.dtype(value).name!r})"
    if isinstance(value, EllipsisType):
        return "..."
    return repr(value)
