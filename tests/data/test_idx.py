import gzip
import struct

import numpy as np
import pytest

from autograd_lite.data import read_idx

CODES = {"u1": 8, "i1": 9, ">i2": 11, ">i4": 12, ">f4": 13, ">f8": 14}


def packed(array, dtype="u1"):
    header = bytes([0, 0, CODES[dtype], array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(header + array.astype(dtype).tobytes(), mtime=0)


@pytest.mark.parametrize("dtype", CODES)
@pytest.mark.parametrize("shape", [(5,), (2, 3, 4), (0, 28, 28)])
def test_arrays_are_read_as_they_were(tmp_path, dtype, shape):
    array = np.random.default_rng(0).integers(0, 100, shape)
    (tmp_path / "x.gz").write_bytes(packed(array, dtype))
    result = read_idx(tmp_path / "x.gz")
    np.testing.assert_array_equal(result, array)
    assert result.dtype == np.dtype(dtype).newbyteorder("=")
    assert result.flags.writeable


WHOLE = packed(np.arange(2000).reshape(2, 1000) % 251)
CONTENT = gzip.decompress(WHOLE)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>404</html>", "gzip says"),
        (b"", "none"),
        (WHOLE[:7], "gzip says"),
        (WHOLE[:-300], "gzip says"),
        (WHOLE[:-8] + bytes(8), "gzip says"),  # the checksum at the end
        (WHOLE[:60] + b"\xff" * 20 + WHOLE[80:], "gzip says"),
        (gzip.compress(b"PK\3\4 a zip file", mtime=0), "50 4b 03 04"),
        (gzip.compress(b"\0\0\x07\1" + bytes(8), mtime=0), "not IDX"),
        (gzip.compress(CONTENT[:9], mtime=0), "within the lengths of its 2 axes"),
        (gzip.compress(CONTENT[:-1], mtime=0), r"shape \(2, 1000\) takes 2000 bytes, there are 1999"),
        (gzip.compress(CONTENT + b"x", mtime=0), "there are 2001"),
        (gzip.compress(b"\0\0\x08\xff" + b"\xff" * 1020, mtime=0), "there are 0"),  # lengths that no memory could hold
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_damage_is_told(tmp_path, content, message):
    file = tmp_path / "x-ubyte.gz"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_idx(file)
    assert "x-ubyte.gz is damaged" in str(caught.value)


def test_a_missing_file_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_idx(tmp_path / "nothing.gz")
