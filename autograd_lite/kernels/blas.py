"""NumPy's own BLAS, called directly: products and sums that add to what is there, triangular systems, and how many
threads products take.

NumPy offers neither. Its BLAS is found among the libraries that NumPy has loaded, so that no second thread pool comes
into play, as it would with SciPy's: two pools that spin against each other cost up to half of the speed. Where the
BLAS is another one or hides its functions, there is a plain path in NumPy for everything here.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

# NumPy's wheels rename the functions of OpenBLAS; distributions do not.
_NAMES = ("scipy_{}64_", "{}64_", "scipy_{}", "{}")
_ROW_MAJOR, _NORMAL, _TRANSPOSED = 101, 111, 112


def _library() -> ctypes.CDLL | None:
    """NumPy's compiled core, through which the functions of the BLAS that it is linked to are found."""
    try:
        return ctypes.CDLL(np._core._multiarray_umath.__file__)  # type: ignore[attr-defined]  # not public
    except (AttributeError, OSError, TypeError):
        return None


def _function(name: str, arguments: tuple[Any, ...], result: Any = None) -> Any:
    for pattern in _NAMES if _loaded is not None else ():
        try:
            function = getattr(_loaded, pattern.format(name))
        except AttributeError:
            continue
        function.argtypes, function.restype = arguments, result
        return function
    return None


# -- threads -----------------------------------------------------------------------------------------------------

_loaded = _library()
_set_threads: Callable[[int], None] | None = _function("openblas_set_num_threads", (ctypes.c_int,))
_get_threads: Callable[[], int] | None = _function("openblas_get_num_threads", (), ctypes.c_int)


def can_set_threads() -> bool:
    """Whether the number of threads can be read and set: with OpenBLAS."""
    return _set_threads is not None and _get_threads is not None


def get_threads() -> int:
    """How many threads a large product takes; 1 if that is unknown."""
    return _get_threads() if _get_threads is not None else 1


def set_threads(n: int) -> None:
    """Let large products take `n` threads, in the whole process; nothing if that is not possible."""
    if _set_threads is not None:
        _set_threads(n)


class _OneThread:
    """A `with` block in which products take one thread, for kernels that run threads of their own.

    The setting is one for the process. Blocks of several threads may overlap: the last one to end restores it.
    """

    def __init__(self) -> None:
        self._lock, self._inside, self._before = threading.Lock(), 0, 1

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._before = get_threads()
                set_threads(1)
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                set_threads(self._before)

    def after_fork(self) -> None:
        """In a child process no other thread is left that could be inside, or hold the lock."""
        if self._inside:
            set_threads(self._before)
        self.__init__()  # type: ignore[misc]  # as new


one_thread = _OneThread()


# -- products that accumulate ------------------------------------------------------------------------------------


def _gemm(letter: str, number: Any) -> Any:
    """cblas_?gemm, if it is there and computes what it should."""
    size, pointer, mode = ctypes.c_int64, ctypes.c_void_p, ctypes.c_int
    matrix = (pointer, size)
    arguments = (mode, mode, mode, size, size, size, number, *matrix, *matrix, number, *matrix)
    return _function(f"cblas_{letter}gemm", arguments)


_gemms: dict[Any, Any] = {
    np.dtype(np.float32): _gemm("s", ctypes.c_float),
    np.dtype(np.float64): _gemm("d", ctypes.c_double),
}


def add_product(out: Array, a: Array, b: Array) -> None:
    """``out += a @ b`` without an array for the product.

    out: (m, n), a: (m, k), b: (k, n), of one dtype. Without a copy if float32 or float64 and each has rows or columns
    that lie together in memory (out: rows).
    """
    gemm = _gemms.get(out.dtype)
    if gemm is None or not a.dtype == b.dtype == out.dtype or out.size == 0 or a.size == 0:
        add_product_reference(out, a, b)
        return
    layouts = _layout(a), _layout(b), _layout(out)
    if None in layouts or layouts[2][0] != _NORMAL:  # type: ignore[index]  # None is excluded
        add_product_reference(out, a, b)
        return
    (mode_a, step_a), (mode_b, step_b), (_, step) = layouts  # type: ignore[misc]
    (m, n), k = out.shape, a.shape[1]
    gemm(_ROW_MAJOR, mode_a, mode_b, m, n, k, 1, _address(a), step_a, _address(b), step_b, 1, _address(out), step)


def add_product_reference(out: Array, a: Array, b: Array) -> None:
    """`add_product` in NumPy: the plain path, and what tests hold the other against."""
    out += np.matmul(a, b)


def repeated_product(out: Array, a: Array, b: Array) -> Callable[[int], None]:
    """A function of t that does ``out[t] += a @ b[t]``: for loops, as a call costs 2 us where `add_product` costs 14.

    out: (T, m, n), or (m, n) for the same one at each t; a: (m, k); b: (T, k, n) or (k, n).
    """
    # (1, m, n) with a distance of 0 is the same one at each t
    outs, bs = (array if array.ndim == 3 else array[None] for array in (out, b))
    over, over_b = (array.strides[0] if array.ndim == 3 else 0 for array in (out, b))
    gemm, layouts = _gemms.get(out.dtype), (_layout(a), _layout(bs[0]), _layout(outs[0]))
    fits = a.dtype == b.dtype == out.dtype and a.size > 0 and out.size > 0
    if gemm is None or not fits or None in layouts or layouts[2][0] != _NORMAL:  # type: ignore[index]  # None excluded
        return lambda t: add_product_reference(outs[t if over else 0], a, bs[t if over_b else 0])
    (mode_a, step_a), (mode_b, step_b), (_, step) = layouts  # type: ignore[misc]
    (m, k), n, start_a, start_b, start = a.shape, out.shape[-1], _address(a), _address(bs), _address(outs)

    def add(t: int, _held: Any = (outs, a, bs)) -> None:  # addresses alone would not keep the arrays alive
        at_b, at = start_b + t * over_b, start + t * over
        gemm(_ROW_MAJOR, mode_a, mode_b, m, n, k, 1, start_a, step_a, at_b, step_b, 1, at, step)

    return add


# -- triangular systems ------------------------------------------------------------------------------------------


def _trsm(letter: str, number: Any) -> Any:
    """cblas_?trsm, if it is there."""
    size, matrix = ctypes.c_int64, (ctypes.c_void_p, ctypes.c_int64)
    return _function(f"cblas_{letter}trsm", (*(ctypes.c_int,) * 5, size, size, number, *matrix, *matrix))


_trsms: dict[Any, Any] = {
    np.dtype(np.float32): _trsm("s", ctypes.c_float),
    np.dtype(np.float64): _trsm("d", ctypes.c_double),
    np.dtype(np.complex64): _trsm("c", ctypes.c_void_p),
    np.dtype(np.complex128): _trsm("z", ctypes.c_void_p),
}
_LEFT, _UPPER, _LOWER, _ANY_DIAGONAL, _UNIT_DIAGONAL = 141, 121, 122, 131, 132


def can_substitute(dtype: Any) -> bool:
    """Whether `substitute` takes arrays of this dtype."""
    return _trsms.get(dtype) is not None


def substitute(a: Array, b: Array, lower: bool, unit_diagonal: bool) -> None:
    """Each matrix of b becomes the x with ``a @ x = b``, where one triangle of `a` is read.

    a: (N, n, n), or (n, n) for all; b: (N, n, k), in row-major order; of one dtype that `can_substitute` knows.
    """
    turned = not a.flags.c_contiguous and a.mT.flags.c_contiguous
    a = a.mT if turned else np.ascontiguousarray(a)
    modes = _TRANSPOSED if turned else _NORMAL, _UNIT_DIAGONAL if unit_diagonal else _ANY_DIAGONAL
    one = np.ones(1, b.dtype)
    factor = _address(one) if b.dtype.kind == "c" else 1
    trsm, start_a, start_b = _trsms[b.dtype], _address(a), _address(b)
    step_a, (step_b, _, _), (_, n, k) = a.strides[0] if a.ndim == 3 else 0, b.strides, b.shape
    for i in range(len(b) if b.size else 0):
        which = _LEFT, _LOWER if lower != turned else _UPPER
        trsm(_ROW_MAJOR, *which, *modes, n, k, factor, start_a + i * step_a, n, start_b + i * step_b, k)


# -- sums that accumulate ----------------------------------------------------------------------------------------


def _axpby(letter: str, number: Any) -> Any:
    """cblas_?axpby, if it is there."""
    size, vector = ctypes.c_int64, (ctypes.c_void_p, ctypes.c_int64)
    return _function(f"cblas_{letter}axpby", (size, number, *vector, number, *vector))


_axpbys: dict[Any, Any] = {
    np.dtype(np.float32): _axpby("s", ctypes.c_float),
    np.dtype(np.float64): _axpby("d", ctypes.c_double),
}
LONG = 1 << 14  # elements: a call takes 3.6 us, three passes of NumPy over 2560 elements 1.9 us


def scale_and_add(out: Array, beta: float, x: Array, alpha: float, scratch: Array) -> None:
    """``out = beta * out + alpha * x`` in one pass where NumPy takes three: 24 us instead of 60 for 200,000 elements.

    scratch: memory like `out`, for the plain path; it may be `x`.
    """
    axpby = _axpbys.get(out.dtype) if out.size >= LONG else None
    lie_together = out.flags.c_contiguous and x.flags.c_contiguous
    # BLAS does not look at what is to be multiplied by 0, which may be NaN.
    if axpby is None or x.dtype != out.dtype or x.shape != out.shape or not lie_together or alpha == 0 or beta == 0:
        scale_and_add_reference(out, beta, x, alpha, scratch)
    else:
        axpby(out.size, float(alpha), _address(x), 1, float(beta), _address(out), 1)


def scale_and_add_reference(out: Array, beta: float, x: Array, alpha: float, scratch: Array) -> None:
    """`scale_and_add` in NumPy: the plain path, and what tests hold the other against."""
    if beta != 1:
        out *= beta
    out += np.multiply(x, alpha, out=scratch)


# -- what is common ----------------------------------------------------------------------------------------------


def _layout(matrix: Array) -> tuple[int, int] | None:
    """How BLAS reads a matrix: as it is or transposed, and the distance of its rows or columns, in numbers."""
    (rows, columns), (down, right), size = matrix.shape, matrix.strides, matrix.itemsize
    if (right == size or columns == 1) and (down >= columns * size or rows == 1) and down % size == 0:
        return _NORMAL, max(down // size if rows > 1 else columns, 1)
    if (down == size or rows == 1) and (right >= rows * size or columns == 1) and right % size == 0:
        return _TRANSPOSED, max(right // size if columns > 1 else rows, 1)
    return None


def _address(matrix: Array) -> int:
    return int(matrix.__array_interface__["data"][0])


def _drop_wrong_products() -> None:
    """A function of that name may still be another one (integers of another size): believe only what it computes."""
    for dtype in list(_gemms):
        a, b = np.arange(6, dtype=dtype).reshape(2, 3), np.arange(12, dtype=dtype).reshape(4, 3).T
        out = np.ones((2, 4), dtype)
        add_product(out, a, b)
        if not np.array_equal(out, a @ b + 1):
            _gemms[dtype] = None


def _drop_wrong_substitutions() -> None:
    for dtype, trsm in list(_trsms.items()):
        a, x = np.array([[2, 0], [3, 4]], dtype), np.array([[1, 2, 3], [4, 5, 6]], dtype)
        b = a @ x
        if trsm is not None:
            substitute(a, b[None], True, False)
        if not np.array_equal(b, x):
            _trsms[dtype] = None


def _drop_wrong_sums() -> None:
    for dtype, axpby in list(_axpbys.items()):
        x, out = np.arange(4, dtype=dtype), np.ones(4, dtype)
        if axpby is not None:
            axpby(out.size, 2, _address(x), 1, 3, _address(out), 1)
        if not np.array_equal(out, 2 * x + 3):
            _axpbys[dtype] = None


_drop_wrong_products()
_drop_wrong_substitutions()
_drop_wrong_sums()
