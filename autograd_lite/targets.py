"""What the command line is given as ``module:function``."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any


def load(target: str) -> Any:
    """What ``module:function`` or ``folder/file.py:function`` names; modules are found in the current folder, too.

    Raises ValueError for text of another form, and what the module raises when it is imported.
    """
    module, colon, path = target.rpartition(":")
    if not (module and colon and path):
        raise ValueError(f"{target!r} names no function; write module:function")
    found = module = _imported(module)
    for name in path.split("."):
        if not hasattr(found, name):
            raise ValueError(f"{module.__name__} has no {path}; it has {', '.join(_functions(module)) or 'none'}")
        found = getattr(found, name)
    return found


def _imported(name: str) -> Any:
    folder, file = os.path.split(name)
    if not file.endswith(".py"):
        folder, file = os.getcwd(), f"{name}.py"
    elif not os.path.isfile(name):
        raise ValueError(f"there is no file {name}")
    if os.path.abspath(folder) not in sys.path:
        sys.path.insert(0, os.path.abspath(folder))
    return import_module(file.removesuffix(".py"))


def _functions(module: Any) -> list[str]:
    return [name for name, value in vars(module).items() if callable(value) and value.__module__ == module.__name__]
