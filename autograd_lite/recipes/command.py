"""The command line of recipes: train, print the figures, write the plot, the weights and the figures into files."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

from ..extras import optional
from ..kernels.allocator import tune_allocator
from ..saving import save
from ..screen import heading, line
from . import RECIPES
from .result import Figure, Result


def main(names: Iterable[str], output: str | Path = "train-output", seed: int = 0) -> int:
    """Train each of the named recipes, in this order; the exit status: 0, or 1 if a figure is not good enough.

    output: the folder for what is written, made if it is missing. seed: chooses everything that is random. Raises
    ModuleNotFoundError, before anything is trained, if an extra package is missing.
    """
    optional("matplotlib.figure", "matplotlib", "train", extra="train")
    tune_allocator()
    return max(train(name, Path(output), seed) for name in names)


def train(name: str, output: Path, seed: int) -> int:
    """Train one recipe; the exit status."""
    heading(f"{name}: {RECIPES[name]}")
    started = time.perf_counter()
    result: Result = recipe(name).train(seed)
    seconds = time.perf_counter() - started
    for figure in result.figures:
        asked = f" ({figure.requirement} is asked)" if figure.requirement else ""
        line(figure.name, f"{figure}{asked}{'' if figure.passed else '; FAILED'}")
    output.mkdir(parents=True, exist_ok=True)
    plot, weights, figures = written = [output / f"{name}{suffix}" for suffix in (".png", ".npz", ".json")]
    result.plot.savefig(plot, dpi=120)
    if result.model is None:
        written.remove(weights)
    else:
        save(weights, result.model.state_dict())
    figures.write_text(json.dumps(record(name, seed, seconds, result), indent=2) + "\n", encoding="utf-8")
    line(
        "",
        f"{'done' if result.passed else 'FAILED'} in {seconds:.0f} s; written: {plot}, "
        + ", ".join(file.name for file in written[1:]),
    )
    return 0 if result.passed else 1


def recipe(name: str) -> Any:
    """The module of a recipe."""
    return import_module(f".{name.replace('-', '_')}", __package__)


def record(name: str, seed: int, seconds: float, result: Result) -> dict[str, Any]:
    """For a file: what `table` needs."""
    return {"name": name, "seed": seed, "seconds": round(seconds), "figures": [vars(f) for f in result.figures]}


def print_names() -> int:
    """Print what there is to train."""
    width = max(map(len, RECIPES))
    print("\n".join(f"{name:<{width}}  {what}" for name, what in RECIPES.items()))
    return 0


def table(folder: str | Path) -> str:
    """The figures of all trainings in a folder as a table in Markdown, the command beside each."""
    lines = ["| command | what | found | asked | time |", "|---|---|---|---|---|"]
    for name, what in RECIPES.items():
        file = Path(folder) / f"{name}.json"
        if file.exists():
            found = json.loads(file.read_text(encoding="utf-8"))
            figures = [Figure(**figure) for figure in found["figures"]]
            values = "<br>".join(f"{figure.name} **{figure}**" for figure in figures)
            asked = "<br>".join(figure.requirement for figure in figures)
            took = _duration(found["seconds"])
            lines.append(f"| `python -m autograd_lite train {name}` | {what} | {values} | {asked} | {took} |")
    return "\n".join(lines)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
