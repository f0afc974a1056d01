"""Computation graphs as pictures.

`walk` reads a history into a `graph` of plain values; `fold` and `roll` make a large one fit to look at; `dot` writes
it in Graphviz's language, `render` has it laid out, and `picture` is what the user holds. `labels` says what stands in
a node, `nesting` what stands in a Module, `themes` which colours there are, for all formats: `mermaid`, `tree`,
`records`. A further format is one more file that reads a `Graph`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .graph import Edge, Graph, Node, Value
from .picture import Picture
from .records import from_json
from .walk import walk

__all__ = ["Edge", "Graph", "Node", "Picture", "Value", "draw", "from_json"]


def draw(
    outputs: Any, names: Mapping[str, Any] | Any = None, *, constants: bool = True, rankdir: str = "TB"
) -> Picture:
    """A picture of the operations that `outputs` was computed by, which shows itself in a notebook and can be saved.

    outputs: a Tensor, or a list or tuple of several. names: what to call tensors beside the parameters' own names, a
    dict from name to tensor or array, or a Module; those that the graph does not contain are ignored, so that a whole
    model can name a part of it. constants: show operands that need no gradient, too; a backward frees what is known of
    them beyond their existence. rankdir: the way the data flows, "TB" (top to bottom), "LR", "BT" or "RL".

    Raises ValueError for an output without history or an unknown rankdir, TypeError for what is not a Tensor.
    """
    return Picture(walk(outputs, names, constants=constants), rankdir)
