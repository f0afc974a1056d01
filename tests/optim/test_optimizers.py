"""Optimizers against PyTorch's over 50 steps; their state, groups, errors, and what they tell the engine."""

import copy
import math

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn, optim
from autograd_lite.kernels import optimizers as kernels


@pytest.fixture
def torch():
    """With float64 for the numbers that its optimizers keep beside the parameters, too."""
    torch = pytest.importorskip("torch")
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield torch
    torch.set_default_dtype(before)


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


CASES = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.1, "maximize": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True, "maximize": True}),
    ("SGD", {}),
    ("Adam", {}),
    ("Adam", {"lr": 0.05, "betas": (0.8, 0.9), "eps": 1e-4, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.05, "amsgrad": True}),
    ("Adam", {"lr": 0.05, "maximize": True}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.05, "betas": (0.8, 0.9), "weight_decay": 0.3, "amsgrad": True}),
    ("Adam", {"lr": 0.05, "amsgrad": True, "weight_decay": 0.1, "maximize": True}),
    ("AdamW", {"lr": 0.05, "maximize": True}),
    ("AdamW", {"lr": 0.05, "amsgrad": True, "maximize": True}),
    ("Adamax", {}),
    ("Adamax", {"lr": 0.05, "betas": (0.8, 0.9), "eps": 1e-3, "weight_decay": 0.1, "maximize": True}),
    ("NAdam", {}),
    ("NAdam", {"lr": 0.05, "betas": (0.8, 0.9), "eps": 1e-3, "weight_decay": 0.1, "momentum_decay": 0.1}),
    ("NAdam", {"lr": 0.05, "weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True}),
    ("RAdam", {}),
    ("RAdam", {"lr": 0.05, "betas": (0.8, 0.9), "eps": 1e-3, "weight_decay": 0.1}),
    ("RAdam", {"lr": 0.05, "weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True}),
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.2, "eps": 1e-3}),
    ("Adagrad", {"maximize": True}),
    ("Adagrad", {"lr_decay": 0.1, "weight_decay": 0.1, "maximize": True}),
    ("Adadelta", {}),
    ("Adadelta", {"lr": 0.5, "rho": 0.7, "eps": 1e-3, "weight_decay": 0.1}),
    ("Adadelta", {"maximize": True, "weight_decay": 0.1}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.02, "alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1}),
    ("RMSprop", {"centered": True, "momentum": 0.9, "weight_decay": 0.1}),
    ("RMSprop", {"centered": True, "maximize": True}),
    ("RMSprop", {"momentum": 0.5}),
    ("RMSprop", {"momentum": 0.5, "weight_decay": 0.1, "maximize": True}),
    ("Rprop", {}),
    ("Rprop", {"lr": 0.3, "etas": (0.4, 1.5), "step_sizes": (1e-3, 0.5)}),
    ("Rprop", {"maximize": True}),
    ("ASGD", {}),
    ("ASGD", {"lr": 0.1, "lambd": 0.1, "alpha": 0.5, "t0": 20, "weight_decay": 0.1}),
    ("ASGD", {"maximize": True}),
]
OURS = [
    ("Lion", {}),
    ("Lion", {"lr": 0.01, "betas": (0.8, 0.95), "weight_decay": 0.1}),
    ("Lion", {"lr": 0.01, "maximize": True}),
    ("Muon", {"lr": 0.02}),
    ("Muon", {"lr": 0.02, "nesterov": False, "adjust_lr_fn": "match_rms_adamw", "momentum": 0.8, "ns_steps": 3}),
]


def descend(ag, optimizer, parameters, data, steps=50):
    """The losses of a trajectory; they bend, and the second parameter gets no gradient on every third step."""
    losses = []
    for step in range(steps):
        optimizer.zero_grad()
        a, b = parameters
        loss = ((a * data - 1) ** 2).mean() + (0 if step % 3 == 0 else ag.tanh(b * data[0]).sum())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def test_every_optimizer_stands_here():
    classes = {name: made for name in optim.__all__ if isinstance(made := getattr(optim, name), type)}
    optimizers = {name for name, made in classes.items() if issubclass(made, optim.Optimizer)}
    assert {name for name, _ in CASES + OURS} == optimizers - {"Optimizer", "LBFGS"}  # the latter in test_lbfgs.py


@pytest.mark.parametrize(("name", "options"), CASES)
def test_50_steps_as_pytorchs(torch, name, options):
    ours = [nn.Parameter(numbers(3, 4)), nn.Parameter(numbers(4, seed=1))]
    theirs = [torch.tensor(p.data.copy(), requires_grad=True) for p in ours]
    data = numbers(3, 4, seed=2)
    losses = descend(ag, getattr(optim, name)(ours, **options), ours, ag.tensor(data))
    expected = descend(torch, getattr(torch.optim, name)(theirs, **options), theirs, torch.tensor(data))
    np.testing.assert_allclose(losses, expected, rtol=1e-10, atol=1e-10)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.data, b.detach().numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_complex_numbers_as_pytorchs(torch, name, options):
    """Their parts are numbers of their own, in every optimizer."""
    start, goal = numbers(3, 4) + 1j * numbers(3, 4, seed=1), numbers(3, 4, seed=2) - 1j * numbers(3, 4, seed=3)
    found = []
    for library, module in ((ag, optim), (torch, torch.optim)):
        z = library.tensor(start.copy(), requires_grad=True)
        optimizer = getattr(module, name)([z], **options)
        for _ in range(20):
            optimizer.zero_grad()
            (library.abs(z - library.tensor(goal)) ** 2).sum().backward()
            optimizer.step()
        found.append(z.detach().numpy())
    np.testing.assert_allclose(*found, rtol=1e-9)


@pytest.mark.parametrize(("name", "options"), OURS[3:])
def test_muon_as_pytorchs(torch, monkeypatch, name, options):
    """Matrices as torch.optim.Muon moves them, if it is kept from rounding to bfloat16; vectors as AdamW does."""
    if not hasattr(torch.optim, "Muon"):
        pytest.skip("this version of PyTorch has no Muon")
    monkeypatch.setattr(torch.Tensor, "bfloat16", torch.Tensor.clone)
    ours = [nn.Parameter(numbers(3, 4)), nn.Parameter(numbers(4, seed=1))]
    theirs = [torch.tensor(p.data.copy(), requires_grad=True) for p in ours]
    optimizers = [torch.optim.Muon(theirs[:1], **options), torch.optim.AdamW(theirs[1:], 3e-4, (0.9, 0.95), 1e-10, 0.1)]

    class Both:
        def zero_grad(self):
            for optimizer in optimizers:
                optimizer.zero_grad()

        def step(self):
            for optimizer in optimizers:
                optimizer.step()

    descend(ag, optim.Muon(ours, **options), ours, ag.tensor(numbers(3, 4, seed=2)))
    descend(torch, Both(), theirs, torch.tensor(numbers(3, 4, seed=2)))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.data, b.detach().numpy(), rtol=1e-9, atol=1e-12)


def test_muon_leaves_to_adamw_what_a_group_says():
    matrix, filters, embedding = (nn.Parameter(numbers(*shape)) for shape in ((2, 3), (2, 3, 2, 2), (5, 3)))
    optimizer = optim.Muon([{"params": [matrix, filters]}, {"params": [embedding], "use_muon": False}])
    (matrix.sum() + filters.sum() + embedding.sum()).backward()
    optimizer.step()
    assert [list(optimizer.state[p]) for p in (matrix, filters)] == [["momentum_buffer"]] * 2
    assert set(optimizer.state[embedding]) == {"step", "exp_avg", "exp_avg_sq"}


@pytest.mark.parametrize(("name", "options"), OURS[:3])
def test_lion_as_in_its_paper(name, options):
    w, lr, (beta1, beta2), decay = (
        nn.Parameter(numbers(3, 4)),
        options.get("lr", 1e-4),
        options.get("betas", (0.9, 0.99)),
        options.get("weight_decay", 0),
    )
    sign = -1 if options.get("maximize") else 1
    optimizer, x, m = optim.Lion([w], **options), w.data.copy(), np.zeros((3, 4))
    for _ in range(50):
        g = sign * 2 * (x - 0.1)
        c = beta1 * m + (1 - beta1) * g
        m = beta2 * m + (1 - beta2) * g
        x = x - lr * (np.sign(c) + decay * x)
        optimizer.zero_grad()
        ((w - 0.1) ** 2).sum().backward()
        optimizer.step()
    np.testing.assert_allclose(w.data, x, rtol=1e-10)


@pytest.mark.parametrize("name", sorted({name for name, _ in CASES + OURS}))
def test_float32_stays_float32(name):
    model = nn.Sequential(nn.Linear(2, 8, rng=np.random.default_rng(0)), nn.Tanh(), nn.Linear(8, 1))
    optimizer = getattr(optim, name)(model.named_parameters(), lr=0.01)
    x = numbers(20, 2).astype(np.float32)
    losses = []
    for _ in range(50):
        optimizer.zero_grad()
        loss = ((model(x) - x[:, :1]) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    assert losses[-1] < losses[0]
    arrays = [p.data for p in model.parameters()]
    arrays += [v for state in optimizer.state.values() for v in state.values() if isinstance(v, np.ndarray)]
    assert {array.dtype for array in arrays} == {np.dtype("float32")}


def test_a_centered_rmsprop_of_a_constant_gradient_stays_finite():
    w = nn.Parameter(np.ones(3))
    optimizer = optim.RMSprop([w], lr=1e-9, alpha=0.5, centered=True)
    for _ in range(200):
        optimizer.zero_grad()
        (w * np.array([0.1, 0.3, 0.7])).sum().backward()
        optimizer.step()
    assert np.all(np.isfinite(w.data))


def test_a_step_may_compute_the_loss():
    w = nn.Parameter(np.ones(2))
    optimizer = optim.SGD([w], lr=0.5)

    def closure():
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    with ag.no_grad():
        assert float(optimizer.step(closure)) == 2
    assert w.tolist() == [0, 0]


@pytest.mark.parametrize(("name", "options"), CASES + OURS)
def test_a_state_resumes_every_optimizer(name, options):
    def start():
        parameters = [nn.Parameter(numbers(3, 4)), nn.Parameter(numbers(4, seed=1))]
        return parameters, getattr(optim, name)(zip("ab", parameters, strict=True), **options)

    data = ag.tensor(numbers(3, 4, seed=2))
    parameters, optimizer = start()
    descend(ag, optimizer, parameters, data, 4)
    again, other = start()
    other.load_state_dict(optimizer.state_dict())
    for a, b in zip(again, parameters, strict=True):
        a.data[...] = b.data
    descend(ag, optimizer, parameters, data, 4)
    descend(ag, other, again, data, 4)
    assert all(np.array_equal(a.data, b.data) for a, b in zip(again, parameters, strict=True))


@pytest.mark.parametrize(("name", "options"), CASES + OURS)
def test_blocks_change_nothing(monkeypatch, name, options):
    found = []
    for block in (5, 1 << 15):
        monkeypatch.setattr(kernels, "BLOCK", block)
        parameters = [nn.Parameter(numbers(3, 4)), nn.Parameter(numbers(4, seed=1))]
        descend(ag, getattr(optim, name)(parameters, **options), parameters, ag.tensor(numbers(3, 4, seed=2)), 5)
        found.append(parameters)
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a.data, b.data, rtol=1e-14)


class TestGroups:
    def test_options_of_their_own(self):
        a, b = nn.Parameter(np.ones(2)), nn.Parameter(np.ones(2))
        optimizer = optim.SGD([{"params": [a], "lr": 1.0}, {"params": b}], lr=0.5)
        (a + b).sum().backward()
        optimizer.step()
        assert a.data[0] == 0
        assert b.data[0] == 0.5
        optimizer.param_groups[0]["lr"] = 2.0
        optimizer.step()
        assert a.data[0] == -2

    def test_a_group_added_later(self):
        a, b = nn.Parameter(np.ones(2)), nn.Parameter(np.ones(2))
        optimizer = optim.Adam([a])
        optimizer.add_param_group({"params": [b], "lr": 0.5})
        (a * b).sum().backward()
        optimizer.step()
        assert b.data[0] == pytest.approx(0.5)

    def test_a_parameter_belongs_to_one_group(self):
        a = nn.Parameter(np.ones(2))
        with pytest.raises(ValueError, match="given twice"):
            optim.SGD([a, a])
        optimizer = optim.SGD([a])
        with pytest.raises(ValueError, match="given twice"):
            optimizer.add_param_group({"params": [a]})
        assert len(optimizer.param_groups) == 1


def test_frozen_parameters_stay():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    model[0].requires_grad_(False)
    before = model.state_dict()
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    model(np.ones((1, 2), np.float32)).sum().backward()
    optimizer.step()
    after = model.state_dict()
    assert np.array_equal(before["0.weight"], after["0.weight"])
    assert not np.array_equal(before["1.weight"], after["1.weight"])


def test_the_array_of_a_parameter_stays_the_same_object():
    parameter = nn.Parameter(np.ones(3))
    array = parameter.data
    optimizer = optim.SGD([parameter], lr=1.0)
    (parameter * 2).sum().backward()
    optimizer.step()
    assert parameter.data is array
    assert array[0] == -1


def test_a_backward_through_what_was_computed_before_a_step_raises():
    w = nn.Parameter(np.ones(3))
    optimizer = optim.SGD([w], lr=0.1)
    old = (w * w).sum()
    (w * 2).sum().backward()
    optimizer.step()
    with pytest.raises(RuntimeError, match="optimizer has changed"):
        old.backward()
    (w * w).sum().backward()


def test_state_is_kept_by_name_and_resumes_exactly():
    def start():
        model = nn.Sequential(nn.Linear(3, 4, rng=np.random.default_rng(0)), nn.Tanh())
        return model, optim.Adam(model.named_parameters(), lr=0.05)

    def train(model, optimizer, steps):
        for _ in range(steps):
            optimizer.zero_grad()
            ((model(x) - 0.3) ** 2).mean().backward()
            optimizer.step()

    x = numbers(5, 3).astype(np.float32)
    model, optimizer = start()
    train(model, optimizer, 3)
    saved, weights = copy.deepcopy(optimizer.state_dict()), model.state_dict()
    assert set(saved["state"]) == {"0.weight", "0.bias"}
    assert saved["param_groups"][0]["params"] == ["0.weight", "0.bias"]
    train(model, optimizer, 3)
    resumed, other = start()
    resumed.load_state_dict(weights)
    other.load_state_dict(saved)
    train(resumed, other, 3)
    assert all(np.array_equal(a.data, b.data) for a, b in zip(model.parameters(), resumed.parameters(), strict=True))


def test_a_state_is_a_copy_and_without_names_kept_by_position():
    w = nn.Parameter(np.ones(2))
    optimizer = optim.SGD([w], lr=0.1, momentum=0.9)
    (w * w).sum().backward()
    optimizer.step()
    state = optimizer.state_dict()
    assert list(state["state"]) == [0]
    state["state"][0]["momentum_buffer"][:] = 100
    assert optimizer.state[w]["momentum_buffer"][0] == 2


def test_a_state_that_does_not_fit_changes_nothing():
    def optimizer(shape, name):
        w = nn.Parameter(np.ones(shape))
        made = optim.Adam([(name, w)], lr=0.1)
        w.sum().backward()
        made.step()
        return made

    mine = optimizer((2,), "w")
    with pytest.raises(ValueError, match=r"exp_avg of w is \(3,\), the parameter \(2,\)"):
        mine.load_state_dict(optimizer((3,), "w").state_dict())
    with pytest.raises(ValueError, match="'v'"):
        mine.load_state_dict(optimizer((2,), "v").state_dict())
    assert mine.state_dict()["state"]["w"]["step"] == 1


def test_a_state_of_another_optimizer_changes_nothing():
    w = nn.Parameter(np.ones(2))
    saved = optim.SGD([w], lr=0.1, momentum=0.9).state_dict()
    other = optim.Adam([w])
    with pytest.raises(ValueError, match=r"Adam.load_state_dict: the state is of another optimizer, .*'amsgrad'"):
        other.load_state_dict(saved)
    saved = optim.Adam([w], lr=0.5).state_dict()
    saved["param_groups"][0]["betas"] = (0.9, 2.0)
    with pytest.raises(ValueError, match="betas"):
        other.load_state_dict(saved)
    assert other.param_groups[0]["lr"] == 1e-3


class TestErrors:
    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda w: optim.SGD([]), "no parameters"),
            (lambda w: optim.SGD([w], lr=-1), "lr = -1"),
            (lambda w: optim.SGD([w], momentum=math.nan), "momentum = nan"),
            (lambda w: optim.SGD([w], nesterov=True), "nesterov"),
            (lambda w: optim.Adam([w], betas=(0.9, 1.0)), "betas"),
            (lambda w: optim.Adadelta([w], rho=1.5), "Adadelta: rho = 1.5"),
            (lambda w: optim.RMSprop([w], alpha=-1), "RMSprop: alpha = -1"),
            (lambda w: optim.NAdam([w], momentum_decay=-1), "NAdam: momentum_decay = -1"),
            (lambda w: optim.Adagrad([w], lr_decay=-1), "Adagrad: lr_decay = -1"),
            (lambda w: optim.Rprop([w], etas=(1.2, 0.5)), "Rprop: etas"),
            (lambda w: optim.Rprop([w], step_sizes=(2, 1)), "Rprop: step_sizes"),
            (lambda w: optim.ASGD([w], lambd=-1), "ASGD: lambd = -1"),
            (lambda w: optim.Muon([w], ns_steps=100), "Muon: ns_steps = 100"),
            (lambda w: optim.Muon([w], ns_coefficients=(1, 2)), "Muon: ns_coefficients"),
            (lambda w: optim.Muon([w], adjust_lr_fn="other"), "Muon: adjust_lr_fn = 'other'"),
            (lambda w: optim.LBFGS([w], line_search_fn="armijo"), "LBFGS: line_search_fn = 'armijo'"),
            (lambda w: optim.LBFGS([{"params": [w]}, {"params": [nn.Parameter(np.ones(1))]}]), "LBFGS: all parameters"),
            (lambda w: optim.Adam([{"params": [w], "momentum": 0.9}]), "momentum"),
        ],
    )
    def test_options(self, make, message):
        with pytest.raises(ValueError, match=message):
            make(nn.Parameter(np.ones(2)))

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda w: optim.SGD([w], lr="0.1"), "SGD: lr = '0.1' is a str, not a number; "),
            (lambda w: optim.Adam([w], lr=None), "Adam: lr = None is a NoneType, not a number; "),
            (lambda w: optim.SGD([w], dampening="a"), "SGD: dampening = 'a' is a str, not a number; "),
            (lambda w: optim.Rprop([w], etas=0.9), "Rprop: etas = 0.9 are not two numbers; "),
            (lambda w: optim.Muon([ag.ones((2, 2), dtype="complex128", requires_grad=True)]), "made for real matrices"),
            (lambda w: optim.LBFGS([w]).step(), "LBFGS.step: .* pass a function"),
            (lambda w: optim.Adam([w], betas=0.9), "Adam: betas = 0.9 are not two numbers; "),
            (lambda w: optim.SGD(nn.Linear(2, 2)), r"SGD: params is a Linear, .*; pass model.parameters\(\)"),
            (lambda w: optim.SGD(w), r"SGD: params is a Parameter, .* a list of tensors"),
            (lambda w: optim.SGD({"params": [w]}), r"SGD: params is a dict, .* or groups"),
            (lambda w: optim.SGD(None), r"SGD: params is a NoneType"),
            (lambda w: optim.SGD([w, ag.ones(3)]), r"tensor \(3,\) float32 does not require a gradient, .*; "),
        ],
    )
    def test_types(self, make, message):
        with pytest.raises(TypeError, match=message):
            make(nn.Parameter(np.ones(2)))

    def test_a_group_without_parameters(self):
        with pytest.raises(ValueError, match=r"SGD: \{'lr': 1\} is no group; "):
            optim.SGD([{"lr": 1}])

    @pytest.mark.parametrize(
        "state",
        [[1], None, {}, {"state": {}}, *({"state": {}, "param_groups": g} for g in (None, [1], [{"lr": 0.1}]))],
        ids=str,
    )
    def test_what_is_no_state(self, state):
        with pytest.raises(TypeError, match=r"SGD.load_state_dict: .* what state_dict\(\) of a SGD returned"):
            optim.SGD([nn.Parameter(np.ones(2))]).load_state_dict(state)

    def test_only_leaves(self):
        with pytest.raises(TypeError, match=r"the result \(2,\) of an operation"):
            optim.SGD([nn.Parameter(np.ones(2)) * 2])
        with pytest.raises(TypeError, match="a ndarray is no parameter"):
            optim.SGD([np.ones(2)])

    def test_a_gradient_of_another_shape_changes_nothing(self):
        a, b = nn.Parameter(np.ones(2)), nn.Parameter(np.ones(2))
        a.grad, b.grad = ag.ones(2), ag.ones(3)
        optimizer = optim.SGD([a, b], lr=1.0)
        with pytest.raises(ValueError, match=r"\(3,\)"):
            optimizer.step()
        assert a.data[0] == 1

    @pytest.mark.parametrize(
        ("gradient", "message"),
        [
            (
                np.ones(5),
                r"SGD.step: a parameter is \(2,\) float64, its gradient was set to a ndarray \(5,\) float64; ",
            ),
            (np.ones(2), r"was set to a ndarray \(2,\) float64; set .grad to a Tensor"),
            (ag.tensor([1j, 1j]), r"was set to complex\d+; set .grad to a real tensor"),
        ],
    )
    def test_a_gradient_that_is_no_real_tensor_changes_nothing(self, gradient, message):
        a, b = nn.Parameter(np.ones(2)), nn.Parameter(np.ones(2))
        a.grad, b.grad = ag.ones(2), gradient
        with pytest.raises(TypeError, match=message):
            optim.SGD([a, b], lr=1.0).step()
        assert a.data[0] == 1


def test_without_any_gradient_a_step_does_nothing():
    w = nn.Parameter(np.ones(2))
    optimizer = optim.Adam([w])
    optimizer.step()
    assert w.tolist() == [1, 1]
    assert not optimizer.state


def test_an_optimizer_of_ones_own():
    class Sign(optim.Optimizer):
        def __init__(self, params, lr=0.1):
            super().__init__(params, {"lr": lr})

        def _update(self, x, g, state, group):
            x -= group["lr"] * np.sign(g)

    w = nn.Parameter(np.array([1.0, -1.0]))
    optimizer = Sign([w])
    (w * w).sum().backward()
    optimizer.step()
    np.testing.assert_allclose(w.data, [0.9, -0.9])
    assert "lr=0.1" in repr(optimizer)


class TestClipping:
    @pytest.mark.parametrize("norm_type", [1.0, 2.0, 3.0, math.inf])
    @pytest.mark.parametrize("max_norm", [0.5, 100.0])
    def test_norm_as_pytorchs(self, torch, norm_type, max_norm):
        ours = [nn.Parameter(numbers(3, 4)), nn.Parameter(numbers(5))]
        theirs = [torch.tensor(p.data.copy(), requires_grad=True) for p in ours]
        for p, q in zip(ours, theirs, strict=True):
            (p * p).sum().backward()
            (q * q).sum().backward()
        norm = optim.clip_grad_norm_(ours, max_norm, norm_type)
        assert norm == pytest.approx(torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type).item())
        for p, q in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(p.grad.data, q.grad.numpy(), rtol=1e-10)

    def test_value(self):
        w = nn.Parameter(np.array([1.0, -3.0, 0.1]))
        (w * w).sum().backward()
        optim.clip_grad_value_(w, 0.5)
        np.testing.assert_allclose(w.grad.data, [0.5, -0.5, 0.2])

    def test_nothing_to_clip(self):
        assert optim.clip_grad_norm_([nn.Parameter(np.ones(2))], 1.0) == 0

    def test_what_cannot_be_clipped(self):
        w = nn.Parameter(np.ones(2))
        w.grad = np.ones(2)
        with pytest.raises(TypeError, match=r"clip_grad_value_: .* was set to a ndarray"):
            optim.clip_grad_value_([w], 1.0)
        with pytest.raises(TypeError, match=r"clip_grad_norm_: a Linear .* pass model.parameters\(\)"):
            optim.clip_grad_norm_(nn.Linear(2, 2), 1.0)

    def test_a_norm_that_is_not_finite(self):
        w = nn.Parameter(np.ones(2))
        w.grad = ag.tensor([math.inf, 1.0])
        with pytest.raises(RuntimeError, match="inf"):
            optim.clip_grad_norm_(w, 1.0, error_if_nonfinite=True)
        assert w.grad.tolist() == [math.inf, 1.0]


def test_adam_treats_the_parts_of_complex_numbers_apart():
    """As PyTorch does: the same steps as those of two real parameters."""
    start, goal = np.array([3 - 1j, 0.1 + 0j]), np.array([1 + 2j, -2 - 1j])
    z = ag.tensor(start, requires_grad=True)
    parts = ag.tensor(ag.view_as_real(start), requires_grad=True)
    optimizers = [ag.optim.Adam([x], lr=0.1, weight_decay=0.01, amsgrad=True) for x in (z, parts)]
    for _ in range(20):
        losses = (ag.abs(z - goal) ** 2).sum(), ((parts - ag.view_as_real(goal)) ** 2).sum()
        for optimizer, loss in zip(optimizers, losses, strict=True):
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    np.testing.assert_allclose(ag.view_as_real(z.data), parts.data, rtol=1e-12)
