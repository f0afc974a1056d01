"""The smallest case of a wrong derivative as a program: it prints what the derivative gives, and what is measured."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from types import EllipsisType
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core import Definition
from ..recording import place
from .calls import Array, Arrays, Case

if TYPE_CHECKING:
    from .culprit import Culprit

_FEW = 20  # numbers that are written into the program itself
_WIDE = 100  # characters in a line


def small(culprit: Culprit) -> bool:
    """Whether the program can have its arrays in its own text."""
    return sum(array.size for array in culprit.arrays().values()) <= _FEW


def program(culprit: Culprit, file: str | None = None) -> str:
    """The source text. file: where the program finds its arrays, beside itself; None: they are in its text."""
    case = culprit.case
    header = [*_where_defined(case.op), *(["from pathlib import Path", ""] if file else [])]
    header += ["import numpy as np", "", "import autograd_lite as ag", *_imported(case.op), ""]
    if file:
        header.append(f"arrays = dict(np.load(Path(__file__).with_name({file!r})))")
    else:
        arrays = culprit.arrays()
        if not all(np.isfinite(array).all() for array in arrays.values()):
            header[-1:] = ["", "nan, inf = np.nan, np.inf"]
        items = [f"{label!r}: {written(array)}" for label, array in arrays.items()]
        one = f"arrays = {{{', '.join(items)}}}"
        header += [one] if len(one) <= _WIDE else ["arrays = {", *(f"    {item}," for item in items), "}"]
    return "\n".join([*header, "", "", *_value(culprit), "", "", *_measured(culprit), "", "", *_computed(culprit), ""])


def _value(culprit: Culprit) -> Iterator[str]:
    """The function that is differentiated, of all arrays by name."""
    case = culprit.case
    used, arrays = culprit.output, culprit.arrays()
    variables = [*case.point(), *culprit.beside]
    yield f"def value(arrays{', record=True' if case.order > 1 else ''}):"
    yield f"    x = arrays | {{name: ag.tensor(arrays[name], requires_grad=True) for name in {variables}}}"
    yield from (f"    x[{label!r}] = x[{culprit.argument!r}]" for label in culprit.shared if label != culprit.argument)
    yield f"    result = {_call(case)}"
    yield from _several(case, used) if case.order == 1 else _gradient(case, used)
    result = "(result + x['beside'])" if culprit.beside else "result"
    if "output weight" not in arrays:
        yield f"    y = {f'ag.real({result})' if culprit.weights[used].dtype.kind == 'c' else result}.sum()"
    elif culprit.weights[used].dtype.kind == "c":
        yield f"    y = ag.real(ag.conj(x['output weight']) * {result}).sum()"
    else:
        yield f"    y = (x['output weight'] * {result}).sum()"
    for label in culprit.after:
        yield f"    {'result' if label == 'out' else f'x[{label!r}]'}.data[...] = arrays[{label + ' after'!r}]"
    if culprit.later:
        others = {label: f"arrays[{label + ' later'!r}]" for label in culprit.later}
        yield f"    {_call(case, others)}  # what this leaves behind must not be used for y"
    yield "    return x, y"


def _measured(culprit: Culprit) -> Iterator[str]:
    case, argument, index = culprit.case, culprit.argument, _index(culprit.index)
    low = any(array.dtype.char in "efF" for array in case.arrays().values())
    wide = "np.array(array, np.result_type(array, 'f8') if array.dtype.kind in 'fc' else None)"
    yield "def moved(step):"
    yield f"    there = {{name: {wide if low else 'np.array(array)'} for name, array in arrays.items()}}"
    yield f"    there[{argument!r}]{index} += step"
    yield f"    return value(there{', record=False' if case.order > 1 else ''})[1].data"
    yield ""
    yield ""
    value = abs(culprit.arrays()[argument][culprit.index])
    yield f"h = {1e-5 * max(1.0, float(value) if np.isfinite(value) else 1.0):.6g}"
    yield "slope = (moved(h) - moved(-h)) / (2 * h)"
    if culprit.arrays()[argument].dtype.kind == "c":
        yield "slope = slope + 1j * (moved(1j * h) - moved(-1j * h)) / (2 * h)"


def _computed(culprit: Culprit) -> Iterator[str]:
    argument, index = culprit.argument, _index(culprit.index)
    wanted = f"x[{argument!r}]"
    if culprit.beside:
        wanted = f"[{wanted}, {', '.join(f'x[{name!r}]' for name in culprit.case.variables)}]"
    yield "x, y = value(arrays)"
    if culprit.twice:
        yield "for _ in range(20):  # the same graph is used until it gives something else"
        yield f"    g = ag.gradients(y, {wanted}, retain_graph=True)[0].data{index}"
        yield "    if not np.isclose(g, slope, rtol=1e-5):"
        yield "        break"
        yield 'print("computed:", g)'
    elif culprit.analytic == 0:  # there may be no path
        yield f"g = ag.gradients(y, {wanted}, allow_unused=True)[0] if y.requires_grad else None"
        yield f'print("computed:", 0.0 if g is None else g.data{index})'
    else:
        options = ", create_graph=True" if culprit.recorded else ""
        yield f'print("computed:", ag.gradients(y, {wanted}{options})[0].data{index})'
    yield 'print("measured:", slope)'


def _index(index: tuple[int, ...]) -> str:
    return str(list(index)) if index else "[()]"


def _several(case: Case, used: int) -> list[str]:
    """The line that takes one of the outputs, if there are several, some of them perhaps integers."""
    return [] if case.op.outputs is None else [f"    result = [r for r in result if r.dtype.kind in 'fc'][{used}]"]


def _gradient(case: Case, used: int) -> Iterator[str]:
    """The lines that take the gradient of the outputs, and the gradient of that, of which in the end one is used."""
    results = "[result]" if case.op.outputs is None else "[r for r in result if r.dtype.kind in 'fc']"
    yield f"    results = {results}"
    names = list(case.variables)
    for number, level in enumerate(case.levels, 2):
        record = "record" if number == case.order else "True"
        yield f"    pairs = [(r, x[w]) for r, w in zip(results, {list(level)}) if getattr(r, 'requires_grad', False)]"
        yield "    results, weights = zip(*pairs)"
        yield f"    inputs = [x[name] for name in {names}]"
        yield f"    results = ag.gradients(results, inputs, weights, create_graph={record}, allow_unused=True)"
        names += level
    yield f"    result = results[{used}]"


# -- the operation ---------------------------------------------------------------------------------------------------


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


def _call(case: Case, arrays: dict[str, str] | None = None) -> str:
    """The call of the operation as source text; that of its arrays is looked up, or ``x['name']``."""
    parts: list[str] = []
    parameters = case.op.signature.parameters
    by_name = False  # once one is left out, or written with its name, the next ones need theirs
    for name, parameter in parameters.items():
        value, text = case.values[name], _source(name, case.values[name], arrays or {})
        if parameter.kind is parameter.VAR_POSITIONAL:
            parts += [_source(f"{name}[{i}]", member, arrays or {}) for i, member in enumerate(value)]
        elif parameter.kind is parameter.POSITIONAL_ONLY or _is_followed_by_many(name, parameters):
            parts.append(text)
        elif value is parameter.default:
            by_name = True
        else:
            optional = parameter.default is not parameter.empty and case.op.roles[name] == "param"
            by_name = by_name or optional or parameter.kind is parameter.KEYWORD_ONLY
            parts.append(f"{name}={text}" if by_name else text)
    return f"{case.op.name}({', '.join(parts)})"


def _is_followed_by_many(name: str, parameters: Any) -> bool:
    """Whether ``*args`` come after this one, so that it can only be given by its position."""
    names = list(parameters)
    return any(parameters[later].kind is inspect.Parameter.VAR_POSITIONAL for later in names[names.index(name) + 1 :])


def _source(label: str, value: Any, arrays: dict[str, str]) -> str:
    """The source text of an argument; arrays are looked up by their labels."""
    if isinstance(value, np.ndarray):
        return arrays.get(label, f"x[{label!r}]")
    if isinstance(value, tuple):
        return "(" + "".join(f"{_source(f'{label}[{i}]', member, arrays)}, " for i, member in enumerate(value)) + ")"
    if isinstance(value, np.dtype) or (isinstance(value, type) and issubclass(value, np.generic)):
        return f"np.dtype({np.dtype(value).name!r})"
    if isinstance(value, EllipsisType):
        return "..."
    if isinstance(value, float) and not np.isfinite(value):
        return f"float('{float(value)}')"
    return repr(value)


# -- arrays ----------------------------------------------------------------------------------------------------------


def written(array: Array) -> str:
    """An array as source text, which gives it to the last bit, in its dtype and order; `nan` and `inf` are names."""
    if array.dtype.kind == "c":  # parts by themselves: a sum of them would lose the sign of zeros
        parts = np.ascontiguousarray(array).reshape(-1).view(array.real.dtype)
        return f"{written(parts)}.view('{array.dtype}').reshape({array.shape})"
    if not array.size:
        return f"np.zeros({array.shape}, '{array.dtype}')"
    dtype = "" if array.dtype.char in "d?l" else f", '{array.dtype}'"
    order = ", order='F'" if array.flags.f_contiguous and not array.flags.c_contiguous else ""
    return f"np.array({array.tolist()}{dtype}{order})"


def as_they_lie(arrays: Arrays) -> Arrays:
    """Copies without gaps that keep the order of axes, so that files keep it, too."""
    return {label: np.array(array) for label, array in arrays.items()}
