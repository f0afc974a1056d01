import numpy as np
import pytest

from autograd_lite.data import Images, train_validation_split

X, Y = np.arange(24.0).reshape(12, 2), np.arange(12)


@pytest.mark.parametrize("stratify", [None, Y % 3])
def test_both_parts_make_up_the_whole_and_items_stay_together(stratify):
    train, validation = train_validation_split(Images(X, Y), 0.25, stratify=stratify)
    assert isinstance(train, Images)
    assert (len(train.labels), len(validation.labels)) == (9, 3)
    assert sorted([*train.labels, *validation.labels]) == Y.tolist()
    for part in (train, validation):
        np.testing.assert_array_equal(part.images, X[part.labels])


def test_the_seed_chooses():
    first, again, other = (train_validation_split(np.arange(100), seed=seed)[1].tolist() for seed in (0, 0, 1))
    assert first == again != other


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.5])
def test_stratified_parts_have_the_same_share_of_each_class(fraction):
    classes = np.random.default_rng(0).permutation(np.repeat([7, 3, 5, 1], [100, 41, 20, 3]))
    _, validation = train_validation_split({"y": classes}, fraction, seed=1, stratify=classes)
    assert len(validation["y"]) == round(fraction * len(classes))
    for name in np.unique(classes):
        assert abs(np.sum(validation["y"] == name) - fraction * np.sum(classes == name)) <= 1
    assert len(set(validation["y"][:10])) > 1  # in an order of chance, not by class


def test_stratified_choice_within_a_class_is_by_chance():
    chosen = [train_validation_split(Y, 0.25, seed=seed, stratify=Y % 2)[1] for seed in range(60)]
    assert set(np.concatenate(chosen)) == set(Y)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((Y, 0.0), {}, "empty"),
        ((Y, 1.0), {}, "empty"),
        ((Y, 0.25), {"stratify": Y[:3]}, "for 12 items"),
        (((X, Y[:5]), 0.25), {}, "12 and 5 items"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        train_validation_split(*arguments, **options)
