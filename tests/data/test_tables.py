import numpy as np
import pytest

from autograd_lite import data

pytest.importorskip("sklearn")


def test_breast_cancer_has_the_promised_shapes_types_and_classes():
    train, test = data.breast_cancer()
    assert (train.features.shape, test.features.shape) == ((455, 30), (114, 30))
    assert (train.features.dtype, train.labels.dtype) == (np.float32, np.int64)
    for part in (train, test):
        assert part.labels.mean() == pytest.approx(357 / 569, abs=0.005)
    assert 4000 < train.features.max() < 5000


def test_it_can_be_standardized_and_the_seed_chooses_the_split():
    train, _ = data.standardize(data.breast_cancer())
    np.testing.assert_allclose(train.features.std(0), 1, rtol=1e-4)
    first, other = (data.breast_cancer(seed=seed).test.features for seed in (0, 1))
    assert not np.array_equal(first, other)


def test_a_share_that_leaves_nothing_is_refused():
    with pytest.raises(ValueError, match="empty"):
        data.breast_cancer(test_fraction=0)
