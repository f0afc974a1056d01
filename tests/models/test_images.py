import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import models, nn, optim

VGG_DENSE = 7 * 7 * 512 * 4096 + 4096 + 4096 * 4096 + 4096 + 4096 * 1000 + 1000  # which all configurations share


def sizes(model):
    return {name: parameter.size for name, parameter in model.named_parameters()}


def count(model):
    return sum(sizes(model).values())


# -- parameters ---------------------------------------------------------------------------------------------------


def test_lenet5_has_its_61706_parameters():
    size = sizes(models.LeNet5())
    layers = [size[f"{name}.weight"] + size[f"{name}.bias"] for name in ("conv1", "conv2", "fc1", "fc2", "fc3")]
    assert layers == [156, 2416, 48120, 10164, 850]
    assert sum(size.values()) == 61_706


def test_cifar10net_has_the_parameters_of_the_lecture():
    size = sizes(models.CIFAR10Net())
    layers = [size[f"{name}.weight"] + size[f"{name}.bias"] for name in ("conv1", "conv2", "conv3", "fc")]
    assert layers == [1216, 8020, 10020, 3210]
    assert sum(size.values()) == 22_466


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda: models.LeNet5(size=28), 61_706),
        (lambda: models.LeNet5(activation=ag.tanh, pool=nn.AvgPool2d), 61_706),
        (lambda: models.LeNet5(in_channels=3), 61_706 + 2 * 6 * 25),
        (lambda: models.MLP(784, (300, 100)), 266_610),
        (lambda: models.MLP(30, (), 2), 62),
        (models.ResNet, 11_689_512),
        (models.SmallResNet, 269_722),
        (lambda: models.SmallResNet(in_channels=1), 269_434),
        (models.GoogLeNet, 6_624_904),
        (models.UNet, 31_036_546),
        (models.FCN, 98_168),
        (models.DenseAutoencoder, 209_968),
        (models.ConvAutoencoder, 16_961),
        (models.CNN1d, 265_482),
        (models.AlexNet, 61_100_840),
        pytest.param(models.VGG, 138_357_544, marks=pytest.mark.slow),
        pytest.param(lambda: models.ResNet((3, 4, 6, 3)), 21_797_672, marks=pytest.mark.slow),
    ],
)
def test_numbers_of_parameters(build, expected):
    assert count(build()) == expected


@pytest.mark.parametrize(
    ("configuration", "layers", "expected"),
    [
        ("A", 11, 132_863_336),
        ("B", 13, 133_047_848),
        ("C", 16, 133_638_952),
        ("D", 16, 138_357_544),
        ("E", 19, 143_667_240),
    ],
)
def test_the_configurations_of_vgg(configuration, layers, expected):
    model = models.VGG(configuration, hidden=1)
    assert count(model.features) + VGG_DENSE == expected
    assert sum(isinstance(module, nn.Conv2d | nn.Linear) for module in model.modules()) == layers


def test_keys_are_those_of_torchvision():
    def numbers(keys):
        return [int(key.split(".")[1]) for key in keys if key.endswith("weight")]

    alex, vgg16 = models.AlexNet(width=1, hidden=1), models.VGG("D", width=1, hidden=1)
    assert numbers(sizes(alex)) == [0, 3, 6, 8, 10, 1, 4, 6]
    assert numbers(sizes(vgg16)) == [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28, 0, 3, 6]
    assert {key.split(".")[0] for key in (*sizes(alex), *sizes(vgg16))} == {"features", "classifier"}


# -- training -----------------------------------------------------------------------------------------------------

CLASSIFIERS = {
    "MLP": (lambda **how: models.MLP(3 * 8 * 8, (32, 16), **how), (4, 3, 8, 8)),
    "LeNet5": (models.LeNet5, (4, 1, 32, 32)),
    "LeNet5, 28 pixels": (lambda **how: models.LeNet5(size=28, **how), (4, 1, 28, 28)),
    "LeNet5, 1998": (lambda **how: models.LeNet5(activation=ag.tanh, pool=nn.AvgPool2d, **how), (4, 1, 32, 32)),
    "CIFAR10Net": (models.CIFAR10Net, (4, 3, 32, 32)),
    "AlexNet": (lambda **how: models.AlexNet(10, dropout=0, width=4, hidden=32, **how), (4, 3, 63, 63)),
    "VGG": (lambda **how: models.VGG("D", 10, dropout=0, width=4, hidden=32, **how), (4, 3, 32, 32)),
    "VGG, normalised": (
        lambda **how: models.VGG("A", 10, 1, batch_norm=True, dropout=0, width=4, hidden=32, **how),
        (4, 1, 32, 32),
    ),
    "ResNet": (lambda **how: models.ResNet((1, 1, 1, 2), 10, 1, 8, **how), (4, 1, 33, 40)),
    "SmallResNet": (lambda **how: models.SmallResNet(1, in_channels=1, width=8, **how), (4, 1, 28, 28)),
    "GoogLeNet": (lambda **how: models.GoogLeNet(10, 1, dropout=0, **how), (4, 1, 32, 32)),
    "CNN1d": (lambda **how: models.CNN1d(10, 2, (8, 8), (4, 3), **how), (4, 2, 21)),
}
SEGMENTATION = {
    "UNet": (lambda **how: models.UNet(10, 3, 2, 8, **how), (2, 3, 12, 8)),
    "UNet, no depth": (lambda **how: models.UNet(10, 3, 0, 8, **how), (2, 3, 5, 7)),
    "FCN": (lambda **how: models.FCN(10, 3, 3, 8, **how), (2, 3, 13, 10)),
}
AUTOENCODERS = {
    "dense": (lambda **how: models.DenseAutoencoder((64, 16, 4), **how), (4, 1, 8, 8)),
    "convolutional": (lambda **how: models.ConvAutoencoder(3, 2, 8, **how), (4, 3, 8, 12)),
    "convolutional, of its own code": (lambda **how: models.ConvAutoencoder(1, 1, code=2, **how), (4, 1, 6, 4)),
}


def cases(*tables):
    return [pytest.param(*case, id=name) for table in tables for name, case in table.items()]


def training_lowers(model, loss_of, steps=4, lr=0.02):
    """Whether the first step of gradient descent lowers the loss, and the last one ends below the start."""
    optimizer, losses = optim.SGD(model.parameters(), lr=lr), []
    for _ in range(steps + 1):
        loss = loss_of(model)
        optimizer.zero_grad()
        loss.backward()
        assert all(parameter.grad is not None for parameter in model.parameters())
        optimizer.step()
        losses.append(loss.item())
    return losses[1] < losses[0] > losses[-1]


@pytest.mark.parametrize(("build", "shape"), cases(CLASSIFIERS))
def test_training_lowers_the_loss_of_classifiers(build, shape):
    rng = np.random.default_rng(0)
    model, x, labels = build(rng=rng), rng.random(shape, np.float32), rng.integers(10, size=4)
    assert model(x).shape == (4, 10)
    assert training_lowers(model, lambda model: ag.cross_entropy(model(x), labels))


@pytest.mark.parametrize(("build", "shape"), cases(SEGMENTATION))
def test_training_lowers_the_loss_of_segmentation(build, shape):
    rng = np.random.default_rng(0)
    model, x, labels = build(rng=rng), rng.random(shape, np.float32), rng.integers(10, size=(2, *shape[2:]))
    assert model(x).shape == (2, 10, *shape[2:])
    assert training_lowers(model, lambda model: ag.cross_entropy(model(x), labels))


@pytest.mark.parametrize(("build", "shape"), cases(AUTOENCODERS))
def test_training_lowers_the_loss_of_autoencoders(build, shape):
    rng = np.random.default_rng(0)
    model, x = build(rng=rng), rng.random(shape, np.float32)
    assert model(x).shape == shape
    assert training_lowers(model, lambda model: ag.mse_loss(model(x), x), lr=0.1)


@pytest.mark.parametrize(("build", "shape"), cases(CLASSIFIERS, SEGMENTATION, AUTOENCODERS))
def test_parameters_are_drawn_by_seed_and_have_the_dtype_asked_for(build, shape):
    one, two = (build(rng=np.random.default_rng(5), dtype="float64").eval() for _ in range(2))
    x = np.ones(shape)
    np.testing.assert_array_equal(one(x).data, two(x).data)
    assert one(x).dtype == np.float64
    assert {parameter.dtype for parameter in one.parameters()} == {np.dtype("float64")}
    assert build().eval()(x.astype("float32")).dtype == np.float32


# -- what is particular -------------------------------------------------------------------------------------------


DROPPING = {
    "MLP": (lambda: models.MLP(12, (50,), dropout=0.5), (2, 12)),
    "AlexNet": (lambda: models.AlexNet(10, width=4, hidden=64), (1, 3, 63, 63)),
    "VGG": (lambda: models.VGG("A", 10, width=4, hidden=64), (1, 3, 32, 32)),
}


@pytest.mark.parametrize(("build", "shape"), cases(DROPPING))
def test_dropout_is_active_in_training_only(build, shape):
    model, x = build(), np.random.default_rng(0).random(shape, np.float32)
    assert not np.array_equal(model(x).data, model(x).data)
    model.eval()
    np.testing.assert_array_equal(model(x).data, model(x).data)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: models.LeNet5(size=30), "size is 30; pass 28 or 32"),
        (lambda: models.VGG("F"), "'F' is not known; pass one of A, B, C, D, E"),
        (lambda: models.UNet(depth=2, width=2)(np.ones((1, 1, 8, 6), np.float32)), r"multiples of 2\*\*depth = 4; pad"),
        (lambda: models.UNet(depth=-1), "depth is -1; pass an integer from 0 on"),
        (lambda: models.FCN(depth=0), "depth is 0; pass an integer from 1 on"),
        (lambda: models.DenseAutoencoder((3,)), "pass the input's and the code's at least"),
        (lambda: models.ConvAutoencoder()(np.ones((1, 1, 8, 6), np.float32)), r"multiples of 2\*\*depth = 4; pad"),
        (lambda: models.CNN1d(widths=(4, 4)), "2 widths, 3 kernel_sizes; pass as many of each"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
