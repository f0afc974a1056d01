"""Cholesky, QR and LU: NumPy's and SciPy's values, PyTorch's gradients, matrices that are not square."""

import numpy as np
import pytest
import scipy.linalg

import autograd_lite as ag


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def complex_numbers(*shape, seed=0):
    return numbers(*shape, seed=seed) + 1j * numbers(*shape, seed=seed + 1)


TALL, WIDE, Z = numbers(2, 4, 2), complex_numbers(2, 4), complex_numbers(3, 3)
POSITIVE = Z @ Z.conj().T + np.eye(3)


@pytest.mark.parametrize("x", [TALL, WIDE, Z, np.zeros((0, 3, 2)), np.arange(6).reshape(3, 2)])
def test_factors_are_those_of_numpy_and_scipy(x):
    for mode in ("reduced", "complete"):
        for ours, theirs in zip(ag.qr(x, mode), np.linalg.qr(x, mode), strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-14)
    np.testing.assert_allclose(ag.qr(x, "r"), np.linalg.qr(x, "r"), atol=1e-14)
    p, l, u = ag.lu(x)  # noqa: E741
    np.testing.assert_allclose(p @ l @ u, x, atol=1e-12)
    rows, l_rows, _ = ag.lu(x, p_indices=True)
    assert rows.dtype.kind == "i"
    np.testing.assert_array_equal(np.take_along_axis(l_rows, rows[..., None], -2), p @ l)
    np.testing.assert_array_equal(ag.lu(x, permute_l=True)[0], p @ l)
    if x.ndim == 2:
        for ours, theirs in zip((p, l, u), scipy.linalg.lu(x), strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-14)


@pytest.mark.parametrize("upper", [False, True])
def test_cholesky_takes_the_symmetric_part(upper):
    np.testing.assert_allclose(ag.cholesky(POSITIVE, upper=upper), np.linalg.cholesky(POSITIVE, upper=upper))
    lopsided = POSITIVE + np.triu(complex_numbers(3, 3), 1) * 0.1
    middle = (lopsided + lopsided.conj().T) / 2
    np.testing.assert_allclose(ag.cholesky(lopsided, upper=upper), np.linalg.cholesky(middle, upper=upper))
    x = ag.tensor(lopsided, requires_grad=True)
    (g,) = ag.gradients(ag.abs(ag.cholesky(x, upper=upper)).sum(), x)
    np.testing.assert_allclose(g.data, g.data.conj().T)


def lu_of(torch, x):
    return torch.linalg.lu(x)[1:]


@pytest.mark.parametrize(
    ("ours", "theirs", "operand"),
    [
        (ag.cholesky, lambda torch, x: torch.linalg.cholesky((x + x.mH) / 2), POSITIVE),
        (
            lambda x: ag.cholesky(x, upper=True),
            lambda torch, x: torch.linalg.cholesky((x + x.mT) / 2, upper=True),
            TALL @ TALL.mT + np.eye(4),
        ),
        (ag.qr, lambda torch, x: torch.linalg.qr(x), TALL),
        (lambda x: ag.qr(x)[1], lambda torch, x: torch.linalg.qr(x)[1], complex_numbers(3, 3)),
        (ag.qr, lambda torch, x: torch.linalg.qr(x), numbers(2, 4)),
        (lambda x: ag.lu(x)[1:], lu_of, TALL),
        (lambda x: ag.lu(x)[1:], lu_of, WIDE),
        (lambda x: ag.lu(x)[1:], lu_of, Z),
    ],
)
def test_gradients_are_those_of_pytorch(agrees_with_torch, ours, theirs, operand):
    agrees_with_torch(ours, theirs, operand)


@pytest.mark.parametrize("shape", [(5, 2), (2, 5), (2, 4, 1)])
def test_columns_that_complete_q_count_through_the_space_they_span(shape):
    def factors(x):
        q, r = ag.qr(x, "complete")
        extra = q[..., x.shape[-1] :]
        return q[..., : x.shape[-1]], r, extra @ extra.mT

    assert ag.gradcheck(factors, numbers(*shape), order=2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ag.cholesky(-np.eye(2)), r"cholesky: a matrix is not positive definite \(x \(2, 2\) float64"),
        (lambda: ag.cholesky(np.ones((2, 3))), "square"),
        (lambda: ag.qr(np.ones((2, 2)), "raw"), "qr: mode 'raw' is not known, or has no derivative"),
        (lambda: ag.qr(np.ones(2)), "form matrices"),
        (lambda: ag.lu(np.ones(2)), "lu: the last two axes must form matrices"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("function", [lambda x: ag.qr(x)[0], lambda x: ag.lu(x)[1]])
def test_dependent_columns_have_no_gradient_and_say_so(function):
    x = ag.tensor(np.zeros((2, 2)), requires_grad=True)
    with pytest.raises(ValueError, match=r"0 on the diagonal|linearly dependent"):
        ag.gradients(function(x).sum(), x)


@pytest.mark.parametrize(("m", "n"), [(3, 0), (0, 3), (0, 0)])
def test_lu_of_matrices_without_elements(m, n):
    p, l, u = ag.lu(np.zeros((2, m, n)))  # noqa: E741
    np.testing.assert_array_equal(p, np.broadcast_to(np.eye(m), (2, m, m)))
    assert (l.shape, u.shape) == ((2, m, 0), (2, 0, n))
