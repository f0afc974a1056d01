"""Where windows lie on an image, counted out."""

import itertools

import pytest

from autograd_lite.kernels.windows import Windows


def starts(length, kernel, stride, before, after, dilation):
    """The first tap of every window along one axis, in coordinates of the image, found by trying."""
    last = length + after - dilation * (kernel - 1) - 1
    return list(range(-before, last + 1, stride))


@pytest.mark.parametrize("length", [1, 4, 7])
@pytest.mark.parametrize("kernel", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2, 4])
def test_counts_covered_and_taps(length, kernel, stride):
    for before, after, dilation in itertools.product((-1, 0, 2), (-1, 0, 3), (1, 2)):
        windows = Windows.of((kernel, 1), (stride, 1), ((before, after), (0, 0)), (dilation, 1))
        expected = starts(length, kernel, stride, before, after, dilation)
        if not expected:
            assert windows.counts((length, 1))[0] < 1
            continue
        assert windows.counts((length, 1)) == (len(expected), 1)
        assert windows.covered((len(expected), 1))[0] == expected[-1] + windows.span[0] - after
        for tap, ((rows, _), (pixels, _)) in enumerate(windows.taps((length, 1))):
            places = {i: start + tap * dilation for i, start in enumerate(expected)}
            on_image = {i: place for i, place in places.items() if 0 <= place < length}
            assert list(range(len(expected))[rows]) == list(on_image)
            assert list(range(length)[pixels]) == list(on_image.values())


def test_trimmed_leaves_out_the_end():
    windows = Windows.of((3, 3), padding=((1, 2), (0, 0)))
    assert windows.trimmed((2, -1)).padding == ((1, 0), (0, 1))
    assert windows.trimmed((2, 0)).counts((9, 9)) == windows.counts((7, 9))
