"""Initial values have the distributions that their names promise, and those of torch.nn.init."""

import math

import numpy as np
import pytest
from scipy import stats

from autograd_lite import nn
from autograd_lite.nn import init

SHAPE = (64, 12, 3, 5)  # a convolution's filters: 12 * 15 inputs reach one output, one input reaches 64 * 15
FAN_IN, FAN_OUT = 12 * 15, 64 * 15


LUCK = 1e-3  # the p-value below which a fixed seed is no bad luck any more: about a hundred tests draw


def filled(function, *args, shape=SHAPE, dtype=np.float64, **options):
    parameter = nn.Parameter(np.full(shape, np.nan, dtype))
    assert function(parameter, *args, **options) is parameter
    assert parameter.dtype == dtype
    assert parameter.shape == shape
    return parameter.data


def normal(std, mean=0.0):
    return stats.norm(mean, std)


def even(low, high):
    return stats.uniform(low, high - low)


RELU = math.sqrt(2)
LEAKY = math.sqrt(2 / (1 + 0.3**2))
RANDOM = [
    (init.uniform_, {}, even(0, 1)),
    (init.uniform_, {"a": -3, "b": 2}, even(-3, 2)),
    (init.normal_, {}, normal(1)),
    (init.normal_, {"mean": 2, "std": 0.1}, normal(0.1, 2)),
    (init.trunc_normal_, {}, stats.truncnorm(-2, 2)),
    (init.trunc_normal_, {"mean": 1, "std": 2, "a": 0.5, "b": 9}, stats.truncnorm(-0.25, 4, 1, 2)),
    (init.trunc_normal_, {"std": 0.02, "a": -2, "b": 2}, normal(0.02)),
    (init.trunc_normal_, {"a": -math.inf, "b": -1}, stats.truncnorm(-math.inf, -1)),
    (init.trunc_normal_, {"a": -math.inf, "b": math.inf}, normal(1)),
    (init.xavier_uniform_, {}, even(-math.sqrt(6 / (FAN_IN + FAN_OUT)), math.sqrt(6 / (FAN_IN + FAN_OUT)))),
    (init.xavier_normal_, {"gain": 5 / 3}, normal(5 / 3 * math.sqrt(2 / (FAN_IN + FAN_OUT)))),
    (init.kaiming_normal_, {"nonlinearity": "relu"}, normal(RELU / math.sqrt(FAN_IN))),
    (init.kaiming_normal_, {"a": 0.3, "mode": "fan_out"}, normal(LEAKY / math.sqrt(FAN_OUT))),
    (init.kaiming_uniform_, {"a": math.sqrt(5)}, even(-1 / math.sqrt(FAN_IN), 1 / math.sqrt(FAN_IN))),
    (init.kaiming_uniform_, {"mode": "fan_out"}, even(-math.sqrt(6 / FAN_OUT), math.sqrt(6 / FAN_OUT))),
]
IDS = [f"{function.__name__}{tuple(options.items())}" for function, options, _ in RANDOM]


@pytest.mark.parametrize(("function", "options", "distribution"), RANDOM, ids=IDS)
class TestDistributions:
    def test_kolmogorov_smirnov(self, function, options, distribution):
        values = filled(function, **options, rng=np.random.default_rng(0)).ravel()
        assert stats.kstest(values, distribution.cdf).pvalue > LUCK

    def test_moments_and_bounds(self, function, options, distribution):
        values = filled(function, **options, rng=np.random.default_rng(1))
        assert values.mean() == pytest.approx(distribution.mean(), abs=4 * distribution.std() / math.sqrt(values.size))
        assert values.std() == pytest.approx(distribution.std(), rel=0.03)
        low, high = options.get("a", -math.inf), options.get("b", math.inf)
        if "b" not in options:  # then `a` is a slope
            low, high = distribution.support()
        assert low <= values.min()
        assert values.max() <= high

    def test_the_same_as_pytorchs(self, function, options, distribution):
        torch = pytest.importorskip("torch")
        theirs = getattr(torch.nn.init, function.__name__)
        weight = torch.empty(SHAPE, dtype=torch.float64)
        if "b" in options and math.isinf(options["a"]):
            pytest.skip("PyTorch draws NaN or clips for infinite bounds")
        weight = theirs(weight, **options, generator=torch.Generator().manual_seed(0))
        ours = filled(function, **options, rng=np.random.default_rng(2))
        assert stats.ks_2samp(ours.ravel(), weight.numpy().ravel()).pvalue > LUCK

    def test_a_generator_decides(self, function, options, distribution):
        first, second, third = (filled(function, **options, rng=np.random.default_rng(seed)) for seed in (3, 3, 4))
        assert np.array_equal(first, second)
        assert not np.array_equal(first, third)

    def test_float32(self, function, options, distribution):
        single = filled(function, **options, dtype=np.float32, rng=np.random.default_rng(5))
        double = filled(function, **options, rng=np.random.default_rng(5))
        assert np.array_equal(single, double.astype(np.float32))


class TestComplex:
    @pytest.mark.parametrize(
        ("function", "options"),
        [
            (init.uniform_, {"a": -1.0, "b": 3.0}),
            (init.normal_, {"mean": 0.5, "std": 2.0}),
            (init.xavier_uniform_, {"gain": 2.0}),
            (init.kaiming_normal_, {}),
            (init.sparse_, {"sparsity": 0.3, "std": 1.0}),
        ],
    )
    def test_both_parts_as_pytorchs(self, function, options):
        torch = pytest.importorskip("torch")
        torch.manual_seed(0)
        theirs = getattr(torch.nn.init, function.__name__)(torch.zeros(100, 200, dtype=torch.complex128), **options)
        ours = filled(function, **options, shape=(100, 200), dtype=np.complex128, rng=np.random.default_rng(0))
        for a, b in ((ours.real, theirs.real), (ours.imag, theirs.imag)):
            assert stats.ks_2samp(a.ravel(), b.numpy().ravel()).pvalue > LUCK
        assert abs(np.corrcoef(ours.real.ravel(), ours.imag.ravel())[0, 1]) < 0.03 or function is init.sparse_

    def test_there_is_nothing_between_bounds(self):
        with pytest.raises(TypeError, match=r"trunc_normal_: complex128 numbers .*; use normal_"):
            filled(init.trunc_normal_, dtype=np.complex128)


class TestTruncated:
    @pytest.mark.parametrize(("a", "b"), [(30, 31), (-31, -30), (100, math.inf), (-math.inf, -100)])
    def test_far_from_the_mean(self, a, b):
        values = filled(init.trunc_normal_, a=a, b=b, rng=np.random.default_rng(0)).ravel()
        near = min(abs(a), abs(b))
        assert values.min() >= a
        assert values.max() <= b
        # There the density falls like exp(-near * distance), with a relative error of 1 / near**2.
        assert (np.abs(values) - near).mean() == pytest.approx(1 / near, rel=0.05)

    @pytest.mark.parametrize("options", [{"a": 2, "b": 2}, {"a": 1, "b": -1}, {"std": 0}, {"std": math.nan}])
    def test_nothing_to_draw(self, options):
        with pytest.raises(ValueError, match="leave no numbers to draw"):
            filled(init.trunc_normal_, **options)


class TestOrthogonal:
    @pytest.mark.parametrize("shape", [(5, 5), (3, 7), (7, 3), (6, 2, 3, 3), (20, 2, 3), (1, 4), (4, 1)])
    @pytest.mark.parametrize("dtype", [np.float64, np.complex128])
    def test_rows_or_columns_are_orthonormal(self, shape, dtype):
        matrix = filled(init.orthogonal_, shape=shape, gain=2.0, dtype=dtype, rng=np.random.default_rng(0))
        matrix = matrix.reshape(shape[0], -1)
        if matrix.shape[0] > matrix.shape[1]:
            matrix = matrix.T
        np.testing.assert_allclose(matrix @ matrix.conj().T, 4 * np.eye(len(matrix)), atol=1e-12)

    def test_all_directions_are_equally_likely(self):
        rng = np.random.default_rng(0)
        entries = np.array([filled(init.orthogonal_, shape=(3, 3), rng=rng)[0, 0] for _ in range(2000)])
        assert stats.kstest(entries, even(-1, 1).cdf).pvalue > 0.01  # Archimedes: a coordinate on a sphere is even

    def test_the_determinant_is_either(self):
        rng = np.random.default_rng(0)
        signs = [np.linalg.det(filled(init.orthogonal_, shape=(4, 4), rng=rng)) > 0 for _ in range(200)]
        assert 70 < sum(signs) < 130

    def test_nothing_to_fill(self):
        assert filled(init.orthogonal_, shape=(0, 3)).size == 0


class TestSparse:
    @pytest.mark.parametrize(("rows", "sparsity", "zeros"), [(10, 0.3, 3), (10, 0.31, 4), (7, 0, 0), (7, 1, 7)])
    def test_zeros_in_each_column(self, rows, sparsity, zeros):
        matrix = filled(init.sparse_, sparsity, shape=(rows, 50), rng=np.random.default_rng(0))
        assert ((matrix == 0).sum(axis=0) == zeros).all()

    def test_the_others_are_normal_and_anywhere(self):
        matrix = filled(init.sparse_, 0.5, std=0.2, shape=(40, 500), rng=np.random.default_rng(0))
        assert stats.kstest(matrix[matrix != 0], normal(0.2).cdf).pvalue > LUCK
        assert abs((matrix == 0).mean(axis=1) - 0.5).max() < 0.1

    @pytest.mark.parametrize("sparsity", [-0.1, 1.1, math.nan])
    def test_a_share_out_of_range(self, sparsity):
        with pytest.raises(ValueError, match="no share of a column"):
            filled(init.sparse_, sparsity, shape=(3, 3))


class TestConstants:
    @pytest.mark.parametrize(
        ("name", "args", "shape"),
        [
            ("ones_", (), (2, 3)),
            ("zeros_", (), (2, 3)),
            ("constant_", (0.5,), ()),
            ("eye_", (), (3, 3)),
            ("eye_", (), (2, 4)),
            ("eye_", (), (4, 2)),
            ("dirac_", (), (4, 3, 3)),
            ("dirac_", (), (3, 4, 3, 2)),
            ("dirac_", (), (2, 2, 1, 3, 4)),
            ("dirac_", (2,), (6, 2, 3)),
            ("dirac_", (3,), (6, 5, 3, 3)),
        ],
    )
    def test_as_pytorchs(self, name, args, shape):
        torch = pytest.importorskip("torch")
        theirs = getattr(torch.nn.init, name)(torch.empty(shape, dtype=torch.float64), *args)
        assert np.array_equal(filled(getattr(init, name), *args, shape=shape), theirs.numpy())

    def test_eye_is_the_identity(self):
        assert np.array_equal(filled(init.eye_, shape=(2, 3)), [[1, 0, 0], [0, 1, 0]])

    @pytest.mark.parametrize("groups", [1, 2])
    def test_a_dirac_convolution_passes_its_input_on(self, groups):
        conv = nn.Conv2d(4, 4, 3, padding=1, groups=groups, bias=False, dtype=np.float64)
        init.dirac_(conv.weight, groups)
        x = np.random.default_rng(0).normal(size=(2, 4, 5, 6))
        np.testing.assert_allclose(conv(x).data, x, atol=1e-12)


class TestFans:
    @pytest.mark.parametrize("shape", [(2, 3), (5, 4, 3), (5, 4, 3, 2), (5, 4, 3, 2, 2), (0, 3), (3, 4, 0)])
    def test_as_pytorchs(self, shape):
        torch = pytest.importorskip("torch")
        expected = torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))
        assert init.fans(nn.Parameter(np.zeros(shape))) == expected

    def test_of_filters(self):
        assert init.fans(nn.Parameter(np.zeros(SHAPE))) == (FAN_IN, FAN_OUT)

    @pytest.mark.parametrize("name", [n for n in init.__all__ if n.startswith(("xavier", "kaiming", "orthogonal"))])
    def test_an_empty_weight_stays(self, name):
        assert filled(getattr(init, name), shape=(0, 0)).size == 0


GAINS = ["linear", *(f"conv{n}d" for n in (1, 2, 3)), *(f"conv_transpose{n}d" for n in (1, 2, 3))]


@pytest.mark.parametrize("nonlinearity", [*GAINS, "sigmoid", "tanh", "relu", "selu", "leaky_relu"])
def test_gains_as_pytorchs(nonlinearity):
    torch = pytest.importorskip("torch")
    for slope in (None, 0.3) if nonlinearity == "leaky_relu" else (None,):
        expected = torch.nn.init.calculate_gain(nonlinearity, slope)
        assert init.calculate_gain(nonlinearity, slope) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("function", "args", "shape", "words"),
    [
        (init.eye_, (), (2, 2, 2), "eye_: .* has 3 axes, a matrix has 2"),
        (init.sparse_, (0.5,), (4,), "sparse_: .* has 1 axes"),
        (init.dirac_, (), (2, 2), "no filter of a convolution"),
        (init.dirac_, (2,), (3, 2, 1), "do not make 2 groups"),
        (init.dirac_, (0,), (3, 2, 1), "do not make 0 groups"),
        (init.orthogonal_, (), (4,), "no matrix"),
        (init.xavier_uniform_, (), (4,), "no fan-in"),
    ],
)
def test_errors(function, args, shape, words):
    parameter = nn.Parameter(np.full(shape, 7.0))
    with pytest.raises(ValueError, match=words):
        function(parameter, *args)
    assert (parameter.data == 7).all()


def test_results_of_operations_and_integers_are_refused():
    with pytest.raises(ValueError, match="result of an operation"):
        init.trunc_normal_(nn.Parameter(np.zeros(3)) * 2)
    integers = nn.Parameter(np.zeros((3, 3), int), requires_grad=False)
    with pytest.raises(TypeError, match="same_kind"):
        init.orthogonal_(integers)
