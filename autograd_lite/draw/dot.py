"""A `Graph` in Graphviz's language.

Kinds of nodes differ in their frame, so that a black-and-white print shows them too: thin and rounded for operations,
heavy and square for leaves, none for constants, double for outputs, folded corners for what stands for several. The
colours are told apart by people who see red and green alike (after Okabe and Ito 2008). Helvetica and Arial have the
same widths, which every Graphviz knows; the margins leave room for the wider fonts that a viewer may put in their
place.
"""

from __future__ import annotations

import html
from collections.abc import Iterator

from .graph import Edge, Graph, Node
from .labels import edge_label, lines, module_title, title
from .nesting import steps
from .shorten import shorten
from .themes import LIGHT, Theme

DIRECTIONS = ("TB", "LR", "BT", "RL")
SMALL = 10  # points of what stands below a title

_FONT = 'fontname="Helvetica,Arial,sans-serif"'


def to_dot(
    graph: Graph, rankdir: str = "TB", *, rich: bool = True, detail: str = "shapes", theme: Theme = LIGHT
) -> str:
    """The graph as text for Graphviz.

    rankdir: one of `DIRECTIONS`. rich: use labels in several sizes, which not every build of Graphviz knows. detail:
    one of `labels.DETAILS`.
    """
    graph = shorten(graph)
    writer = _Writer(graph, rich, detail, theme)
    text = [f"digraph {{\n  rankdir={rankdir};\n{_header(theme)}", *writer.nodes()]
    return "".join((*text, *writer.edges(), "}\n"))


def _header(theme: Theme) -> str:
    return f"""\
  graph [class="autograd_lite", bgcolor="{theme.background}", pad=0.2, nodesep=0.28, ranksep=0.36, {_FONT},
    fontsize=11, fontcolor="{theme.quiet}"];
  node [class="op", shape=box, style="rounded,filled", fillcolor="{theme.op}", color="{theme.op_line}",
    fontcolor="{theme.text}", {_FONT}, fontsize=12, margin="0.18,0.07", height=0.3, width=0.5];
  edge [color="{theme.edge}", arrowsize=0.6, {_FONT}, fontsize={SMALL}, fontcolor="{theme.quiet}"];
"""


class _Writer:
    """Writes nodes, in a cluster for each Module and block, and the attributes of edges."""

    def __init__(self, graph: Graph, rich: bool, detail: str, theme: Theme):
        self.graph, self.rich, self.detail, self.theme = graph, rich, detail, theme

    def nodes(self) -> Iterator[str]:
        """The lines of all nodes, those of a Module within its cluster."""
        for kind, id, level in steps(self.graph):
            room = "  " * (level + 1)
            if kind == "node":
                yield f"{room}n{id} [{', '.join(self._attributes(self.graph.nodes[id]))}];\n"
            elif kind == "begin":
                yield from self._cluster(id, room)
            else:
                yield f"{room}}}\n"

    def _cluster(self, module: int, room: str) -> Iterator[str]:
        info = self.graph.modules[module]
        repeated = info.repeat > 1
        look = f'style="rounded,{"dashed" if repeated else "filled"}"'
        colours = f'fillcolor="{self.theme.module}", color="{self.theme.loop if repeated else self.theme.module_line}"'
        width = ", penwidth=1.5" if repeated else ""
        yield f"{room}subgraph cluster{module} {{\n"
        yield f'{room}  label="{quotable(module_title(info))}"; labeljust=l; margin=10;\n'
        yield f"{room}  graph [{look}, {colours}{width}];\n"

    def _attributes(self, node: Node) -> Iterator[str]:
        yield f"label={self._rich_label(node) if self.rich else self._plain_label(node)}"
        theme = self.theme
        if node.kind == "leaf":
            yield f'class="leaf", style=filled, penwidth=2, fillcolor="{theme.leaf}", color="{theme.leaf_line}"'
        elif node.kind in ("constant", "reference"):
            yield (f'class="constant", shape=plain, style=solid, fontcolor="{theme.quiet}", margin="0.1,0.05"')
        elif node.kind == "group":
            yield f'class="group", shape=note, style=filled, fillcolor="{theme.module}", color="{theme.op_line}"'
        elif node.side == "backward":
            yield f'class="backward", fillcolor="{theme.backward}", color="{theme.backward_line}"'
        if node.is_output:
            yield f'class="output", peripheries=2, fillcolor="{theme.output}", color="{theme.output_line}"'
        yield from theme.of_marks(node.marks)

    def edges(self) -> Iterator[str]:
        """The lines of all edges; what keeps both passes side by side, if both are there."""
        nodes = self.graph.nodes
        both = {node.side for node in nodes if node.kind != "constant"} == {"forward", "backward"}
        for edge in self.graph.edges:
            source, target, attributes = edge.source, edge.target, self._edge_attributes(edge)
            if both and nodes[target].side == "backward":
                if nodes[source].side == "backward":
                    source, target = target, source  # the gradients flow up, beside the values that come down
                    attributes.append("dir=back")
                elif nodes[source].kind != "constant":
                    attributes.append("constraint=false")
            told = f" [{', '.join(attributes)}]" if attributes else ""
            yield f"  n{source} -> n{target}{told};\n"
        if both and not self.graph.modules:  # a level for each operation and its derivative
            yield from (f"  {{rank=same; n{node.pair}; n{node.id}}}\n" for node in nodes if node.pair is not None)

    def _edge_attributes(self, edge: Edge) -> list[str]:
        label = edge_label(self.graph, edge, self.detail)
        room = " " * (1 if self.rich else 2 + len(label) // 5)  # without fonts, letters are measured too narrow
        attributes = [f'label="{room}{quotable(label)}{room}"'] if label else []
        if self.graph.nodes[edge.source].kind in ("constant", "reference"):
            attributes.append("style=dashed")
        if edge.loop:
            attributes.append(f'constraint=false, style=bold, color="{self.theme.loop}"')
        return attributes + self.theme.of_edge_marks(edge.marks)

    # -- labels ------------------------------------------------------------------------------------------------------

    def _lines(self, node: Node) -> list[str]:
        return [title(node), *lines(node, self.detail)]

    def _rich_label(self, node: Node) -> str:
        head, *rest = map(_escaped, self._lines(node))
        head = head if node.kind in ("constant", "reference") else f"<B>{head}</B>"
        small = (
            f'<BR/><FONT POINT-SIZE="{SMALL}" COLOR="{self.theme.quiet}">{"<BR/>".join(rest)}</FONT>' if rest else ""
        )
        return f"<{head}{small}>"

    def _plain_label(self, node: Node) -> str:
        head, *rest = map(quotable, self._lines(node))
        room = " " * (1 + len(head) // 5)  # a style sheet sets the title in bold, which is wider than it is measured
        return '"' + "\\n".join((f"{room}{head}{room}", *rest)) + '"'


def printable(label: str) -> str:
    """A label without characters that have no place in a line of text, or in an SVG file."""
    return "".join(letter if letter.isprintable() else " " for letter in label)


def _escaped(label: str) -> str:
    return html.escape(printable(label), quote=False)


def quotable(label: str) -> str:
    """A label as it stands between quotation marks."""
    return printable(label).replace("\\", "\\\\").replace('"', '\\"')
