"""A `Graph` in Mermaid's language, which GitHub and many wikis draw by themselves.

Kinds differ in their frames here, too: rounded for operations, stadiums for leaves, none for constants, double for
what stands for several, hexagons for outputs.
"""

from __future__ import annotations

from collections.abc import Iterator

from .graph import Edge, Graph, Node
from .labels import edge_label, lines, module_title, title
from .nesting import Step, steps
from .themes import LIGHT, Theme

_SHAPES = {
    "op": ("(", ")"),
    "leaf": ("([", "])"),
    "constant": ("[", "]"),
    "reference": ("[", "]"),
    "group": ("[[", "]]"),
}
_OUTPUT = ("{{", "}}")


def to_mermaid(graph: Graph, rankdir: str = "TB", detail: str = "shapes", theme: Theme = LIGHT) -> str:
    """The graph as text for a ```mermaid block."""
    text = [f"flowchart {rankdir}", *_classes(theme)]
    for step in steps(graph):
        text.append("  " * (step.level + 1) + _statement(graph, step, detail))
    text += [f"  {_edge(graph, edge, detail)}" for edge in graph.edges]
    return "\n".join([*text, *_styles(graph), ""])


def _classes(theme: Theme) -> Iterator[str]:
    for name in ("op", "leaf", "output", "backward"):
        fill, stroke = getattr(theme, name), getattr(theme, f"{name}_line")
        yield f"  classDef {name} fill:{fill},stroke:{stroke},color:{theme.text}"
    yield f"  classDef constant fill:none,stroke:none,color:{theme.quiet}"
    yield f"  classDef group fill:{theme.module},stroke:{theme.op_line},color:{theme.text}"


def _statement(graph: Graph, step: Step, detail: str) -> str:
    if step.kind == "end":
        return "end"
    if step.kind == "begin":
        return f'subgraph m{step.id} ["{_escaped(module_title(graph.modules[step.id]))}"]'
    node = graph.nodes[step.id]
    before, after = _OUTPUT if node.is_output and node.kind == "op" else _SHAPES[node.kind]
    label = "<br/>".join(map(_escaped, (title(node), *lines(node, detail))))
    return f'n{node.id}{before}"{label}"{after}:::{_class(node)}'


def _class(node: Node) -> str:
    if node.is_output:
        return "output"
    if node.kind == "op":
        return "backward" if node.side == "backward" else "op"
    return "constant" if node.kind == "reference" else node.kind


def _edge(graph: Graph, edge: Edge, detail: str) -> str:
    quiet = graph.nodes[edge.source].kind in ("constant", "reference")
    arrow = "-.->" if quiet or edge.loop else "-->"
    told = [edge_label(graph, edge, detail), "next" if edge.loop else ""]
    label = _escaped("  ".join(text for text in told if text))
    return f'n{edge.source} {arrow}|"{label}"| n{edge.target}' if label else f"n{edge.source} {arrow} n{edge.target}"


def _styles(graph: Graph) -> Iterator[str]:
    """Blocks that repeat have a dashed frame."""
    for number, module in enumerate(graph.modules):
        if module.repeat > 1:
            yield f"  style m{number} stroke-dasharray: 6 4"


def _escaped(label: str) -> str:
    """A label in which no character means anything to Mermaid, which knows the codes of HTML with # for &."""
    special = {'"', "#", ";", "<", ">", "&", "`", "\\"}
    return "".join(
        f"#{ord(letter)};" if letter in special else letter if letter.isprintable() else " " for letter in label
    )
