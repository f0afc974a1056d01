"""Small kernels against their references: the larger ones have files of their own."""

import itertools

import numpy as np
import pytest

from autograd_lite.kernels import blas, decompositions, elementwise, indexing, linalg


def numbers(*shape, dtype=np.float64):
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


@pytest.mark.parametrize(("dtype", "rtol"), [(np.float32, 1e-6), (np.float64, 1e-15)])
def test_sigmoid(dtype, rtol):
    # One rounding of exp is one of the result; nearer to 0 than normal numbers are, only that it is nearly 0.
    x = np.concatenate([np.linspace(-87, 87, 1001), [-1e4, 1e4, 0.0]]).astype(dtype)
    y = elementwise.sigmoid(x)
    assert y.dtype == dtype
    np.testing.assert_allclose(y, elementwise.sigmoid_reference(x), rtol=2 * rtol, atol=np.finfo(dtype).tiny)


@pytest.mark.parametrize(
    ("first", "second"),
    [((3, 4), (4, 2)), ((5, 3, 4), (4, 2)), ((2, 5, 3, 4), (4, 1)), ((5, 3, 4), (5, 4, 2)), ((0, 3, 4), (4, 2))],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_matmul(first, second, dtype):
    a, b = numbers(*first, dtype=dtype), numbers(*second, dtype=dtype)
    for left in (a, np.asfortranarray(a), np.flip(a, 0)):
        out = linalg.matmul(left, b)
        assert out.dtype == dtype
        np.testing.assert_allclose(out, linalg.matmul_reference(left, b), rtol=1e-5 if dtype == np.float32 else 1e-12)


@pytest.mark.parametrize("shape", [(7,), (3, 4), (0,), (2, 0), ()])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_rows_that_are_added_up(shape, dtype):
    rows = np.random.default_rng(1).integers(0, 5, shape)
    g = numbers(*shape, 3, dtype=dtype)
    found, expected = np.ones((5, 3), dtype), np.ones((5, 3), dtype)
    indexing.add_rows(found, g, rows)
    indexing.add_rows_reference(expected, g, rows)
    np.testing.assert_allclose(found, expected, rtol=1e-5 if dtype == np.float32 else 1e-12)


@pytest.mark.parametrize(
    ("dtype", "extremes"), [(np.float32, [1e38, 1e-38, 1e-45]), (np.float64, [1e300, 1e-300, 5e-324])]
)
def test_lengths_whose_squares_may_leave_the_range_of_numbers(dtype, extremes):
    usual = numbers(50, dtype=dtype)
    for x in (usual, np.append(usual, np.array([0, np.inf, *extremes], dtype))):
        a, b = x[:, None], np.append(-x, dtype(1))
        for function, reference, operands in (
            (elementwise.root_of_one_plus_square, elementwise.root_of_one_plus_square_reference, (x,)),
            (elementwise.over_square_norm, elementwise.over_square_norm_reference, (a, b)),
        ):
            with np.errstate(over="ignore"):
                expected = reference(*operands)
            found = function(*operands)
            assert found.dtype == dtype
            np.testing.assert_allclose(found, expected, rtol=8 * np.finfo(dtype).eps)


@pytest.mark.parametrize("factor", [0.0, 1.0])
def test_a_factor_of_zero_wins_over_infinity_and_nan(factor):
    other = np.array([1.0, np.inf, np.nan, 0.0])
    with np.errstate(invalid="ignore"):
        product = factor * other
    expected = other if factor else np.zeros(4)
    np.testing.assert_array_equal(elementwise.zero_wins(product, np.full(4, factor)), expected)
    assert elementwise.zero_wins(product[:2].astype(np.float32), np.full(2, factor)).dtype == np.float32


def test_the_share_of_the_larger_one():
    a, b = np.array([1.0, 1.0, 1.0, np.nan, np.inf]), np.array([0.0, 1.0, 2.0, 1.0, np.inf])
    np.testing.assert_array_equal(elementwise.preference(a, b), [1, 0.5, 0, 0, 0.5])
    assert elementwise.preference(np.float32([1, 2]), 1.5).dtype == np.float32
    assert elementwise.preference(1.0, 2.0) == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
@pytest.mark.parametrize("batches", [((), ()), ((5,), ()), ((), (5,)), ((2, 1), (4,)), ((0,), ())])
@pytest.mark.parametrize(("n", "k"), [(3, 2), (3, 1), (1, 2), (0, 2), (3, 0)])
def test_triangular_systems(batches, n, k, dtype):
    a, b = numbers(*batches[0], n, n, dtype=dtype), numbers(*batches[1], n, k, dtype=dtype)
    a = a + 3 * np.eye(n, dtype=dtype)
    for left in (a, a.mT.copy().mT, np.repeat(a, 2, axis=-1)[..., ::2]):
        for lower, unit in itertools.product((True, False), repeat=2):
            before = left.copy()
            x = decompositions.solve_triangular(left, b, lower, unit)
            expected = decompositions.solve_triangular_reference(left, b, lower, unit)
            assert (x.shape, x.dtype) == (expected.shape, dtype)
            np.testing.assert_allclose(x, expected, atol=200 * np.finfo(dtype).eps)
            np.testing.assert_array_equal(left, before)


def test_triangular_systems_read_one_triangle():
    a = np.array([[2.0, np.nan], [1.0, 4.0]])
    np.testing.assert_array_equal(
        decompositions.solve_triangular(a, np.eye(2), True, False), [[0.5, 0], [-0.125, 0.25]]
    )
    np.testing.assert_array_equal(decompositions.solve_triangular(a.T, np.eye(2), False, True), [[1, -1], [0, 1]])


@pytest.mark.parametrize("found", [True, False])
def test_triangular_systems_without_a_solution(found, monkeypatch):
    if not found:  # the library has no such function
        monkeypatch.setattr(blas, "_trsms", {})
    with pytest.raises(np.linalg.LinAlgError):
        decompositions.solve_triangular(np.stack([np.eye(2), np.zeros((2, 2))]), np.ones((2, 1)), True, False)
    half = decompositions.solve_triangular(np.eye(2, dtype=int), np.full((2, 1), 0.5, np.float32), True, False)
    np.testing.assert_array_equal(half, [[0.5], [0.5]])


def test_substitutions_that_are_wrong_are_not_used(monkeypatch):
    dtype = np.dtype(np.float64)
    monkeypatch.setattr(blas, "_trsms", {dtype: lambda *arguments: None})
    blas._drop_wrong_substitutions()
    assert not blas.can_substitute(dtype)
