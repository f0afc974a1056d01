"""Hooks, forward and back: what they see and replace is what PyTorch's see and replace."""

import copy

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn


def array(x):
    return None if x is None else np.array(x.detach().numpy() if hasattr(x, "detach") else x)


def recorded(nn, tensor, in_float64, requires_grad):
    """What hooks of every kind see in a small model, and the gradients that come out."""
    seen = []
    model = in_float64(nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)))
    for seed, parameter in enumerate(model.parameters()):
        parameter.data = tensor(np.random.default_rng(seed).standard_normal(tuple(parameter.shape))).data
    model[0].register_full_backward_hook(lambda module, *grads: seen.extend(grads))
    model[2].register_full_backward_hook(lambda module, grad_input, grad_output: (grad_input[0] * 2,))
    model[2].register_full_backward_hook(lambda module, *grads: seen.extend(grads))
    model[2].register_full_backward_hook(lambda module, *grads: seen.extend(grads), prepend=True)
    model[1].register_full_backward_pre_hook(lambda module, grad_output: (grad_output[0] + 1,))
    model[1].register_forward_pre_hook(lambda module, args: args[0] * 0.5)
    model[1].register_forward_pre_hook(lambda module, args: seen.append(args), prepend=True)
    model[1].register_forward_hook(lambda module, args, output: output + args[0])
    model[1].register_forward_hook(lambda module, args, output: seen.append((output,)))
    x = tensor(np.random.default_rng(9).standard_normal((5, 3)))
    x.requires_grad_(requires_grad)
    (model(x) ** 2).sum().backward()
    grads = tuple(parameter.grad for parameter in model.parameters())
    return [[array(value) for value in values] for values in (*seen, grads, (x.grad,))]


@pytest.mark.parametrize("requires_grad", [True, pytest.param(False, marks=pytest.mark.filterwarnings("ignore:Full"))])
def test_as_pytorchs(requires_grad):
    torch = pytest.importorskip("torch")
    ours = recorded(nn, ag.tensor, lambda model: model.astype("float64"), requires_grad)
    theirs = recorded(torch.nn, torch.tensor, lambda model: model.double(), requires_grad)
    assert len(ours) == len(theirs)
    for values, expected in zip(ours, theirs, strict=True):
        assert [v is None for v in values] == [v is None for v in expected]
        for a, b in zip(values, expected, strict=True):
            if a is not None:
                np.testing.assert_allclose(a, b, rtol=1e-10)


class Two(nn.Module):
    """Several arguments, of which some have no gradient, a keyword, and several outputs."""

    def forward(self, a, n, b, scale=1.0):
        return a * b * scale, n, b + 1


def test_arguments_and_outputs_by_position():
    seen = []
    module = Two()
    module.register_full_backward_hook(lambda module, *grads: seen.extend(grads))
    a, b = ag.tensor([2.0], requires_grad=True), ag.tensor([3.0], requires_grad=True)
    product, n, _ = module(a, 7, b, scale=10.0)
    assert n == 7
    product.sum().backward()
    grad_input, grad_output = seen
    assert [array(g) for g in grad_input] == [30.0, None, 20.0]
    assert [array(g) for g in grad_output] == [1.0, None, 0.0]
    assert (a.grad, b.grad) == (30.0, 20.0)


def test_keywords():
    module = Two()
    module.register_forward_pre_hook(lambda module, args, kwargs: (args, {"scale": 5.0}), with_kwargs=True)
    module.register_forward_hook(lambda module, args, kwargs, output: (*output, kwargs["scale"]), with_kwargs=True)
    assert module(ag.ones(1), 0, ag.ones(1))[::3] == (5.0, 5.0)


def test_a_handle_takes_its_hook_away_and_nothing_is_left():
    layer, seen = nn.Linear(2, 2), []
    before = dict(vars(layer))
    handle = layer.register_forward_hook(lambda *args: seen.append("first"))
    with layer.register_forward_pre_hook(lambda *args: seen.append("pre")):
        layer(np.ones((1, 2), np.float32))
    layer(np.ones((1, 2), np.float32))
    handle.remove()
    handle.remove()
    layer(np.ones((1, 2), np.float32))
    assert seen == ["pre", "first", "first"]
    assert layer._hooks is None
    assert set(vars(layer)) - {"_hooks", "_named_at"} == set(before)


def test_a_hook_may_remove_itself():
    layer, seen = nn.ReLU(), []
    handle = layer.register_forward_hook(lambda *args: (seen.append(1), handle.remove())[1])
    layer(ag.ones(2))
    layer(ag.ones(2))
    assert seen == [1]


def test_second_derivatives_pass_through():
    torch = pytest.importorskip("torch")

    def derivatives(nn, tensor, gradients):
        module = nn.Tanh()
        module.register_full_backward_hook(lambda module, grad_input, grad_output: (grad_input[0] * 3,))
        x = tensor([0.3])
        x.requires_grad_()
        (first,) = gradients(module(x).sum(), [x], create_graph=True)
        (second,) = gradients(first.sum(), [x])
        return first.item(), second.item()

    ours, theirs = derivatives(nn, ag.tensor, ag.gradients), derivatives(torch.nn, torch.tensor, torch.autograd.grad)
    assert ours == pytest.approx(theirs, rel=1e-6)


def test_complex_gradients_are_those_of_tensors():
    module, seen = nn.Identity(), []
    module.register_full_backward_hook(lambda module, *grads: seen.extend(grads))
    z = ag.tensor([1 + 2j], requires_grad=True)
    (module(z) * (2 - 3j)).real.sum().backward()
    assert seen[0][0].item() == seen[1][0].item() == z.grad.item() == 2 + 3j


def test_without_recording_backward_hooks_rest():
    module = nn.Tanh()
    module.register_full_backward_hook(lambda *args: pytest.fail("it ran"))
    with ag.no_grad():
        assert module(ag.tensor([1.0], requires_grad=True)).node is None


def test_a_rectifier_with_a_hook_keeps_its_place():
    model, shapes = nn.Sequential(nn.ReLU(), nn.MaxPool2d(2)), []
    x = np.ones((1, 1, 4, 4), np.float32)
    model[0].register_forward_hook(lambda module, args, output: shapes.append(output.shape))
    assert model(x).shape == (1, 1, 2, 2)
    assert shapes == [(1, 1, 4, 4)]


def test_a_module_as_a_hook_is_no_part_of_the_model():
    class Spy(nn.Module):
        def forward(self, module, args, output):
            return None

    layer = nn.Linear(2, 2)
    layer.register_forward_hook(Spy())
    assert not list(layer.children())


def test_a_copy_has_the_hooks_too():
    layer, seen = nn.ReLU(), []
    layer.register_forward_hook(lambda *args: seen.append(1))
    copy.deepcopy(layer)(ag.ones(1))
    assert seen == [1]


@pytest.mark.parametrize("changed", [(), (None,), np.ones(3)])
def test_a_hook_that_gives_other_shapes(changed):
    module = nn.Tanh()
    module.register_full_backward_hook(lambda *args: changed)
    with pytest.raises(ValueError, match=r"Tanh: a backward hook returned . values in the place of grad_input"):
        module(ag.ones(2, requires_grad=True)).sum().backward()


def test_what_is_no_function():
    with pytest.raises(TypeError, match="ReLU: the hook is a int; pass a function"):
        nn.ReLU().register_forward_hook(3)
