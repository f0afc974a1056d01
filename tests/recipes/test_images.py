from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import data
from autograd_lite.recipes import breast_cancer, classifying, denoise, digits, lenet5, pictures, resnet, unet
from autograd_lite.training import History

needs_extras = pytest.mark.skipif(
    not all(map(find_spec, ["sklearn", "PIL", "matplotlib"])), reason="needs the packages of the train extra"
)

TINY = {
    breast_cancer: breast_cancer.Settings(folds=3, epochs=2),
    digits: digits.Settings(epochs=1, width=2, batch=128),
    lenet5: lenet5.Settings(epochs=2, batch=16, held_back=0.25),
    resnet: resnet.Settings(epochs=2, width=2, batch=16, held_back=0.25),
    unet: unet.Settings(scenes=24, test_scenes=6, size=28, depth=1, width=2, epochs=2, held_back=0.25),
    denoise: denoise.Settings(stride=64, test_patch=32, width=2, epochs=1, shown=3),
}


def few_clothes(*, size=28):
    """As many pictures as a test needs, in place of 70,000: grey noise."""
    rng = np.random.default_rng(0)
    images, labels = rng.random((60, 1, size, size), dtype=np.float32), np.arange(60) % 10
    return data.Split(data.Images(images[:40], labels[:40]), data.Images(images[40:], labels[40:]))


@needs_extras
@pytest.mark.parametrize("recipe", TINY, ids=lambda recipe: recipe.__name__.rpartition(".")[2])
def test_a_recipe_in_small_gives_figures_a_plot_and_a_model_that_can_be_saved(recipe, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(data, "fashion_mnist", few_clothes)
    once, again = (recipe.train(0, TINY[recipe]) for _ in range(2))
    assert "parameters" in capsys.readouterr().out
    assert all(np.isfinite(figure.value) for figure in once.figures)
    assert once.figures[0].required == recipe.Settings().required > 0
    once.plot.savefig(tmp_path / "plot.png")
    assert (tmp_path / "plot.png").stat().st_size > 10_000
    assert once.figures == again.figures
    ag.save(tmp_path / "model.npz", once.model.state_dict())
    kept = [parameter.data.copy() for parameter in again.model.parameters()]
    for parameter in again.model.parameters():
        parameter.data[...] = 0
    again.model.load_state_dict(ag.load(tmp_path / "model.npz"))
    for parameter, array in zip(again.model.parameters(), kept, strict=True):
        np.testing.assert_array_equal(parameter.data, array)


@needs_extras
def test_what_is_better_than_asked_passes():
    settings = TINY[breast_cancer]
    assert breast_cancer.train(0, replace(settings, required=1.0)).passed
    assert not breast_cancer.train(0, replace(settings, required=100.0)).passed


def logits_of(classes, num_classes):
    """Logits whose largest is that of the class: (N, ...) to (N, num_classes, ...)."""
    return ag.tensor(np.moveaxis(np.eye(num_classes)[classes], -1, 1))


@pytest.mark.parametrize("shape", [(4,), (2, 2)], ids=["items", "pixels"])
def test_accuracy_is_the_share_of_labels_that_are_right(shape):
    labels, guessed = (np.reshape(numbers, shape) for numbers in ([0, 1, 2, 1], [0, 2, 2, 1]))
    assert classifying.accuracy(logits_of(guessed, 3), labels) == 0.75


class AsGiven(ag.nn.Module):
    """Takes its input for the logits."""

    def forward(self, x):
        return ag.tensor(x)


def test_predictions_and_accuracy_of_a_model_come_in_batches_in_the_order_of_the_items():
    model = AsGiven()
    classes = np.array([2, 0, 1, 1, 0])
    inputs = logits_of(classes, 3).data
    np.testing.assert_array_equal(classifying.predict(model, inputs, batch=2), classes)
    assert classifying.percent_right(model, (inputs, np.array([2, 0, 1, 1, 1])), batch=2) == pytest.approx(80)


def test_confusion_and_mean_iou_by_hand():
    labels, guessed = np.array([[0, 0, 0], [1, 1, 3]]), np.array([[0, 0, 1], [1, 3, 3]])
    counts = classifying.confusion(guessed, labels, 4)
    np.testing.assert_array_equal(counts, [[2, 1, 0, 0], [0, 1, 0, 1], [0, 0, 0, 0], [0, 0, 0, 1]])
    # 0: 2 of 3; 1: 1 of 3; 2 is nowhere; 3: 1 of 2
    assert classifying.mean_iou(counts) == pytest.approx((2 / 3 + 1 / 3 + 1 / 2) / 3)


@pytest.mark.parametrize(("error", "decibels"), [(0.1, 20), (0.01, 40), (1.0, 0)])
def test_psnr_by_hand(error, decibels):
    clean = np.full((2, 3, 4, 4), 0.5)
    assert denoise.psnr(clean + error * np.where(np.arange(4) % 2, 1, -1), clean) == pytest.approx(decibels)


def test_noise_has_the_standard_deviation_that_is_asked_and_leaves_the_clean_images_alone():
    clean = np.zeros((10, 3, 32, 32), np.float32)
    noisy, same = denoise.add_noise((clean,), np.random.default_rng(0), 0.2)
    assert same is clean
    assert not clean.any()
    assert noisy.dtype == np.float32
    assert noisy.std() == pytest.approx(0.2, rel=0.02)
    assert denoise.psnr(noisy, clean) == pytest.approx(-20 * np.log10(0.2), abs=0.2)


def test_the_best_filter_is_the_one_with_the_highest_psnr():
    clean = np.ones((1, 1, 4, 4))
    by_name = {"most": lambda x: (9 + x) / 10, "half": lambda x: (1 + x) / 2, "nothing": lambda x: x}
    assert denoise.best(list(by_name.values()), 0.5 * clean, clean) is by_name["most"]


def test_pictures_stand_in_named_rows_below_the_curves():
    pytest.importorskip("matplotlib")
    grey, coloured = np.zeros((3, 4, 4)), np.ones((3, 4, 4, 3))
    figure = pictures.curves_and_pictures(History([{"loss": 2.0}, {"loss": 1.0}]), {"one": grey, "other": coloured})
    curves, *shown = figure.get_axes()
    assert list(curves.lines[0].get_ydata()) == [2, 1]
    assert len(shown) == 6
    below = figure.subfigs[1]
    assert [strip.get_suptitle() for strip in below.subfigs] == ["one", "other"]
