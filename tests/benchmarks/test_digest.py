"""What is compared tells different results apart, and nothing else."""

import numpy as np
import pytest

from benchmarks.workload import check_same, digest

RNG = np.random.default_rng(0)
X = RNG.standard_normal((300, 400)).astype(np.float32)


def test_a_loss_is_its_own_digest():
    assert digest(2.5) == [2.5]
    assert digest((2.5, np.float32(1.5))) == [2.5, 1.5]


def test_rounding_does_not_change_a_digest():
    noise = 1 + 1e-6 * RNG.standard_normal(X.shape)
    check_same("x", {"a": [digest(X)], "b": [digest(X * noise)]}, 1e-4)


def test_layout_does_not_change_a_digest():
    assert digest(X) == digest(np.asfortranarray(X))


@pytest.mark.parametrize("other", [X * 1.01, -X, X[::-1], X.T, np.roll(X, 1), X + 0.1, np.zeros_like(X)])
def test_another_array_has_another_digest(other):
    with pytest.raises(ValueError, match=r"x: in step 1, b computes .*, a "):
        check_same("x", {"a": [digest(X)], "b": [digest(other)]}, 1e-4)


def test_zeros_have_a_digest():
    assert np.isfinite(digest(np.zeros(3))).all()


def test_the_check_fails_on_another_loss_after_the_update():
    check_same("net", {"a": [[2.3], [2.2]], "b": [[2.3], [2.20001]]}, 1e-4)
    with pytest.raises(ValueError, match=r"net: in step 2, b computes \[2.21\], a \[2.2\]"):
        check_same("net", {"a": [[2.3], [2.2]], "b": [[2.3], [2.21]]}, 1e-4)


def test_the_check_fails_on_nan():
    with pytest.raises(ValueError, match="nan"):
        check_same("net", {"a": [[2.3]], "b": [[float("nan")]]}, 1e-4)
