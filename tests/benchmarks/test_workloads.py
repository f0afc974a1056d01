"""Every workload has what it must have, and ours runs."""

import pkgutil
from functools import partial

import numpy as np
import pytest

import autograd_lite as ag
from benchmarks import functional, language_models, networks, workload, workloads
from benchmarks.training import classes, initial, normal
from benchmarks.workloads import cifar10net, lenet5

LIBRARIES = {"autograd_lite", "torch", "mygrad", "autograd"}
# The others are built like these, of larger arrays.
CHEAP = ["chain", "mlp_tiny", "mlp_mnist", "embedding", "adam", "cross_entropy"]


def test_all_modules_are_listed_once():
    modules = {module.name for module in pkgutil.iter_modules(workloads.__path__)}
    assert sorted(workloads.NAMES) == sorted(modules)
    assert set(workloads.QUICK) < modules


@pytest.mark.parametrize("name", workloads.NAMES)
def test_a_workload_says_what_it_is_and_what_to_reach(name):
    found = workload.find(name)
    peers = {workload.peer_of(system) for system in found.systems} - {workload.OURS}
    assert workload.OURS in found.systems
    assert "torch" in found.reach
    assert "torch" in found.stretch
    assert {workload.library_of(system) for system in found.systems} <= LIBRARIES
    assert set(found.reach) <= peers
    assert all(found.stretch[peer] <= found.reach[peer] for peer in found.stretch)
    assert 1e-6 <= found.scale < 10


def test_titles_tell_workloads_apart():
    titles = [workload.find(name).title for name in workloads.NAMES]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("name", CHEAP)
def test_building_twice_gives_the_same_steps(name):
    found = workload.find(name)
    first, second = (found.systems["autograd_lite"]() for _ in range(2))
    numbers = [found.digest(first()) for _ in range(3)]
    assert np.isfinite(numbers).all()
    workload.check_same(name, {"first": numbers, "second": [found.digest(second()) for _ in range(3)]}, 1e-6)


def test_a_training_step_changes_the_loss():
    step = workload.find("mlp_mnist").systems["autograd_lite"]()
    first, second = step(), step()
    assert second < first


@pytest.mark.parametrize(("name", "size"), [("chain", 9), ("lenet5", 2), ("char_lm_lstm", 3)])
def test_what_grows_takes_a_size(name, size):
    found = workload.find(name, size)
    assert str(size) in found.title
    assert np.isfinite(found.digest(found.systems["autograd_lite"]()())).all()


# -- the same network in two ways: of layers, and as the function that libraries without layers get --------------------


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_language_models_of_layers_and_loops_train_alike(kind):
    width = language_models.CELLS[kind].gates * 256
    shapes = [(65, 64), (width, 64), (width, 256), (width,), (width,), (65, 256), (65,)]
    build = partial(language_models.layer_loss, language_models.CELLS[kind], 3)
    loop = functional.ours(build, initial(shapes), "SGD", language_models.LR)
    trains_alike(language_models.layered(kind, 3, "autograd_lite"), loop)


@pytest.mark.parametrize(
    ("module", "image", "padding"), [(lenet5, (1, 28, 28), (2, 0)), (cifar10net, (3, 32, 32), (2, 2, 2))]
)
@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_networks_of_layers_and_functions_train_alike(module, image, padding, optimizer):
    x, targets = normal(2, *image), classes(10, 2)
    build = networks.classifier(x, targets, padding)
    network = networks.Network(module.layers, build, module.SHAPES, x, targets, lr=0.001, optimizer=optimizer)
    trains_alike(network.layered("autograd_lite"), functional.ours(build, initial(module.SHAPES), optimizer, 0.001))


def trains_alike(first, second):
    workload.check_same("", {"layers": [[first()] for _ in range(3)], "function": [[second()] for _ in range(3)]}, 1e-4)


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_the_update_for_libraries_without_optimizers(optimizer):
    x, g = normal(5), normal(5, seed=2)
    parameter = ag.nn.Parameter(x)
    ours, update = getattr(ag.optim, optimizer)([parameter], lr=0.1), functional.Update(optimizer, [x], 0.1)
    for _ in range(3):
        parameter.grad = ag.tensor(g)
        ours.step()
        update([g])
    np.testing.assert_allclose(x, parameter.data, rtol=1e-5)
