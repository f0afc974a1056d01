"""Modules: what they find, how they name it, what they save, and what they refuse."""

import copy

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn


@pytest.fixture
def rng():
    return np.random.default_rng(0)


class Net(nn.Module):
    """Parameters and modules in every place where they are found."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter([1.0, 2.0])
        self.features = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
        self.layers = [nn.Linear(3, 3), (nn.Linear(3, 2), "text", 5)]
        self.heads = {"a": nn.Linear(2, 1), "b": [nn.Parameter(np.zeros(4))]}
        self.tied = self.features[0]
        self.register_buffer("steps", np.zeros(1))

    def forward(self, x):
        return self.layers[1][0](self.layers[0](self.features(x * self.scale)))


KEYS = [
    "scale",
    "heads.b.0",
    "features.0.weight",
    "features.0.bias",
    "layers.0.weight",
    "layers.0.bias",
    "layers.1.0.weight",
    "layers.1.0.bias",
    "heads.a.weight",
    "heads.a.bias",
]


def test_parameters_are_found_in_attributes_lists_tuples_and_dictionaries_once():
    net = Net()
    assert [name for name, _ in net.named_parameters()] == KEYS
    assert len(list(net.parameters())) == len({id(p) for p in net.parameters()}) == len(KEYS)


def test_shared_parameters_stand_under_each_key_of_the_state():
    assert set(Net().state_dict()) == {*KEYS, "tied.weight", "tied.bias", "steps"}


def test_frozen_parameters_are_found_too():
    net = Net()
    net.features.requires_grad_(False)
    assert [name for name, _ in net.named_parameters()] == KEYS
    assert not net.features[0].weight.requires_grad
    assert net.scale.requires_grad
    net(np.ones((1, 2), np.float32)).sum().backward()
    assert net.features[0].weight.grad is None
    assert net.scale.grad is not None


def test_a_parameter_is_a_tensor_and_what_is_computed_from_it_is_not_a_parameter():
    parameter = nn.Parameter([1.0, 2.0])
    assert isinstance(parameter, ag.Tensor)
    assert parameter.requires_grad
    assert type(parameter * 2) is ag.Tensor
    assert "Parameter containing" in repr(parameter)


def test_a_parameter_does_not_share_memory_with_what_it_was_made_from():
    array = np.ones(3)
    parameter = nn.Parameter(array)
    parameter.data[0] = 5
    assert array[0] == 1


def test_parameters_are_copied_with_their_model(rng):
    net = Net()
    twin = copy.deepcopy(net)
    assert isinstance(twin.scale, nn.Parameter)
    assert twin.tied is twin.features[0]
    twin.scale.data[0] = 7
    assert net.scale.data[0] == 1


class TestAssignment:
    @pytest.mark.parametrize("value", [np.ones((2, 2)), ag.ones((2, 2)), 3.0, []])
    def test_a_parameter_is_not_replaced_by_what_would_not_be_trained(self, value):
        layer = nn.Linear(2, 2)
        weight = layer.weight
        with pytest.raises(TypeError, match=r"Linear.weight is a Parameter \(2, 2\) float32; .* nn.Parameter\(...\)"):
            layer.weight = value
        assert layer.weight is weight

    def test_nor_by_a_result_computed_from_it(self):
        layer = nn.Linear(2, 2)
        with pytest.raises(TypeError, match=r"a Tensor in its place would not be trained"):
            layer.weight = layer.weight * 0.5

    def test_what_the_error_advises(self):
        layer = nn.Linear(2, 2)
        weight = layer.weight
        with ag.no_grad():
            layer.weight[...] = np.ones((2, 2))
            layer.weight *= 0.5
        assert layer.weight is weight
        assert weight.is_leaf
        assert weight.requires_grad
        assert weight.tolist() == [[0.5, 0.5], [0.5, 0.5]]
        layer.weight = nn.Parameter(np.zeros((2, 2)))
        layer.bias = None
        assert [name for name, _ in layer.named_parameters()] == ["weight"]

    def test_modules_and_lists_of_parameters_may_stand_in_its_place(self):
        layer = nn.Linear(2, 2)
        layer.weight, layer.bias = nn.Linear(2, 2), [nn.Parameter(np.zeros(2))]
        assert set(layer.state_dict()) == {"weight.weight", "weight.bias", "bias.0"}


class TestNames:
    def test_the_outermost_module_names_parameters_by_path(self):
        net = Net()
        assert net.scale.name is None
        net(np.ones((1, 2), np.float32))
        assert net.features[0].weight.name == "features.0.weight"
        assert net.heads["b"][0].name == "heads.b.0"

    def test_inner_modules_do_not_rename_what_the_outer_one_named(self):
        net = Net()
        net(np.ones((1, 2), np.float32))
        net.features(np.ones((1, 2), np.float32))
        assert net.features[0].weight.name == "features.0.weight"

    def test_an_outer_module_renames_what_was_called_on_its_own_before(self):
        inner = nn.Linear(2, 2)
        inner(np.ones((1, 2), np.float32))
        assert inner.weight.name == "weight"
        nn.Sequential(inner)(np.ones((1, 2), np.float32))
        assert inner.weight.name == "0.weight"

    def test_names_are_given_anew_when_an_attribute_deep_inside_changed(self):
        net = Net()
        net(np.ones((1, 2), np.float32))
        net.features[0].bias = nn.Parameter(np.zeros(3, np.float32))
        net(np.ones((1, 2), np.float32))
        assert net.features[0].bias.name == "features.0.bias"

    def test_a_module_that_was_appended_is_named(self):
        model = nn.Sequential(nn.Linear(2, 2))
        model(np.ones((1, 2), np.float32))
        model.append(nn.Linear(2, 2))
        model(np.ones((1, 2), np.float32))
        assert model[1].weight.name == "1.weight"


def test_under_a_trace_each_call_knows_the_modules_it_ran_in():
    model = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.ReLU()))
    calls = []
    with ag.observe(calls.append):
        model(np.ones((1, 2), np.float32))
    found = {call.op.name: call.modules for call in calls}
    assert found["linear"] == (model, model[0])
    assert found["relu"] == (model, model[1], model[1][0])
    assert ag.core.local.modules == ()


def test_the_running_modules_are_forgotten_when_forward_fails():
    with ag.observe(lambda call: None), pytest.raises(ValueError, match="3 features"):
        nn.Sequential(nn.Linear(2, 2))(np.ones((1, 3), np.float32))
    assert ag.core.local.modules == ()


def test_buffers():
    net = Net()
    assert [name for name, _ in net.named_buffers()] == ["steps"]
    net.steps = net.steps + 1
    assert net.state_dict()["steps"] == 1
    net.register_buffer("cache", None)
    net.register_buffer("unsaved", np.ones(2), persistent=False)
    assert "unsaved" not in net.state_dict()
    assert len(list(net.buffers())) == 2
    with pytest.raises(KeyError, match="features"):
        net.register_buffer("features", np.ones(2))


class TestPaths:
    @pytest.mark.parametrize("path", ["", "features", "features.0", "layers.1.0", "heads.a", "tied"])
    def test_modules(self, path):
        net = Net()
        expected = {"": net, "features": net.features, "features.0": net.tied, "layers.1.0": net.layers[1][0]}
        expected |= {"heads.a": net.heads["a"], "tied": net.tied}
        assert net.get_submodule(path) is expected[path]

    def test_parameters_and_buffers(self):
        net = Net()
        assert net.get_parameter("heads.b.0") is net.heads["b"][0]
        assert net.get_parameter("tied.weight") is net.tied.weight
        assert net.get_buffer("steps") is net.steps

    @pytest.mark.parametrize(
        ("what", "path", "message"),
        [
            ("submodule", "feature.0", "Net has no module 'feature.0'; .* such as 'features.0'"),
            ("parameter", "features.0.wight", "no parameter .* such as 'features.0.weight'"),
            ("parameter", "features.0", "no parameter"),
            ("buffer", "scale", r"no buffer 'scale'; named_buffers\(\) gives the paths, such as 'steps'"),
        ],
    )
    def test_what_is_not_there(self, what, path, message):
        with pytest.raises(AttributeError, match=message):
            getattr(Net(), f"get_{what}")(path)

    def test_children_each_once(self):
        net = Net()
        assert list(net.children()) == [net.features, *net.layers[:1], net.layers[1][0], net.heads["a"], net.tied]
        net.again = net.features
        assert list(net.children()).count(net.features) == 1


class TestRegistering:
    def test_names_that_are_computed(self):
        net = nn.Module()
        for i in range(2):
            net.add_module(f"layer{i}", nn.Linear(2, 2))
        net.register_parameter("scale", nn.Parameter(np.ones(2)))
        net.register_parameter("shift", None)
        net.register_parameter("shift", nn.Parameter(np.ones(2)))
        assert {"scale", "shift"} <= set(net.state_dict())
        assert net.layer1 is net.get_submodule("layer1")

    @pytest.mark.parametrize("name", ["", "a.b", "forward", 3])
    def test_names_that_do_not_fit(self, name):
        with pytest.raises(KeyError):
            nn.Module().add_module(name, nn.ReLU())

    def test_values_that_do_not_fit(self):
        net = nn.Module()
        with pytest.raises(TypeError, match=r"add_module: Module.a would be a int; pass a Module"):
            net.add_module("a", 3)
        with pytest.raises(TypeError, match=r"register_parameter: Module.a would be a Tensor; pass a Parameter"):
            net.register_parameter("a", ag.ones(2))


def test_several_lines_of_arguments():
    class Layer(nn.Module):
        def extra_repr(self):
            return "a=1\nb=2"

    assert repr(nn.Sequential(Layer())) == "Sequential(\n  (0): Layer(\n    a=1\n    b=2\n  )\n)"


class TestState:
    def test_round_trip(self, rng):
        net, other = Net(), Net()
        other.load_state_dict(net.state_dict())
        x = rng.standard_normal((4, 2)).astype(np.float32)
        assert np.array_equal(net(x).data, other(x).data)

    def test_the_state_is_a_copy(self):
        net = Net()
        net.state_dict()["scale"][0] = 9
        assert net.scale.data[0] == 1

    def test_dtypes_are_those_of_the_model(self):
        layer = nn.Linear(2, 2)
        layer.load_state_dict({"weight": np.eye(2), "bias": ag.zeros(2, "float64")})
        assert layer.weight.dtype == layer.bias.dtype == np.float32

    def test_an_error_lists_everything_and_changes_nothing(self):
        net = Net()
        before, state = net.state_dict(), net.state_dict()
        del state["heads.a.bias"]
        state["scale"], state["layers.0.weight"], state["extra"] = np.zeros(2), np.zeros((2, 2)), np.zeros(1)
        with pytest.raises(
            ValueError, match=r"missing: heads.a.bias; unexpected: extra; .* layers.0.weight is "
        ) as error:
            net.load_state_dict(state)
        assert "(2, 2)" in str(error.value)
        assert all(np.array_equal(value, before[key]) for key, value in net.state_dict().items())

    def test_not_strict_returns_what_it_skipped_and_still_refuses_wrong_shapes(self):
        layer = nn.Linear(2, 2)
        mismatch = layer.load_state_dict({"weight": np.eye(2), "extra": np.ones(1)}, strict=False)
        assert mismatch == (["bias"], ["extra"])
        assert np.array_equal(layer.weight.data, np.eye(2))
        with pytest.raises(ValueError, match="wrong shape"):
            layer.load_state_dict({"weight": np.eye(3)}, strict=False)

    @pytest.mark.parametrize("state", [[1], None, "weight", nn.ReLU()])
    def test_what_is_no_mapping(self, state):
        with pytest.raises(TypeError, match=r"load_state_dict: the state is a \w+, not a mapping .* of a Linear"):
            nn.Linear(2, 2).load_state_dict(state)

    def test_keys_that_are_no_text_are_listed(self):
        with pytest.raises(ValueError, match="unexpected: 3"):
            nn.ReLU().load_state_dict({3: np.ones(2)})

    def test_complex_numbers_do_not_become_real(self):
        with pytest.raises(ValueError, match="complex128"):
            nn.Linear(2, 2).load_state_dict({"weight": np.eye(2) * 1j, "bias": np.ones(2)})

    def test_a_graph_from_before_stays_right(self):
        layer = nn.Linear(2, 2, bias=False)
        x = ag.tensor([[1.0, 1.0]], requires_grad=True)
        before = layer.weight.data.copy()
        y = layer(x).sum()
        layer.load_state_dict({"weight": np.zeros((2, 2))})
        y.backward()
        assert np.array_equal(x.grad.data[0], before.sum(0))


def test_train_and_eval_reach_all_modules():
    net = Net().eval()
    assert not any(module.training for module in net.modules())
    assert all(module.training for module in net.train().modules())


def test_zero_grad():
    net = Net()
    net(np.ones((1, 2), np.float32)).sum().backward()
    net.zero_grad()
    assert all(parameter.grad is None for parameter in net.parameters())


def test_apply_visits_children_before_parents():
    model = nn.Sequential(nn.Sequential(nn.ReLU()), nn.Tanh())
    seen = []
    model.apply(seen.append)
    assert seen.index(model[0][0]) < seen.index(model[0]) < seen.index(model)
    assert len(seen) == 4


class TestDtypes:
    def test_float32_unless_told_otherwise(self):
        assert nn.Linear(2, 2).weight.dtype == np.float32
        assert nn.Linear(2, 2, dtype="float64").weight.dtype == np.float64

    def test_an_input_of_another_float_type_is_refused(self):
        model = nn.Sequential(nn.Linear(2, 2))
        model(np.ones((1, 2), np.float32))
        with pytest.raises(TypeError, match=r"Linear: x \(1, 2\) is float64, 0.weight .* x.astype\('float32'\)"):
            model(np.ones((1, 2)))

    @pytest.mark.parametrize(
        ("dtype", "fix"), [("int64", "x.astype"), ("bool", "x.astype"), ("complex64", "real part")]
    )
    def test_no_layer_is_offered_in_a_dtype_that_cannot_be_learned(self, dtype, fix):
        with pytest.raises(TypeError, match=fix) as error:
            nn.Linear(2, 2)(np.ones((1, 2), dtype))
        assert ("dtype=" in str(error.value)) == (dtype == "complex64")

    @pytest.mark.parametrize("x", [None, "text", ["a", "b"], np.array(["a", "b"]), {}, [[1], [1, 2]], object()])
    def test_what_is_not_numeric(self, x):
        with pytest.raises(TypeError, match=r"^Linear: x.*float32"):
            nn.Linear(2, 2)(x)

    def test_a_tensor_in_a_list_does_not_lose_its_gradient(self):
        with pytest.raises(TypeError, match=r"^Linear: x, a list, .*; use t.detach\(\)"):
            nn.Linear(2, 2)([ag.ones(2, requires_grad=True)])

    def test_lists_become_what_the_layer_computes_in(self):
        assert nn.Linear(2, 2, dtype="float64")([[1.0, 2.0]]).dtype == np.float64

    def test_astype_converts_parameters_gradients_and_buffers(self):
        net = Net()
        net(np.ones((1, 2), np.float32)).sum().backward()
        net.features[0].bias.requires_grad_(False)
        net.astype("float64")
        assert {p.dtype for p in (*net.parameters(), *net.buffers())} == {np.dtype("float64")}
        assert net.scale.grad.dtype == np.float64
        assert not net.features[0].bias.requires_grad
        net.zero_grad()
        net(np.ones((1, 2))).sum().backward()
        assert net.scale.grad.dtype == np.float64
        with pytest.raises(TypeError, match="int64"):
            net.astype(np.int64)


def test_no_forward():
    with pytest.raises(NotImplementedError, match="ModuleList has no forward"):
        nn.ModuleList()(1)


class TestContainers:
    def test_sequential_is_a_list(self):
        model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
        assert len(model) == 2
        assert model[-1] is list(model)[1]
        assert isinstance(model[:1], nn.Sequential)
        assert model[:1][0] is model[0]
        model[1] = nn.Tanh()
        model.append(nn.Linear(3, 1)).extend([nn.Sigmoid()])
        assert list(model.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
        assert model(np.ones((4, 2), np.float32)).shape == (4, 1)

    def test_keys_of_a_dictionary(self):
        model = nn.Sequential({"first": nn.Linear(2, 3), "second": nn.Linear(3, 1)})
        assert list(model.state_dict()) == ["first.weight", "first.bias", "second.weight", "second.bias"]

    def test_only_modules_fit(self):
        with pytest.raises(TypeError, match="not a Module"):
            nn.Sequential(nn.Linear(2, 2), np.tanh)
        model = nn.ModuleList([nn.ReLU()])
        with pytest.raises(TypeError, match="not a Module"):
            model.extend([nn.ReLU(), 3])
        assert len(model) == 1


def test_repr_is_like_pytorchs():
    torch = pytest.importorskip("torch")

    def model(nn):
        inner = nn.Sequential(nn.Conv2d(4, 8, 3, padding=1, groups=2), nn.Flatten(), nn.Dropout(0.3))
        return nn.Sequential(
            nn.Linear(2, 3, bias=False), nn.ReLU(), nn.Embedding(5, 4, padding_idx=1), nn.Softmax(dim=-1), inner
        )

    assert repr(model(nn)) == repr(model(torch.nn))
