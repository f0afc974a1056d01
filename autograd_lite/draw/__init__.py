"""Computation graphs as pictures.

`trace` observes a run, `walk` reads its history (or one that exists already) into a `graph` of plain values; `measure`
adds what nodes hold and cost, `derivatives` what flows back along edges, `mark` says what deserves attention,
`backward` makes the graph of the other direction; `roll` and `fold` make a large one fit to look at;
`dot` writes it in Graphviz's language, `render` has it laid out, and `picture` is what the user holds. `labels` says
what stands in a node, `nesting` what stands in a Module, `themes` which colours there are, for all formats: `mermaid`,
`tree`, `records`. A further format is one more file that reads a `Graph`. `diff` makes one graph of two, whose nodes
`match` pairs; `command` is `python -m autograd_lite draw`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from .. import core
from .backward import SIDES, sided
from .derivatives import with_derivatives
from .diff import Difference, compare, complaint
from .fold import chained, folded
from .graph import Edge, Graph, Node, Value
from .mark import marked, with_path
from .measure import measured, summarise
from .picture import Picture
from .records import from_json
from .roll import rolled
from .trace import traced
from .walk import walked, walked_run

__all__ = [
    "Difference",
    "Edge",
    "Graph",
    "Node",
    "Picture",
    "Value",
    "assert_graph_equal",
    "draw",
    "draw_diff",
    "from_json",
    "name",
]

T = TypeVar("T", bound=core.Handle)


def draw(
    what: Any,
    *inputs: Any,
    names: Mapping[str, Any] | Any = None,
    graph: str = "forward",
    detail: str = "shapes",
    depth: int | None = None,
    roll: bool = True,
    fold: bool = False,
    constants: bool = True,
    path: tuple[Any, Any] | None = None,
    rankdir: str = "TB",
    theme: str = "light",
) -> Picture:
    """A picture of the operations that something was computed by, which shows itself in a notebook and can be saved.

    what: a Tensor, or a list or tuple of several, which were computed already; or a Module or function, which is run
    once with `inputs`. Only of such a run it is known which Module and which line of the user's computed what, and what
    needed no gradient; operations whose results were not used are in the picture, too. A Module is afterwards as
    before; a tuple of integers as its input stands for zeros of that shape. names: what to call tensors beside the
    parameters' own names and what `ag.name` said, a dict from name to tensor or array, or a Module; those that the
    graph does not contain are ignored, so that a whole model can name a part of it.

    graph: "forward", the operations; "backward", how the gradients are computed from that of the outputs; or "both",
    with what the backward pass needs of the forward one. detail: what is told of each node, beside its operation and
    shape. "values": the value as far as it is known, of a run everywhere, the gradient of (the sum of) the outputs, and
    at each edge what flows back along it; NaN and infinite numbers, gradients that are zero or huge are marked.
    "costs": memory that is kept for backward, and the times of forward (of a run) and backward. "everything": both, and
    the user's lines. An earlier backward leaves no gradients to see.

    depth: fold the Modules that lie so deep into one node each, 0 for the outermost. roll: draw what repeats, such as
    the steps of a recurrence, once. fold: draw chains of elementwise operations as one node each. constants: show
    operands that need no gradient, too; a backward frees what is known of them beyond their existence. path: a tensor
    and a parameter, or what they are called in the picture; all ways between them are marked. rankdir: the way the data
    flows, "TB" (top to bottom), "LR", "BT" or "RL". theme: "light" or "dark".

    Raises ValueError for an output without history, a result that no operation computed, a path that does not exist, or
    an unknown option, TypeError for what is neither Tensor, Module nor function.
    """
    if graph not in SIDES:
        raise ValueError(f"draw: graph {graph!r} is not known; use one of {', '.join(SIDES)}")
    if callable(what):
        run = traced(what, inputs, summarise if detail in ("values", "everything") else None)
        walk = walked_run(run, names, constants=constants)
    else:
        walk = walked(what, _names(inputs, names), constants=constants)
    shown = marked(measured(walk, detail), is_elementwise)
    if path is not None:
        end, start = map(walk.find, path)
        shown = with_path(shown, start, end)
    ops = walk.differentiated()
    if graph != "forward" or detail in ("values", "everything"):
        shown = with_derivatives(shown, ops)
    return Picture(_condensed(sided(shown, ops, graph), depth, roll, fold), rankdir, detail, theme)


def name(t: T, name: str) -> T:
    """Give a tensor a name, which pictures and errors show; returns the tensor."""
    t.name = name  # type: ignore[attr-defined]  # a handle's class has it
    return t


def _names(given: tuple[Any, ...], names: Any) -> Any:
    """The names of tensors that exist already may stand behind them, by position."""
    if len(given) > 1 or (given and names is not None):
        raise TypeError("draw: inputs are for a Module or a function; pass tensors together as a list")
    return given[0] if given else names


def _condensed(graph: Graph, depth: int | None, roll: bool, fold: bool) -> Graph:
    """What repeats first: Modules that are folded would differ by their paths."""
    graph = rolled(graph) if roll else graph
    graph = graph if depth is None else folded(graph, depth)
    return chained(graph, is_elementwise) if fold else graph


_ELEMENTWISE = (
    *("activations", "bessel", "comparison", "complex", "elementwise", "exponential", "gamma", "piecewise"),
    *("rounding", "scaling", "special", "trigonometric"),
)


def is_elementwise(label: str) -> bool:
    """Whether the operation of that name takes numbers from the same place of each operand."""
    definition = core.registry.get(label)
    module = "" if definition is None else definition.forward.__module__
    return module.startswith(core.__package__) and module.rpartition(".")[2] in _ELEMENTWISE


def draw_diff(
    a: Any, b: Any, *, rankdir: str = "TB", detail: str = "shapes", theme: str = "light", **options: Any
) -> Difference:
    """What is different in the graph of `b` from that of `a`: a picture of both, which `print` tells in words.

    What only `b` has is marked as added (+), what only `a` has as removed (-); what both have with another shape, type
    or parameters is marked as changed (~) and tells both, ``(3, 4) -> (3, 5)``. Nodes are matched by their names and
    Modules, and by what is around them.

    a, b: Pictures, Graphs, Tensors or lists of them; or a Module or function with its inputs in a tuple,
    ``(model, x)``. rankdir, detail, theme and the further options are those of `draw`, but for what repeats: it is
    compared one by one, unless `roll` is true. The result is a Picture;
    its `equal` says whether there is no difference, `summary()` is the text.

        print(ag.draw_diff((before, x), (after, x)))
    """
    options = {"roll": False, **options, "detail": detail}
    return compare(_graph(a, options), _graph(b, options), rankdir, detail, theme)


def assert_graph_equal(what: Any, file: str | os.PathLike[str], *, update: bool | None = None) -> None:
    """Assert, in a test, that a graph is the one that was saved in a file; an AssertionError tells the difference.

    what: as in `draw_diff`. file: JSON, which is written if it does not exist, and anew if `update` is true or the
    environment variable AUTOGRAD_LITE_UPDATE is 1 (and `update` is not given): look at the change, as `git diff` shows
    it, and commit the file. Operations, parameters, shapes, types, names and edges count; values, times, and the lines
    of source do not.

        ag.assert_graph_equal((model, x), "tests/graphs/model.json")
    """
    __tracebackhide__ = True  # pytest shows the line that calls it
    if found := complaint(_graph(what, {"roll": False}), Path(file), update):
        raise AssertionError(found)


def _graph(what: Any, options: Mapping[str, Any]) -> Graph:
    return what if isinstance(what, Graph) else picture_of(what, **options).graph


def picture_of(what: Any, **options: Any) -> Picture:
    """The picture of what can be drawn, a Module or function with its inputs in a tuple; a Picture is left as it is."""
    if isinstance(what, Picture):
        return what
    if isinstance(what, tuple) and what and callable(what[0]):
        return draw(*what, **options)
    return draw(what, **options)
