"""A `Graph` in Graphviz's language.

Kinds of nodes differ in their frame, so that a black-and-white print shows them too: thin and rounded for operations,
heavy and square for leaves, none for constants, double for outputs. The colours are told apart by people who see red
and green alike. Helvetica and Arial have the same widths, which every Graphviz knows; the margins leave room for the
wider fonts that a viewer may put in their place.
"""

from __future__ import annotations

import html
from collections.abc import Iterator

from . import text
from .graph import Edge, Graph, Node, Value
from .shorten import shorten

DIRECTIONS = ("TB", "LR", "BT", "RL")
SMALL, QUIET = 10, "#4b5563"  # points and colour of what stands below a title
LINE = 40  # characters of parameters in one line

_FONT = 'fontname="Helvetica,Arial,sans-serif"'
_HEADER = f"""\
  graph [class="autograd_lite", bgcolor="white", pad=0.2, nodesep=0.28, ranksep=0.36];
  node [class="op", shape=box, style="rounded,filled", fillcolor="#eef3fa", color="#3b6ea5", fontcolor="#111827",
    {_FONT}, fontsize=12, margin="0.18,0.07", height=0.3, width=0.5];
  edge [color="#6b7280", arrowsize=0.6, {_FONT}, fontsize={SMALL}, fontcolor="{QUIET}"];
"""
_LEAF = 'class="leaf", style=filled, penwidth=2, fillcolor="#fdf1d3", color="#b07800"'
_QUIET = f'class="constant", shape=plain, style=solid, fontcolor="{QUIET}", margin="0.1,0.05"'
_OUTPUT = 'class="output", peripheries=2, fillcolor="#e3f4ec", color="#00795a"'


def to_dot(graph: Graph, rankdir: str = "TB", *, rich: bool = True) -> str:
    """The graph as text for Graphviz.

    rankdir: one of `DIRECTIONS`. rich: use labels in several sizes, which not every build of Graphviz knows.
    """
    graph = shorten(graph)
    lines = [f"digraph {{\n  rankdir={rankdir};\n{_HEADER}"]
    lines += [f"  n{node.id} [{', '.join(_attributes(node, rich))}];\n" for node in graph.nodes]
    lines += [f"  n{edge.source} -> n{edge.target}{_edge(graph, edge)};\n" for edge in graph.edges]
    return "".join((*lines, "}\n"))


def _attributes(node: Node, rich: bool) -> Iterator[str]:
    yield f"label={_rich_label(node) if rich else _plain_label(node)}"
    if node.kind == "leaf":
        yield _LEAF
    elif node.kind in ("constant", "reference"):
        yield _QUIET
    if node.is_output:
        yield _OUTPUT


def _edge(graph: Graph, edge: Edge) -> str:
    source = graph.nodes[edge.source]
    value = source.values[edge.output]
    attributes = [f'label=" {_quotable(value.name or value.slot)} "'] if value.slot else []
    attributes += ["style=dashed"] if source.kind in ("constant", "reference") else []
    return f" [{', '.join(attributes)}]" if attributes else ""


# -- labels ------------------------------------------------------------------------------------------------------


def _rich_label(node: Node) -> str:
    title, *lines = map(_escaped, _lines(node))
    title = title if node.kind in ("constant", "reference") else f"<B>{title}</B>"
    small = f'<BR/><FONT POINT-SIZE="{SMALL}" COLOR="{QUIET}">{"<BR/>".join(lines)}</FONT>' if lines else ""
    return f"<{title}{small}>"


def _plain_label(node: Node) -> str:
    title, *lines = map(_quotable, _lines(node))
    room = " " * (1 + len(title) // 5)  # a style sheet will set the title in bold, which is wider than it is measured
    return '"' + "\\n".join((f"{room}{title}{room}", *lines)) + '"'


def _lines(node: Node) -> list[str]:
    """What stands in a node: its title, its parameters, the shapes of its values."""
    return [_title(node), *_packed(node.parameters), *_shapes(node.values)]


def _title(node: Node) -> str:
    name = node.values[0].name if len(node.values) == 1 else None
    if node.kind == "op":
        return f"{name} = {node.label}" if name else node.label
    return name or node.label


def _packed(parameters: tuple[str, ...]) -> list[str]:
    """Parameters separated by commas, as many in a line as fit."""
    lines: list[str] = []
    for parameter in parameters:
        if lines and len(lines[-1]) + len(parameter) + 2 <= LINE:
            lines[-1] += f", {parameter}"
        else:
            lines.append(parameter)
    return lines


def _shapes(values: tuple[Value, ...]) -> list[str]:
    if len(values) == 1:
        return [] if values[0].shape is None else [_shape(values[0])]
    drawn = [value.name or value.slot or "" for value in values if value.is_output]
    shapes = list(dict.fromkeys(map(_shape, values)))
    if len(shapes) == 1:
        lines = [f"{len(values)} x {shapes[0]}"]
    else:
        lines = [f"{value.name or value.slot}: {_shape(value)}" for value in values[: text.MOST_ITEMS]]
        lines += ["..."] * (len(values) > text.MOST_ITEMS)
    return lines + ([text.cut(f"output: {', '.join(drawn)}")] if drawn else [])


def _shape(value: Value) -> str:
    shape = text.shape(value.shape or ())
    return shape if value.dtype in (None, "float32") else f"{shape} {value.dtype}"


def _printable(label: str) -> str:
    """A label without characters that have no place in a line of text, or in an SVG file."""
    return "".join(letter if letter.isprintable() else " " for letter in label)


def _escaped(label: str) -> str:
    return html.escape(_printable(label), quote=False)


def _quotable(label: str) -> str:
    return _printable(label).replace("\\", "\\\\").replace('"', '\\"')
