"""Containers are lists and dictionaries; what Sequential reorders gives the same values and gradients, bit for bit."""

import copy

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn


def awkward(rng, shape):
    """Images with ties, negative windows, zeros of both signs, infinities and NaN."""
    x = rng.integers(-2, 2, shape).astype(np.float32)
    x[rng.random(shape) < 0.1] = -0.0
    x[rng.random(shape) < 0.02] = np.inf
    x[rng.random(shape) < 0.02] = -np.inf
    x[rng.random(shape) < 0.02] = np.nan
    return x


@pytest.mark.parametrize(
    "pools",
    [
        [nn.MaxPool2d(2)],
        [nn.MaxPool2d(3, 2, padding=1)],
        [nn.MaxPool2d(2, 1, dilation=2), nn.MaxPool2d(2)],
        [nn.MaxPool2d(2), nn.ReLU(), nn.ReLU(), nn.MaxPool2d(2)],
    ],
)
def test_a_rectifier_before_max_pooling_may_come_after_it(pools):
    rng = np.random.default_rng(0)
    layers = [nn.ReLU(), *pools]
    data = awkward(rng, (3, 4, 12, 13))
    results = []
    for forward in (nn.Sequential(*layers), lambda x: [x := layer(x) for layer in layers][-1]):
        x = ag.tensor(data, requires_grad=True)
        out = forward(x)
        out.backward(np.random.default_rng(1).standard_normal(out.shape).astype(np.float32))
        results.append((out.data, x.grad.data))
    for ours, plain in zip(*results, strict=True):
        np.testing.assert_array_equal(ours, plain)


def test_other_neighbours_keep_their_places():
    class Doubled(nn.MaxPool2d):
        def forward(self, x):
            return super().forward(x) - 1

    x = np.random.default_rng(0).standard_normal((2, 3, 4, 4)).astype(np.float32)
    for pool in (Doubled(2), nn.AvgPool2d(2)):
        np.testing.assert_array_equal(
            nn.Sequential(nn.ReLU(), pool)(ag.tensor(x)).data, pool(ag.relu(ag.tensor(x))).data
        )


class TestModuleList:
    def test_it_changes_like_a_list(self):
        a, b, c, d = (nn.Linear(i, 1) for i in range(1, 5))
        layers = nn.ModuleList([a, b]).insert(1, c)
        assert list(layers) == [a, c, b]
        assert layers.pop() is b
        layers.append(d)
        del layers[0]
        assert list(layers) == [c, d]
        assert list(layers.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]

    def test_repr_joins_what_looks_the_same(self):
        torch = pytest.importorskip("torch")

        def layers(nn):
            inner = nn.ModuleList([nn.Sequential(nn.ReLU()), nn.Sequential(nn.ReLU())])
            return nn.ModuleList([nn.ReLU(), nn.ReLU(), nn.Tanh(), inner, nn.Sequential(nn.ReLU(), nn.ReLU())])

        assert repr(layers(nn)) == repr(layers(torch.nn))


class TestSequential:
    def model(self, nn, order=dict):
        return nn.Sequential(order([("first", nn.Linear(2, 3)), ("act", nn.ReLU()), ("last", nn.Linear(3, 1))]))

    def changed(self, model, nn):
        """Keys after each of many changes."""
        yield model[1:]
        yield model.append(nn.Tanh())
        model.add_module("extra", nn.Linear(1, 1))
        model.add_module("first", nn.Linear(2, 3, bias=False))
        yield model
        del model[1]
        yield model
        model.insert(1, nn.ReLU())
        yield model
        yield model[2:]

    def test_keys_are_pytorchs(self):
        torch = pytest.importorskip("torch")
        from collections import OrderedDict

        pairs = zip(
            self.changed(self.model(nn), nn),
            self.changed(self.model(torch.nn, OrderedDict), torch.nn),
            strict=True,
        )
        for ours, theirs in pairs:
            assert [name for name, _ in ours.named_children()] == [name for name, _ in theirs.named_children()]
            assert list(ours.state_dict()) == list(theirs.state_dict())

    def test_modules_by_their_names(self):
        model = self.model(nn)
        assert model.first is model[0]
        assert copy.deepcopy(model).last.weight.shape == (1, 3)
        with pytest.raises(AttributeError, match=r"no attribute 'second'; its keys are \['first', 'act', 'last'\]"):
            _ = model.second

    def test_attributes_are_part_of_the_sequence(self):
        torch = pytest.importorskip("torch")
        from collections import OrderedDict

        def assigned(model, nn):
            model.first = nn.Linear(2, 3, bias=False)
            model.more = nn.Tanh()
            return model

        ours, theirs = assigned(self.model(nn), nn), assigned(self.model(torch.nn, OrderedDict), torch.nn)
        assert repr(ours) == repr(theirs)
        assert ours.first is ours[0]
        assert np.abs(ours(np.full((1, 2), 99.0, np.float32)).data).max() <= 1  # the hyperbolic tangent is the last

    @pytest.mark.parametrize(("name", "module"), [("", nn.ReLU()), ("a.b", nn.ReLU()), ("forward", nn.ReLU())])
    def test_names_that_do_not_fit(self, name, module):
        with pytest.raises(KeyError):
            nn.Sequential().add_module(name, module)


class TestModuleDict:
    def test_it_is_a_dictionary(self):
        layers = nn.ModuleDict({"a": nn.Linear(2, 1), "b": nn.ReLU()})
        layers["c"] = nn.Linear(1, 1)
        layers.update([("b", nn.Linear(3, 1))])
        assert list(layers) == list(layers.keys()) == ["a", "b", "c"]
        assert list(layers.items()) == list(layers.named_children())
        assert "b" in layers
        assert layers.pop("a").in_features == 2
        del layers["b"]
        assert list(layers.state_dict()) == ["c.weight", "c.bias"]
        assert len(layers) == 1
        assert next(iter(layers.values())) is layers["c"]

    def test_repr(self):
        torch = pytest.importorskip("torch")

        def layers(nn):
            return nn.ModuleDict({"a": nn.ModuleDict([["b", nn.ReLU()]]), "c": nn.Linear(2, 1)})

        assert repr(layers(nn)) == repr(layers(torch.nn))

    def test_errors_change_nothing(self):
        layers = nn.ModuleDict()
        with pytest.raises(TypeError, match="ModuleDict: 3 is a int, not a Module"):
            layers.update({"a": nn.ReLU(), "b": 3})
        with pytest.raises(KeyError, match="cannot be a part of a path"):
            layers["a.b"] = nn.ReLU()
        assert len(layers) == 0

    def test_a_module_that_was_added_is_named(self):
        layers = nn.ModuleDict({"a": nn.Linear(2, 2)})
        model = nn.Identity()
        model.layers = layers
        model(ag.ones(2))
        layers["b"] = nn.Linear(2, 2)
        model(ag.ones(2))
        assert layers["b"].weight.name == "layers.b.weight"


class TestParameters:
    def test_a_list(self):
        values = nn.ParameterList([nn.Parameter(np.ones(2)), np.zeros((2, 3))]).append(ag.ones(1))
        values[0] = np.full(2, 5.0)
        assert [p.shape for p in values] == [(2,), (2, 3), (1,)]
        assert all(isinstance(p, nn.Parameter) and p.requires_grad for p in values)
        assert list(values.state_dict()) == ["0", "1", "2"]
        assert len(values[1:]) == 2
        assert values[1:][0] is values[1]
        assert values[0].tolist() == [5.0, 5.0]

    def test_a_dictionary(self):
        values = nn.ParameterDict({"a": np.ones(2)})
        values["b"] = nn.Parameter(np.ones((2, 3), np.float32))
        assert list(values.state_dict()) == ["a", "b"]
        assert values["b"].requires_grad
        assert repr(values).splitlines()[2] == "    (b): Parameter containing: [float32 of size 2x3]"
        with pytest.raises(TypeError, match="pass numbers"):
            values["c"] = "text"

    def test_inside_a_model(self):
        class Net(nn.Module):
            def __init__(self):
                self.scales = nn.ParameterList([np.ones(2), np.ones(2)])

            def forward(self, x):
                for scale in self.scales:
                    x = x * scale
                return x

        net = Net()
        net(ag.ones(2, "float64")).sum().backward()
        assert [name for name, p in net.named_parameters() if p.grad is not None] == ["scales.0", "scales.1"]
