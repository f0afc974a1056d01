"""The command line, ``python -m autograd_lite demo | train | gradcheck | draw | ops``: commands load on demand."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import __version__
from .draw.backward import SIDES
from .draw.dot import DIRECTIONS
from .draw.labels import DETAILS
from .draw.themes import THEMES


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m autograd_lite", description="Automatic differentiation on NumPy.")
    parser.add_argument("--version", action="version", version=f"autograd_lite {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_demo(commands)
    _add_train(commands)
    _add_gradcheck(commands)
    _add_draw(commands)
    _add_ops(commands)
    options = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except BrokenPipeError:  # whoever reads has seen enough, as in `... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python's own last flush fails, too
        return 1


def _add_demo(commands: Any) -> None:
    parser = commands.add_parser("demo", help="train, verify and draw a CNN and an RNN on real data, offline")
    _add_output_and_seed(parser, "demo-output")
    parser.set_defaults(run=_demo)


def _add_output_and_seed(parser: Any, folder: str) -> None:
    parser.add_argument(
        "--output", metavar="DIR", type=_folder, default=folder, help="where to write (default: %(default)s)"
    )
    parser.add_argument("--seed", type=_seed, default=0, help="of all random numbers (default: %(default)s)")


def _folder(text: str) -> Path:
    path = Path(text)
    for existing in (path, *path.parents):
        if existing.exists() and not existing.is_dir():
            raise argparse.ArgumentTypeError(f"{str(existing)!r} is a file; name a folder, which is made if missing")
    return path


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 on")
    return int(text)


def _demo(options: argparse.Namespace) -> int:
    from . import demo

    return _with_extras(lambda: demo.main(output=options.output, seed=options.seed))


def _with_extras(run: Callable[[], int]) -> int:
    """The exit status of `run`: 1, and what to install, if an extra package is missing."""
    try:
        return run()
    except ModuleNotFoundError as error:
        print(error, file=sys.stderr)
        return 1


def _add_train(commands: Any) -> None:
    parser = commands.add_parser("train", help="train the models of the lectures on real data, and save what was found")
    parser.add_argument("names", metavar="NAME", nargs="*", help="what to train, or all (default: print what there is)")
    _add_output_and_seed(parser, "train-output")
    parser.add_argument("--table", action="store_true", help="print the figures in the output folder as a table only")
    parser.set_defaults(run=_train)


def _train(options: argparse.Namespace) -> int:
    from .recipes import RECIPES, command

    if options.table:
        print(command.table(options.output))
        return 0
    if not options.names:
        return command.print_names()
    if unknown := set(options.names) - {*RECIPES, "all"}:
        print(
            f"train: nothing is called {', '.join(sorted(unknown))}; pass some of {', '.join(RECIPES)}, or all",
            file=sys.stderr,
        )
        return 2
    names = list(RECIPES) if "all" in options.names else options.names
    return _with_extras(lambda: command.main(names, options.output, options.seed))


def _add_gradcheck(commands: Any) -> None:
    parser = commands.add_parser(
        "gradcheck",
        help="check derivatives by finite differences: of functions of yours, or of the operations",
        description="module:function (or file.py:function) is checked on the samples in its docstring, such as >>>"
        " loss(randn(3, 2)), of a class of Modules >>> Net()(randn(3, 2)); or it takes no arguments and returns the"
        " function to check and its inputs in a tuple.",
    )
    parser.add_argument("targets", metavar="TARGET", nargs="*", help="module:function, or the name of an operation")
    parser.add_argument(
        "--ops", action="store_true", help="check all operations (the default without targets); takes about a minute"
    )
    parser.add_argument("--list", action="store_true", help="print the names of all operations, and check nothing")
    # Those that are not given are left to `gradcheck`
    checking = parser.add_argument_group("options for functions", argument_default=argparse.SUPPRESS)
    checking.add_argument("--order", type=int, choices=(1, 2), help="2 checks gradients of gradients")
    checking.add_argument("--max-entries", metavar="N", type=_positive, help="check a random choice of entries")
    checking.add_argument("--directions", metavar="N", type=_positive, help="check along so many random directions")
    checking.add_argument(
        "--dtype",
        choices=("float32", "float64"),
        help="convert inputs and Modules; float32 is measured in float64 (default: Modules are converted to float64)",
    )
    parser.set_defaults(run=_gradcheck)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)


def _gradcheck(options: argparse.Namespace) -> int:
    from .gradcheck import command

    if options.list:
        return command.print_names()
    functions = [target for target in options.targets if ":" in target]
    ops = [target for target in options.targets if ":" not in target]
    names = ("order", "max_entries", "directions", "dtype")
    chosen = {name: getattr(options, name) for name in names if hasattr(options, name)}
    status = command.check_functions(functions, **chosen)
    if ops or options.ops or not functions:
        status = max(status, command.main(() if options.ops else ops))
    return status


def _add_draw(commands: Any) -> None:
    parser = commands.add_parser(
        "draw",
        help="draw the computation graph of a model or a function of yours",
        description="module:name is a Tensor, a Picture, a Module or a function. A function without arguments is called"
        " and returns one of these, or one with its inputs in a tuple: (model, x). Or --input gives the inputs.",
    )
    parser.add_argument("target", metavar="TARGET", help="module:name, for example autograd_lite.models:LeNet5")
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path, help="of the format that its suffix names (default: print a tree)"
    )
    parser.add_argument(
        *("--input", "-i"),
        metavar="SHAPE",
        type=_zeros,
        action="append",
        default=[],
        help="an input of zeros, 1,1,32,32 or, of another type than float32, 8,20:int64; once for each input",
    )
    # Those that are not given are left to `draw`
    drawing = parser.add_argument_group("options of ag.draw", argument_default=argparse.SUPPRESS)
    drawing.add_argument("--graph", choices=SIDES, help="the operations, how gradients are computed, or both")
    drawing.add_argument("--detail", choices=DETAILS)
    drawing.add_argument("--depth", metavar="N", type=int, help="fold Modules that lie so deep, 0 for the outermost")
    drawing.add_argument("--unrolled", dest="roll", action="store_false", help="draw all rounds of what repeats")
    drawing.add_argument("--fold", action="store_true", help="draw chains of elementwise operations as one node each")
    drawing.add_argument("--no-constants", dest="constants", action="store_false", help="leave them out")
    drawing.add_argument("--path", nargs=2, metavar=("RESULT", "PARAMETER"), help="mark the ways between the two")
    drawing.add_argument("--rankdir", choices=DIRECTIONS, help="the way the data flows")
    drawing.add_argument("--theme", choices=tuple(THEMES))
    parser.set_defaults(run=_draw)


def _zeros(text: str) -> np.ndarray:
    shape, _, dtype = text.partition(":")
    try:
        return np.zeros([int(length) for length in shape.split(",") if length], dtype or np.float32)
    except (TypeError, ValueError) as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no shape ({error}); write 1,3,32,32, or 8,20:int64 for a dtype other than float32"
        ) from error


def _draw(options: argparse.Namespace) -> int:
    from .draw import command

    names = ("graph", "detail", "depth", "roll", "fold", "constants", "path", "rankdir", "theme")
    chosen = {name: getattr(options, name) for name in names if hasattr(options, name)}
    return command.main(options.target, options.output, options.input, chosen)


def _add_ops(commands: Any) -> None:
    parser = commands.add_parser(
        "ops", help="list the operations and layers, and what of NumPy and PyTorch they answer to"
    )
    page = parser.add_mutually_exclusive_group()
    page.add_argument("--markdown", action="store_true", help="the page docs/operations.md")
    page.add_argument("--numpy", action="store_true", help="the page docs/numpy.md")
    page.add_argument("--torch", action="store_true", help="the page docs/pytorch.md")
    page.add_argument("--layers", action="store_true", help="the page docs/layers.md")
    parser.set_defaults(run=_ops)


def _ops(options: argparse.Namespace) -> int:
    from . import catalogue

    pages = {
        "markdown": catalogue.operations_markdown,
        "numpy": catalogue.numpy_markdown,
        "torch": catalogue.torch_markdown,
        "layers": catalogue.layers_markdown,
    }
    page = next((pages[name] for name in pages if getattr(options, name)), None)
    print(page() if page else catalogue.operations_text() + "\n", end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
