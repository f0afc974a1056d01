"""L-BFGS against PyTorch's, on functions that bend: the same steps, evaluations and state."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn, optim

OPTIONS = [
    {"lr": 0.01, "max_iter": 5},
    {"lr": 0.01, "max_iter": 8, "history_size": 2},
    {"line_search_fn": "strong_wolfe"},
    {"line_search_fn": "strong_wolfe", "max_iter": 4, "history_size": 3},
    {"line_search_fn": "strong_wolfe", "lr": 0.01, "max_iter": 6, "max_eval": 9},
    {"line_search_fn": "strong_wolfe", "lr": 300.0, "max_iter": 3},
]


def rosenbrock(x):
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def wavy(library):
    def f(x):
        return (library.sin(3 * x) + 0.1 * x * x).sum() + (x[1:] * x[:-1]).sum() * 0.3

    return f


def closure_of(f, parameters, optimizer, calls=None):
    def closure():
        optimizer.zero_grad()
        a, b = parameters
        loss = f(a) + (b * b * b * b).sum() + a[0] * b.sum()
        loss.backward()
        if calls is not None:
            calls.append(loss.item())
        return loss

    return closure


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("function", ["rosenbrock", "wavy"])
def test_as_pytorchs(function, options):
    torch = pytest.importorskip("torch")
    found = []
    for library, module in ((ag, optim), (torch, torch.optim)):
        f = rosenbrock if function == "rosenbrock" else wavy(library)
        parameters = [
            library.tensor(np.linspace(-1, 1.5, 5), requires_grad=True),
            library.tensor(np.array([[0.5, -0.3]]), requires_grad=True),
        ]
        optimizer, losses = module.LBFGS(parameters, **options), []
        for _ in range(5):
            optimizer.step(closure_of(f, parameters, optimizer, losses))
        found.append((parameters, losses))
    (ours, our_losses), (theirs, their_losses) = found
    assert len(our_losses) == len(their_losses)
    np.testing.assert_allclose(our_losses, their_losses, rtol=1e-10, atol=1e-12)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.data, b.detach().numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("options", [{"lr": 0.1}, {"line_search_fn": "strong_wolfe"}], ids=["fixed", "strong_wolfe"])
def test_50_steps_of_a_model_as_pytorchs(options):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20, 4)), rng.standard_normal((20, 1))
    theirs = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1)).double()
    ours = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 1)).astype("float64")
    theirs.load_state_dict({key: torch.tensor(rng.standard_normal(v.shape)) for key, v in ours.state_dict().items()})
    ours.load_state_dict(theirs.state_dict())
    found = []
    for model, module, tensor in ((ours, optim, ag.tensor), (theirs, torch.optim, torch.tensor)):
        optimizer = module.LBFGS(model.parameters(), max_iter=2, **options)
        inputs, targets = tensor(x), tensor(y)

        def closure(model=model, optimizer=optimizer, inputs=inputs, targets=targets):
            optimizer.zero_grad()
            loss = ((model(inputs) - targets) ** 2).mean()
            loss.backward()
            return loss

        found.append([optimizer.step(closure).item() for _ in range(50)])
    np.testing.assert_allclose(*found, rtol=1e-8)
    assert found[0][-1] < 0.7 * found[0][0]


def test_it_finds_a_minimum_of_complex_numbers():
    z, goal = ag.tensor([1 + 1j, 2 - 1j], requires_grad=True), np.array([3 - 2j, 0.5 + 1j])
    optimizer = optim.LBFGS([z], line_search_fn="strong_wolfe", tolerance_change=1e-14)

    def closure():
        optimizer.zero_grad()
        loss = (ag.abs(z - goal) ** 2 + ag.abs(z - goal) ** 4).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    np.testing.assert_allclose(z.data, goal, atol=1e-6)


def start(**options):
    parameters = [nn.Parameter(np.linspace(-1, 1.5, 5)), nn.Parameter(np.array([[0.5, -0.3]]))]
    optimizer = optim.LBFGS(zip("ab", parameters, strict=True), **options)
    return parameters, optimizer, closure_of(rosenbrock, parameters, optimizer)


def test_a_state_resumes_exactly():
    options = {"line_search_fn": "strong_wolfe", "max_iter": 3}
    parameters, optimizer, closure = start(**options)
    optimizer.step(closure)
    again, other, closure_again = start(**options)
    other.load_state_dict(optimizer.state_dict())
    for a, b in zip(again, parameters, strict=True):
        a.data[...] = b.data
    for _ in range(2):
        optimizer.step(closure)
        other.step(closure_again)
    assert all(np.array_equal(a.data, b.data) for a, b in zip(again, parameters, strict=True))


def test_a_state_of_other_sizes_changes_nothing():
    _, optimizer, closure = start()
    optimizer.step(closure)
    w = nn.Parameter(np.ones(2))
    other = optim.LBFGS([("a", w), ("b", nn.Parameter(np.ones(1)))])
    with pytest.raises(ValueError, match=r"LBFGS.load_state_dict: d has shape \(7,\), the parameters are 3 numbers"):
        other.load_state_dict(optimizer.state_dict())
    assert not other.state


@pytest.mark.parametrize("options", OPTIONS[:3])
def test_a_closure_that_fails_leaves_the_last_step(options):
    parameters, optimizer, closure = start(**options)
    seen = []

    def failing():
        seen.append([p.data.copy() for p in parameters])
        if len(seen) == 3:
            raise KeyboardInterrupt
        return closure()

    with pytest.raises(KeyboardInterrupt):
        optimizer.step(failing)
    assert not optimizer.state
    assert any(all(np.array_equal(p.data, q) for p, q in zip(parameters, old, strict=True)) for old in seen[:2])
    optimizer.step(closure)


def test_at_a_minimum_nothing_moves():
    w = nn.Parameter(np.zeros(3))
    optimizer = optim.LBFGS([w])

    def closure():
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    assert float(optimizer.step(closure)) == 0
    assert w.tolist() == [0, 0, 0]
    assert optimizer.state[w]["func_evals"] == 1
