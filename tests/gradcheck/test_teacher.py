"""check_backward accepts right pairs, and finds in wrong ones the mistake that was made."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.gradcheck import BackwardReport

from .handwritten_layers import MISTAKES, PAIRS, dense, dense_forward, relu_forward


def said(report: BackwardReport, gradient: str) -> str:
    """All that the report says about one gradient."""
    (check,) = [check for check in report.gradients if check.name == gradient]
    assert check.verdict == "FAIL"
    return "; ".join([check.where, *(f"{hint.mistake}; {hint.fix}" for hint in check.hints)])


# -- right and wrong layers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", PAIRS)
def test_a_right_pair_gives_no_alarm(name: str, seed: int) -> None:
    forward, backward, make, wrt = PAIRS[name]
    report = ag.check_backward(forward, backward, *make(np.random.default_rng(seed)), wrt=wrt, rng=seed)
    assert report, report.to_text()
    assert all(check.error < 1e-9 for check in report.gradients)


@pytest.mark.parametrize(
    ("layer", "backward", "gradient", "words"),
    [pytest.param(layer, *rest, id=name) for layer, name, *rest in MISTAKES],
)
def test_a_mistake_is_found_and_named(layer: str, backward: Callable[..., Any], gradient: str, words: str) -> None:
    forward, _, make, wrt = PAIRS[layer]
    report = ag.check_backward(forward, backward, *make(np.random.default_rng(0)), wrt=wrt)
    assert not report
    assert any(phrase in said(report, gradient) for phrase in words.split("|")), report.to_text()
    assert gradient in {check.name for check in report.failures}


# -- how the functions are called ----------------------------------------------------------------------------------

X, W = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 4.0]]), np.array([[0.3, -0.2], [1.1, 0.7]])


class Linear:
    """A layer that keeps what it needs, and its gradients."""

    def __init__(self, factor: float = 1.0):
        self.w, self.factor = W.copy(), factor

    def forward(self, x):
        self.x = x
        return x @ self.w

    def backward(self, dout):
        self.dw = self.factor * self.x.T @ dout
        return dout @ self.w.T


def tanh_of(dout, out, w):
    return (dout * (1 - out**2)) @ w.T


CONVENTIONS = {
    "inputs": (lambda x, w: x @ w, lambda dout, x, w: (dout @ w.T, x.T @ dout)),
    "cache": (lambda x, w: (x @ w, (x, w)), lambda dout, cache: (dout @ cache[1].T, cache[0].T @ dout)),
    "values": (lambda x, w: (x @ w, x, w), lambda dout, x, w: (dout @ w.T, x.T @ dout)),
    "named inputs": (lambda x, w: x @ w, lambda dout, w: dout @ w.T, "x"),
    "a dict of gradients": (lambda x, w: x @ w, lambda dout, x, w: {"dw": x.T @ dout, "dx": dout @ w.T}),
    "a dict as cache": (lambda x, w: (x @ w, {"w": w}), lambda dout, cache: dout @ cache["w"].T, "x"),
    "lists": (lambda x, w: [x @ w, w], lambda grad_output, w: [grad_output @ w.T, None], "x"),
    "starred": (lambda *a: a[0] @ a[1], lambda *a: (a[0] @ a[2].T, a[1].T @ a[0])),
    "the output": (lambda x, w: np.tanh(x @ w), lambda dout, out, x, w: ((dout * (1 - out**2)) @ w.T,), "x"),
    "the output alone": (lambda x, w: np.exp(x) + 0 * w.sum(), lambda dout, y: dout * (y - 0)),
    "the output and a cache": (lambda x, w: (np.tanh(x @ w), w), lambda dout, out, w: (dout * (1 - out**2)) @ w.T, "x"),
    "a cache called out": (
        lambda x, w: (np.tanh(x @ w), (np.tanh(x @ w), w)),
        lambda dout, out: tanh_of(dout, *out),
        "x",
    ),
    "a loss without dout": (lambda x, w: np.sum(x @ w), lambda x, w: (np.ones((3, 2)) @ w.T, x.T @ np.ones((3, 2)))),
}


def product_and_slope(x, w):
    dx = w.sum() * np.cos(x)
    return w.sum() * np.sin(x), dx


def mean_and_spread(x, w):
    center, spread = x.mean(axis=0), x.var(axis=0) + w.sum()
    return center, spread


def sigmoid_of_sum(x, w):
    s = np.exp(x @ w)
    s /= 1 + s
    return s


def loss_and_twice(x, w):
    twice = 2 * x
    return np.sum(x * x) + np.sum(w), twice


CONVENTIONS |= {
    "a tuple called data": (lambda x, w: (x @ w, (x, w)), lambda dout, data: (dout @ data[1].T, data[0].T @ dout)),
    "a tuple called dh": (lambda x, w: (x @ w, (x, w)), lambda dout, dh: (dout @ dh[1].T, dh[0].T @ dout)),
    "a dict called dc": (lambda x, w: (x @ w, {"w": w}), lambda dout, dc: dout @ dc["w"].T, "x"),
    "a list called grads": (lambda x, w: (x @ w, [x, w]), lambda dout, grads: (dout @ grads[1].T, grads[0].T @ dout)),
    "a value with the name of a gradient": (product_and_slope, lambda dout, dx: dout * dx, "x"),
    "a cache and inputs": (lambda x, w: (x @ w, 2 * x), lambda dout, twice, w: (dout @ w.T, twice.T @ dout / 2)),
    "two outputs": (lambda x, w: (x @ w, 2 * x), lambda dy, dz, x, w: (dy @ w.T + 2 * dz, x.T @ dy)),
    "two outputs and a cache": (
        lambda x, w: (x @ w, 2 * x, (x, w)),
        lambda dh_next, dc_next, cache: (dh_next @ cache[1].T + 2 * dc_next, cache[0].T @ dh_next),
    ),
    "two outputs by number": (lambda x, w: (3 * x, 2 * x), lambda dout, dout2: 3 * dout + 2 * dout2),
    "two outputs as PyTorch has them": (lambda x, w: (3 * x, 2 * x), lambda grad_a, grad_b: 3 * grad_a + 2 * grad_b),
    "two outputs by their names": (
        mean_and_spread,
        lambda dcenter, dspread, x, w: (dcenter + 2 * dspread * (x - x.mean(axis=0))) / len(x),
        "x",
    ),
    "two outputs, the second of a longer name": (
        lambda x, w: (x @ w, 2 * x),
        lambda dmu, dlogvar, x, w: (dmu @ w.T + 2 * dlogvar, x.T @ dmu),
    ),
    "an option after what is saved": (lambda x, w, p=0.5: (x @ w, w), lambda dout, w, p=0.5: dout @ w.T, "x"),
    "a cache that is unpacked": (
        lambda x, w: (x @ w, (x, w)),
        lambda dout, *saved: (dout @ saved[1].T, saved[0].T @ dout),
    ),
    "a gradient that is saved beside a loss": (
        lambda x, w: (np.sum(x @ w), x * 0 + w.sum(axis=1)),
        lambda d, dx: d * dx,
        "x",
    ),
    "an output by the name of its gradient": (lambda x, w: np.exp(x) + w[0] * 0, lambda dz, z: dz * z),
    "an output by its name": (sigmoid_of_sum, lambda ds, s, w: (ds * s * (1 - s)) @ w.T, "x"),
    "a loss that takes its cache": (lambda x, w: (np.sum(x * x), (x,)), lambda saved: 2 * saved[0]),
    "a loss that takes what it returned": (loss_and_twice, lambda twice: twice, "x"),
    "a loss that takes what it returned, and inputs": (loss_and_twice, lambda twice, x, w: twice, "x"),
}


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_convention_is_read_from_the_signatures(name: str) -> None:
    forward, backward, *wrt = CONVENTIONS[name]
    report = ag.check_backward(forward, backward, X, W, wrt=wrt or None)
    assert report, report.to_text()


@pytest.mark.parametrize(
    "name",
    ["d", "d2", "data", "delta", "denom", "derivative", "det", "diff", "dim_sizes", "dims", "dist", "distances", "dots"]
    + ["down", "dropout_mask", "dropped", "dt", "grad", "gradual", "up", "update"],
)
def test_a_value_that_forward_saves_may_be_called_almost_like_a_gradient(name: str) -> None:
    def backward(dout, saved):
        return dout * saved

    parameters = inspect.signature(backward).parameters
    vars(backward)["__signature__"] = inspect.Signature([parameters["dout"], parameters["saved"].replace(name=name)])
    report = ag.check_backward(lambda x: (x * (x > 0.7), (x > 0.7) * 1.0), backward, X)
    assert report, report.to_text()


@pytest.mark.parametrize("name", [name for name, (_, _, *wrt) in CONVENTIONS.items() if wrt])
def test_a_gradient_that_is_missing_makes_the_report_false(name: str) -> None:
    forward, backward, _ = CONVENTIONS[name]
    report = ag.check_backward(forward, backward, X, W)
    assert not report
    assert repr(report) == "<BackwardReport FAILED: dx is right; dw is missing>"
    assert "wrt=['x']" in report.problems[0].message
    assert ag.check_backward(forward, backward, X, W, wrt=["x"]).notes == ("wrt does not name w: not checked.",)
    assert not ag.check_backward(forward, backward, X, W, wrt=["x", "w"])


def test_what_the_output_does_not_depend_on_needs_no_gradient() -> None:
    report = ag.check_backward(lambda x, w: 2 * x, lambda dout: 2 * dout, X, W)
    assert report
    assert report.notes == ("The output does not depend on w: not checked.",)


def test_the_gradients_can_be_named() -> None:
    report = ag.check_backward(lambda x, w: x @ w, lambda dout, x: x.T @ dout, X, W, wrt=["w"])
    assert report
    assert [check.name for check in report.gradients] == ["dw"]


def test_the_parameters_of_a_layer_are_checked() -> None:
    report = ag.check_backward(Linear(), X)
    assert report, report.to_text()
    assert [check.name for check in report.gradients] == ["dx", "dw"]
    assert "factor 2 is missing" in said(ag.check_backward(Linear(0.5), X), "dw")


class NoGradient(Linear):
    def backward(self, dout):
        return dout @ self.w.T


class Dicts:
    """A layer as courses write it, with dicts of parameters and of their gradients."""

    containers, key = ("params", "grads"), "w"

    def __init__(self, factor: float = 1.0):
        params, grads = self.containers
        setattr(self, params, {self.key: W.copy(), "b": np.zeros(2)})
        setattr(self, grads, {})
        self.factor = factor

    def forward(self, x):
        self.x = x
        params = getattr(self, self.containers[0])
        return x @ params[self.key] + params["b"]

    def backward(self, dout):
        params, grads = (getattr(self, name) for name in self.containers)
        grads |= {self.key: self.factor * self.x.T @ dout, "b": dout.sum(axis=0)}
        return dout @ params[self.key].T


class OtherDicts(Dicts):
    containers, key = ("weights", "dweights"), "w"


class Lists:
    """Parameters and gradients in lists, the same arrays as attributes too, and gradients written in place."""

    def __init__(self, factor: float = 1.0):
        self.w, self.b, self.factor = W.copy(), np.zeros(2), factor
        self.params = [self.w, self.b]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, x):
        self.x = x
        return x @ self.params[0] + self.b

    def backward(self, dout):
        self.grads[0][...] = self.factor * self.x.T @ dout
        self.grads[1][...] = dout.sum(axis=0)
        return dout @ self.w.T


class Network:
    """Layers in a list, each with its own w."""

    def __init__(self, factor: float = 1.0):
        self.layers = [Linear(), Linear(factor)]

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout


class Cell:
    """Two outputs, two gradients of them, and a loss beside it that takes none."""

    def __init__(self, factor: float = 1.0):
        self.w, self.factor = W.copy(), factor

    def forward(self, x):
        self.x = x
        return x @ self.w, 2 * x

    def backward(self, dy, dz):
        self.grad_w = self.factor * self.x.T @ dy
        return dy @ self.w.T + 2 * dz


class Loss:
    def __init__(self, factor: float = 1.0):
        self.w, self.factor = W.copy(), factor

    def forward(self, x):
        self.x = x
        return np.sum(x @ self.w)

    def backward(self):
        self.w_grad = self.factor * self.x.T @ np.ones((3, 2))
        return np.ones((3, 2)) @ self.w.T


class ScaledLoss(Linear):
    """A loss that returns what it compared, too, and whose gradient has a scale in place of dout."""

    def forward(self, x):
        self.x = x
        return np.sum(x @ self.w), x @ self.w

    def backward(self, scale=1.0):
        self.dw = scale * self.factor * self.x.T @ np.ones((3, 2))
        return scale * np.ones((3, 2)) @ self.w.T


LAYERS = {
    Linear: "dw",
    Dicts: "dw",
    OtherDicts: "dw",
    Lists: "dw",
    Network: "self.layers[1].dw",
    Cell: "dw",
    Loss: "dw",
    ScaledLoss: "dw",
}


@pytest.mark.parametrize("kind", LAYERS)
def test_the_parameters_of_a_layer_are_checked_wherever_it_has_them(kind: type) -> None:
    layer = kind()
    for report in (ag.check_backward(layer, X), ag.check_backward(layer.forward, layer.backward, X)):
        assert report, report.to_text()
        assert LAYERS[kind] in {check.name for check in report.gradients}
    wrong = kind(0.5)
    for report in (ag.check_backward(wrong, X), ag.check_backward(wrong.forward, wrong.backward, X)):
        assert [check.name for check in report.failures] == [LAYERS[kind]]


@pytest.mark.parametrize("used", [False, True])
def test_a_parameter_without_gradient_makes_the_report_false(used: bool) -> None:
    layer = NoGradient()
    if used:
        layer.forward(X[:2])
    for report in (ag.check_backward(layer, X), ag.check_backward(layer.forward, layer.backward, X)):
        assert repr(report) == "<BackwardReport FAILED: dx is right; dw is missing>"
        assert not report.notes
    assert ag.check_backward(layer, X, wrt=["x"])
    functions = ag.check_backward(layer.forward, lambda dout: dout @ layer.w.T, X)
    assert "no method of the same one" in functions.problems[0].message


def test_a_layer_that_was_used_before_is_checked_anew() -> None:
    layer = Dicts()
    layer.forward(X[:2])
    layer.backward(np.ones((2, 2)))
    assert ag.check_backward(layer, X)


# -- beside the values ---------------------------------------------------------------------------------------------


def relu_in_place(x):
    x[x < 0] = 0
    return x


def sigmoid_over_its_input(x):
    out = 1 / (1 + np.exp(-x))
    cache = (x,)
    x[...] = out
    return out, cache


def sigmoid_of_the_cache(dout, cache):
    out = 1 / (1 + np.exp(-cache[0]))
    return dout * out * (1 - out)


def relu_changes_dout(dout, x):
    dout[x < 0] = 0
    return dout


def changes_the_cache(dout, cache):
    cache[0][...] *= dout
    return cache[0] / cache[1] * 2 * cache[1]


shared: dict[str, Any] = {}


def square_forward_global(x):
    shared["x"] = x
    return x * x


PROBLEMS = {
    "forward in place": (relu_in_place, lambda dout, x: dout * (x > 0), "aliasing", "forward changes x in place"),
    "backward changes dout": (relu_forward, relu_changes_dout, "aliasing", "backward changes dout in place"),
    "backward changes the cache": (
        lambda x: (x * x, (x.copy(), np.ones_like(x))),
        changes_the_cache,
        "aliasing",
        "backward changes the cache in place",
    ),
    "a global": (square_forward_global, lambda dout, x: 2 * shared["x"] * dout, "state", "a global variable"),
    "float32": (lambda x: x * x, lambda dout, x: np.float32(2 * x * dout), "dtype", "dx is float32"),
    "an exception": (lambda x: x * x, lambda dout, x: dout @ x, "error", "raises ValueError: matmul"),
    "nothing returned": (lambda x: x * x, lambda dout, x: None, "error", "is there a return statement?"),
    "complex": (lambda x: x * x, lambda dout, x: 2j * x * dout, "dtype", "dx is complex128"),
    "no numbers": (lambda x: x * x, lambda dout, x: (2 * x * dout).astype(object), "error", "has the dtype object"),
    "too many gradients": (lambda x: x * x, lambda dout, x: (x, x), "error", "2 gradients for 1 inputs"),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_problem_beside_the_values(name: str) -> None:
    forward, backward, kind, words = PROBLEMS[name]
    x = X.copy()
    report = ag.check_backward(forward, backward, X)
    assert not report
    assert [problem.message for problem in report.problems if problem.kind == kind and words in problem.message]
    np.testing.assert_array_equal(X, x)


def test_a_cache_that_forward_overwrites_is_the_hint() -> None:
    report = ag.check_backward(sigmoid_over_its_input, sigmoid_of_the_cache, X)
    assert "forward overwrites x in place" in said(report, "dx")


# -- kinks and ties ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slope", [0.0, 0.3, 1.0])
def test_at_a_kink_everything_between_both_slopes_is_right(slope: float) -> None:
    x = np.array([-1.0, 0.0, 2.0, 0.0])
    assert ag.check_backward(relu_forward, lambda dout, x: dout * np.where(x == 0, slope, x > 0), x)
    assert not ag.check_backward(relu_forward, lambda dout, x: dout * np.where(x == 0, slope - 2, x > 0), x)


def test_ties_must_share_the_gradient() -> None:
    x = np.array([1.0, 3.0, 3.0, 2.0])
    mask = ag.check_backward(lambda x: x.max(), lambda dout, x: dout * (x == x.max()), x)
    assert "tied entries" in said(mask, "dx")
    assert ag.check_backward(lambda x: x.max(), lambda dout, x: dout * (np.arange(4) == x.argmax()), x)
    assert ag.check_backward(lambda x: x.max(), lambda dout, x: dout * (x == x.max()) / (x == x.max()).sum(), x)


def test_a_forward_in_single_precision_gives_no_alarm() -> None:
    def forward(x):
        return np.sin(x.astype(np.float32))

    right = ag.check_backward(forward, lambda dout, x: dout * np.cos(x), X)
    assert right, right.to_text()
    assert "less than float64" in right.notes[0]
    assert not ag.check_backward(forward, lambda dout, x: dout * np.cos(x) * 1.1, X)


def test_the_end_of_the_domain_gives_no_alarm() -> None:
    edge = ag.check_backward(lambda x: x * np.sqrt(x), lambda dout, x: 1.5 * dout * np.sqrt(x), np.array([0.0, 1.0]))
    assert edge, edge.to_text()
    assert "1 entry of dx could not be measured" in edge.notes[0]


# -- no known mistake ----------------------------------------------------------------------------------------------


def at_one_row(dout, x):
    dx = dout * np.cos(x)
    dx[1] += np.array([0.1, 0.7])
    return dx


@pytest.mark.parametrize(
    ("backward", "words"),
    [
        (at_one_row, "all of them at 1 along axis 0"),
        (lambda dout, x: dout * np.cos(x) + 0.25, "has to be added to each"),
        (lambda dout, x: dout * np.cos(x) * np.array([1.3, 0.7]), "the same along axis 0: a factor of shape (1, 2)"),
        (lambda dout, x: dout * np.cos(x) * (x > 2.5), "there it is zero, and should not be"),
    ],
    ids=["one row", "offset", "a ratio along an axis", "zeros"],
)
def test_without_a_hint_it_says_where(backward: Callable[..., Any], words: str) -> None:
    report = ag.check_backward(np_sin, backward, X)
    assert not report.failures[0].hints
    assert words in said(report, "dx")


def np_sin(x):
    return np.sin(x)


def two_shifts(x, a, b):
    return np.sin(x) + a * np.arange(1.0, 3.0) + 3 * b


HINTS = {
    "two mistakes only if one does not explain it": (
        (lambda x: np.sum(x**2), lambda x: x),
        {"dx": ["a factor 2 is missing"]},
    ),
    "dout in two places": (
        (np_sin, lambda dout, x: np.cos(x)),
        {"dx": ["the factor dout is missing: the gradient of the output (chain rule)"]},
    ),
    "a gradient that is right is not swapped": (
        (two_shifts, lambda dout, x, a, b: (dout * np.cos(x), 3 * dout.sum(axis=0), 3 * dout.sum(axis=0))),
        {"da": ["this is db, which is right, and da is something else"]},
    ),
    "the length of another axis": (
        (lambda x: x.mean(axis=0), lambda dout, x: np.tile(dout / x.shape[1], (len(x), 1))),
        {
            "dx": [
                "divided by 3, the number of entries along axis 1 of x, where 4 is meant, that along axis 0 of x",
            ]
        },
    ),
    "a number that depends on the shape": (
        (lambda x: x.mean(axis=0), lambda dout, x: np.tile(dout / 3, (len(x), 1))),
        {"dx": ["divided by 3 where 4 is meant, the number of entries along axis 0 of x"]},
    ),
    "a number, as one writes it": (
        (np_sin, lambda dout, x: dout * np.cos(x) * 4),
        {"dx": ["a constant factor is wrong"]},
    ),
    "the term of a shortcut": (
        (lambda x: x + np.sin(x), lambda dout, x: dout * np.cos(x)),
        {"dx": ["the term dout is missing: what goes around, along a shortcut"]},
    ),
    "a penalty": (
        (lambda x: np.sum(np.sin(x)) + 0.1 * np.sum(x**2), lambda x: np.cos(x)),
        {"dx": ["a multiple of x is missing, or wrong, as of a penalty of squares (weight decay)"]},
    ),
    "one less": (
        (lambda x: x.mean(axis=0), lambda dout, x: np.tile(dout / (len(x) - 1), (len(x), 1))),
        {"dx": ["divided by 4 - 1 where 4 is meant, the number of entries along axis 0 of x"]},
    ),
    "the entries of a channel": (
        (lambda x: x.reshape(2, 2, 3) * 1.0 + 0 * x.sum(), lambda dout, x: dout.reshape(4, 3) / 6),
        {
            "dx": [
                "a mean where a sum is meant, over each channel of dout: do not divide by 6",
                "a constant factor is wrong",  # forward takes no other shapes, so nobody knows
            ]
        },
    ),
}


@pytest.mark.parametrize("name", HINTS)
def test_only_what_helps_is_a_hint(name: str) -> None:
    pair, expected = HINTS[name]
    rng = np.random.default_rng(0)
    count = pair[0].__code__.co_argcount
    report = ag.check_backward(*pair, rng.normal(size=(4, 2 if count > 1 else 3)), *rng.normal(size=(count - 1, 2)))
    found = {check.name: [hint.mistake for hint in check.hints] for check in report.failures}
    assert found == expected, report.to_text()
    assert not any(
        "dout * dout" in hint.fix or "; and " in hint.mistake for check in report.failures for hint in check.hints
    )


@pytest.mark.parametrize("size", [1e-4, 1.0, 1e4])
def test_a_square_matrix_that_is_not_transposed_is_found_whatever_its_size(size: float) -> None:
    x, w = np.split(np.random.default_rng(0).normal(size=(7, 3)), [4])
    report = ag.check_backward(lambda x, w: x @ w, lambda dout, x, w: (dout @ w, x.T @ dout), x, size * w)
    assert [hint.mistake for hint in report.failures[0].hints] == ["w should be transposed, or should not"]


@pytest.mark.parametrize(
    ("factor", "fix"),
    [(7, "dx / 7"), (0.25, "dx * 4"), (0.37, "dx / 0.37"), (2 / 3, "dx * 1.5"), (3 / 7, "dx * 7 / 3"), (-5, "-dx / 5")],
)
def test_a_number_is_written_as_a_person_would(factor: float, fix: str) -> None:
    report = ag.check_backward(np_sin, lambda dout, x: factor * dout * np.cos(x), X)
    assert [hint.fix for hint in report.failures[0].hints] == [f"dx = {fix}"]


def test_a_number_that_nobody_would_write_is_no_hint() -> None:
    report = ag.check_backward(np_sin, lambda dout, x: np.pi / 3 * dout * np.cos(x), X)
    assert not report.failures[0].hints
    assert "true / found is 0.95493 everywhere" in report.failures[0].where


class Normalization:
    """Batch norm as a layer: its gain is 1 at first, and its running mean and variance are no parameters."""

    def __init__(self, training: bool):
        self.gain, self.shift, self.training = np.ones(3), np.zeros(3), training
        self.running_mean, self.running_var = np.zeros(3), np.ones(3)

    def forward(self, x):
        mean, var = (x.mean(axis=0), x.var(axis=0)) if self.training else (self.running_mean, self.running_var)
        if self.training:
            self.running_mean = 0.9 * self.running_mean + 0.1 * mean
            self.running_var *= 0.9
            self.running_var += 0.1 * var
        self.std = np.sqrt(var + 1e-5)
        self.x_hat = (x - mean) / self.std
        return self.gain * self.x_hat + self.shift

    def backward(self, dout):
        self.dgain, self.dshift, d = (dout * self.x_hat).sum(axis=0), dout.sum(axis=0), dout * self.gain
        through = d.mean(axis=0) + self.x_hat * (d * self.x_hat).sum(axis=0) if self.training else 0  # sum for mean
        return (d - through) / self.std


def test_the_state_of_a_layer_is_no_parameter_unless_the_output_depends_on_it() -> None:
    x = np.random.default_rng(0).normal(size=(5, 3))
    training = ag.check_backward(Normalization(True), x)
    assert "through the variance over axis 0: a sum where a mean is meant" in said(training, "dx")
    assert [check.name for check in training.gradients] == ["dx", "dgain", "dshift"]
    assert not training.problems
    test = ag.check_backward(Normalization(False), x)
    assert not test
    assert [problem.name for problem in test.problems] == ["drunning_mean", "drunning_var"]
    assert ag.check_backward(Normalization(False), x, wrt=["x", "gain", "shift"])


def test_a_coincidence_is_not_told() -> None:
    x = np.array([1.0, -2.0, 3.0, -4.0])
    report = ag.check_backward(np_sin, lambda dout, x: dout * np.cos(x) + np.array([0.1, 0, 0.7, 0])[::-1], x)
    assert "where x" in said(report, "dx")
    x = np.array([1.0, -2.0, -3.0, -4.0])
    report = ag.check_backward(np_sin, lambda dout, x: dout * np.cos(x) + np.array([0.1, 0, 0.7, 0])[::-1], x)
    assert "where x" not in said(report, "dx")


class FrozenNorm:
    """Batch norm with fixed statistics, whose dx is not divided by the standard deviation."""

    def __init__(self):
        self.gamma, self.running_mean, self.running_var = (
            np.ones(3),
            np.array([0.1, -0.2, 0.3]),
            np.array([0.5, 1.5, 2]),
        )

    def forward(self, x):
        self.x_hat = (x - self.running_mean) / np.sqrt(self.running_var + 1e-5)
        return self.gamma * self.x_hat

    def backward(self, dout):
        self.dgamma = (dout * self.x_hat).sum(axis=0)
        return dout * self.gamma


def test_a_standard_deviation_that_is_not_divided_by_is_told_with_its_eps() -> None:
    report = ag.check_backward(FrozenNorm(), np.random.default_rng(0).normal(size=(4, 3)), wrt=["x", "gamma"])
    assert "has to be divided by np.sqrt(self.running_var + eps), with the eps of forward" in said(report, "dx")


def test_a_limit_that_the_given_values_do_not_reach_is_tried_too() -> None:
    small = np.array([0.4, -0.3, 0.2, -0.35])
    report = ag.check_backward(lambda x: np.clip(x, -1, 1), lambda dout, x: dout, small)
    assert "only at inputs whose entries are 10 times larger or smaller" in said(report, "dx")
    assert "there it should be zero" in said(report, "dx")
    assert ag.check_backward(lambda x: np.clip(x, -1, 1), lambda dout, x: dout * (abs(x) < 1), small)


# -- what backward returns beside the gradients of arguments -------------------------------------------------------


def affine_of_dict(x, p):
    return x @ p["W"] + p["b"], (x, p)


P = {"W": W, "b": np.array([0.5, -1.5]), "scale": 2}


@pytest.mark.parametrize(
    ("backward", "words"),
    [
        (lambda dout, c: {"dx": dout @ c[1]["W"].T, "dW": c[0].T @ dout, "db": dout.sum(axis=0)}, ""),
        (lambda dout, c: (dout @ c[1]["W"].T, {"W": c[0].T @ dout, "b": dout.sum(axis=0)}), ""),
        (lambda dout, c: {"dx": dout @ c[1]["W"].T, "dW": 2 * c[0].T @ dout, "db": dout.sum(axis=0)}, "dW is wrong"),
        (lambda dout, c: {"dx": dout @ c[1]["W"].T, "dW": c[0].T @ dout}, "db is missing"),
        (lambda dout, c: {"dx": dout @ c[1]["W"].T, "dz": dout}, "dz, which is the gradient of no input: not checked"),
    ],
    ids=["by key", "a dict of them", "wrong", "one is missing", "of no input"],
)
def test_arrays_in_a_dict_are_inputs_if_backward_returns_their_gradients(
    backward: Callable[..., Any], words: str
) -> None:
    report = ag.check_backward(affine_of_dict, backward, X, P)
    assert bool(report) is not bool(words)
    assert words in report.to_text()
    assert P["W"] is W


def test_a_gradient_of_no_input_is_only_noted_if_wrt_tells_what_is_wanted() -> None:
    report = ag.check_backward(np_sin, lambda dout, x: {"dx": dout * np.cos(x), "dz": dout}, X, wrt=["x"])
    assert report
    assert report.notes == ("backward returns dz, which is the gradient of no input: not checked.",)


def test_the_gradient_of_a_number_is_not_checked_and_the_report_says_so() -> None:
    report = ag.check_backward(lambda x, a: a * x, lambda dout, x, a: (dout * a, 7.0), X, 0.5)
    assert report
    assert report.notes == ("a is no array of floating point: its gradient is not checked.",)


# -- refused -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("forward", "backward", "inputs", "words"),
    [
        (lambda x: x * np.random.default_rng().random(), lambda dout, x: dout, (X,), "two different results"),
        (np_sin, lambda dout, x, y, z: dout, (X,), "cannot tell how to call"),
        (np_sin, lambda x: x, (X,), "takes no gradient of the output"),
        (np_sin, lambda ctx, dout: dout, (X,), "takes no gradient of the output; its first parameter must be"),
        (np_sin, lambda dout, x: dout, (np.zeros(5000),), "at most 4000"),
        (np_sin, lambda dout, x: dout, (3,), "arrays of floating point"),
        (lambda x: x + np.inf, lambda dout, x: dout, (X,), "NaN or infinity"),
    ],
    ids=["random", "unknown convention", "no dout", "dout later", "too large", "nothing to check", "infinite"],
)
def test_what_cannot_be_checked_is_refused(
    forward: Callable[..., Any], backward: Callable[..., Any], inputs: tuple[Any, ...], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        ag.check_backward(forward, backward, *inputs)


# -- the report ----------------------------------------------------------------------------------------------------


def wrong_bias(dout, cache):
    dx, dw, db = dense(dout, cache)
    return dx, dw, db / len(dout)


def test_a_common_cause_is_told_once() -> None:
    text = ag.check_backward(dense_forward, lambda *a: [g * len(a[0]) for g in dense(*a)], X, W, np.zeros(2)).to_text()
    assert text.count("Correct it:") == 1
    assert "dx, dw and db: a sum where a mean is meant, over axis 0 of x: divide by 3." in text
    assert "    dx = dx / x.shape[0]\n    dw = dw / x.shape[0]\n    db = db / x.shape[0]" in text


def test_the_report_in_all_formats() -> None:
    report = ag.check_backward(dense_forward, wrong_bias, X, W, np.zeros(2))
    assert repr(report) == "<BackwardReport FAILED: db is wrong; dx and dw are right>"
    assert str(report) == report.to_text()
    for text in (report.to_text(), report.to_markdown(), report._repr_html_()):
        assert "a mean where a sum is meant" in text
        assert "db = db * x.shape[0]" in text
    plain = json.loads(json.dumps(report.to_dict()))
    assert not plain["ok"]
    assert [gradient["verdict"] for gradient in plain["gradients"]] == ["PASS", "PASS", "FAIL"]
    assert plain["gradients"][2]["hints"][0]["fix"] == "db = db * x.shape[0]"


@pytest.mark.parametrize(
    ("forward", "outputs", "words"),
    [
        (lambda x: (x, (x, 2 * x)), 2, "forward returns tuple as output 1; return arrays"),
        (lambda x: ({"h": x}, x), None, "forward returns dict as output 0"),
        (lambda x: (1j * x, x), None, "forward returns ndarray complex128 as output 0"),
        (lambda x: (x, x), 3, "outputs=3, but forward returns 2 values"),
    ],
    ids=["a tuple", "a dict", "complex", "too many"],
)
def test_what_is_no_output_is_refused(forward: Callable[..., Any], outputs: int | None, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ag.check_backward(forward, lambda dout, cache: dout, X, outputs=outputs)


def test_an_unknown_name_in_wrt_is_refused() -> None:
    with pytest.raises(ValueError, match=r"wrt names \['v'\]; the inputs are x, w"):
        ag.check_backward(*CONVENTIONS["inputs"], X, W, wrt=["v"])
