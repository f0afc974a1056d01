import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import models, optim


def sizes(model):
    return {name: parameter.size for name, parameter in model.named_parameters()}


def test_lenet5_has_its_61706_parameters():
    count = sizes(models.LeNet5())
    layers = [count[f"{name}.weight"] + count[f"{name}.bias"] for name in ("conv1", "conv2", "fc1", "fc2", "fc3")]
    assert layers == [156, 2416, 48120, 10164, 850]
    assert sum(count.values()) == 61_706


def test_cifar10net_has_the_parameters_of_the_lecture():
    count = sizes(models.CIFAR10Net())
    layers = [count[f"{name}.weight"] + count[f"{name}.bias"] for name in ("conv1", "conv2", "conv3", "fc")]
    assert layers == [1216, 8020, 10020, 3210]
    assert sum(count.values()) == 22_466


CASES = [(models.LeNet5, (4, 1, 32, 32)), (models.CIFAR10Net, (4, 3, 32, 32))]


@pytest.mark.parametrize(("build", "shape"), CASES)
def test_training_steps_lower_the_loss(build, shape):
    rng = np.random.default_rng(0)
    model, images, labels = build(rng=rng), rng.random(shape, np.float32), rng.integers(10, size=4)
    assert model(images).shape == (4, 10)
    optimizer, losses = optim.SGD(model.parameters(), lr=0.05), []
    for _ in range(3):
        loss = ag.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(("build", "shape"), CASES)
def test_parameters_are_drawn_by_seed_and_have_the_dtype_asked_for(build, shape):
    one, two = (build(rng=np.random.default_rng(5), dtype="float64") for _ in range(2))
    np.testing.assert_array_equal(one(np.ones(shape)).data, two(np.ones(shape)).data)
    assert one(np.ones(shape)).dtype == np.float64
