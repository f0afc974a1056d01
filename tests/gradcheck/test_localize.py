"""The first wrong operation of a run is named, with the smallest case, and nothing else is."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import core
from autograd_lite.gradcheck import localize
from autograd_lite.gradcheck.culprit import Culprit
from autograd_lite.gradcheck.localize import first_wrong

pytestmark = pytest.mark.usefixtures("registry")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def squared(x: core.Array) -> core.Array:
    return x * x


def wrong_square(**formulas: Any) -> Callable[..., Any]:
    """The square, its derivative off by a factor of 2."""
    return ag.op(**(formulas or {"x": lambda g, x: g * x}))(squared)


def leaf(array: Any) -> ag.Tensor:
    return ag.Tensor(array, requires_grad=True)


def located(f: Callable[..., Any], *leaves: ag.Tensor, order: int = 1) -> Culprit | None:
    """What is found wrong in ``f(*leaves)``, of which this derivative is in question."""

    def outputs() -> tuple[ag.Tensor, ...]:
        return (f(*leaves),)

    def gradient_of(outputs: Callable[[], tuple[ag.Tensor, ...]]) -> Callable[[], tuple[ag.Tensor, ...]]:
        def gradient() -> tuple[ag.Tensor, ...]:
            found = [output for output in outputs() if output.requires_grad]
            weights = [ag.tensor(np.cos(np.arange(o.size)).reshape(o.shape), requires_grad=True) for o in found]
            return tuple(ag.gradients(found, list(leaves), weights, create_graph=True))

        return gradient

    stages = [outputs]
    for _ in range(1, order):
        stages.append(gradient_of(stages[-1]))
    return first_wrong(stages)


def printed(culprit: Culprit, folder: Path, names: dict[str, Any]) -> list[complex]:
    """The values that the script of a culprit prints: computed and measured."""
    script = culprit.save(folder)
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(script.read_text(encoding="utf-8"), str(script), "exec"), {**names, "__file__": str(script)})
    return [complex(line.partition(": ")[2]) for line in output.getvalue().splitlines()]


# -- which operation -----------------------------------------------------------------------------------------------


def test_the_call_its_line_and_a_single_entry_are_named(rng: np.random.Generator) -> None:
    wrong = wrong_square()
    culprit = located(
        lambda x, w: ag.relu(wrong(ag.tanh(x @ w)) - 0.1).sum(),
        leaf(rng.standard_normal((6, 5))),
        leaf(rng.standard_normal((5, 4))),
    )
    assert culprit is not None
    assert (culprit.op.name, culprit.order, culprit.call, culprit.label) == ("squared", 1, 2, "x[0, 0]")
    assert culprit.line is not None
    assert culprit.line.file == __file__
    assert culprit.case.arrays()["x"].shape == (1, 1)
    assert culprit.numeric == pytest.approx(2 * culprit.analytic)
    assert "squared" in culprit.to_text()
    assert "test_localize.py" in culprit.to_text()


def test_a_right_function_has_no_culprit(rng: np.random.Generator) -> None:
    def f(x: ag.Tensor) -> ag.Tensor:
        return ag.max_pool2d(ag.relu(x), 2).sum() + ag.sort(x[0, 0], axis=0).sum() + ag.abs(x * 0).sum()

    assert located(f, leaf(rng.standard_normal((1, 2, 4, 4))), order=2) is None


def test_the_first_of_several_in_a_deep_graph(rng: np.random.Generator) -> None:
    wrong = wrong_square()

    def deep(x: ag.Tensor) -> ag.Tensor:
        for i in range(300):
            x = wrong(x) if i in (200, 250) else ag.sin(x) + 0.5
        return x.sum()

    culprit = located(deep, leaf(rng.standard_normal(3)))
    assert culprit is not None
    assert (culprit.op.name, culprit.call) == ("squared", 400)


def test_when_time_is_up_the_first_of_each_kind_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    monkeypatch.setattr(localize, "_SECONDS", -1.0)
    wrong = wrong_square()
    culprit = located(lambda x: ag.tanh(wrong(ag.tanh(x))), leaf(rng.standard_normal((4, 3))))
    assert culprit is not None
    assert (culprit.op.name, culprit.call) == ("squared", 1)
    assert culprit.case.arrays()["x"].shape == (4, 3)


def test_of_similar_calls_the_first_that_is_wrong() -> None:
    def rectified(x: core.Array) -> core.Array:
        return np.where(x > 3, 3 * x, x)

    wrong = ag.op(x=lambda g, x: g)(rectified)

    def loop(x: ag.Tensor) -> ag.Tensor:
        for _ in range(6):
            x = wrong(x) + 1
        return x.sum()

    culprit = located(loop, leaf(np.array([0.5, -9.0])))
    assert culprit is not None
    assert (culprit.op.name, culprit.call) == ("rectified", 6)  # 0.5, 1.5, 2.5, and at 3.5 it is wrong


def test_in_a_module_its_path(rng: np.random.Generator) -> None:
    wrong = wrong_square()

    class Squares(ag.nn.Module):
        def forward(self, x: ag.Tensor) -> ag.Tensor:
            return wrong(x)

    model = ag.nn.Sequential(ag.nn.Linear(3, 2, dtype="float64"), ag.nn.Sequential(ag.nn.Tanh(), Squares()))
    x = ag.tensor(rng.standard_normal((4, 3)))
    culprit = located(lambda *_: model(x).sum(), *model.parameters())
    assert culprit is not None
    assert culprit.module == "1.1 (Squares)"


def test_in_a_recurrent_loop_in_second_order(rng: np.random.Generator) -> None:
    def sine(x: core.Array) -> core.Array:
        return np.sin(x)

    wrong = ag.op(x=lambda g, x: g * np.cos(constant(x)))(sine)

    def loop(x: ag.Tensor, w: ag.Tensor) -> ag.Tensor:
        h = x[0]
        for t in range(1, 5):
            h = wrong(h @ w + x[t])
        return h.sum()

    leaves = leaf(rng.standard_normal((5, 2, 3))), leaf(rng.standard_normal((3, 3)))
    assert located(loop, *leaves) is None
    culprit = located(loop, *leaves, order=2)
    assert culprit is not None
    assert (culprit.op.name, culprit.order, culprit.argument) == ("sine", 2, "x")
    assert culprit.analytic == 0


def test_an_operation_inside_a_formula_is_the_one(rng: np.random.Generator) -> None:
    def slope_of_exp(x: core.Array) -> core.Array:
        return np.exp(x)

    inner = ag.op(x=lambda g, out: -g * out)(slope_of_exp)

    def exponential(x: core.Array) -> core.Array:
        return np.exp(x)

    outer = ag.op(x=lambda g, x: g * inner(x))(exponential)
    culprit = located(lambda x: outer(x).sum(), leaf(rng.standard_normal(3)), order=2)
    assert culprit is not None
    assert (culprit.op.name, culprit.order) == ("slope_of_exp", 1)


def constant(x: Any) -> Any:
    """Without its history."""
    return x.data if isinstance(x, ag.Tensor) else x


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_in_any_order(order: int, rng: np.random.Generator) -> None:
    """The derivative of x**6 is a Taylor polynomial around the point itself: wrong from some order on."""

    def sixth(x: core.Array) -> core.Array:
        return x**6

    def formula(g: Any, x: Any) -> Any:
        at, away = constant(x), x - constant(x)
        terms = (6 * at**5, 30 * at**4 * away, 60 * at**3 * away**2, 60 * at**2 * away**3)
        return g * sum(terms[: order - 1], 0.0 * x)

    op = ag.op(x=formula)(sixth)

    def f(x: ag.Tensor) -> ag.Tensor:
        return ag.sum(op(ag.sin(x)) * x)

    x = leaf(rng.uniform(0.5, 1.5, 3))
    assert order == 1 or located(f, x, order=order - 1) is None
    culprit = located(f, x, order=order)
    assert culprit is not None
    assert (culprit.op.name, culprit.order) == ("sixth", order)


def test_in_third_order_an_operation_inside_a_formula(rng: np.random.Generator) -> None:
    def cube(x: core.Array) -> core.Array:
        return x**3

    inner = ag.op(x=lambda g, x: g * 3 * constant(x) ** 2)(cube)

    def fourth_power(x: core.Array) -> core.Array:
        return x**4

    outer = ag.op(x=lambda g, x: g * 4 * inner(x))(fourth_power)
    x = leaf(rng.standard_normal(3))
    assert located(lambda x: outer(x).sum(), x, order=2) is None
    culprit = located(lambda x: outer(x).sum(), x, order=3)
    assert culprit is not None
    assert (culprit.op.name, culprit.order) == ("cube", 2)


def test_of_a_right_function_nothing_is_wrong_in_third_order(rng: np.random.Generator) -> None:
    def f(x: ag.Tensor, w: ag.Tensor) -> ag.Tensor:
        return ag.sum(ag.softmax(ag.tanh(x @ w)) ** 2) + ag.max(x) + ag.logsumexp(w)

    assert located(f, leaf(rng.standard_normal((2, 3))), leaf(rng.standard_normal((3, 2))), order=3) is None


def test_a_fused_backward_that_differs_from_its_spec(rng: np.random.Generator) -> None:
    def fused(x: core.Array) -> core.Array:
        return x**3

    op = ag.op(x=lambda g, x: 3 * g * x * x, spec=lambda x: x * x * x * 1.5)(fused)
    culprit = located(lambda x: op(x).sum(), leaf(rng.standard_normal(4)), order=2)
    assert culprit is not None
    assert (culprit.op.name, culprit.order) == ("fused", 2)


def test_wrong_in_single_precision_only(rng: np.random.Generator) -> None:
    def formula(g: Any, x: Any) -> Any:
        return g * 2 * x if x.dtype == np.float64 else g * x

    op = wrong_square(x=formula)
    x = rng.standard_normal((3, 2))
    assert located(lambda x: op(ag.tanh(x)).sum(), leaf(x)) is None
    culprit = located(lambda x: op(ag.tanh(x)).sum(), leaf(x.astype(np.float32)))
    assert culprit is not None
    assert culprit.op.name == "squared"
    assert culprit.numeric == pytest.approx(2 * culprit.analytic, rel=1e-5)


def test_wrong_at_a_tie_only() -> None:
    def formula(g: Any, a: Any, b: Any) -> Any:
        return g * (ag.astype(a > b, g.dtype) + 2.0 * ag.astype(a == b, g.dtype))

    def larger(a: core.Array, b: core.Array) -> core.Array:
        return np.maximum(a, b)

    op = ag.op(a=formula)(larger)
    b = np.array([0.0, 1.0, 2.0])
    assert located(lambda a: op(a, b).sum(), leaf(np.array([1.0, 0.0, 3.0]))) is None
    culprit = located(lambda a: op(a, b).sum(), leaf(np.array([1.0, 1.0, 3.0])))
    assert culprit is not None
    assert culprit.case.arrays()["a"].tolist() == [1.0]
    assert "a kink" in culprit.note


def test_an_output_that_has_no_derivative_where_nothing_arrives(rng: np.random.Generator) -> None:
    turned = rng.standard_normal((3, 3)) + 3 * np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 2]])
    assert located(lambda x: ag.abs(ag.eigvals(x)).sum(), leaf(turned)) is None


@pytest.mark.parametrize("options", [{}, {"dtype": "float32"}, {"directions": 2}, {"order": 2}])
def test_gradcheck_tells_it(options: dict[str, Any], rng: np.random.Generator) -> None:
    wrong = wrong_square()
    report = ag.gradcheck(lambda x: ag.exp(wrong(x)), rng.standard_normal((2, 3)), raise_exception=False, **options)
    assert report.culprit.op.name == "squared"
    assert "The first wrong operation is squared" in report.to_text()
    assert report.to_dict()["culprit"]["order"] == 1


def test_slopes_at_kinks_that_combine_to_none_are_told() -> None:
    def identity(x: ag.Tensor) -> ag.Tensor:
        return ag.relu(x) - ag.relu(-x)

    with pytest.raises(AssertionError, match=r"No operation was found to be wrong by itself\. At kinks"):
        ag.gradcheck(identity, np.zeros(()))
    assert ag.gradcheck(identity, np.zeros(()), resample=1)


def test_a_gradient_by_hand_has_no_operations() -> None:
    report = ag.gradcheck(lambda x: x[0] ** 2, np.ones(2), jac=lambda x: x, raise_exception=False)
    assert not report
    assert report.culprit is None


# -- the graph -----------------------------------------------------------------------------------------------------


def test_a_saved_value_that_was_written_into(rng: np.random.Generator) -> None:
    def f(x: ag.Tensor) -> ag.Tensor:
        h = 2 * x
        y = ag.exp(h) + ag.sin(h)
        h.data[1] = 7.0
        return y.sum()

    culprit = located(f, leaf(rng.standard_normal(3)))
    assert culprit is not None
    assert (culprit.op.name, culprit.label) == ("sin", "x[1]")
    assert culprit.analytic == pytest.approx(np.cos(7.0) * culprit.weights[0][1])
    assert "x was written into after the call" in culprit.note


def test_a_result_that_was_written_into(rng: np.random.Generator) -> None:
    def f(x: ag.Tensor) -> ag.Tensor:
        y = ag.exp(x)
        z = y.sum()
        y.data[...] = 0.0
        return z

    culprit = located(f, leaf(rng.standard_normal(3)))
    assert culprit is not None
    assert culprit.op.name == "exp"
    assert "the result was written into" in culprit.note


def test_a_formula_that_writes_into_its_gradient(rng: np.random.Generator) -> None:
    def doubled(x: core.Array, y: core.Array) -> core.Array:
        return 2 * x + 2 * y

    def formula(g: Any) -> Any:
        g *= 2
        return g

    op = ag.op(x=formula, y=formula)(doubled)
    culprit = located(lambda x, y: op(x, y).sum(), leaf(rng.standard_normal(3)), leaf(rng.standard_normal(3)))
    assert culprit is not None
    assert culprit.op.name == "doubled"


def test_a_formula_that_writes_into_the_gradient_of_others(rng: np.random.Generator) -> None:
    def formula(g: Any, x: Any) -> Any:
        g *= 2
        return g * x

    op = ag.op(x=formula)(squared)
    culprit = located(lambda x: ag.tanh(op(x) + x).sum(), leaf(rng.standard_normal(3)))
    assert culprit is not None
    assert (culprit.op.name, culprit.argument) == ("squared", "beside")
    assert culprit.analytic == pytest.approx(2 * culprit.numeric)
    assert "writes into the gradient that it is given" in culprit.note


def test_inside_a_checkpoint(rng: np.random.Generator) -> None:
    wrong = wrong_square()
    culprit = located(lambda x: ag.checkpoint(lambda y: ag.tanh(wrong(y)), 2 * x).sum(), leaf(rng.standard_normal(3)))
    assert culprit is not None
    assert culprit.op.name == "squared"


def test_a_checkpoint_is_no_culprit(rng: np.random.Generator) -> None:
    assert located(lambda x: ag.checkpoint(ag.tanh, x).sum(), leaf(rng.standard_normal(3)), order=2) is None


def test_a_value_that_is_kept_beside_the_graph(rng: np.random.Generator) -> None:
    kept = {}

    def cube(x: core.Array) -> core.Array:
        kept["x"] = x
        return x**3

    op = ag.op(x=lambda g: g * 3 * kept["x"] ** 2)(cube)
    culprit = located(lambda x, y: (op(x) * op(y)).sum(), leaf(rng.standard_normal(3)), leaf(rng.standard_normal(3)))
    assert culprit is not None
    assert culprit.op.name == "cube"


def test_an_operand_without_a_formula(rng: np.random.Generator) -> None:
    def shifted(x: core.Array, by: core.Array) -> core.Array:
        return 2 * x + by

    op = ag.op(x=lambda g: 2 * g)(shifted)
    culprit = located(lambda x, y: op(x, ag.sin(y)).sum(), leaf(rng.standard_normal(3)), leaf(rng.standard_normal(3)))
    assert culprit is not None
    assert (culprit.op.name, culprit.argument, culprit.analytic) == ("shifted", "by", 0)
    assert culprit.note == "It has no formula for by, which is a constant to it."
    assert located(lambda x: op(x, ag.tensor(np.ones(3))).sum(), leaf(rng.standard_normal(3))) is None


def test_a_gradient_that_is_no_number_beside_a_domain(rng: np.random.Generator) -> None:
    def raised(x: core.Array, n: core.Array) -> core.Array:
        return x**n

    op = ag.op(x=lambda g, x, n: g * n * x ** (n - 1), n=lambda g, x, out: g * out * ag.log(x))(raised)
    with np.errstate(all="ignore"):
        culprit = located(lambda x, n: op(x, n).sum(), leaf(np.array([2.0, 0.0])), leaf(np.array([1.5, 2.0])))
    assert culprit is not None
    assert (culprit.op.name, culprit.argument) == ("raised", "n")


def test_a_smaller_case_is_none_if_its_gradient_is_no_number() -> None:
    mask = np.tril(np.ones((4, 4), bool))

    def masked(x: core.Array, mask: core.Array) -> core.Array:
        with np.errstate(invalid="ignore"):
            e = np.exp(np.where(mask, x, -np.inf) - np.where(mask, x, -np.inf).max(-1, keepdims=True))
        return e / e.sum(-1, keepdims=True)

    def formula(g: Any, out: Any, mask: Any) -> Any:
        return out * (g - (g * out).sum(-1, keepdims=True)) + g * ~mask / 10

    op = ag.op(x=formula)(masked)
    culprit = located(lambda x: op(x, mask).sum(), leaf(np.random.default_rng(0).standard_normal((4, 4))))
    assert culprit is not None
    assert np.isfinite(culprit.analytic)


def test_wrong_by_little_more_than_single_precision(rng: np.random.Generator) -> None:
    def sine(x: core.Array) -> core.Array:
        return np.sin(x)

    op = ag.op(x=lambda g, x: (g * ag.cos(x)).astype("float16").astype("float32"))(sine)
    report = ag.gradcheck(lambda x: (op(x) ** 2).sum(), rng.standard_normal(6), dtype="float32", raise_exception=False)
    assert report.culprit is not None
    assert report.culprit.op.name == "sine"


def test_a_parameter_that_was_changed_after_the_call(rng: np.random.Generator) -> None:
    def taken(x: core.Array, places: list[int] | None = None) -> core.Array:
        return x[places]

    def put(g: Any, x_shape: tuple[int, ...], places: list[int]) -> Any:
        zeros = np.zeros(x_shape)
        zeros[places] = g
        return zeros

    op = ag.op(x=put)(taken)

    def f(x: ag.Tensor) -> ag.Tensor:
        places = [0, 2]
        y = op(x, places)
        places[0] = 1
        return (y**2).sum()

    culprit = located(f, leaf(rng.standard_normal(3)))
    assert culprit is not None
    assert culprit.op.name == "taken"


# -- the smallest case ---------------------------------------------------------------------------------------------


def test_the_script_prints_both_values(rng: np.random.Generator, tmp_path: Path) -> None:
    def scaled(a: core.Array, b: core.Array, axis: int = 0, *, power: int = 1) -> core.Array:
        return (a * b**power).sum(axis)

    op = ag.op(
        a=lambda g, b, axis, power: ag.expand_dims(g, axis) * b**power,
        b=lambda g, a, b, axis, power: ag.expand_dims(g, axis) * a * b ** (power - 1),  # without the factor `power`
    )(scaled)
    a, b = rng.standard_normal((5, 4)), rng.standard_normal((5, 4))
    culprit = located(lambda a, b: ag.exp(op(a, b, axis=1, power=2)).sum(), leaf(a), leaf(b))
    assert culprit is not None
    assert culprit.argument == "b"
    assert "axis=1, power=2" in culprit.code()
    assert culprit.code().startswith(f'"""{culprit.to_text()}"""\n\n# Run this below the definition of scaled (')
    assert culprit.code(told=False).startswith("# Run this")
    computed, measured = printed(culprit, tmp_path, {"scaled": op})
    assert computed == pytest.approx(culprit.analytic)
    assert measured == pytest.approx(culprit.numeric, rel=1e-6)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["scaled.npz", "scaled.py"]


def test_the_script_of_a_second_order(rng: np.random.Generator, tmp_path: Path) -> None:
    wrong = wrong_square(x=lambda g, x: g * (2 * x.data if isinstance(x, ag.Tensor) else 2 * x))
    culprit = located(lambda x: ag.exp(wrong(x)).sum(), leaf(rng.standard_normal((2, 3))), order=2)
    assert culprit is not None
    computed, measured = printed(culprit, tmp_path, {"squared": wrong})
    assert computed == pytest.approx(culprit.analytic), culprit.code()
    assert measured == pytest.approx(culprit.numeric, rel=1e-6)


def test_the_script_of_a_third_order(rng: np.random.Generator, tmp_path: Path) -> None:
    def product(a: core.Array, b: core.Array) -> core.Array:
        return a**2 * b**2

    def formula(g: Any, a: Any, b: Any) -> Any:
        return g * 2 * a * (constant(b) ** 2 + 2 * constant(b) * (b - constant(b)))

    op = ag.op(a=formula, b=lambda g, a, b: 2 * g * a * a * b)(product)
    culprit = located(lambda a, b: ag.exp(op(a, b)).sum(), leaf(rng.random((2, 3))), leaf(rng.random((2, 3))), order=3)
    assert culprit is not None
    assert (culprit.order, culprit.argument) == (3, "b")
    assert "its third derivative for b[0, 0] is" in culprit.to_text()
    computed, measured = printed(culprit, tmp_path, {"product": op})
    assert computed == pytest.approx(culprit.analytic), culprit.code()
    assert measured == pytest.approx(culprit.numeric, rel=1e-6)


def test_the_script_of_a_saved_value_that_was_written_into(rng: np.random.Generator, tmp_path: Path) -> None:
    def f(x: ag.Tensor) -> ag.Tensor:
        h = 2 * x
        y = ag.sin(h)
        h.data[1] = 7.0
        return y.sum()

    culprit = located(f, leaf(rng.standard_normal(3)))
    assert culprit is not None
    assert "from autograd_lite.ops.trigonometric import sin" in culprit.code()
    computed, measured = printed(culprit, tmp_path, {})
    assert computed == pytest.approx(culprit.analytic)
    assert measured == pytest.approx(culprit.numeric, rel=1e-6)


@pytest.mark.parametrize("spoils", [True, False], ids=["what it has saved", "a count"])
def test_the_script_of_what_is_wrong_when_used_again(spoils: bool, rng: np.random.Generator, tmp_path: Path) -> None:
    uses = [0]

    def sine(x: core.Array) -> Any:
        return np.sin(x), np.cos(x)

    def formula(g: Any, slope: Any) -> Any:
        result = g * slope * (1 + uses[0] % 2)
        if spoils:
            slope *= 0
        else:
            uses[0] += 1
        return result

    op = ag.op(residuals=("slope",), x=formula)(sine)
    culprit = located(lambda x: op(x).sum(), leaf(rng.standard_normal(3)))
    assert culprit is not None
    assert culprit.op.name == "sine"
    computed, measured = printed(culprit, tmp_path, {"sine": op})
    assert computed != pytest.approx(measured)


def test_the_script_of_one_tensor_in_two_places(rng: np.random.Generator, tmp_path: Path) -> None:
    def product(a: core.Array, b: core.Array) -> core.Array:
        return a * b

    op = ag.op(a=lambda g, b: g * b, b=lambda g, a, b: g * a * (a is not b))(product)
    culprit = located(lambda x: (lambda y: op(y, y).sum())(2 * x), leaf(rng.standard_normal(3)))
    assert culprit is not None
    computed, measured = printed(culprit, tmp_path, {"product": op})
    assert computed == pytest.approx(culprit.analytic)
    assert measured == pytest.approx(2 * computed)


def test_matrices_are_cut_along_the_axis_that_they_share(rng: np.random.Generator) -> None:
    def product(a: core.Array, b: core.Array) -> core.Array:
        return a @ b

    op = ag.op(a=lambda g, b: g @ ag.swapaxes(b, -1, -2), b=lambda g, a: -(ag.swapaxes(a, -1, -2) @ g))(product)
    culprit = located(lambda a, b: op(a, b).sum(), leaf(rng.standard_normal((7, 6))), leaf(rng.standard_normal((6, 5))))
    assert culprit is not None
    assert {label: array.shape for label, array in culprit.case.arrays().items()} == {"a": (1, 1), "b": (1, 1)}


@pytest.mark.parametrize(
    ("f", "told"),
    [
        (lambda x: ag.sqrt(ag.sum(x * x)), "until sqrt"),
        (lambda x: ag.sqrt(ag.abs(x)), "until sqrt"),
        (lambda x: ag.sqrt(0 * x), "until sqrt"),
    ],
    ids=["norm", "root of abs", "root of 0 x"],
)
def test_of_a_gradient_that_is_not_a_number_it_is_told_where_it_became_infinite(f: Any, told: str) -> None:
    with np.errstate(all="ignore"):
        report = ag.gradcheck(f, np.array([0.0, 0.0]), raise_exception=False)
    assert report.culprit is None, "each operation is right"
    assert told in report.to_text()
    assert "0 times infinity" in report.to_text()


@pytest.mark.parametrize("outer", [lambda y: y.sum(), lambda y: ag.tanh(2 * y).sum()], ids=["alone", "in a model"])
@pytest.mark.parametrize(
    ("formula", "forward", "x"),
    [
        (lambda g, x: g * 1.99 * x, lambda x: x * x, [1e-4, 2e-4]),
        (lambda g, x: g * (1 - ag.sigmoid(-x) + 1e-5), lambda x: np.logaddexp(0, x), [-16.0, -12.0]),
    ],
    ids=["small numbers", "a small term"],
)
def test_a_small_mistake_in_single_precision_has_its_operation_named(
    formula: Any, forward: Any, x: list[float], outer: Any
) -> None:
    def own(x: core.Array) -> core.Array:
        return forward(x)

    op = ag.op(x=formula, registered=False)(own)
    report = ag.gradcheck(lambda x: outer(op(x)), np.array(x), dtype="float32", raise_exception=False)
    assert report.culprit is not None
    assert report.culprit.op.name == "own"
