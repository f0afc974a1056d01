"""Arrays in the IDX format of the MNIST files, packed with gzip: ``train-images-idx3-ubyte.gz``.

Two zero bytes, one for the type and one for the number of axes, the axes' lengths as big-endian 32-bit numbers, the
entries, big-endian, the last axis running fastest.
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

from .structure import Array

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(file: str | Path) -> Array:
    """The array in a gzipped IDX file.

    Raises FileNotFoundError, or ValueError for a file that is damaged, cut off, too long, or of another format.
    """
    try:
        with gzip.open(file) as stream:
            start = stream.read(4)
            if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in _TYPES:
                raise _damaged(file, f"it begins with the bytes {start.hex(' ') or '(none)'}, which is not IDX")
            lengths = stream.read(4 * start[3])
            if len(lengths) < 4 * start[3]:
                raise _damaged(file, f"it ends within the lengths of its {start[3]} axes")
            shape = tuple(np.frombuffer(lengths, ">u4").tolist())
            dtype = np.dtype(_TYPES[start[2]])
            size = math.prod(shape) * dtype.itemsize
            content = stream.read()  # to the end: only there gzip compares its checksum
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise _damaged(file, f"gzip says: {error}") from error
    if len(content) != size:
        raise _damaged(file, f"an array of shape {shape} takes {size} bytes, there are {len(content)}")
    return np.frombuffer(content, dtype).reshape(shape).astype(dtype.newbyteorder("="))


def _damaged(file: str | Path, what: str) -> ValueError:
    return ValueError(f"{file} is damaged: {what}; delete it and get it again")
