"""NumPy's functions on tensors, with NumPy's signatures: recorded like ours, refused where a gradient would be lost."""

import re

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import catalogue, core, numpy_protocol

RNG = np.random.default_rng(0)
# What the calls below may use: arrays for NumPy, Tensors for us.
OPERANDS = {
    "x": RNG.uniform(0.5, 2, (3, 4)),
    "y": RNG.uniform(0.5, 2, (3, 4)),
    "u": RNG.uniform(-0.9, 0.9, (3, 4)),
    "v": RNG.uniform(0.5, 2, 4),
    "w": RNG.uniform(0.5, 2, 4),
    "t": RNG.uniform(0.5, 2, (2, 3, 4)),
    "m": RNG.standard_normal((3, 3)) + 3 * np.eye(3),
    "s": (lambda a: a @ a.T + np.eye(3))(RNG.standard_normal((3, 3))),
    "b": RNG.standard_normal((3, 2)),
    "c": RNG.standard_normal((3, 4)) + 1j * RNG.standard_normal((3, 4)),
    "n": np.where(RNG.random((3, 4)) < 0.3, np.nan, RNG.uniform(0.5, 2, (3, 4))),
    "three": RNG.standard_normal((2, 3)),
    "other": RNG.standard_normal((2, 3)),
}
CONSTANTS = {"mask": RNG.random((3, 4)) < 0.5, "k": np.array([2, 0, 1]), "np": np}

# Calls of NumPy's functions as people write them, positions and names of arguments included.
CALLS = """
np.absolute(u) np.add(x, v) np.arccos(u) np.arccosh(x + 1) np.arcsin(u) np.arcsinh(u) np.arctan(u) np.arctan2(x, v)
np.arctanh(u) np.cbrt(u) np.ceil(x) np.conjugate(c) np.copysign(x, u) np.cos(x) np.cosh(x) np.deg2rad(x) np.degrees(x)
np.divide(x, y) np.exp(x) np.exp2(x) np.expm1(x) np.fabs(u) np.floor(x) np.floor_divide(x, 0.3) np.fmax(x, n)
np.fmin(x, n) np.fmod(x, 0.3) np.heaviside(u, v) np.hypot(x, v) np.ldexp(x, 3) np.log(x) np.log10(x) np.log1p(x)
np.log2(x) np.logaddexp(x, y) np.logaddexp2(x, y) np.matmul(x, v) np.matvec(x, v) np.maximum(x, y) np.minimum(x, 1)
np.multiply(2, x) np.negative(x) np.positive(x) np.power(x, 1.5) np.rad2deg(x) np.radians(x) np.reciprocal(x)
np.remainder(x, 0.3) np.mod(x, 0.3) np.rint(x) np.sign(u) np.sin(x) np.sinh(x) np.sqrt(x) np.square(x)
np.subtract(x, y) np.tan(u) np.tanh(x) np.trunc(x) np.true_divide(x, 2) np.nextafter(x, 0) np.spacing(x)
np.vecdot(x, y) np.vecmat(v, t.mT) np.modf(x) np.divmod(x, 0.3) np.frexp(x) np.isnan(n) np.isfinite(n) np.isinf(n)
np.signbit(u) np.less(x, y) np.equal(x, x) np.logical_and(mask, x) np.logical_or(x, mask) np.logical_xor(x, mask)
np.logical_not(x) np.greater_equal(x, 1) np.not_equal(x, y) np.less_equal(x, 1) np.greater(x, 1)
np.float_power(x, 3) np.add(x, y, dtype=np.float32) np.add.reduce(x) np.add.reduce(x, axis=None)
np.multiply.reduce(x, axis=1, keepdims=True) np.maximum.reduce(x) np.minimum.reduce(x, 1) np.add.accumulate(x)
np.multiply.accumulate(x, axis=1) np.multiply.outer(x, v) np.add.outer(v, w) np.logical_and.reduce(x)

np.all(x) np.all(x > 1, axis=0) np.any(x, 1) np.allclose(x, x) np.isclose(x, y) np.amax(x, 0) np.amin(x) np.angle(c)
np.append(x, x) np.apply_along_axis(np.sum, 1, x) np.astype(x, np.float32) np.append(x, v[None], axis=0)
np.argmax(x, 1) np.argmin(x, axis=0) np.argsort(x) np.argsort(x, axis=0) np.argpartition(v, 2)[2]
np.argwhere(mask * x) np.around(x, 1) np.round(x, decimals=2) np.array_split(v, 3) np.atleast_1d(x.sum())
np.atleast_2d(v) np.atleast_3d(x) np.average(x) np.average(x, 1, v) np.average(x, weights=y, axis=0)
np.bincount(k, v[:3]) np.block([[x, x], [y, y]]) np.broadcast_arrays(x, v) np.broadcast_to(v, (2, 4))
np.choose(k, x[:, :3]) np.clip(x, 0.7, 1.2) np.clip(x, None, 1.2) np.clip(a=x, a_min=1, a_max=None)
np.clip(x, min=0.7, max=1.2) np.column_stack([v, w]) np.compress([True, False, True], x, axis=0)
np.concatenate([x, y]) np.concatenate((x, y), axis=1) np.concatenate([x, y], dtype=np.float32) np.concat([x, y], -1)
np.convolve(v, w) np.convolve(v, w, "same") np.correlate(v, w) np.correlate(v, w, mode="full") np.copy(x)
np.corrcoef(x) np.cov(x) np.cov(x, rowvar=False, ddof=0) np.count_nonzero(mask * x) np.cross(three, other)
np.cumprod(x) np.cumprod(x, axis=1) np.cumsum(x) np.cumsum(x, 0) np.cumulative_sum(v)
np.cumulative_prod(v, include_initial=True) np.delete(x, 1, 0) np.delete(v, [0, 2]) np.diag(v) np.diag(m, 1)
np.diagflat(x) np.diagonal(t) np.diagonal(t, 1, 0, 2) np.diff(x) np.diff(x, 2, 0) np.diff(v, prepend=0.0)
np.digitize(v, [0.7, 1.0]) np.dot(x, v) np.dot(x, y.T) np.dsplit(t, 2) np.dstack([x, y]) np.ediff1d(v)
np.einsum("ij,kj->ik", x, y) np.einsum("ij,j", x, v, optimize=True) np.expand_dims(x, 1)
np.expand_dims(x, axis=(0, 3)) np.extract(mask, x) np.fix(x) np.flatnonzero(mask * x) np.flip(x) np.flip(m=x, axis=1)
np.fliplr(x) np.flipud(x) np.gradient(v) np.gradient(x, 0.5, axis=1) np.histogram(v, 3, (0.0, 2.0), weights=w)[0]
np.histogram_bin_edges(v, 3) np.histogram2d(v, w, 3, weights=v)[0] np.piecewise(v, [v > 1], [np.square, 0.5])
np.hsplit(x, 2) np.hstack([x, y]) np.i0(x) np.imag(c) np.inner(x, y) np.inner(v, w) np.insert(v, 1, 7.0)
np.insert(x, [0, 2], v, axis=0) np.interp(v, [0.0, 1, 2], [0, 1, 0.5]) np.isneginf(x) np.isposinf(x) np.kron(v, w)
np.kron(m, b) np.lexsort((v, w)) np.matrix_transpose(t) np.max(x) np.max(x, axis=(0, 1)) np.max(x, 1, None, True)
np.mean(x) np.mean(x, 1) np.mean(x, (0, 1), keepdims=True) np.mean(x, dtype=np.float32) np.median(x) np.median(x, 1)
np.median(x, axis=0, keepdims=True) np.meshgrid(v, w) np.meshgrid(v, w, indexing="ij") np.min(x, axis=1)
np.moveaxis(t, 0, -1) np.moveaxis(t, [0, 1], [-1, 0]) np.nan_to_num(n) np.nan_to_num(n, nan=2.0) np.nanargmax(n)
np.nanargmin(n, 1) np.nancumprod(n) np.nancumsum(n, axis=1) np.nanmax(n) np.nanmean(n, 1) np.nanmedian(n)
np.nanmin(n, axis=0) np.nanpercentile(n, 30) np.nanprod(n, 0) np.nanquantile(n, 0.3, axis=1) np.nanstd(n)
np.nansum(n, 1) np.nanvar(n, ddof=1) np.nonzero(mask * x) np.outer(v, w) np.outer(x, v) np.pad(x, 1)
np.pad(v, (1, 2), "edge") np.pad(x, ((1, 2), (0, 1)), "constant", constant_values=3)
np.pad(v, 2, mode="linear_ramp", end_values=1.0) np.pad(v, 2, "mean", stat_length=2)
np.pad(v, 2, "reflect", reflect_type="odd") np.partition(v, 2)[2] np.percentile(x, 30)
np.percentile(x, [25, 75], axis=1) np.permute_dims(t, (2, 0, 1)) np.prod(x) np.prod(x, 1) np.polyval(v, w)
np.polyadd(v, w) np.polysub(v, w) np.polymul(v, w) np.polyder(v, 2) np.polyint(v, 2, 0.5) np.ptp(x) np.ptp(x, axis=1)
np.quantile(x, 0.3) np.quantile(x, [0.1, 0.9], axis=1, method="nearest") np.quantile(v, 0.4, method="median_unbiased")
np.ravel(x) np.real(c) np.real(x) np.repeat(x, 2) np.repeat(x, [1, 0, 2], axis=0) np.reshape(x, (4, 3))
np.reshape(x, -1) np.resize(v, (2, 3)) np.roll(x, 1) np.roll(x, (1, 2), axis=(0, 1)) np.rollaxis(t, 2) np.rot90(x)
np.rot90(t, 2, (1, 2)) np.searchsorted([0.7, 1.0, 1.5], v) np.select([x > 1.5, x > 1], [x, 2 * x], 0.5) np.sinc(u)
np.sort(x) np.sort(x, kind="mergesort") np.argsort(x, stable=True) np.sort(x, axis=0) np.sort(x, None) np.split(v, 2)
np.split(x, [1, 2], axis=1) np.squeeze(x[None]) np.stack([x, y]) np.squeeze(t[:, :1], axis=1)
np.stack([x, y], axis=-1) np.std(x) np.std(x, 1, ddof=1) np.std(x, axis=0, keepdims=True) np.sum(x) np.sum(x, 0)
np.sum(x, axis=(0, 1), keepdims=True) np.sum(x, 1, None, None, True) np.sum(a=x, axis=-1) np.sum(x, 0, where=mask)
np.sum(x, 1, None, None, False, 2.0, mask) np.mean(x, where=mask) np.std(x, 0, where=mask.any(0))
np.max(x, initial=1.5, where=mask) np.prod(x, where=mask, initial=2.0)
np.add.reduce(x, axis=1, where=mask, initial=1.0) np.maximum.accumulate(x) np.minimum.accumulate(x, axis=1)
np.all(x, where=mask) np.min(x, 1, initial=1.0) np.nansum(n, 0, where=mask, initial=2) np.nanmean(n, where=mask)
np.nanmax(n, 1, where=mask, initial=0.7) np.nanvar(n, ddof=1, where=mask) np.nanprod(n, initial=3.0)
np.maximum.accumulate(x, dtype=np.float32) np.add(x, y, where=True, casting="same_kind", order="K", subok=True)
np.add.reduce(x, None, initial=1.0) np.sum(x, dtype=np.float32)
np.swapaxes(t, 0, 2) np.take(x, k)
np.take(x, k, 0) np.take(x, [5], mode="wrap", axis=1) np.take_along_axis(x, k[:, None], 1) np.tensordot(t, x, 2)
np.tensordot(t, x, axes=([1, 2], [0, 1])) np.tile(x, 2) np.tile(v, (2, 1)) np.trace(m) np.trace(t, 1, 1, 2)
np.transpose(x) np.transpose(t, (1, 0, 2)) np.trapezoid(x) np.trapezoid(v, w) np.trapezoid(x, dx=0.5, axis=0)
np.tril(m) np.tril(m, -1) np.triu(t, 1) np.trim_zeros(v) np.unique(v) np.unique_values(v) np.unique_all(v)
np.unique_counts(v) np.unique_inverse(v) np.unstack(x) np.unwrap(v * 4) np.vander(v) np.vander(v, 3, True) np.var(x)
np.var(x, 1, ddof=1) np.var(x, axis=0, correction=1) np.vdot(v, w) np.vsplit(x[:2], 2) np.vstack([v, w])
np.where(mask, x, y) np.where(mask, x, 0) np.lib.stride_tricks.sliding_window_view(x, (2, 2))
np.lib.stride_tricks.sliding_window_view(v, 2, 0) np.linalg.cholesky(s) np.linalg.cond(m)
np.linalg.cross(three, other) np.linalg.det(m) np.linalg.diagonal(t) np.linalg.eigvals(s)[:0]
np.linalg.eig(s).eigenvectors[:0] np.linalg.tensorsolve(m, v[:3]) np.linalg.eigh(s).eigenvalues np.linalg.eigvalsh(s)
np.linalg.inv(m) np.linalg.lstsq(m, b)[0] np.linalg.matmul(x, v) np.linalg.matrix_norm(t) np.linalg.matrix_power(m, 3)
np.linalg.matrix_power(m, -2) np.linalg.matrix_rank(m) np.linalg.matrix_transpose(t) np.linalg.multi_dot([x, x.T, m])
np.linalg.norm(x) np.linalg.norm(x, axis=1) np.linalg.norm(x, 1) np.linalg.norm(x, "nuc") np.linalg.norm(v, 3)
np.linalg.norm(t, 2, (1, 2), keepdims=True) np.linalg.outer(v, w) np.linalg.pinv(b) np.linalg.qr(m).R
np.linalg.slogdet(m).logabsdet np.linalg.solve(m, b) np.linalg.solve(m, b[:, 0]) np.linalg.svd(b).S
np.linalg.svd(b, compute_uv=False) np.linalg.svd(b, False)[0] np.linalg.svdvals(b) np.linalg.tensordot(t, x)
np.linalg.tensorinv(m, 1) np.linalg.trace(t[:, :, :3]) np.linalg.vecdot(x, y) np.linalg.vector_norm(x)
np.linalg.vector_norm(x, axis=1, ord=1) np.fft.fft(x) np.fft.fft(c, 6, 0) np.fft.fft(x, norm="ortho") np.fft.fft2(c)
np.fft.fftn(t) np.fft.fftshift(x) np.fft.hfft(c) np.fft.ifft(c) np.fft.ifft2(c) np.fft.ifftn(c, axes=(0,))
np.fft.ifftshift(x, 1) np.fft.ihfft(x) np.fft.irfft(c) np.fft.irfft(c, 5) np.fft.irfft2(c)
np.fft.irfftn(c, (3, 4), (0, 1)) np.fft.rfft(x) np.fft.rfft2(x) np.fft.rfftn(t, axes=(0, 2)) np.zeros_like(x)
np.ones_like(x, dtype=int) np.full_like(x, 2.5) np.shape(x) np.ndim(x) np.size(x) np.size(x, 1) np.array_equal(x, x)
np.iscomplexobj(c) np.union1d(v, w)
"""


def calls():
    """The expressions of the table: they end where brackets are balanced and a space or a line's end follows."""
    depth, start = 0, 0
    for place, letter in enumerate(CALLS):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and letter.isspace():
            if CALLS[start:place].strip():
                yield CALLS[start:place].strip()
            start = place


def function_of(text):
    """What is called: ``np.add`` in ``np.add.reduce(x)``."""
    return re.sub(r"^(np\.(?!linalg)\w+)\.(reduce|accumulate|outer)$", r"\1", text.partition("(")[0])


CALL = {text: function_of(text) for text in calls()}


def flat(result):
    return [part for item in result for part in flat(item)] if isinstance(result, tuple | list) else [result]


@pytest.mark.parametrize("text", CALL)
def test_a_call_gives_what_numpy_gives(text):
    expected = flat(eval(text, {**OPERANDS, **CONSTANTS}))
    tensors = {name: ag.tensor(x, requires_grad=True) for name, x in OPERANDS.items()}
    found = flat(eval(text, {**tensors, **CONSTANTS}))
    for ours, numpys in zip(found, expected, strict=True):
        assert isinstance(ours, ag.Tensor) is isinstance(numpys, np.ndarray | np.generic)
        value = ours.data if isinstance(ours, ag.Tensor) else ours
        assert np.asarray(value).dtype == np.asarray(numpys).dtype
        np.testing.assert_allclose(value, numpys, rtol=1e-12, atol=1e-12)
    function = eval(CALL[text])
    if numpy_protocol.available(function) and core.registry[numpy_protocol.name_of(function)].differentiable:
        assert any(isinstance(ours, ag.Tensor) and ours.requires_grad for ours in found), "the gradient is lost"


def test_the_table_of_calls_covers_every_function_that_works():
    walked = {name for name, function in catalogue.numpy_functions().items() if numpy_protocol.available(function)}
    called = {eval(name) for name in CALL.values()}
    assert not [name for name in sorted(walked) if eval(name) not in called]


def test_coverage():
    share = {kind: len(there) / len(there + missing) for kind, (there, missing) in catalogue.coverage().items()}
    assert share["ufuncs"] >= 0.9
    assert share["functions"] >= 0.75


@pytest.fixture
def x():
    return ag.tensor(np.array([[0.5, 1.5], [2.5, 3.5]]), requires_grad=True)


def test_they_are_recorded(x):
    np.sum(np.tanh(x) * np.ones(2)).backward()
    np.testing.assert_allclose(x.grad.data, 1 - np.tanh(x.data) ** 2)


@pytest.mark.parametrize("name", ["erf", "expit", "digamma", "gammaln", "xlogy", "log_expit", "ndtr"])
def test_scipys_special_functions_are_ufuncs_too(name, x):
    special = pytest.importorskip("scipy.special")
    function = getattr(special, name)
    arguments = (x, x) if function.nin == 2 else (x,)
    result = function(*arguments)
    assert result.requires_grad
    np.testing.assert_allclose(result.data, function(*(a.data for a in arguments)), rtol=1e-12)


def test_what_is_missing_is_an_error_at_the_call(x):
    """Every function that is counted as missing says so when it is called, whatever it is called with."""
    for _, missing in catalogue.coverage().values():
        for name in missing:
            function = eval(name)
            with pytest.raises(TypeError, match=r"^np\..*use "):
                x.__array_function__(function, (ag.Tensor,), (x,), {})


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: np.add.reduceat(x, [0, 1]), r"np\.add\.reduceat: .*use detach\(\)\.numpy\(\)"),
        (lambda x: np.add.at(x, [0], 1.0), r"np\.add\.at: .*ag\.add_at"),
        (lambda x: np.put_along_axis(x, np.array([[0]]), 1.0, 1), r"np\.put_along_axis: .*returns a new tensor"),
        (lambda x: np.copyto(x, 1.0), r"np\.copyto: .*ag\.where"),
        (lambda x: np.tanh(x, out=np.empty((2, 2))), r"np\.tanh: out= cannot be used"),
        (lambda x: np.sum(x, out=np.empty(())), r"np\.sum: out= cannot be used"),
        (lambda x: np.add(x, 1, where=np.array([True, False])), r"np\.add: where= is not available"),
        (lambda x: np.reshape(x, (4,), order="F"), r"np\.reshape: order= cannot be used"),
        (lambda x: np.sum(x, 0, None, None, False, 0, True, 1), r"takes|positional"),
        (lambda x: np.logaddexp.reduce(x, initial=1.0), r"np\.logaddexp\.reduce: initial= is not available"),
        (lambda x: np.exp(x, dtype=int), r"np\.exp: an operand is float64, which dtype=<class 'int'> would cut"),
        (lambda x: np.exp(x > 1, dtype=bool), r"np\.exp: the result is float16, which dtype=<class 'bool'> would cut"),
        (lambda x: np.std(x, dtype=int), r"np\.std: the result is float64, which dtype=<class 'int'> would cut"),
        (lambda x: np.var(x, ddof=1, correction=1), r"np\.var: correction= says again"),
    ],
)
def test_what_cannot_be_is_refused(function, words, x):
    with pytest.raises(TypeError, match=words):
        function(x)
    np.testing.assert_array_equal(x.data, [[0.5, 1.5], [2.5, 3.5]])


@pytest.mark.parametrize("dtype", [bool, np.int8, np.int64, np.float32, np.complex64])
@pytest.mark.parametrize("function", [np.sum, np.prod, np.cumsum, np.add.reduce, np.nansum])
def test_results_have_the_dtype_that_was_asked_for(function, dtype, x):
    found = function(x, dtype=dtype)
    assert found.dtype == dtype
    np.testing.assert_allclose(found.data, function(x.data, dtype=dtype))


@pytest.mark.parametrize("function", [np.max, np.min, np.sum, np.prod])
@pytest.mark.parametrize("initial", [2, 2.5, np.float64(2.5)])
@pytest.mark.parametrize("dtype", ["f4", "i4", "?"])
def test_an_initial_number_does_not_widen(function, initial, dtype):
    x = np.array([[3, 0], [1, 5]], dtype)
    found, expected = function(ag.tensor(x), axis=1, initial=initial), function(x, axis=1, initial=initial)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found.data, expected)


def test_where_of_a_condition_alone_gives_positions(x):
    for found, expected in zip(np.where(x > 1), np.where(x.data > 1), strict=True):
        np.testing.assert_array_equal(found.data, expected)


def test_errors_of_reductions_of_some_elements_name_them(x):
    with pytest.raises(ValueError, match=r"^max: where= leaves perhaps nothing.*x \(2, 2\) float64.*; pass initial="):
        np.max(x, where=np.array([True, False]))
    with pytest.raises(ValueError, match=r"^sum: axis 5 is out of bounds.*; an array with n axes"):
        np.sum(x, axis=5, initial=1.0)
