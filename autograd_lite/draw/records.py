"""A `Graph` as plain lists and dicts, for JSON: what has its default value is left out."""

from __future__ import annotations

import json
import math
from dataclasses import MISSING, fields
from typing import Any

from .graph import Edge, Graph, ModuleInfo, Node, Source, Summary, Value

FORMAT = 1  # raised when what is written changes its meaning


def to_records(graph: Graph) -> dict[str, Any]:
    """The graph in parts that JSON knows; NaN and infinite numbers are text."""
    parts = {name: [_plain(item) for item in getattr(graph, name)] for name in ("nodes", "edges", "modules")}
    return {"format": FORMAT, **parts}


def to_json(graph: Graph) -> str:
    """The graph as a line of JSON for each node, edge and Module, so that files can be compared line by line."""
    records = to_records(graph)
    lists = (f'  "{name}": {_list(records[name])}' for name in ("modules", "nodes", "edges"))
    return "\n".join(("{", f'  "format": {FORMAT},', ",\n".join(lists), "}", ""))


def _list(items: list[Any]) -> str:
    lines = ",\n".join(f"    {json.dumps(item, ensure_ascii=False)}" for item in items)
    return f"[\n{lines}\n  ]" if items else "[]"


def from_json(text: str) -> Graph:
    """The graph that `to_json` wrote. Raises ValueError for text that it did not write, or another version did."""
    try:
        records = json.loads(text)
        if records["format"] != FORMAT:
            raise ValueError(f"the format is {records['format']}, this version reads {FORMAT}")
        return Graph(
            tuple(map(_node, records["nodes"])),
            tuple(Edge(**_with_sets(edge)) for edge in records["edges"]),
            tuple(ModuleInfo(**module) for module in records["modules"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"draw: this is no graph as to_json writes it ({error}); write the file anew") from error


def _plain(value: Any) -> Any:
    if type(value) in _PARTS:
        known = ((name, getattr(value, name), default) for name, default in _PARTS[type(value)])
        return {name: _plain(item) for name, item, default in known if default is MISSING or item != default}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):  # a Source is one, too
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


# What the parts of a graph consist of, with the values that are left out: asked once, since there are many of each.
_PARTS = {
    part: tuple((field.name, field.default) for field in fields(part))
    for part in (Node, Value, Summary, Edge, ModuleInfo)
}


def _node(record: dict[str, Any]) -> Node:
    known = _with_sets(record)
    known["values"] = tuple(map(_value, known["values"]))
    if known.get("source") is not None:
        known["source"] = Source(*known["source"])
    if known.get("before") is not None:
        known["before"] = _node(known["before"])
    for name in ("parameters", "members"):
        known[name] = tuple(known.get(name, ()))
    return Node(**known)


def _with_sets(record: dict[str, Any]) -> dict[str, Any]:
    return {**record, "marks": frozenset(record.get("marks", ()))}


def _value(record: dict[str, Any]) -> Value:
    shape = record["shape"]
    summaries = {name: _summary(record[name]) for name in ("data", "gradient") if record.get(name) is not None}
    return Value(**{**record, "shape": None if shape is None else tuple(shape), **summaries})


def _summary(record: dict[str, Any]) -> Summary:
    numbers = ("minimum", "maximum", "mean", "norm", "zeros")
    return Summary(**{**record, **{name: float(record[name]) for name in numbers}})
