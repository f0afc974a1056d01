"""The command line: ``python -m autograd_lite demo | gradcheck``. Each command is a module, loaded when it is run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m autograd_lite", description="Automatic differentiation on NumPy.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_demo(commands)
    _add_gradcheck(commands)
    options = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    return run(options)


def _add_demo(commands: Any) -> None:
    parser = commands.add_parser("demo", help="train, verify and draw a CNN and an RNN on real data, offline")
    parser.add_argument("--output", metavar="DIR", default="demo-output", help="where to write (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of all random numbers (default: %(default)s)")
    parser.set_defaults(run=_demo)


def _demo(options: argparse.Namespace) -> int:
    from . import demo

    try:
        return demo.main(output=options.output, seed=options.seed)
    except ModuleNotFoundError as error:  # an extra that is not installed; the message says which
        print(error, file=sys.stderr)
        return 1


def _add_gradcheck(commands: Any) -> None:
    parser = commands.add_parser("gradcheck", help="check the derivatives of the operations by finite differences")
    parser.add_argument("ops", metavar="OP", nargs="*", help="names of operations (default: all)")
    parser.set_defaults(run=_gradcheck)


def _gradcheck(options: argparse.Namespace) -> int:
    from .gradcheck import command

    return command.main(options.ops)


if __name__ == "__main__":
    sys.exit(main())
