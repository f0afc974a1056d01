"""Every convolution kernel against scipy.signal, in its three roles; the reference against the definition."""

import functools

import numpy as np
import pytest

from autograd_lite.kernels import conv, threads
from autograd_lite.kernels.conv import layout, patches, reference
from autograd_lite.kernels.conv.plan import refusal_of
from autograd_lite.kernels.windows import Windows

# name: (images, channels, (height, width)), filters, windows, groups
CASES = {
    "plain": ((2, 3, (6, 5)), 4, Windows.of((3, 2)), 1),
    "one image, one channel": ((1, 1, (5, 5)), 1, Windows.of((3, 3)), 1),
    "no image": ((0, 3, (6, 5)), 4, Windows.of((3, 2)), 1),
    "no image, large stride": ((0, 3, (6, 5)), 4, Windows.of((3, 2), (2, 2)), 1),
    "no channel": ((2, 0, (6, 5)), 4, Windows.of((3, 2)), 1),
    "no filter": ((2, 3, (6, 5)), 0, Windows.of((3, 2)), 1),
    "neither channel nor filter": ((2, 0, (5, 5)), 0, Windows.of((3, 3)), 1),
    "pixel by pixel": ((2, 3, (4, 5)), 4, Windows.of((1, 1)), 1),
    "pixel by pixel with stride": ((2, 3, (4, 5)), 4, Windows.of((1, 1), (2, 3)), 1),
    "pixel by pixel with padding": ((2, 3, (4, 5)), 4, Windows.of((1, 1), padding=((1, 1), (2, 2))), 1),
    "pixel by pixel in groups": ((2, 4, (4, 5)), 6, Windows.of((1, 1)), 2),
    "padding": ((2, 3, (6, 5)), 4, Windows.of((3, 2), padding=((1, 1), (2, 2))), 1),
    "padding on one side": ((2, 3, (6, 5)), 4, Windows.of((2, 4), padding=((0, 1), (1, 2))), 1),
    "cropping": ((2, 3, (7, 8)), 4, Windows.of((3, 2), padding=((-1, -2), (-2, 1))), 1),
    "cropping with stride": ((2, 3, (9, 8)), 4, Windows.of((3, 2), (2, 2), ((-1, -2), (-2, 1))), 1),
    "nothing but padding": ((2, 1, (2, 2)), 1, Windows.of((2, 2), padding=((-3, 5), (0, 0))), 1),
    "kernel larger than the image": ((2, 3, (3, 2)), 4, Windows.of((5, 4), padding=((2, 2), (1, 1))), 1),
    "padding larger than the kernel": ((2, 1, (3, 3)), 2, Windows.of((2, 2), padding=((4, 3), (3, 4))), 1),
    "stride": ((2, 3, (8, 7)), 4, Windows.of((3, 2), (2, 3), ((1, 1), (0, 0))), 1),
    "stride that skips the end": ((2, 3, (8, 8)), 4, Windows.of((3, 3), (2, 3)), 1),
    "stride larger than the kernel": ((2, 3, (9, 8)), 4, Windows.of((2, 1), (3, 4)), 1),
    "dilation": ((2, 3, (7, 8)), 4, Windows.of((3, 2), padding=((2, 2), (1, 1)), dilation=(2, 3)), 1),
    "dilation of the width": ((2, 3, (7, 8)), 4, Windows.of((3, 2), dilation=(1, 3)), 1),
    "dilation and stride": ((2, 3, (9, 10)), 4, Windows.of((3, 2), (2, 3), ((1, 1), (2, 2)), (3, 2)), 1),
    "groups": ((2, 6, (6, 5)), 4, Windows.of((3, 2), padding=((1, 1), (1, 1))), 2),
    "groups with everything": ((2, 6, (9, 10)), 9, Windows.of((3, 2), (2, 3), ((1, 1), (2, 2)), (3, 2)), 3),
    "each channel by itself": ((2, 3, (6, 5)), 6, Windows.of((3, 3), (2, 1), ((1, 1), (1, 1))), 3),
    "one row": ((2, 3, (1, 9)), 4, Windows.of((1, 3), padding=((0, 0), (1, 1))), 1),
    "one row with everything": ((2, 4, (1, 17)), 6, Windows.of((1, 3), (1, 2), ((0, 0), (2, 1)), (1, 3)), 2),
    "one column": ((2, 3, (9, 1)), 4, Windows.of((3, 1), padding=((1, 1), (0, 0))), 1),
    "one pixel": ((2, 3, (1, 1)), 4, Windows.of((1, 1)), 1),
    "an even kernel": ((2, 3, (7, 8)), 4, Windows.of((4, 4), (2, 2), ((1, 1), (1, 1))), 1),
    "a square kernel on an odd image": ((3, 5, (7, 9)), 6, Windows.of((3, 3), padding=((1, 1), (1, 1))), 1),
    "a square kernel, stride 2": ((3, 5, (7, 8)), 6, Windows.of((3, 3), (2, 2), ((1, 1), (1, 1))), 1),
    "a square kernel, dilation 2": ((3, 5, (7, 8)), 6, Windows.of((3, 3), padding=((2, 2),) * 2, dilation=(2, 2)), 1),
    "5x5, few channels": ((3, 1, (12, 12)), 6, Windows.of((5, 5), padding=((2, 2), (2, 2))), 1),
    "5x5, more channels": ((2, 6, (12, 12)), 16, Windows.of((5, 5)), 1),
    "3x3, many channels": ((2, 32, (9, 8)), 40, Windows.of((3, 3), padding=((1, 1), (1, 1))), 1),
    "3x3, many channels, no padding": ((1, 40, (6, 7)), 32, Windows.of((3, 3)), 1),
    "3x3, many channels, stride 2": ((1, 32, (8, 8)), 32, Windows.of((3, 3), (2, 2), ((1, 1), (1, 1))), 1),
    "1x1, many channels": ((2, 40, (5, 6)), 32, Windows.of((1, 1)), 1),
    "each of many channels by itself": ((2, 32, (7, 6)), 32, Windows.of((3, 3), padding=((1, 1), (1, 1))), 32),
    "each channel by itself, stride 2": ((2, 5, (7, 6)), 5, Windows.of((3, 3), (2, 2), ((1, 1), (1, 1))), 5),
    "a filter as large as the image": ((2, 3, (20, 18)), 4, Windows.of((20, 18)), 1),
    "a large filter": ((2, 2, (40, 35)), 6, Windows.of((21, 19), padding=((3, 4), (0, 2))), 1),
    "depth": ((2, 3, (4, 5, 6)), 4, Windows.of((2, 3, 2)), 1),
    "depth with padding": ((1, 3, (3, 4, 3)), 4, Windows.of((3, 3, 3), padding=((1, 1), (2, 0), (1, 2))), 1),
    "depth with everything": (
        (2, 4, (7, 5, 6)),
        6,
        Windows.of((2, 2, 3), (2, 1, 3), ((1, 2), (0, -1), (2, 1)), (3, 2, 1)),
        2,
    ),
    "depth, voxel by voxel": ((2, 3, (3, 2, 4)), 4, Windows.of((1, 1, 1), (2, 1, 2)), 1),
    "depth, each channel by itself": ((1, 3, (4, 3, 5)), 3, Windows.of((3, 1, 2), padding=((1, 1), (0, 0), (0, 1))), 3),
    "no volume": ((0, 3, (4, 5, 6)), 4, Windows.of((2, 3, 2)), 1),
}
every_case = pytest.mark.parametrize("case", CASES)
ROLES = (conv.CORRELATE, conv.TRANSPOSED, conv.FILTER_GRADIENT)


def operands(images, filters, windows, groups, dtype=np.float64, seed=0):
    """x, weight and a y that fits them."""
    rng = np.random.default_rng(seed)
    n, c, size = images
    shapes = (n, c, *size), (filters, c // groups, *windows.kernel), (n, filters, *windows.counts(size))
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def run(role, x, weight, y, windows, groups):
    """One role, by the kernel that is planned or forced."""
    given = {conv.CORRELATE: (x, weight), conv.TRANSPOSED: (y, weight), conv.FILTER_GRADIENT: (x, y)}[role]
    return getattr(conv, role)(*given, windows, groups)


@functools.cache
def expected(case, role):
    """By the reference, in float64."""
    with conv.conv_kernel("scipy"):
        return run(role, *operands(*CASES[case]), *CASES[case][2:])


def assert_close(actual, expected, tolerance=1e-12):
    """Within `tolerance` of the largest number."""
    assert actual.shape == expected.shape
    scale = np.abs(expected).max(initial=0) or 1
    np.testing.assert_allclose(actual / scale, expected / scale, rtol=0, atol=tolerance)


# -- every kernel, wherever it does not refuse ---------------------------------------------------------------------


def refusal(name, role, case, dtype):
    """Why a kernel cannot do a case; the reference is not held against itself."""
    (n, c, size), filters, windows, groups = CASES[case]
    if role == conv.TRANSPOSED:
        size = windows.covered(windows.counts(size))
    return refusal_of(name, conv.Problem(role, n, c, filters, size, windows, groups, np.dtype(dtype)))


def every_kernel_on(dtype, cases=tuple(CASES)):
    """Each (kernel, role, case) that is not refused."""
    triples = [
        (name, role, case)
        for name in conv.KERNELS
        if name != "scipy"
        for role in ROLES
        for case in cases
        if refusal(name, role, case, dtype) is None
    ]
    return pytest.mark.parametrize(("name", "role", "case"), triples)


def bound(name):
    """The error of a kernel in float32, relative to the largest number."""
    return getattr(conv.KERNELS[name], "FLOAT32_BOUND", 1e-5)


SOME_CASES = (
    "plain",
    "dilation and stride",
    "groups with everything",
    "pixel by pixel in groups",
    "a square kernel on an odd image",
    "a square kernel, stride 2",
    "3x3, many channels",
    "1x1, many channels",
    "each of many channels by itself",
    "5x5, few channels",
    "depth with everything",
)


@every_kernel_on(np.float64)
def test_float64_agrees_to_1e_12(name, role, case):
    with conv.conv_kernel(name):
        result = run(role, *operands(*CASES[case]), *CASES[case][2:])
    assert result.dtype == np.float64
    assert_close(result, expected(case, role))


@every_kernel_on(np.float32)
def test_float32_agrees_to_the_kernels_bound(name, role, case):
    with conv.conv_kernel(name):
        result = run(role, *operands(*CASES[case], dtype=np.float32), *CASES[case][2:])
    assert result.dtype == np.float32
    assert_close(result, expected(case, role), bound(name))


@every_kernel_on(np.float32, SOME_CASES)
def test_any_memory_order(name, role, case):
    plain = operands(*CASES[case], dtype=np.float32)
    backwards = [np.flip(np.flip(array).copy()) for array in plain]
    every_second = [np.repeat(array, 2, axis=1)[:, ::2].copy(order="F") for array in plain]
    rows_first = [layout.as_images(layout.rows_first(array)) for array in plain]
    with conv.conv_kernel(name):
        for arrays in (backwards, every_second, rows_first):
            assert_close(run(role, *arrays, *CASES[case][2:]), expected(case, role), bound(name))


@every_kernel_on(np.float32, SOME_CASES)
def test_operands_that_are_repeated_without_memory(name, role, case):
    repeated = [np.broadcast_to(array[:1, :1], array.shape) for array in operands(*CASES[case], dtype=np.float32)]
    with conv.conv_kernel("scipy"):
        by_definition = run(role, *(array.astype(np.float64) for array in repeated), *CASES[case][2:])
    with conv.conv_kernel(name):
        assert_close(run(role, *repeated, *CASES[case][2:]), by_definition, bound(name))


@every_kernel_on(np.float32, SOME_CASES)
def test_operands_are_not_written_into(name, role, case):
    arrays = operands(*CASES[case], dtype=np.float32)
    for array in arrays:
        array.flags.writeable = False
    with conv.conv_kernel(name):
        run(role, *arrays, *CASES[case][2:])


@pytest.fixture
def divided(monkeypatch):
    """All work is divided, however little it is; the number of threads may be set."""
    before = threads.get_num_threads()
    monkeypatch.setattr(threads, "WORTH_DIVIDING", 0)
    yield
    threads.set_num_threads(before)


@every_kernel_on(np.float32, SOME_CASES)
def test_one_thread_and_two_agree(name, role, case, divided):
    for number in (1, 2):
        threads.set_num_threads(number)
        with conv.conv_kernel(name):
            again = [run(role, *operands(*CASES[case], dtype=np.float32), *CASES[case][2:]) for _ in range(2)]
        np.testing.assert_array_equal(*again)
        assert_close(again[0], expected(case, role), bound(name))


@pytest.mark.parametrize("name", [name for name in conv.KERNELS if hasattr(conv.KERNELS[name], "FLOAT32_BOUND")])
def test_a_kernel_with_a_bound_of_its_own_refuses_float64(name):
    assert all(refusal(name, role, case, np.float64) for role in ROLES for case in CASES)


# -- the plan --------------------------------------------------------------------------------------------------


@every_case
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_planned_is_not_refused(case, dtype):
    for role in ROLES:
        (n, c, size), filters, windows, groups = CASES[case]
        problem = conv.Problem(role, n, c, filters, size, windows, groups, np.dtype(dtype))
        assert refusal_of(conv.plan(problem).kernel, problem) is None


@pytest.mark.parametrize("name", conv.KERNELS)
def test_what_a_kernel_refuses_cannot_be_forced(name):
    refused = [(role, case) for role in ROLES for case in SOME_CASES if refusal(name, role, case, np.float64)]
    for role, case in refused:
        with conv.conv_kernel(name), pytest.raises(ValueError, match=f"{name!r} cannot do .*{role}"):
            run(role, *operands(*CASES[case]), *CASES[case][2:])


@every_case
def test_sequences_are_images_of_one_row(case):
    images, filters, windows, groups = CASES[case]
    if images[2][0] != 1 or windows.kernel[0] != 1 or len(images[2]) != 2:
        return
    along = Windows(*(values[1:] for values in windows))
    assert along.in_a_row == windows
    arrays = operands(images, filters, windows, groups)
    for role in ROLES:
        assert_close(run(role, *(array[:, :, 0] for array in arrays), along, groups), expected(case, role)[:, :, 0])


# -- the reference -------------------------------------------------------------------------------------------------


@every_case
def test_the_reference_is_one_trilinear_form(case):
    x, weight, y = operands(*CASES[case])
    windows, groups = CASES[case][2:]
    by_y = np.sum(y * expected(case, conv.CORRELATE))
    by_weight = np.sum(weight * expected(case, conv.FILTER_GRADIENT))
    covered = windows.covered(y.shape[2:])
    rest = tuple(n - least for n, least in zip(x.shape[2:], covered, strict=True))  # strides leave it over
    with conv.conv_kernel("scipy"):
        by_x = np.sum(x * conv.transposed(y, weight, windows.trimmed(rest), groups))
    assert_close(by_weight, by_y)
    assert_close(by_x, by_y)


def test_the_reference_by_the_sum_that_defines_it():
    x, weight, y = operands((2, 4, (7, 8)), 6, windows := Windows.of((3, 2), (2, 3), ((1, 0), (2, 1)), (2, 1)), 2)
    image = np.pad(x, ((0, 0), (0, 0), *windows.padding))
    result = np.zeros(y.shape)
    for n, o, i, j, *tap in np.ndindex(*y.shape, *weight.shape[1:]):
        c, row, column = tap
        result[n, o, i, j] += image[n, o // 3 * 2 + c, 2 * i + 2 * row, 3 * j + column] * weight[o, *tap]
    assert_close(reference.correlate(x, weight, windows, 2), result)


def test_complex_numbers_are_not_conjugated():
    windows = Windows.of((3, 2), (2, 1))
    parts = [operands((2, 3, (6, 5)), 4, windows, 1, seed=seed) for seed in (0, 1)]
    arrays = [a + 1j * b for a, b in zip(*parts, strict=True)]
    for role in ROLES:
        with conv.conv_kernel("scipy"):
            by_definition = run(role, *arrays, windows, 1)
        assert_close(run(role, *arrays, windows, 1), by_definition)
    x, weight, y = arrays
    by_weight = np.sum(weight * reference.filter_gradient(x, y, windows, 1))
    assert_close(by_weight, np.sum(y * reference.correlate(x, weight, windows, 1)))


# -- what is particular to one kernel ------------------------------------------------------------------------------


@pytest.mark.parametrize("case", SOME_CASES)
def test_patches_of_one_image_at_a_time(case, monkeypatch):
    monkeypatch.setattr(patches, "PART", 1)
    for role in ROLES:
        with conv.conv_kernel("patches"):
            assert_close(run(role, *operands(*CASES[case]), *CASES[case][2:]), expected(case, role))


def test_transforms_are_chosen_by_shapes_alone():
    def chosen(side, kernel, channels=16, **settings):
        windows = Windows.of((kernel, kernel), **settings)
        problem = conv.Problem(conv.CORRELATE, 8, channels, channels, (side, side), windows, 1, np.dtype(np.float32))
        return conv.plan(problem).kernel == "fourier"

    assert chosen(64, 21)
    assert not chosen(64, 5)
    assert not chosen(64, 21, stride=(2, 2))
    assert not chosen(128, 21, dilation=(2, 2))
    assert not chosen(32, 3, channels=64)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (2, 0, 3, 1), (0, 1, 2), (0, 2, 1), (0, 1, 2, 3, 4), (2, 0, 3, 4, 1)])
def test_bias(order):
    y = np.random.default_rng(0).standard_normal((2, 3, 4, 5, 6)[: len(order)])
    y = np.ascontiguousarray(y.transpose(order)).transpose(np.argsort(order))
    bias = np.array([1.0, 2.0, 3.0])
    expected = y + bias.reshape(-1, *(1,) * (y.ndim - 2))
    assert conv.add_bias(y, None) is y
    assert conv.add_bias(y.astype(np.float32), bias).dtype == np.float64
    np.testing.assert_array_equal(conv.add_bias(y, bias), expected)


@pytest.mark.parametrize(
    ("name", "order"),
    [("patches", layout.rows_first), ("width", lambda out: np.ascontiguousarray(layout.long_rows(out)))],
)
def test_the_next_layer_finds_the_memory_order_it_wants(name, order):
    x, weight, _ = operands((2, 3, (6, 5)), 4, Windows.of((3, 2)), 1)
    with conv.conv_kernel(name):
        out = conv.correlate(x, weight, Windows.of((3, 2)))
    assert np.shares_memory(order(out), out)
