import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import models, nn


def test_sequences_become_a_batch():
    ids, lengths = models.padded([[1, 2, 3], [4], np.array([5, 6])], 9)
    np.testing.assert_array_equal(ids, [[1, 4, 5], [2, 9, 6], [3, 9, 9]])
    np.testing.assert_array_equal(lengths, [3, 1, 2])
    with pytest.raises(ValueError, match="pass at least one"):
        models.padded([])


def test_the_loss_is_the_mean_over_the_steps_that_count():
    rng = np.random.default_rng(0)
    logits, targets = ag.tensor(rng.normal(size=(3, 2, 4)), requires_grad=True), rng.integers(0, 4, (3, 2))
    loss = models.token_loss(logits, targets, [3, 1])
    counted = [ag.cross_entropy(logits[t, b], targets[t, b]).item() for t, b in [(0, 0), (1, 0), (2, 0), (0, 1)]]
    assert loss.item() == pytest.approx(np.mean(counted))
    loss.backward()
    np.testing.assert_array_equal(logits.grad.data[1:, 1], 0)
    targets[1:, 1] = -100
    assert models.token_loss(logits, targets).item() == pytest.approx(loss.item())


def test_evaluating_gives_each_part_its_mode_back():
    model = nn.Sequential(nn.Dropout(), nn.Linear(1, 1))
    model[1].eval()
    with models.evaluating(model):
        assert not any(module.training for module in model.modules())
        assert not model(np.ones((1, 1), "float32")).requires_grad
    assert [module.training for module in model.modules()] == [True, True, False]


def test_evaluating_gives_the_modes_back_after_an_error():
    model = nn.Dropout()

    def fail():
        with models.evaluating(model):
            raise KeyError("x")

    with pytest.raises(KeyError, match="x"):
        fail()
    assert model.training
