"""What to tell the user when a package is missing that autograd_lite itself does not need."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def optional(module: str, package: str, needed_by: str, extra: str = "demo") -> Any:
    """The module of that name. Raises ModuleNotFoundError, which says what to install, if it is not there."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise _missing(package, needed_by, extra) from error


def folder_of(module: str, package: str, needed_by: str, extra: str = "demo") -> Path:
    """The folder of an installed package, found without running its code. Raises as `optional` does."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise _missing(package, needed_by, extra)
    return Path(spec.origin).parent


def _missing(package: str, needed_by: str, extra: str) -> ModuleNotFoundError:
    return ModuleNotFoundError(
        f'{needed_by}: the package {package} is not installed; pip install "autograd_lite[{extra}]"', name=package
    )
