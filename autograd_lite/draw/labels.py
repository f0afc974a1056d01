"""What stands in a node, in every format: a title, and lines below it that depend on how much detail is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..recording import place
from . import text
from .graph import Edge, Graph, Mark, ModuleInfo, Node, Summary, Value

DETAILS = ("shapes", "values", "costs", "everything")
LINE = 40  # characters of parameters in one line


# What stands before the title of a node that two graphs do not share, so that it is seen without colours, too.
SIGNS: dict[Mark, str] = {"added": "+ ", "removed": "- ", "changed": "~ "}


def title(node: Node) -> str:
    """What a node is: ``h = tanh``, the name of a leaf, the class of a folded Module."""
    return sign(node.marks) + _title(node)


def sign(marks: Iterable[Mark]) -> str:
    """Of a node or an edge: whether only one of two graphs has it."""
    return "".join(SIGNS.get(mark, "") for mark in marks)


def _title(node: Node) -> str:
    name = node.values[0].name if len(node.values) == 1 else None
    if node.kind == "op":
        return f"{name} = {node.label}" if name else node.label
    if node.kind == "group":
        return node.label
    return name or node.label


def lines(node: Node, detail: str = "shapes") -> list[str]:
    """What is known of a node beside its title; at least parameters and shapes."""
    values = _values(node) if detail in ("values", "everything") else []
    told = [*_packed(node.parameters), *_shapes(node.values)] if node.before is None else _compared(node.before, node)
    if values and told[-1] == text.shape(()):
        told.pop()  # a number shows itself that it has no axes
    told += values
    if detail in ("costs", "everything"):
        told += _costs(node)
    if detail == "everything" and node.source is not None:
        told.append(source(node))
    return told


def module_title(info: ModuleInfo) -> str:
    """What stands above what a Module or a block computes: ``encoder: LSTM``, ``x 64``."""
    if info.repeat > 1:
        return info.label or f"\N{MULTIPLICATION SIGN} {info.repeat}"
    return f"{info.path}: {info.label}" if info.path else info.label


def edge_label(graph: Graph, edge: Edge, detail: str = "shapes") -> str:
    """What stands at an edge: which of several results it is, and beside values what flows back along it."""
    values = graph.nodes[edge.source].values
    slots = [
        values[output].name or values[output].slot or "" for output in (edge.output, edge.last) if output is not None
    ]
    told = [" ... ".join(slots)] if values[edge.output].slot else []
    told += [edge.derivative] if detail in ("values", "everything") and edge.derivative else []
    return "  ".join(told)


def source(node: Node) -> str:
    """The line of the user's that computed a node: ``model.py:12 h = tanh(x @ w)``."""
    assert node.source is not None
    where = place(node.source.file, node.source.number).replace("\\", "/").rpartition("/")[2]
    return text.cut(f"{where} {node.source.text}".rstrip(), 2 * LINE)


# -- parameters and shapes ---------------------------------------------------------------------------------------------


def _packed(parameters: tuple[str, ...]) -> list[str]:
    """Parameters separated by commas, as many in a line as fit."""
    told: list[str] = []
    for parameter in parameters:
        if told and len(told[-1]) + len(parameter) + 2 <= LINE:
            told[-1] += f", {parameter}"
        else:
            told.append(parameter)
    return told


def _shapes(values: tuple[Value, ...]) -> list[str]:
    if len(values) == 1:
        return [] if values[0].shape is None else [_shape(values[0])]
    drawn = [value.name or value.slot or "" for value in values if value.is_output]
    shapes = list(dict.fromkeys(map(_shape, values)))
    if not values:
        told = []
    elif len(shapes) == 1:
        told = [f"{len(values)} x {shapes[0]}"]
    else:
        told = [f"{value.name or value.slot}: {_shape(value)}" for value in values[: text.MOST_ITEMS]]
        told += ["..."] * (len(values) > text.MOST_ITEMS)
    return told + ([text.cut(f"output: {', '.join(drawn)}")] if drawn else [])


def _shape(value: Value) -> str:
    shape = text.shape(value.shape or ())
    return shape if value.dtype in (None, "float32") else f"{shape} {value.dtype}"


# -- what has changed ------------------------------------------------------------------------------------------------


def changes(before: Node, node: Node) -> list[str]:
    """How a node differs from the same one of another graph, in shapes, types, parameters, name; empty: it does not."""
    told = [f"was {_title(before)}"] if _title(before) != _title(node) else []
    told += [_change(before.parameters, node.parameters, key) for key in _differing(before, node)]
    told += _changed_values(before.values, node.values)
    if before.repeat != node.repeat:
        told.append(_arrow(f"\N{MULTIPLICATION SIGN} {before.repeat}", f"\N{MULTIPLICATION SIGN} {node.repeat}"))
    if before.is_output != node.is_output:
        told.append("now an output" if node.is_output else "no longer an output")
    return told


def _compared(before: Node, node: Node) -> list[str]:
    """The lines of a node that has changed: what it keeps, and what is new."""
    differing = _differing(before, node)
    kept = tuple(parameter for parameter in node.parameters if _key(parameter) not in differing)
    shapes = [] if _changed_values(before.values, node.values) else _shapes(node.values)
    return [*_packed(kept), *shapes, *changes(before, node)]


def _differing(before: Node, node: Node) -> list[str]:
    """Keys of the parameters that differ."""
    ours, theirs = set(before.parameters), set(node.parameters)
    parameters = [*before.parameters, *node.parameters]
    return list(dict.fromkeys(_key(text) for text in parameters if (text in ours) != (text in theirs)))


def _key(parameter: str) -> str:
    """``axis`` of ``axis=1``; an index, and what stands in a folded Module, have no name."""
    name, equals, _ = parameter.partition("=")
    return name if equals else ""


def _change(before: tuple[str, ...], now: tuple[str, ...], key: str) -> str:
    """A parameter that stands nowhere has its default."""
    ours, theirs = (
        ", ".join(text.removeprefix(f"{key}=") for text in parameters if _key(text) == key)
        for parameters in (before, now)
    )
    return (f"{key}=" if key else "") + _arrow(ours or "default", theirs or "default")


def _changed_values(before: tuple[Value, ...], now: tuple[Value, ...]) -> list[str]:
    shapes, dtypes = ([_distinct(values, part) for values in (before, now)] for part in (_bare_shape, _dtype))
    return [_arrow(*pair) for pair in (shapes, dtypes) if pair[0] != pair[1]]


def _distinct(values: tuple[Value, ...], part: Callable[[Value], str]) -> str:
    """What all values have, or what each of them has."""
    parts = [part(value) for value in values]
    return parts[0] if len(set(parts)) == 1 else ", ".join(parts)


def _bare_shape(value: Value) -> str:
    return "unknown" if value.shape is None else text.shape(value.shape)


def _dtype(value: Value) -> str:
    return value.dtype or "unknown"


def _arrow(before: str, now: str) -> str:
    return f"{before} \N{RIGHTWARDS ARROW} {now}"


# -- values and costs --------------------------------------------------------------------------------------------------


def _values(node: Node) -> list[str]:
    told = []
    for value in node.values[: text.MOST_ITEMS]:
        own = f"{value.slot}: " if value.slot else ""
        if value.data is not None:
            told.append(own + summary(value.data))
        if value.gradient is not None:
            told.append(f"{own}gradient {gradient(value.gradient)}")
    return told


def summary(found: Summary) -> str:
    """An array in a line: all of it if it is small, else its range, mean, and what is striking."""
    if found.text is not None:
        return found.text
    if found.minimum == found.maximum and not _bad(found):
        return f"all {number(found.minimum)}"
    told = [f"{number(found.minimum)} to {number(found.maximum)}, mean {number(found.mean)}"]
    told += [f"{found.zeros:.0%} zero"] if found.zeros >= 0.005 else []
    return ", ".join([*told, *_bad(found)])


def gradient(found: Summary) -> str:
    """A gradient in a line: all of it if it is small, else its norm, and what is striking."""
    if found.text is not None:
        return found.text
    if found.minimum == found.maximum == 0 and not _bad(found):
        return "all 0"
    told = [f"norm {number(found.norm)}"]
    told += [f"{found.zeros:.0%} zero"] if found.zeros >= 0.005 else []
    return ", ".join([*told, *_bad(found)])


def _bad(found: Summary) -> list[str]:
    told = [f"{found.nans:,} NaN"] if found.nans else []
    return told + ([f"{found.infinities:,} infinite"] if found.infinities else [])


def _costs(node: Node) -> list[str]:
    told = []
    if node.saved_bytes:
        told.append(f"saves {amount(node.saved_bytes)}")
    times = [
        f"{name} {duration(seconds)}"
        for name, seconds in (("forward", node.forward_seconds), ("backward", node.backward_seconds))
        if seconds is not None
    ]
    return told + ([", ".join(times)] if times else [])


def number(value: float) -> str:
    """A number in four digits."""
    return f"{value:.4g}"


def amount(count: int) -> str:
    """Bytes in the unit that fits."""
    size, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{size:.3g} {unit}"


def duration(seconds: float) -> str:
    """A time in the unit that fits."""
    for factor, unit in ((1, "s"), (1e3, "ms")):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e6:.3g} \N{MICRO SIGN}s"
