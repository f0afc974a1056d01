"""What the command line is given as ``module:function``."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any


def load(target: str) -> Any:
    """What ``module:function`` names; the module is looked for in the current folder, too.

    Raises ValueError for text of another form, and what the module raises when it is imported.
    """
    module, colon, path = target.partition(":")
    if not (module and colon and path):
        raise ValueError(f"{target!r} names no function; write module:function")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    found = import_module(module)
    for name in path.split("."):
        if not hasattr(found, name):
            raise ValueError(f"{module} has no {path}; it has {', '.join(_functions(import_module(module))) or 'none'}")
        found = getattr(found, name)
    return found


def _functions(module: Any) -> list[str]:
    return [name for name, value in vars(module).items() if callable(value) and value.__module__ == module.__name__]
