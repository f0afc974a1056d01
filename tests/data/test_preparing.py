import numpy as np
import pytest

from autograd_lite import data

RNG = np.random.default_rng(0)
IMAGES = RNG.normal([[[3.0]], [[-1.0]]], [[[2.0]], [[0.5]]], (20, 2, 4, 5)).astype(np.float32)


class TestStandardizer:
    @pytest.mark.parametrize("inputs", [IMAGES, IMAGES[:, :, 0, 0], IMAGES[:, :, 0]], ids=["2-d", "table", "1-d"])
    def test_each_channel_gets_mean_0_and_deviation_1(self, inputs):
        standard = data.Standardizer.fit(inputs)
        result, axes = standard(inputs), (0, *range(2, inputs.ndim))
        assert result.dtype == np.float32
        np.testing.assert_allclose(result.mean(axes), 0, atol=1e-6)
        np.testing.assert_allclose(result.std(axes), 1, rtol=1e-5)
        np.testing.assert_allclose(standard.undo(result), inputs, atol=1e-5)

    def test_with_the_mean_image(self):
        result = data.Standardizer.fit(IMAGES, per_pixel_mean=True)(IMAGES)
        np.testing.assert_allclose(result.mean(0), 0, atol=1e-6)
        np.testing.assert_allclose(result.std((0, 2, 3)), 1, rtol=1e-5)

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_what_never_varies_is_only_centred(self, dtype):
        result = data.Standardizer.fit(np.array([[0.1, 1], [0.1, 3], [0.1, 5]], dtype))
        assert result.std[0] == 1
        np.testing.assert_allclose(result(np.array([[0.1, 3]], dtype)), 0, atol=1e-7)

    def test_integers_become_float32(self):
        pixels = np.array([[[[0, 255]]], [[[255, 0]]]], np.uint8)
        result = data.Standardizer.fit(pixels)(pixels)
        assert result.dtype == np.float32
        np.testing.assert_array_equal(result.ravel(), [-1, 1, 1, -1])

    @pytest.mark.parametrize("inputs", [np.zeros(3), np.zeros((0, 2))])
    def test_errors(self, inputs):
        with pytest.raises(ValueError, match="N > 0"):
            data.Standardizer.fit(inputs)


def test_standardizing_learns_from_the_training_part_only():
    split = data.Split({"x": IMAGES[:15], "y": np.arange(15)}, {"x": IMAGES[15:], "y": np.arange(5)})
    train, test = data.standardize(split)
    standard = data.Standardizer.fit(IMAGES[:15])
    np.testing.assert_array_equal(train["x"], standard(IMAGES[:15]))
    np.testing.assert_array_equal(test["x"], standard(IMAGES[15:]))
    np.testing.assert_array_equal(test["y"], np.arange(5))


class TestCrops:
    images = np.arange(1, 2 * 3 * 4 * 5 + 1.0).reshape(2, 3, 4, 5)

    @pytest.mark.parametrize(("size", "padding"), [(3, 0), ((2, 5), 0), (4, 1), ((4, 5), 2)])
    def test_crops_are_windows_and_all_of_them_occur(self, size, padding):
        height, width = size if isinstance(size, tuple) else (size, size)
        padded = np.pad(self.images, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
        rows, columns = 4 + 2 * padding - height + 1, 5 + 2 * padding - width + 1
        windows = [padded[:, :, i : i + height, j : j + width] for i in range(rows) for j in range(columns)]
        rng, seen = np.random.default_rng(0), set()
        for _ in range(150):
            cropped = data.random_crop(self.images, size, rng, padding=padding)
            assert cropped.shape == (2, 3, height, width)
            for i in range(2):
                (place,) = [k for k, window in enumerate(windows) if np.array_equal(window[i], cropped[i])]
                seen.add(place)
        assert seen == set(range(len(windows)))

    @pytest.mark.parametrize("size", [6, (0, 2)])
    def test_a_window_that_does_not_fit_is_refused(self, size):
        with pytest.raises(ValueError, match="fits into 4 by 5"):
            data.random_crop(self.images, size, np.random.default_rng(0))

    def test_patches_tile_the_image(self):
        image = np.arange(2 * 4 * 6).reshape(1, 2, 4, 6)
        cut = data.patches(image, 2)
        assert cut.shape == (6, 2, 2, 2)
        np.testing.assert_array_equal(cut[4], image[0, :, 2:4, 2:4])
        assert data.patches(image, 3, 1).shape == (2 * 4, 2, 3, 3)

    @pytest.mark.parametrize("arguments", [(5,), (0,), (2, 0)])
    def test_patches_that_make_no_sense_are_refused(self, arguments):
        with pytest.raises(ValueError, match="patches"):
            data.patches(np.zeros((1, 1, 4, 6)), *arguments)


class TestFlips:
    @pytest.mark.parametrize("axis", [-1, -2])
    def test_about_half_of_the_images_are_mirrored(self, axis):
        images = np.broadcast_to(np.arange(6.0).reshape(1, 2, 3), (200, 1, 2, 3))
        flipped = data.random_flip(images, np.random.default_rng(0), axis=axis)
        turned = (flipped != images).any(axis=(1, 2, 3))
        assert 70 < turned.sum() < 130
        np.testing.assert_array_equal(flipped[turned], np.flip(images, axis)[turned])

    @pytest.mark.parametrize("p", [0, 1])
    def test_none_or_all(self, p):
        flipped = data.random_flip(IMAGES, np.random.default_rng(0), p=p)
        np.testing.assert_array_equal(flipped, IMAGES[..., ::-1] if p else IMAGES)

    def test_errors(self):
        with pytest.raises(ValueError, match="0 to 1"):
            data.random_flip(IMAGES, np.random.default_rng(0), p=2)


@pytest.mark.parametrize(
    "structure", [tuple, list, lambda pair: data.Images(*pair), lambda pair: dict(zip("xy", pair, strict=True))]
)
def test_transforms_of_a_loader_change_the_inputs_only(structure):
    loader = data.DataLoader(
        structure([IMAGES, np.arange(20)]),
        10,
        seed=0,
        transforms=[data.on_inputs(data.random_crop, size=3), data.on_inputs(data.random_flip, p=1)],
    )
    for start, batch in zip((0, 10), loader, strict=True):
        images, labels = batch.values() if isinstance(batch, dict) else batch
        assert images.shape == (10, 2, 3, 3)
        np.testing.assert_array_equal(labels, np.arange(start, start + 10))


def test_a_transform_of_plain_arrays():
    (batch,) = data.DataLoader(IMAGES, 20, transforms=data.on_inputs(data.random_flip, p=1))
    np.testing.assert_array_equal(batch, IMAGES[..., ::-1])
