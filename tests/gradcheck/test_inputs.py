"""What can be an input, and what is said of what cannot."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.optimize

import autograd_lite as ag

A, B = np.array([0.5, 2.0]), np.array([[1.0, -2.0]])


def names(report: Any) -> set[str]:
    return {entry.name for entry in report.entries}


def leaf(array: Any) -> ag.Tensor:
    return ag.tensor(array, requires_grad=True)


# -- trees -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "inputs", "expected"),
    [
        (lambda p: p["a"] * p["b"][0], [{"a": A, "b": [B, 3]}], {"p['a']", "p['b'][0]"}),
        (lambda p, q: p[0] * q * p[1], [(A, 2.0), B], {"p[0]", "q"}),
        (lambda pair: ag.sum(ag.stack(pair)), [[leaf(A), ag.tensor(A)]], {"pair[0]"}),
        (lambda x, w: x * w, [(A, B)], {"x", "w"}),  # as PyTorch has it
        (lambda pair: pair[0] * pair[1], [(A, B)], {"pair[0]", "pair[1]"}),
        (lambda x, w=2.0: x[0] * x[1] * w, [(A, B)], {"x[0]", "x[1]"}),
    ],
    ids=["dict", "tuple and array", "list", "tuple of arguments", "tuple as argument", "tuple as first argument"],
)
def test_arrays_in_trees_are_inputs(f: Any, inputs: list[Any], expected: set[str]) -> None:
    report = ag.gradcheck(f, *inputs, order=2)
    assert {name for name in names(report) if not name.startswith("grad_output")} == expected


def test_the_tree_arrives_as_it_was() -> None:
    seen: list[Any] = []

    def f(p: Any) -> Any:
        seen.append(p)
        return p["x"] * p["n"]

    given = {"x": A, "n": 3, "none": None, "names": ("a", "b")}
    ag.gradcheck(f, given)
    assert list(seen[0]) == list(given)
    assert seen[0]["n"] == 3
    assert seen[0]["none"] is None
    assert given["x"] is A


def test_a_function_without_arguments_and_its_leaves_in_a_list() -> None:
    model = ag.nn.Linear(2, 1, dtype="float64")
    report = ag.gradcheck(lambda: ag.sum(model(B) ** 2), list(model.parameters()))
    assert names(report) == {"weight", "bias"}


def test_a_model_takes_trees_and_gives_them() -> None:
    model = ag.nn.LSTM(2, 3, dtype="float64")
    x, state = np.linspace(-1, 1, 8).reshape(4, 1, 2), np.full((1, 1, 3), 0.1)
    report = ag.gradcheck(model, x, (state, state), max_entries=30)
    assert {"weight_ih_l0", "x", "state[0]", "state[1]"} <= names(report)
    assert ag.gradcheck(lambda x: {"a": x * x, "b": (x, None)}, A)


@pytest.mark.parametrize(
    ("f", "name"),
    [
        (lambda x: x**2, "x"),
        (lambda x: x.sum(), "x"),
        (ag.tanh, "x"),
        (ag.nn.Softmax(-1), "x"),
        (lambda p: p[0] ** 2, "p[0]"),
        (lambda *p: ag.sum(p[0]), "input 0"),
    ],
    ids=["power", "method", "operation", "Module", "of a tuple", "of several"],
)
def test_a_tuple_of_one_is_unpacked_where_f_takes_no_tuple(f: Any, name: str) -> None:
    assert names(ag.gradcheck(f, (A,))) == {name}


# -- a loss with parameters and buffers --------------------------------------------------------------------------------


class Scaled(ag.nn.Module):
    """Squares of differences times s, which is learned; `seen` counts."""

    def __init__(self, wrong: bool = False, dtype: str = "float64") -> None:
        self.s, self.wrong = ag.nn.Parameter(np.array([0.5, 2.0], dtype)), wrong
        self.register_buffer("seen", np.zeros((), dtype))

    def forward(self, x: ag.Tensor, target: Any) -> ag.Tensor:
        self.seen[...] = self.seen.data + 1
        return ag.sum((x - target) ** 2 * (self.s * self.s.detach() if self.wrong else self.s))


class Inner(ag.nn.Module):
    """A model whose own part is called loss, and has a parameter s."""

    def __init__(self, loss: ag.nn.Module) -> None:
        self.loss = loss

    def forward(self, x: ag.Tensor) -> ag.Tensor:
        return x * self.loss.s


@pytest.mark.parametrize("dtype", [None, "float32"])
@pytest.mark.parametrize("f", [ag.tanh, ag.nn.Tanh()], ids=["function", "Module"])
def test_the_parameters_of_a_loss_are_checked_and_the_loss_stays_as_it_was(f: Any, dtype: str | None) -> None:
    loss, wrong = Scaled(), Scaled(wrong=True)
    s = loss.s.data
    report = ag.gradcheck(f, A, A / 2, loss=loss, dtype=dtype, order=1 if dtype else 2)
    assert report
    assert {"x", "loss.s"} <= names(report)
    report = ag.gradcheck(f, A, A / 2, loss=wrong, dtype=dtype, raise_exception=False)
    assert {entry.name for entry in report.failures} == {"loss.s"}
    assert loss.s.data is s
    assert loss.seen.data == wrong.seen.data == 0


@pytest.mark.parametrize("dtype", [None, "float32"])
def test_parameters_of_one_name_in_model_and_loss_are_told_apart(dtype: str | None) -> None:
    model = Inner(Scaled())
    report = ag.gradcheck(model, A, A / 2, loss=Scaled(wrong=True), dtype=dtype, raise_exception=False)
    assert names(report) == {"loss.s", "loss.s (loss)", "x"}
    assert {entry.name for entry in report.failures} == {"loss.s (loss)"}
    shared = ag.gradcheck(model, A, A / 2, loss=model.loss, dtype=dtype)
    assert names(shared) == {"loss.s", "x"}


def test_all_checks_know_the_parameters_of_a_loss() -> None:
    assert "loss.s" in names(ag.gradgradcheck(ag.tanh, A, A / 2, loss=Scaled()))
    for check in (ag.taylor_test, ag.dot_product_test):
        assert check(ag.tanh, A, A / 2, loss=Scaled())
        assert not check(ag.tanh, A, A / 2, loss=Scaled(wrong=True), raise_exception=False)


@pytest.mark.parametrize("loss", [ag.nn.MSELoss(), ag.mse_loss], ids=["Module", "function"])
def test_a_function_with_a_loss_in_float32(loss: Any) -> None:
    assert names(ag.gradcheck(ag.tanh, A, A / 2, loss=loss, dtype="float32")) == {"x"}


def test_a_loss_in_float32_is_refused_unless_float32_is_asked_for() -> None:
    with pytest.raises(TypeError, match=r"loss.s \(2,\) is float32"):
        ag.gradcheck(ag.tanh, A, A / 2, loss=Scaled(dtype="float32"))
    assert ag.gradcheck(ag.tanh, A, A / 2, loss=Scaled(dtype="float32"), dtype="float32")


# -- what cannot be checked --------------------------------------------------------------------------------------------


class Net(ag.nn.Module):
    def forward(self, x: ag.Tensor) -> ag.Tensor:
        return x * x


def square(x: Any) -> Any:
    return x * x


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: ag.gradcheck(square, [1.0, 2.0]), ValueError, r"x is a list of numbers, pass np.array\(..., float\)"),
        (lambda: ag.gradcheck(square, 3.0), ValueError, r"x is the number 3.0, pass np.array\(3.0\)"),
        (lambda: ag.gradcheck(square, np.arange(3)), ValueError, r"x \(3,\) is int64, convert it with astype"),
        (lambda: ag.gradcheck(square, ag.tensor(A)), ValueError, r"x \(2,\) float64 is a Tensor without requires_grad"),
        (lambda: ag.gradcheck(square, {"a": "b"}), ValueError, r"x\['a'\] is a str"),
        (lambda: ag.gradcheck(square, [np.arange(2)] * 9), ValueError, r"x\[4\] .*; and 4 more"),
        (lambda: ag.gradcheck(Net(), np.arange(3)), ValueError, r"no parameter .*, and no input .* x \(3,\) is int64"),
        (lambda: ag.gradcheck(square), ValueError, "there is no input"),
        (lambda: ag.gradcheck(Net, A), TypeError, r"f is the class Net; pass a Module, such as Net\(...\)"),
        (lambda: ag.gradcheck(3, A), TypeError, "f is 3; pass a function"),
        (lambda: ag.gradcheck(Net(), B, B, loss="mse"), TypeError, "loss is 'mse'; pass a function"),
        (lambda: ag.gradcheck(Net(), B, B, loss=ag.nn.MSELoss), TypeError, "loss is the class MSELoss"),
        (lambda: ag.gradcheck(Net(), B, loss=ag.mse_loss), ValueError, "leaves 0 for f; pass the target, too"),
        (lambda: ag.gradcheck(square, A.astype("complex64")), TypeError, r"astype\('complex128'\)"),
        (
            lambda: ag.taylor_test(square, A.astype("float32")),
            TypeError,
            "taylor_test: x .* or call gradcheck with dtype",
        ),
        (
            lambda: ag.gradgradcheck(square, A.astype("float32")),
            TypeError,
            "gradgradcheck: x .* or pass dtype='float32'",
        ),
        (lambda: ag.dot_product_test(square, 1), ValueError, "dot_product_test: no input"),
        (lambda: ag.gradcheck(scipy.optimize.rosen, A), TypeError, r"check the gradient that you have: .*jac="),
        (lambda: ag.gradcheck(lambda x: np.float64(2.0), A), TypeError, "f returned float64; .* by jac="),
        (lambda: ag.gradcheck(lambda x: {"y": x, "n": 1}, A), TypeError, r"f returned int as output\['n'\]"),
        (lambda: ag.gradcheck(lambda x: (x**2).sum(), A, jac=True), TypeError, r"must return \(value, gradient\), not"),
        (lambda: ag.gradcheck(lambda x: x.sum(), A, jac=3), TypeError, "jac is 3"),
        (lambda: ag.gradcheck(lambda x, y: x @ y, A, A, jac=lambda x, y: y), ValueError, "2 inputs, but 1 gradient;"),
        (lambda: ag.gradcheck(square, A, eps=0), ValueError, "eps=0 is no step"),
        (lambda: ag.gradcheck(square, A, eps=-1e-4), ValueError, "eps=-0.0001 is no step"),
        (lambda: ag.gradcheck(square, A, atol=-1), ValueError, "atol=-1 is no tolerance"),
        (lambda: ag.gradcheck(square, A, rtol=np.nan), ValueError, "rtol=nan is no tolerance"),
        (lambda: ag.gradcheck(square, A, axis=1), TypeError, r"no option axis=; .*lambda x: f\(x, axis=1\)"),
        (lambda: ag.gradcheck(square, A, fast_mode=True), TypeError, "directions=4 compares along random directions"),
        (lambda: ag.gradgradcheck(square, A, nondet_tol=1.0), TypeError, "gradgradcheck: .* not deterministic"),
        (lambda: ag.gradcheck(square, inputs=(A,)), TypeError, r"no option inputs=; .*follow it: gradcheck\(f, x, w\)"),
        (lambda: ag.gradcheck(func=square, inputs=A), TypeError, "no option func=; the first argument is the function"),
        (lambda: ag.gradgradcheck(square, A, jac=square), TypeError, "no option jac=; only gradcheck has it"),
        (lambda: ag.gradgradcheck(square, A, order=2), TypeError, "order=; only gradcheck and taylor_test have it"),
        (lambda: ag.taylor_test(square, A, dtype="float32"), TypeError, "only gradcheck and gradgradcheck have it"),
        (lambda: ag.taylor_test(square, A, ordr=2), TypeError, "taylor_test: .* did you mean order="),
    ],
)
def test_what_cannot_be_checked_is_refused_with_what_to_pass(call: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        call()


@pytest.mark.skipif(np.dtype(np.longdouble) == np.float64, reason="there is no longer double")
def test_a_longer_double_is_not_called_coarse() -> None:
    with pytest.raises(TypeError, match=r"x \(2,\) is float\d+, not float64; convert it with astype\('float64'\)$"):
        ag.gradcheck(square, A.astype(np.longdouble))
