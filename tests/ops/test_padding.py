"""Padding: every mode with NumPy's values, gradients of its options, and PyTorch's where it has the mode."""

import itertools

import numpy as np
import pytest

import autograd_lite as ag

MODES = [
    ("constant", {}),
    ("constant", {"constant_values": 2}),
    ("constant", {"constant_values": (1, -3)}),
    ("edge", {}),
    ("linear_ramp", {}),
    ("linear_ramp", {"end_values": (3, -4)}),
    ("maximum", {}),
    ("maximum", {"stat_length": 2}),
    ("mean", {}),
    ("mean", {"stat_length": (1, 2)}),
    ("median", {}),
    ("median", {"stat_length": (3, 2)}),
    ("minimum", {}),
    ("minimum", {"stat_length": ((9, 1),)}),
    ("reflect", {}),
    ("reflect", {"reflect_type": "odd"}),
    ("symmetric", {}),
    ("symmetric", {"reflect_type": "odd"}),
    ("wrap", {}),
]
SHAPES = [(5,), (3, 2), (1, 4), (2, 3, 2)]
WIDTHS = [0, 1, (2, 1), (0, 3), (7, 0)]
DTYPES = [np.float64, np.float32, np.complex128, np.int64, bool]


def numbers(shape, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape) * 3
    return (x + 1j * rng.standard_normal(shape)).astype(dtype) if dtype is np.complex128 else x.astype(dtype)


@pytest.mark.parametrize(("mode", "option"), MODES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_values_are_numpys(mode, option, dtype):
    if mode == "median" and dtype is np.complex128:
        pytest.skip("complex numbers have no middle")
    for shape, width in itertools.product(SHAPES, WIDTHS):
        x = numbers(shape, dtype)
        expected = np.pad(x, width, mode, **option)
        for result in (ag.pad(x, width, mode, **option), np.pad(ag.tensor(x), width, mode, **option).data):
            assert result.dtype == dtype
            tolerance = 1e-3 if dtype is np.float32 else 1e-12
            np.testing.assert_allclose(result, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(
    "width",
    [2, (1, 2), ((1, 2),), ((1, 0), (2, 3)), [[1], [2]], np.array([[0, 1], [2, 0]]), {0: 1, -1: (2, 0)}, {1: (0, 3)}],
)
def test_widths_in_every_form(width):
    x, pairs = numbers((3, 2)), width
    if isinstance(width, dict):
        pairs = [np.broadcast_to(width.get(axis, width.get(axis - 2, 0)), 2) for axis in (0, 1)]
    np.testing.assert_array_equal(ag.pad(x, width, "wrap"), np.pad(x, pairs, "wrap"))


def test_without_axes_or_elements():
    assert ag.pad(np.array(2.0), 3).shape == ()
    np.testing.assert_array_equal(ag.pad(np.zeros((0, 2)), 1, "constant", 4), np.full((2, 4), 4))
    for mode, _ in MODES[3:]:
        assert ag.pad(np.zeros((0, 2)), ((0, 0), (1, 2)), mode).shape == (0, 5)


@pytest.mark.parametrize("mode", [mode for mode, _ in MODES])
def test_nothing_put_around_is_a_copy(mode):
    """A tensor that is changed in place later is another than x."""
    x = ag.tensor(np.ones(2))
    padded = ag.pad(x, 0, mode)
    padded += 1
    assert x.tolist() == [1, 1]


@pytest.mark.parametrize("mode", ["constant", "linear_ramp"])
@pytest.mark.parametrize("shape", [(), (2,), (2, 1), (2, 2)])
def test_constants_and_ends_get_gradients(mode, shape):
    x, values = ag.tensor(numbers((3, 2)), requires_grad=True), ag.tensor(numbers(shape, seed=1), requires_grad=True)
    option = {"constant": "constant_values", "linear_ramp": "end_values"}[mode]
    padded = ag.pad(x, ((1, 2), (3, 0)), mode, **{option: values})
    np.testing.assert_allclose(padded.data, np.pad(x.data, ((1, 2), (3, 0)), mode, **{option: values.data}))
    assert ag.gradgradcheck(lambda: ag.pad(ag.tanh(x), ((1, 2), (3, 0)), mode, **{option: values * values}), x, values)


def test_options_are_computed_in_the_dtype_of_x():
    x, end = ag.tensor(numbers(3, np.float32), requires_grad=True), ag.tensor(numbers(()), requires_grad=True)
    for padded in (ag.pad(x, 2, "linear_ramp", end_values=end), ag.pad(x, 2, constant_values=end)):
        assert padded.dtype == np.float32
        assert [g.dtype for g in ag.gradients(padded.sum(), [x, end])] == [np.float32, np.float64]


X = np.zeros((3, 2))
ERRORS = [
    ((X, 1, "empty"), {}, ValueError, "'empty' is not known"),
    ((X, 1, np.max), {}, ValueError, "not known"),
    ((X, -1), {}, ValueError, "none negative"),
    ((X, 1.5), {}, ValueError, "whole numbers"),
    ((X, ((1, 2), (3, 4), (5, 6))), {}, ValueError, "remapped shapes"),
    ((X, {2: 1}), {}, ValueError, "out of bounds"),
    ((X, 1, "edge"), {"constant_values": 3}, ValueError, "edge has no constant_values"),
    ((X, 1, "mean"), {"end_values": 3}, ValueError, "mean has no end_values"),
    ((X, 1, "wrap"), {"reflect_type": "odd"}, ValueError, "wrap has no reflect_type"),
    ((X, 1, "reflect"), {"reflect_type": "both"}, ValueError, "use even or odd"),
    ((X, 1, "mean"), {"stat_length": 0}, ValueError, "whole numbers from 1"),
    ((X, 1, "maximum"), {"stat_length": 1.5}, ValueError, "whole numbers from 1"),
    ((X[:0], 1, "edge"), {}, ValueError, "an empty axis has no elements"),
    ((X[:0], 1, "mean"), {}, ValueError, "an empty axis has no elements"),
    ((X.astype(int), 1), {"constant_values": ag.tensor(1.0, requires_grad=True)}, TypeError, "would be lost"),
    ((X, 1), {"constant_values": np.zeros((3, 2))}, ValueError, "could not be broadcast|could not broadcast"),
]


@pytest.mark.parametrize(("args", "option", "kind", "message"), ERRORS)
def test_what_cannot_be_is_refused(args, option, kind, message):
    with pytest.raises(kind, match=f"^\\w+: .*({message})"):
        ag.pad(*args, **option)


@pytest.mark.parametrize(
    ("mode", "theirs", "widths"),
    [
        ("constant", "constant", ((2, 0), (1, 3))),
        ("edge", "replicate", ((2, 5), (1, 3))),
        ("reflect", "reflect", ((2, 1), (1, 3))),
        ("wrap", "circular", ((2, 3), (1, 4))),
    ],
)
def test_agrees_with_torch(agrees_with_torch, mode, theirs, widths):
    (top, bottom), (left, right) = widths

    def padded(torch, x):
        return torch.nn.functional.pad(x, (left, right, top, bottom), theirs)

    agrees_with_torch(lambda x: ag.pad(x, ((0, 0), (0, 0), *widths), mode), padded, numbers((2, 1, 3, 4)))


def test_a_maximum_that_is_repeated_shares_its_gradient():
    x = ag.tensor(np.array([1.0, 2.0, 2.0]), requires_grad=True)
    (g,) = ag.gradients(ag.pad(x, (2, 0), "maximum").sum(), x)
    np.testing.assert_array_equal(g.data, [1, 2, 2])
