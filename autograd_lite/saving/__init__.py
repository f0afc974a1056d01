"""Save and load: states of models and optimizers, and nested dictionaries of arrays and plain values, without pickle.

The ending of a file's name says its format:

- ``.npz``: NumPy's archive, which `np.load` reads too. Takes all dtypes of numbers, and arrays of strings.
- ``.safetensors``: what PyTorch's users exchange (`safetensors.torch.save_file` and `load_file` read and write it; no
  package is needed here). bfloat16, which NumPy lacks, is read as float32, exactly. No complex128, no strings.

A flat dictionary of arrays, such as a module's state, is stored as it is: one array under each key. Whatever else a
state holds is stored with a description, one text of JSON; `saving.tree` has its form.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from . import npz, safetensors
from .atomic import replacing
from .tree import flattened, restored

__all__ = ["load", "save"]

Arrays = dict[str, np.ndarray[Any, Any]]


class _Format(NamedTuple):
    check: Callable[[str, np.ndarray[Any, Any]], None]  # raises TypeError for an array that it cannot hold
    write: Callable[[BinaryIO, Arrays, str | None], None]
    read: Callable[[BinaryIO, int, int], tuple[Arrays, str | None]]


_FORMATS = {
    ".npz": _Format(npz.check, npz.write, npz.read),
    ".safetensors": _Format(safetensors.check, safetensors.write, safetensors.read),
}


def save(file: str | os.PathLike[str], state: Any) -> None:
    """Write a state to `file`, whose name ends in .npz or .safetensors.

    state: a Module, an Optimizer, anything with a `state_dict` method, or a dictionary: of arrays and Tensors, and of
    numbers, strings, None, lists, tuples and further dictionaries and modules. The old file is replaced at once, when
    the new one is complete and on the disk; its permissions stay. Raises ValueError for another ending, TypeError for
    values that cannot be stored (arrays of objects among them), OSError if the file cannot be written; the old file
    stays as it was then.
    """
    path = Path(file)
    kind = _format("save", path)
    arrays, description = flattened(state)
    for name, array in arrays.items():
        kind.check(name, array)
    with replacing(path) as stream:
        kind.write(stream, arrays, description)


def load(file: str | os.PathLike[str], *, max_bytes: int | None = None) -> dict[Any, Any]:
    """Read what `save` wrote, or any other .npz or .safetensors of arrays: a dictionary, for `load_state_dict`.

    max_bytes: how large all arrays together may be by the file's own account, before any is read; None for 1 GiB or
    twenty times the size of the file, whichever is more. bfloat16 becomes float32. Nothing in the file is ever run.
    Raises ValueError for another ending and for a file that is damaged, too large unpacked, or not what its ending
    says; OSError if it cannot be read.
    """
    path = Path(file)
    kind = _format("load", path)
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        limit = max(2**30, 20 * size) if max_bytes is None else max_bytes
        try:
            arrays, description = kind.read(stream, size, limit)
            return arrays if description is None else restored(arrays, description)
        except MemoryError:
            raise
        except Exception as error:  # zipfile, zlib, json and NumPy have many kinds for bytes that they cannot read
            rule, _, fix = str(error).partition("; ")
            fix = fix or "copy or download the file again, or save it anew"
            raise ValueError(f"load: {path} is no usable {path.suffix} file: {rule or type(error)}; {fix}") from error


def _format(user: str, path: Path) -> _Format:
    kind = _FORMATS.get(path.suffix.lower())
    if kind is None:
        raise ValueError(
            f"{user}: the name {str(path)!r} does not end in .npz or .safetensors, which says the format; rename it"
            " (a .pt or .pth file is a pickle, which could run anything: write its state from PyTorch with"
            " safetensors.torch.save_file)"
        )
    return kind
