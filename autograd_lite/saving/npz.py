"""NumPy's archive: a zip file with one .npy for each array. Nothing is unpickled; sizes are checked before reading."""

from __future__ import annotations

import math
import zipfile
from typing import IO, Any, BinaryIO

import numpy as np
from numpy.lib import format as npy

from .tree import RESERVED, check_name

Arrays = dict[str, np.ndarray[Any, Any]]

_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def check(name: str, array: np.ndarray[Any, Any]) -> None:
    """Any array goes, once it has no objects."""


def write(stream: BinaryIO, arrays: Arrays, description: str | None) -> None:
    """Write arrays, not compressed, and the description as one more, of a string."""
    entries = arrays if description is None else {**arrays, RESERVED: np.array(description)}
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, array in entries.items():
            entry = zipfile.ZipInfo(f"{name}.npy")  # always of 1980, so that equal states make equal files
            with archive.open(entry, "w", force_zip64=True) as member:
                npy.write_array(member, array, allow_pickle=False)


def read(stream: BinaryIO, size: int, limit: int) -> tuple[Arrays, str | None]:
    """The arrays and the description. Raises ValueError, and what zipfile and NumPy raise, for a damaged file."""
    with zipfile.ZipFile(stream) as archive:
        entries = {}
        for entry in archive.infolist():
            name = entry.filename.removesuffix(".npy")
            if name == entry.filename:
                raise ValueError(f"it contains {name!r:.80}, which is no .npy file")
            if name in entries:
                raise ValueError(f"the array {name!r:.80} is there twice")
            if name != RESERVED:
                check_name(name)
            entries[name] = entry
        if (total := sum(entry.file_size for entry in entries.values())) > limit:
            raise ValueError(
                f"its arrays have {total:,} bytes in {size:,} of the file, {limit:,} are allowed; if you trust it,"
                f" pass max_bytes={total}"
            )
        arrays = {name: _member(archive, name, entry) for name, entry in entries.items()}
    description = arrays.pop(RESERVED, None)
    if description is None:
        return arrays, None
    if description.shape != () or description.dtype.kind != "U":
        raise ValueError("its description is no string")
    return arrays, str(description)


def _member(archive: zipfile.ZipFile, name: str, entry: zipfile.ZipInfo) -> np.ndarray[Any, Any]:
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"the array {name!r} is compressed in a way that NumPy does not use")
    with archive.open(entry) as member:
        shape, dtype = _header(name, member)
        if dtype.kind not in "biufcUS" or not dtype.itemsize:
            raise ValueError(f"the array {name!r} is of {dtype}, and only numbers and strings are read, never a pickle")
        if min(shape, default=0) < 0 or member.tell() + math.prod(shape) * dtype.itemsize != entry.file_size:
            fitting = f"which do not fit {shape!s:.80} {dtype}"
            raise ValueError(f"the array {name!r} has {entry.file_size:,} bytes, {fitting}")
    with archive.open(entry) as member:  # anew, since zipfile need not compare checksums after a seek
        array = npy.read_array(member, allow_pickle=False)
        member.read(1)  # at the end, which this finds, they are compared
    check_booleans(name, array)
    return array


def _header(name: str, member: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = npy.read_magic(member)
    if version not in _HEADERS:
        raise ValueError(f"the array {name!r} is in version {version} of NumPy's format, for records of fields")
    try:
        shape, _, dtype = _HEADERS[version](member)
    except ValueError as error:  # NumPy's advice for headers that are too long is to trust the file
        raise ValueError(f"the array {name!r} has a header that NumPy cannot read, or does not want to") from error
    return shape, dtype


def check_booleans(name: str, array: np.ndarray[Any, Any]) -> None:
    """Raise ValueError for booleans that are stored as neither 0 nor 1: NumPy would compute nonsense with them."""
    if array.dtype == bool and array.size and array.view(np.uint8).max() > 1:
        raise ValueError(f"the array {name!r} of booleans has other bytes than 0 and 1")
