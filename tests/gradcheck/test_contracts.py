import itertools
import re

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import core, nn
from autograd_lite.gradcheck.contracts import contract_problems, gradient_problems


def problems(f, *arrays):
    leaves = {f"x{i}": ag.tensor(array, requires_grad=True) for i, array in enumerate(arrays)}

    def outputs():
        return (f(*leaves.values()),)

    weights = [np.random.default_rng(1).uniform(0.5, 1.5, outputs()[0].shape)]
    before = [leaf.data.copy() for leaf in leaves.values()]
    found = contract_problems(outputs, weights, leaves)
    assert all(np.array_equal(leaf.data, old) for leaf, old in zip(leaves.values(), before, strict=True))
    return [(problem.kind, problem.name) for problem in found]


def user_op(forward, **formulas):
    def wrong(x):
        return forward(x)

    wrong.__annotations__ = {"x": core.Array, "return": core.Array}
    return core.op(registered=False, **formulas)(wrong)


RNG = np.random.default_rng(2)
X = np.random.default_rng(0).normal(size=(3, 4))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: ag.tanh(x) @ x.T,
        lambda x: ag.softmax(ag.max(x, axis=0)),
        lambda x: ag.conv1d(x.reshape(1, 3, 4), np.ones((2, 3, 2))),
        lambda x: ag.sort(x, axis=1).cumsum(axis=0),
    ],
    ids=["tanh", "max", "conv1d", "sort"],
)
def test_nothing_is_said_of_what_is_right(f):
    assert problems(f, X) == []


def test_infinite_and_missing_gradients_are_no_problem():
    assert problems(lambda x: ag.sqrt(x), np.array([0.0, 1.0])) == []
    assert problems(lambda x: ag.tensor(x.data).sum() + 0 * x.sum(), X) == []


def test_a_forward_that_writes_into_its_input():
    def forward(x):
        x += 1
        return x * 2

    assert problems(user_op(forward, x=lambda g: 2 * g), X) == [("mutation", "x0")]


def test_a_derivative_that_writes_into_what_arrives():
    def formula(g):
        g *= 2
        return g

    assert problems(user_op(lambda x: x * 2, x=formula), X)[0] == ("aliasing", "output 0")


def test_a_derivative_that_writes_into_its_input():
    def formula(g, x):
        x[0, 0] += 1
        return g * x

    assert problems(user_op(lambda x: x * x / 2, x=formula), X)[0] == ("aliasing", "x0")


def test_a_derivative_that_writes_into_the_output():
    def formula(g, out):
        out *= 0.5
        return g * out

    assert ("aliasing", "output 0") in problems(user_op(np.exp, x=formula), X)


def test_a_derivative_that_keeps_a_state():
    calls = []

    def formula(g):
        calls.append(1)
        return g * len(calls)

    assert problems(user_op(lambda x: x * 1.0, x=formula), X) == [("second use", "x0")]


@pytest.mark.parametrize("place", ["value", "gradient"])
def test_what_relies_on_the_strides(place):
    if place == "value":
        wrong = user_op(lambda x: as_in_memory(x) * 1.0, x=lambda g: g)
    else:
        wrong = user_op(lambda x: x * x / 2, x=lambda g, x: g * as_in_memory(x))
    found = problems(wrong, X)
    assert found
    assert set(found) == {("contiguity", "x0")}


@pytest.mark.parametrize(
    ("gradient", "expected"),
    [
        (np.zeros((3, 4)), []),
        (np.zeros((4, 3)), ["transpose it"]),
        (np.zeros((5, 3, 4)), ["sum it over"]),
        (np.zeros(7), ["one number for each entry"]),
        (np.zeros((3, 4), "float32"), ["float32"]),
        ([[0.0]], ["list"]),
    ],
)
def test_the_form_of_a_gradient(gradient, expected):
    messages = [problem.message for problem in gradient_problems("w", gradient, X)]
    assert len(messages) == len(expected)
    assert all(word in message for word, message in zip(expected, messages, strict=True))


# -- as gradcheck reports it -----------------------------------------------------------------------------------------


def reported(f, *arrays, **options):
    report = ag.gradcheck(f, *arrays, raise_exception=False, **options)
    assert not report or not report.problems
    return [(problem.kind, problem.name) for problem in report.problems]


def test_gradcheck_reports_what_single_entries_cannot_show():
    def forward(x):
        x += 1
        return x * 1.5

    assert reported(user_op(forward, x=lambda g: 1.5 * g), X) == [("mutation", "x")]
    assert reported(lambda x, y: ag.tanh(x) * y, X, 2 * X, order=2) == []
    assert reported(lambda x: ag.tanh(x), X.astype("float32"), dtype="float32") == []


@pytest.mark.parametrize(
    "x",
    [np.zeros((0, 3)), np.array(2.0), np.broadcast_to(np.arange(3.0), (2, 3)), X[::2, ::-2], np.asfortranarray(X)],
    ids=["empty", "0-d", "broadcast", "strided", "transposed"],
)
def test_all_layouts_of_inputs_can_be_checked(x):
    report = ag.gradcheck(lambda x, w: ag.exp(x) * w, x, np.array(2.0), order=2)
    assert report.problems == ()
    assert {entry.name for entry in report.entries} >= {"w"}


def test_one_item_in_the_place_of_many_is_a_layout_too():
    def first_item(x):
        return np.lib.stride_tricks.as_strided(x, x.shape, (8, 0) if x.strides[0] else (0, 8)) * 1.0

    wrong = user_op(lambda x: x * x / 2, x=lambda g, x: g * (x if x.strides[0] else first_item(x) + 1))
    assert problems(wrong, np.broadcast_to(np.arange(1.0, 4.0), (2, 3)).copy()) == [("contiguity", "x0")]


def test_two_inputs_that_only_together_make_a_difference_are_named_both():
    def f(x, y):
        return x * (1.0 if x.data.flags.c_contiguous or y.data.flags.c_contiguous else 2.0) + y

    assert set(problems(f, X, X + 1)) == {("contiguity", "x0, x1")}


def wrong_in_place(x):
    x += 1
    return np.ones_like(x)


def test_a_gradient_that_is_zero_but_for_rounding_may_round_differently():
    def centred(x, bias):
        h = x * 3 + bias
        return ag.tanh(h - ag.mean(h, axis=0)) * np.arange(20.0).reshape(5, 4)

    x, bias = np.random.default_rng(0).normal(size=(5, 4)), np.arange(4.0)
    assert problems(centred, x, bias) == []
    model = ag.nn.Sequential(ag.nn.Linear(4, 3), ag.nn.BatchNorm1d(3), ag.nn.Tanh())
    assert reported(model, x.astype("float32"), dtype="float32", order=2, max_entries=5) == []


def test_a_derivative_that_uses_what_the_last_call_left():
    kept = {}

    def forward(x):
        kept["exp"] = np.exp(x)
        return kept["exp"] * 1.0

    assert problems(user_op(forward, x=lambda g: g * kept["exp"]), X) == [("second use", "x0")]


def test_a_derivative_that_uses_what_an_early_call_left():
    kept = []

    def forward(x):
        kept.append(np.exp(x))
        return np.exp(x)

    assert problems(user_op(forward, x=lambda g: g * kept[2 * (len(kept) > 3)]), X) == [("state", "x0")]


BUFFER = np.zeros((3, 4))
LAST = [np.zeros((3, 4))]


def into_a_buffer(x):
    BUFFER[...] = np.cos(x)
    return BUFFER


def sines(x):
    LAST[0] = x.copy()
    return np.sin(x).sum()


@pytest.mark.parametrize(
    ("jac", "expected"),
    [(into_a_buffer, [("aliasing", "x")]), (lambda x: np.cos(LAST[0]), [("state", "x")]), (np.cos, [])],
    ids=["one buffer", "state", "right"],
)
def test_what_hand_written_gradients_keep_of_other_calls(jac, expected):
    assert reported(sines, X, jac=jac) == expected


@pytest.mark.parametrize(
    ("jac", "expected"),
    [
        (lambda x: np.ones(5), ("shape", "x")),
        (lambda x: np.ones((3, 4), "float32"), ("dtype", "x")),
        (wrong_in_place, ("aliasing", "x")),
        (lambda x: RNG.normal(size=x.shape), ("determinism", "x")),
    ],
    ids=["shape", "dtype", "aliasing", "determinism"],
)
def test_gradients_written_by_hand(jac, expected):
    assert reported(lambda x: x.sum(), X, jac=jac) == [expected]
    assert reported(lambda x: x.sum(), X, jac=lambda x: np.ones((3, 4)).tolist()) == []


NOT_ONE_FOR_EACH = r"has shape \(\), the input \(3, 4\); return one number for each entry of the input"


@pytest.mark.parametrize(
    ("jac", "message"),
    [
        (lambda x: np.ones((4, 3)), r"x: the gradient has shape \(4, 3\), the input \(3, 4\); transpose it"),
        (lambda x: 1.0, NOT_ONE_FOR_EACH),
        (lambda x: np.ones((3, 4), int), "x: the gradient is int64, the input float64; return the input's type"),
        (lambda x: np.ones((3, 4), complex), "x: the gradient is complex128, the input float64; return the input's"),
        (wrong_in_place, "1 other problem .aliasing.\n\nx: its gradient changed this input in place; compute with a"),
    ],
    ids=["transposed", "a number", "integers", "complex", "in place"],
)
def test_what_is_said_of_gradients_written_by_hand(jac, message):
    with pytest.raises(AssertionError, match=message):
        ag.gradcheck(lambda x: float(x.sum()), X, jac=jac)


@pytest.mark.parametrize(
    ("error", "f", "inputs", "jac", "message"),
    [
        (
            TypeError,
            np.sum,
            (X,),
            lambda x: None,
            r"the gradient for .* is None; return an array \(3, 4\)",
        ),
        (TypeError, lambda z: abs(z.sum()), (X + 1j,), lambda z: z, "one of real arrays; let it take real and imagin"),
        (TypeError, lambda x: x**2, (X,), lambda x: 2 * x, "with jac, it must be one real number"),
        (ValueError, lambda x: RNG.normal(), (X,), lambda x: 0 * x, "two different results for the same inputs; draw"),
        (ValueError, lambda x, y: 0.0, (X, X), lambda x, y: (x,), "2 inputs, but 1 gradient; return one for each"),
    ],
    ids=["nothing", "complex", "not a number", "stochastic", "too few"],
)
def test_what_cannot_be_checked_by_hand(error, f, inputs, jac, message):
    with pytest.raises(error, match=message):
        ag.gradcheck(f, *inputs, jac=jac)


def test_a_single_gradient_may_come_in_a_tuple():
    assert ag.gradcheck(lambda x: float((x**2).sum()), X, jac=lambda x: (2 * x,))
    assert ag.gradcheck(lambda x: float((x**2).sum()), np.ones(1), jac=lambda x: (2.0,))


# -- the operation that breaks a rule, in a model whose gradients are all right ----------------------------------------


def as_in_memory(x):
    return np.lib.stride_tricks.as_strided(x, x.shape, (x.itemsize * x.shape[1], x.itemsize))


def shifted_in_place(x):
    x += 1
    return 2 * x


def doubled_in_place(g):
    g *= 2
    return g


def scaled_out(g, out):
    out *= 1.5
    return g * out / 1.5


class Buffered:
    """A forward that returns the same memory each time."""

    array = np.empty(0)

    def forward(self, x):
        if self.array.shape != x.shape:
            self.array = np.empty_like(x)
        self.array[...] = x * x / 2
        return self.array


BREAKERS = {
    "mutation": (lambda: user_op(shifted_in_place, x=lambda g: 2 * g), "x: the function changed this input in place"),
    "aliasing, of what arrives": (
        lambda: user_op(lambda x: x * 2, x=doubled_in_place),
        "output 0: the derivative changed the gradient that arrived in place; compute with a copy",
    ),
    "aliasing, of the output": (
        lambda: user_op(np.exp, x=scaled_out),
        "output 0: the derivative changed it in place; compute with a copy",
    ),
    "aliasing, by another call": (
        lambda: user_op(Buffered().forward, x=lambda g, x: g * x),
        "output 0: a later call overwrites this result; return a new array each time",
    ),
    "strides of the value": (
        lambda: user_op(lambda x: as_in_memory(x) * 1.0, x=lambda g: g),
        "x: for a transposed input the value is another than for a contiguous copy; do not rely on the strides",
    ),
    "strides of the gradient": (
        lambda: user_op(lambda x: x * x / 2, x=lambda g, x: g * as_in_memory(x)),
        "x: for a transposed input the gradient is another than for a contiguous copy; do not rely on the strides",
    ),
}


@pytest.mark.parametrize(("define", "message"), BREAKERS.values(), ids=list(BREAKERS))
def test_what_only_this_check_finds_is_told_with_the_operation(define, message):
    op = define()
    report = ag.gradcheck(lambda x: op(x), X, raise_exception=False)
    assert not report.failures
    assert message in report.to_text()
    place = rf"The operation is wrong at {re.escape(__file__)}:\d+\."
    assert all(re.search(place, problem.message) for problem in report.problems), report.to_text()


def test_an_operation_inside_a_model_is_named_if_the_model_breaks_the_rule():
    wrong = BREAKERS["strides of the value"][0]()
    report = ag.gradcheck(lambda x: ag.tanh(wrong(ag.sin(x))), X, raise_exception=False)
    (problem,) = report.problems
    assert (problem.kind, problem.name) == ("contiguity", "x")
    assert "The operation is wrong at" in problem.message


def test_of_a_rule_that_no_operation_breaks_none_is_named():
    def f(x):
        return x * (1.0 if x.data.flags.c_contiguous else 2.0)

    problems = ag.gradcheck(f, X, raise_exception=False).problems
    assert [problem.kind for problem in problems] == ["contiguity"] * 2
    assert all(problem.message.endswith("do not rely on the strides") for problem in problems)


@pytest.mark.parametrize(
    ("formula", "error", "message"),
    [
        (lambda g: g.T, AssertionError, r"wrong: the derivative for x has shape \(4, 3\), x \(3, 4\); transpose it"),
        (
            lambda g: g[0],
            AssertionError,
            r"wrong: the derivative for x has shape \(4,\), .*; return one number for each",
        ),
        (lambda g: g.tolist(), TypeError, "wrong: a formula of its derivative returned list; return an array"),
        (lambda g: 1.0, TypeError, "wrong: a formula of its derivative returned float; return an array"),
    ],
    ids=["transposed", "a row", "a list", "a number"],
)
def test_a_formula_that_returns_no_gradient(formula, error, message):
    wrong = user_op(lambda x: x * 1.0, x=formula)
    with pytest.raises(error, match=message):
        ag.gradcheck(lambda x: ag.tanh(wrong(x)), X)


def test_a_formula_that_loses_digits():
    wrong = user_op(lambda x: x * x / 2, x=lambda g, x: ag.astype(g * x, "float32"))
    with pytest.raises(AssertionError, match="Its formula for x returns float32, and x is float64; return that"):
        ag.gradcheck(lambda x: ag.tanh(wrong(x)), X)
    assert ag.gradcheck(lambda x: ag.tanh(wrong(x)), X, dtype="float32")


def test_a_formula_that_fails_for_no_numbers_at_all():
    wrong = user_op(lambda x: x - 1.0, x=lambda g: g * (g.size // g.size))
    assert ag.gradcheck(lambda x: wrong(x), X)
    with pytest.raises(ZeroDivisionError) as raised:
        ag.gradcheck(lambda x: wrong(x), X[:0])
    assert "in the derivative of" in raised.value.__notes__[0]
    assert "wrong (0, 4) float64" in raised.value.__notes__[0]


# -- determinism, Modules, complex numbers ---------------------------------------------------------------------------


def test_a_stochastic_function_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="two different results"):
        ag.gradcheck(lambda x: x * ag.tensor(rng.normal(size=(3, 4))), X)


def test_rounding_is_no_other_gradient_where_a_gradient_cancels() -> None:
    """Softmax does not change with what is added to all scores: the gradient of a shared bias is 0 but for rounding."""
    rng = np.random.default_rng(0)
    for _ in range(5):
        x, b = rng.normal(size=(3, 4)), rng.normal(size=(3, 1))
        assert ag.gradcheck(lambda x, b: ag.softmax(x + b), x, b, order=2)
        model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh()).astype("float64")
        assert ag.gradcheck(model, rng.normal(size=(5, 3)), order=2, max_entries=10)


IN_TURN = itertools.cycle([ag.sin, ag.cos])


class Drifting(ag.nn.Module):
    """Scales by a weight, and by a number that its buffer counts up."""

    def __init__(self):
        self.weight = ag.nn.Parameter(np.ones(4))
        self.register_buffer("calls", np.zeros(()))

    def forward(self, x):
        self.calls = ag.tensor(self.calls.data + 1)
        return x * self.weight * self.calls


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (lambda: user_op(lambda x: x * RNG.normal(size=x.shape), x=lambda g: g), r"wrong at .* gives another result"),
        (lambda: lambda x: x * RNG.normal(size=x.shape), r"multiply at .* gets other numbers"),
        (lambda: ag.nn.Sequential(ag.nn.Tanh(), ag.nn.Dropout()), r".* inside 1 \(Dropout\) gives another result"),
        (Drifting, r"multiply at .* in forward inside Drifting gets other numbers"),
        (lambda: lambda x: next(IN_TURN)(x), r"(sin|cos) at .* is in the place of (sin|cos) at"),
    ],
    ids=["operation", "numbers", "dropout", "buffer", "choice"],
)
def test_what_differs_in_a_second_run_is_named(model, told):
    with pytest.raises(ValueError, match=r"two different results .*\. In a second run, " + told):
        ag.gradcheck(model(), X)


def test_buffers_and_parameters_are_as_they_were():
    norm = ag.nn.BatchNorm1d(4, dtype="float64")
    assert ag.gradcheck(norm, X, order=2)
    assert (norm.running_mean.data.tolist(), norm.num_batches_tracked.item()) == ([0.0] * 4, 0)
    assert ag.gradcheck(norm.eval(), X)


def test_shared_parameters_are_one_and_frozen_ones_none():
    model = ag.nn.Sequential(*(ag.nn.Linear(4, 4, dtype="float64") for _ in range(2)))
    model[1].weight = model[0].weight
    model[0].bias.requires_grad_(False)
    report = ag.gradcheck(model, X)
    assert {entry.name for entry in report.entries} == {"0.weight", "1.bias", "x"}


def test_a_gradient_without_its_imaginary_part():
    wrong = user_op(lambda x: x * x, x=lambda g, x: ag.real(2 * g * x))
    assert ag.gradcheck(lambda x: wrong(x), X)
    with pytest.raises(AssertionError, match="Its formula for x returns float64, and x is complex128; return that"):
        ag.gradcheck(lambda x: wrong(x), X[:1] + 1j * X[1:2])


@pytest.mark.parametrize("options", [{}, {"order": 2}, {"directions": 2}, {"dtype": "float32"}], ids=str)
def test_a_derivative_of_another_shape_is_a_problem_of_its_operation(options):
    @ag.op(x=lambda g, w: g @ ag.swapaxes(w, 0, 1), w=lambda g, x: ag.swapaxes(g, 0, 1) @ x, registered=False)
    def product(x: ag.Array, w: ag.Array) -> ag.Array:
        return x @ w

    report = ag.gradcheck(product, np.ones((2, 3)), np.ones((3, 2)), raise_exception=False, **options)
    assert not report
    assert "product: the derivative for w has shape (2, 3), w (3, 2); transpose it" in report.to_text()
