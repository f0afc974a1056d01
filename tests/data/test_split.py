import numpy as np
import pytest

from autograd_lite.data import Images, k_folds, train_validation_split

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


# -- cross-validation --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stratify", [None, Y % 3], ids=["by chance", "by class"])
def test_each_item_is_tested_once_and_learned_from_otherwise(stratify):
    folds = list(k_folds(Images(X, Y), 4, stratify=stratify))
    assert len(folds) == 4
    assert sorted(label for fold in folds for label in fold.test.labels) == Y.tolist()
    for train, test in folds:
        assert len(test.labels) == 3
        assert sorted([*train.labels, *test.labels]) == Y.tolist()
        np.testing.assert_array_equal(train.images, X[train.labels])


def test_stratified_folds_have_the_same_share_of_each_class():
    classes = np.random.default_rng(0).permutation(np.repeat([7, 3, 5], [50, 21, 8]))
    counts = np.array(
        [[np.sum(fold.test == name) for name in (7, 3, 5)] for fold in k_folds(classes, stratify=classes)]
    )
    assert (np.ptp(counts, axis=0) <= 1).all()
    assert np.ptp(counts.sum(axis=1)) <= 1


def test_the_seed_chooses_the_folds():
    first, again, other = (next(iter(k_folds(np.arange(100), seed=seed))).test.tolist() for seed in (0, 0, 1))
    assert first == again != other


@pytest.mark.parametrize(
    ("folds", "options", "message"),
    [
        (1, {}, "1 folds of 12 items"),
        (13, {}, "no more than there are items"),
        (3, {"stratify": Y[:5]}, r"k_folds: stratify has shape \(5,\) for 12 items"),
    ],
)
def test_folds_that_make_no_sense_are_refused(folds, options, message):
    with pytest.raises(ValueError, match=message):
        k_folds(Y, folds, **options)
