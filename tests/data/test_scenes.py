import numpy as np
import pytest

from autograd_lite import data
from autograd_lite.data import scenes

pytest.importorskip("sklearn")
pytest.importorskip("PIL")


def test_scenes_have_the_promised_shapes_types_and_classes():
    train, test = data.digit_scenes(count=40, test_count=12, size=32, digit_size=12)
    assert (train.images.shape, test.images.shape) == ((40, 1, 32, 32), (12, 1, 32, 32))
    assert (train.images.dtype, train.labels.dtype) == (np.float32, np.int64)
    assert train.labels.shape == (40, 32, 32)
    assert set(train.labels.ravel()) == {*range(10), data.BACKGROUND}
    assert 0.5 < (train.labels == data.BACKGROUND).mean() < 0.95


def test_the_seed_chooses_and_the_parts_differ():
    first, again, other = (data.digit_scenes(count=3, test_count=3, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.train.images, again.train.images)
    np.testing.assert_array_equal(first.test.labels, again.test.labels)
    assert not np.array_equal(first.train.labels, other.train.labels)
    assert not np.array_equal(first.train.labels, first.test.labels)


def test_the_test_part_shows_what_the_training_part_never_does(monkeypatch):
    """With columns for grey values and no digits or noise, each scene tells where it was cut out."""
    columns = np.broadcast_to(np.arange(640, dtype=np.float32), (3, 427, 640))
    monkeypatch.setattr(scenes, "photographs", lambda: {"columns": columns})
    train, test = data.digit_scenes(count=300, test_count=300, digits_each=0, noise=0.0)
    assert train.images.max() < test.images.min()
    assert (train.images.min(), test.images.max()) < (20, 640)


def test_ink_covers_what_is_below_and_names_the_pixels():
    image, label = np.full((4, 4), 0.5), np.full((4, 4), data.BACKGROUND)
    ink = np.array([[1.0, 0.4], [0.5, 0.0]])
    scenes.write(image, label, ink, 7, np.random.default_rng(0))
    (top, *_), (left, *_) = np.nonzero(label != data.BACKGROUND)
    np.testing.assert_array_equal(label[top : top + 2, left : left + 2], [[7, data.BACKGROUND], [7, data.BACKGROUND]])
    change = (image - 0.5)[top : top + 2, left : left + 2]
    assert 0.25 <= change[0, 0] <= 0.5
    np.testing.assert_allclose(change, change[0, 0] * ink)
    assert np.count_nonzero(image - 0.5) == 3


@pytest.mark.parametrize(
    "options", [{"digit_size": 7}, {"digit_size": 17, "size": 32}, {"size": 214}, {"digits_each": 5}]
)
def test_sizes_that_do_not_fit_are_refused(options):
    with pytest.raises(ValueError, match="up to four of 8 or more pixels"):
        data.digit_scenes(**options)
