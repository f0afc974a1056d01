"""Random directions find every error that is large enough, and lead to the entries that are wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import core, nn
from autograd_lite.gradcheck import Verdict
from autograd_lite.gradcheck.directions import Search, direction_at, gaussian, search, suspects
from autograd_lite.gradcheck.judge import Finding
from autograd_lite.gradcheck.numeric import central


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def identity() -> Iterator[Callable[..., Any]]:
    """Defines the identity with any derivative, for this test only."""
    before = dict(core.registry)

    def define(formula: Callable[..., Any]) -> Callable[..., Any]:
        def unchanged(x: core.Array) -> core.Array:
            return x

        return ag.op(x=formula)(unchanged)

    yield define
    core.registry.clear()
    core.registry.update(before)


def test_a_large_model_at_once(rng: np.random.Generator) -> None:
    model = ag.models.LeNet5(dtype="float64")
    x, y = ag.tensor(rng.standard_normal((2, 1, 32, 32))), rng.integers(0, 10, 2)
    report = ag.gradcheck(model, x, y, loss=ag.cross_entropy, directions=2)
    assert report.total == sum(p.size for p in model.parameters())
    assert [entry.name for entry in sorted(report.entries, key=lambda e: e.name)] == ["direction 0", "direction 1"]
    assert "2 Gaussian directions over 61,706 entries" in report.to_text()
    assert report.to_text().startswith("gradcheck ok: 2 directions compared with finite differences")


@pytest.mark.parametrize("order", [1, 2])
def test_right_gradients_agree_along_all_directions(order: int, rng: np.random.Generator) -> None:
    x, z = 1e6 * rng.standard_normal((30, 4)), rng.standard_normal(5) + 1j * rng.standard_normal(5)
    report = ag.gradcheck(
        lambda x, z: (ag.sin(1e-6 * x), ag.exp(z) * ag.abs(z), ag.relu(x)), x, z, directions=3, order=order
    )
    assert len(report.entries) == 3 * order
    assert report.culprit is None


def test_a_wrong_direction_leads_to_the_wrong_entries(identity: Callable[..., Any], rng: np.random.Generator) -> None:
    def formula(g: Any) -> Any:
        wrong = np.array(g)
        wrong[7, 3] = 0.0
        wrong[20, 40] *= 1.001
        return wrong

    wrong = identity(formula)
    x, w = rng.standard_normal((50, 60)), 0.1 * rng.standard_normal((60, 2))
    report = ag.gradcheck(lambda x, w: ag.tanh(wrong(x) @ w), x, w, directions=3, raise_exception=False)
    assert not report
    found = {(entry.name, entry.index) for entry in report.failures if not entry.direction}
    assert found == {("x", (7, 3)), ("x", (20, 40))}
    assert report.culprit.op.name == "unchanged"


def test_so_many_wrong_entries_as_are_wanted(identity: Callable[..., Any], rng: np.random.Generator) -> None:
    wrong = identity(lambda g: -g)
    report = ag.gradcheck(wrong, rng.standard_normal(500), directions=2, max_entries=3, raise_exception=False)
    assert len([entry for entry in report.failures if entry.name == "x"]) == 3


@pytest.mark.parametrize("directions", [0, -1])
def test_no_directions_check_nothing(directions: int) -> None:
    with pytest.raises(ValueError, match="directions="):
        ag.gradcheck(ag.sin, np.ones(2), directions=directions)


def test_nothing_is_promised_where_the_gradient_is_too_small() -> None:
    (note,) = ag.gradcheck(lambda x: (x * x).sum(), np.zeros(5), directions=1).notes
    assert note.startswith("1 Gaussian direction over 5 entries: they promise nothing.")


# -- the parts -----------------------------------------------------------------------------------------------------


def found(*tolerances: float, error: float = 0.0, verdict: Verdict = Verdict.PASS) -> Search:
    findings = tuple((0.0, Finding(0.0, error, tolerance, verdict)) for tolerance in tolerances)
    return Search(findings, (), norm=1.0, size=4)


def test_the_probability_of_missing_an_error_is_that_of_a_normal_variable(rng: np.random.Generator) -> None:
    error = np.array([0.3, -0.4, 1.2])
    off = np.array([abs(direction_at(np.zeros(3), rng) @ error) for _ in range(4000)])
    assert found(0.5).missed(1.3) == pytest.approx(math.erf(0.5 / (math.sqrt(2) * 1.3)))
    assert found(0.5).missed(1.3) == pytest.approx((off <= 0.5).mean(), abs=0.03)
    assert found(0.5, 0.2).missed(1.3) == pytest.approx(found(0.5).missed(1.3) * found(0.2).missed(1.3))
    assert found(0.4, error=0.1).missed(1.3) == pytest.approx(found(0.5).missed(1.3))


@pytest.mark.parametrize("size", [0.1, 0.3, 1.0, 3.0, 10.0])
def test_so_many_searches_miss_an_error_as_are_said_to(size: float, rng: np.random.Generator) -> None:
    """In the worst case: each measurement is off towards the mistake by as much as its error bar says."""
    x, tolerance, error, runs = rng.standard_normal(6), 0.2, 0.1, 400
    wrong = rng.standard_normal(6)
    wrong *= size / np.linalg.norm(wrong)

    def judged(line: Any, along: float, _: Any) -> Finding:
        measured = central(line, 0.0, 1e-3).value
        measured += np.clip(along - measured, -error, error)
        verdict = Verdict.PASS if abs(along - measured) <= tolerance else Verdict.FAIL
        return Finding(measured, error, tolerance, verdict)

    searches = [search(lambda: x**2, {"x": x}, {"x": 2 * x + wrong}, judged, 1, rng, limit=0) for _ in range(runs)]
    missed = np.mean([not found.directions[0][1].verdict.bad for found in searches])
    said = searches[0].missed(size)
    assert missed <= said + 4 * np.sqrt(said * (1 - said) / runs)
    # a direction is longer than 1 in each entry where inputs are: by no more than half here
    assert missed >= searches[0].missed(1.5 * size) - 4 * np.sqrt(said * (1 - said) / runs)


def test_what_decides_nothing_shows_nothing() -> None:
    assert found(0.0, verdict=Verdict.UNRELIABLE).missed(1.0) == 1
    assert found(0.1).missed(0.0) == 1


def test_equal_values_that_blunt_all_directions_are_told(rng: np.random.Generator) -> None:
    def pooled(images: ag.Tensor, w: ag.Tensor) -> ag.Tensor:
        return ag.tanh(ag.max(images * w, axis=1)).sum()

    images, w = np.zeros((3, 4)), rng.standard_normal((3, 4))
    images[:, 0] = -1.0
    note = ag.gradcheck(pooled, images, w, directions=3).notes[1]
    assert note.startswith("3 of 3 directions meet a kink of max at ")
    assert "Of the 12 values of images, 12 are equal to another one" in note
    assert "ag.tensor(images)" in note
    images[...] = rng.standard_normal((3, 4))
    assert len(ag.gradcheck(pooled, images, w, directions=3).notes) == 1


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_gaussian_numbers_have_the_dtype_and_spare_what_is_not_finite(dtype: str, rng: np.random.Generator) -> None:
    array = np.array([1.0, np.inf, np.nan, -2.0], dtype)
    numbers = gaussian(array, rng)
    assert numbers.dtype == dtype
    assert (numbers != 0).tolist() == [True, False, False, True]
    assert gaussian(np.zeros(()), rng).shape == ()


def test_a_direction_has_the_size_of_what_it_moves(rng: np.random.Generator) -> None:
    assert np.abs(direction_at(np.full(100, 1e8), rng)).mean() == pytest.approx(0.8e8, rel=0.2)
    assert np.abs(direction_at(np.full(100, 1e-8), rng)).mean() == pytest.approx(0.8, rel=0.2)


def test_halving_finds_all_suspects_in_few_steps(rng: np.random.Generator) -> None:
    point = {"a": np.zeros((10, 10)), "b": np.zeros(0), "c": np.zeros((3, 1000))}
    asked = []

    def agrees(direction: dict[str, Any]) -> bool:
        asked.append(direction)
        wrong = {"a": (0, 99), "c": (1234,)}
        return not any(v.reshape(-1)[i] for name, v in direction.items() for i in wrong.get(name, ()))

    assert suspects(agrees, point, rng, 10) == [("a", 0), ("a", 99), ("c", 1234)]
    assert len(asked) < 60
    assert suspects(agrees, point, rng, 1) == [("a", 0)]


def test_kinks_that_meet_in_a_direction_are_no_mistake_if_each_operation_is_right() -> None:
    """An image with a flat background: ReLU and max-pooling are at ties nearly everywhere."""
    ag.seed(0)
    rng = np.random.default_rng(0)
    image = np.pad(rng.random((2, 1, 3, 3)), ((0, 0), (0, 0), (2, 3), (3, 2)))
    found = set()
    for _ in range(5):
        layers = nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 3)
        model = nn.Sequential(*layers).astype("float64")
        report = ag.gradcheck(
            model, image, np.array([0, 1]), loss=ag.cross_entropy, directions=3, raise_exception=False
        )
        assert not report.failures
        found |= {entry.note for entry in report.entries}
    assert any("several kinks meet" in note for note in found)


def test_a_single_operation_is_not_excused_by_others(identity: Callable[..., Any]) -> None:
    def peak(x: core.Array) -> core.Array:
        return x.max()

    shared_twice = ag.op(x=lambda g, x, out: g * (x == out))(peak)
    x = np.array([1.0, 3.0, 3.0])
    for options in ({}, {"directions": 5}):
        with pytest.raises(AssertionError, match="KINK-OUTSIDE"):
            ag.gradcheck(shared_twice, x, **options)


@pytest.mark.parametrize(
    "check", [ag.gradcheck, ag.gradgradcheck, ag.taylor_test, ag.dot_product_test], ids=lambda check: check.__name__
)
def test_what_is_no_generator_is_refused(check: Any) -> None:
    with pytest.raises(TypeError, match=r"rng='a' is a str; pass a np.random.Generator, or an integer as seed"):
        check(ag.exp, np.ones(2), rng="a")
    with pytest.raises(ValueError, match="rng=-1 is no seed; pass 0 or more"):
        check(ag.exp, np.ones(2), rng=-1)
    assert check(ag.exp, np.ones(2), rng=np.random.default_rng(0))


@pytest.mark.parametrize("check", [ag.taylor_test, ag.dot_product_test], ids=lambda check: check.__name__)
def test_a_direction_is_not_the_input_that_was_drawn_from_the_same_seed(
    check: Any, identity: Callable[..., Any]
) -> None:
    twice = identity(lambda g: 2 * g)
    numbers = np.random.default_rng(0).standard_normal(11)
    x, a = numbers[1:6], numbers[6:]  # along x itself, what depends on its direction only has no slope
    assert not check(lambda x: twice(ag.sum(a * x) / ag.norm(x)), x, rng=0, raise_exception=False)
