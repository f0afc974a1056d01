"""The safetensors format: the length of a header, the header in JSON, and the arrays' bytes one after another.

The format is https://github.com/huggingface/safetensors; tests hold this against that package, in both directions.
"""

from __future__ import annotations

import json
import math
from typing import Any, BinaryIO

import numpy as np

from .npz import check_booleans
from .tree import RESERVED, check_name, unique_keys

Arrays = dict[str, np.ndarray[Any, Any]]

_SIZES = {"I": (1, 2, 4, 8), "U": (1, 2, 4, 8), "F": (2, 4, 8)}
_DTYPES = {
    "BOOL": np.dtype(bool),
    "C64": np.dtype("<c8"),
    **{f"{kind}{8 * size}": np.dtype(f"<{kind.lower()}{size}") for kind, sizes in _SIZES.items() for size in sizes},
}
_CODES = {dtype: code for code, dtype in _DTYPES.items()}
_BFLOAT16 = "BF16"
_MAX_HEADER = 100_000_000  # the format's own limit
_MAX_AXES = 64  # NumPy's; a product of a million lengths would take hours


def check(name: str, array: np.ndarray[Any, Any]) -> None:
    """Raise TypeError for a dtype that the format lacks."""
    if array.dtype.newbyteorder("<") not in _CODES:
        raise TypeError(f"save: {name} is of {array.dtype}, which safetensors does not have; save it as .npz")


def write(stream: BinaryIO, arrays: Arrays, description: str | None) -> None:
    """Write the header and the arrays, those of large elements first, so that all are aligned."""
    ordered = sorted(arrays.items(), key=lambda item: -item[1].dtype.itemsize)
    ends = np.cumsum([0, *(array.nbytes for _, array in ordered)]).tolist()
    places = {name: ends[i : i + 2] for i, (name, _) in enumerate(ordered)}
    header: dict[str, Any] = {} if description is None else {"__metadata__": {RESERVED: description}}
    for name, array in arrays.items():
        code = _CODES[array.dtype.newbyteorder("<")]
        header[name] = {"dtype": code, "shape": array.shape, "data_offsets": places[name]}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    stream.write(len(text).to_bytes(8, "little"))
    stream.write(text)
    for _, array in ordered:
        stream.write(np.asarray(array, array.dtype.newbyteorder("<"), order="C").tobytes())


def read(stream: BinaryIO, size: int, limit: int) -> tuple[Arrays, str | None]:
    """The arrays and the description. Raises ValueError, and what json and NumPy raise, for a damaged file."""
    length = int.from_bytes(stream.read(8), "little")
    if size < 8 or length > min(size - 8, _MAX_HEADER):
        raise ValueError(f"its header should have {length:,} bytes, the file has {size:,}")
    header = json.loads(stream.read(length).decode(), object_pairs_hook=unique_keys)
    if not isinstance(header, dict):
        raise ValueError("its header is no dictionary")
    if size > limit:
        raise ValueError(f"it has {size:,} bytes, {limit:,} are allowed; if you trust it, pass max_bytes={size}")
    description = (header.pop("__metadata__", None) or {}).get(RESERVED)
    entries = sorted(((name, *_entry(name, entry)) for name, entry in header.items()), key=lambda e: e[3:])
    position = 0
    for name, _, _, start, end in entries:
        if start != position:
            raise ValueError(f"the array {name!r:.80} starts at {start:,}, the one before it ends at {position:,}")
        position = end
    if 8 + length + position != size:
        raise ValueError(f"the file has {size:,} bytes, its header speaks of {8 + length + position:,}")
    values = {name: _array(stream, name, code, shape) for name, code, shape, _, _ in entries}
    return {name: values[name] for name in header}, description


def _entry(name: str, entry: Any) -> tuple[str, list[int], int, int]:
    """Code of the dtype, shape, start and end of an array."""
    check_name(name)
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"the array {name!r:.80} is described by {entry!r:.80}, not by dtype, shape and data_offsets")
    code, shape, (start, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
    if code != _BFLOAT16 and code not in _DTYPES:
        raise ValueError(f"the array {name!r:.80} is of {code!r:.20}, which NumPy lacks; convert it where it was made")
    itemsize = 2 if code == _BFLOAT16 else _DTYPES[code].itemsize
    if len(shape) > _MAX_AXES or not all(type(number) is int and number >= 0 for number in (*shape, start, end)):
        raise ValueError(f"the shape or place of the array {name!r:.80} is not of (few) whole numbers")
    if end - start != math.prod(shape) * itemsize:
        fitting = f"which do not fit {tuple(shape)!s:.80} of {code}"
        raise ValueError(f"the array {name!r:.80} has {end - start:,} bytes, {fitting}")
    return code, shape, start, end


def _array(stream: BinaryIO, name: str, code: str, shape: list[int]) -> np.ndarray[Any, Any]:
    dtype = np.dtype("<u2") if code == _BFLOAT16 else _DTYPES[code]
    count = math.prod(shape)
    flat = np.fromfile(stream, dtype, count) if count else np.empty(0, dtype)
    if code == _BFLOAT16:  # the upper half of a float32
        flat = (flat.astype(np.uint32) << 16).view(np.float32)
    array = flat.reshape(shape)  # fails, rather than guess, if the file was cut since its size was read
    check_booleans(name, array)
    return array.astype(array.dtype.newbyteorder("="), copy=False)
