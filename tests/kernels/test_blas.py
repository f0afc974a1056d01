"""NumPy's BLAS called directly, held against the plain path."""

import threading

import numpy as np
import pytest

from autograd_lite.kernels import blas

LAYOUTS = {
    "rows": lambda a: a,
    "columns": lambda a: np.asfortranarray(a),
    "rows apart": lambda a: np.concatenate([a, a], axis=1)[:, : a.shape[1]],
    "columns apart": lambda a: np.concatenate([a, a], axis=0).T.copy().T[: a.shape[0]],
    "every other": lambda a: np.repeat(a, 2, axis=1)[:, ::2],
    "backwards": lambda a: a[::-1].copy()[::-1],
}
SHAPES = [(2, 3, 4), (1, 1, 1), (1, 5, 1), (5, 1, 3), (0, 2, 3), (2, 0, 3), (2, 3, 0), (7, 300, 2)]


def operands(m, k, n, dtype):
    rng = np.random.default_rng(0)
    return [rng.integers(-4, 5, shape).astype(dtype) for shape in ((m, n), (m, k), (k, n))]  # exact in every dtype


@pytest.fixture(params=["direct", "plain"])
def path(request, monkeypatch):
    if request.param == "plain":
        monkeypatch.setattr(blas, "_gemms", {})
    return request.param


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.int64])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_product_is_added(path, shape, dtype):
    out, a, b = operands(*shape, dtype)
    expected = out + np.matmul(a, b)
    blas.add_product(out, a, b)
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("layout_a", LAYOUTS)
@pytest.mark.parametrize("layout_b", LAYOUTS)
@pytest.mark.parametrize("layout_out", LAYOUTS)
def test_operands_of_any_layout(layout_a, layout_b, layout_out):
    out, a, b = operands(3, 4, 5, np.float32)
    out, a, b = LAYOUTS[layout_out](out), LAYOUTS[layout_a](a), LAYOUTS[layout_b](b)
    expected = out + np.matmul(a, b)
    blas.add_product(out, a, b)
    np.testing.assert_array_equal(out, expected)


def test_only_the_matrix_is_written_into():
    whole = np.zeros((6, 8), np.float32)
    blas.add_product(whole[1:4, 2:7], *operands(3, 4, 5, np.float32)[1:])
    assert whole[1:4, 2:7].any()
    whole[1:4, 2:7] = 0
    assert not whole.any()


def test_operands_of_different_dtypes():
    out, a, b = operands(3, 4, 5, np.float64)
    expected = out + a @ b
    blas.add_product(out, a.astype(np.float32), b)
    np.testing.assert_array_equal(out, expected)


def test_a_function_that_computes_something_else_is_not_used(monkeypatch):
    monkeypatch.setattr(blas, "_gemms", {np.dtype(np.float32): lambda *arguments: None})
    blas._drop_wrong_products()
    assert blas._gemms == {np.dtype(np.float32): None}


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64])
@pytest.mark.parametrize("long", [0, 100])
@pytest.mark.parametrize(
    ("beta", "alpha"), [(0.5, 0.25), (1, -2.0), (0, 1.5), (2, 0), (np.float32(3), np.float64(0.5))]
)
@pytest.mark.parametrize("layout", ["rows", "columns", "every other"])
def test_arrays_are_scaled_and_added(layout, beta, alpha, long, dtype, monkeypatch):
    monkeypatch.setattr(blas, "LONG", long)  # the plain path for fewer
    _, out, x = (LAYOUTS[layout](array) for array in operands(5, 5, 5, dtype))
    expected = beta * out + alpha * x
    blas.scale_and_add(out, beta, x, alpha, np.empty_like(out))
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("long", [0, 100])
def test_scaled_by_zero_what_is_undefined_stays_undefined(long, monkeypatch):
    monkeypatch.setattr(blas, "LONG", long)
    for beta, alpha in ((0, 1), (1, 0)):
        out, x = np.array([np.nan, 2]), np.array([3, np.nan])
        blas.scale_and_add(out, beta, x, alpha, np.empty_like(out))
        assert np.isnan(out).all()


def test_sums_that_are_wrong_are_not_used(monkeypatch):
    monkeypatch.setattr(blas, "_axpbys", {np.dtype(np.float32): lambda *arguments: None})
    blas._drop_wrong_sums()
    assert blas._axpbys == {np.dtype(np.float32): None}


def test_a_library_without_the_functions(monkeypatch):
    for nothing in (None, object()):
        monkeypatch.setattr(blas, "_loaded", nothing)
        assert blas._function("openblas_set_num_threads", ()) is None


def test_a_blas_whose_threads_are_unknown(monkeypatch):
    monkeypatch.setattr(blas, "_set_threads", None)
    monkeypatch.setattr(blas, "_get_threads", None)
    assert not blas.can_set_threads()
    assert blas.get_threads() == 1
    blas.set_threads(3)
    with blas.one_thread:
        assert blas.get_threads() == 1


@pytest.mark.skipif(not blas.can_set_threads(), reason="NumPy's BLAS does not tell its number of threads")
def test_one_thread_until_the_last_block_ends():
    before = blas.get_threads()
    blas.set_threads(2)
    try:
        inside, leave = threading.Event(), threading.Event()

        def other():
            with blas.one_thread:
                inside.set()
                leave.wait(30)

        thread = threading.Thread(target=other)
        with blas.one_thread:
            thread.start()
            assert inside.wait(30)
            with blas.one_thread:
                assert blas.get_threads() == 1
        assert blas.get_threads() == 1
        leave.set()
        thread.join()
        assert blas.get_threads() == 2
    finally:
        blas.set_threads(before)


def test_errors_leave_the_block():
    before = blas.get_threads()
    with pytest.raises(KeyError), blas.one_thread:
        raise KeyError
    assert blas.get_threads() == before
