import numpy as np
import pytest

from autograd_lite import models
from autograd_lite.models.sampling import draw, truncated

LOGITS = np.log([0.1, 0.4, 0.2, 0.3])


def shares(count=20_000, **options):
    drawn = draw(np.broadcast_to(LOGITS, (count, 4)), rng=np.random.default_rng(0), **options)
    return np.bincount(drawn, minlength=4) / count


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_draws_have_the_probabilities_of_the_softmax(temperature):
    expected = np.exp(LOGITS / temperature)
    np.testing.assert_allclose(shares(temperature=temperature), expected / expected.sum(), atol=0.01)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"temperature": 0}, [0, 1, 0, 0]),
        ({"top_k": 1}, [0, 1, 0, 0]),
        ({"top_k": 2}, [0, 4 / 7, 0, 3 / 7]),
        ({"top_k": 9}, [0.1, 0.4, 0.2, 0.3]),
        ({"top_p": 0.01}, [0, 1, 0, 0]),
        ({"top_p": 0.6}, [0, 4 / 7, 0, 3 / 7]),
        ({"top_p": 0.8}, [0, 4 / 9, 2 / 9, 3 / 9]),
        ({"top_p": 1.0}, [0.1, 0.4, 0.2, 0.3]),
        ({"top_k": 2, "top_p": 0.5}, [0, 1, 0, 0]),  # the nucleus of the two that are left: 4 / 7 is enough
        ({"temperature": 0.25, "top_p": 0.6}, [0, 1, 0, 0]),  # the nucleus after the temperature
    ],
)
def test_what_is_drawn(options, expected):
    np.testing.assert_allclose(shares(**options), expected, atol=0.01)


def test_of_equal_logits_the_first_ones_stay():
    np.testing.assert_array_equal(truncated(np.zeros((2, 5)), top_k=2) == 0, [[True, True, False, False, False]] * 2)


def test_a_class_without_probability_is_never_drawn():
    logits = np.array([0.0, -np.inf, 0.0])
    assert set(draw(np.tile(logits, (100, 1)), top_p=0.9, rng=np.random.default_rng(0))) == {0, 2}


def test_float32_stays_float32():
    assert truncated(LOGITS.astype("float32"), 2, 0.5).dtype == np.float32


def counting(ids, state):
    """A model that counts modulo 5, and remembers how often it was asked."""
    return 50.0 * (np.arange(5) == (ids[-1] + 1) % 5), (state or 0) + 1


def test_each_token_is_the_next_input():
    np.testing.assert_array_equal(models.generate(counting, np.array([0, 2]), 6), [3, 4, 0, 1, 2, 3])
    assert models.generate(counting, np.array([0]), 0).shape == (0,)


def test_generating_is_deterministic_by_seed():
    one, two, other = (
        models.generate(lambda ids, _: (LOGITS, None), np.array([0]), 30, rng=np.random.default_rng(seed))
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": -1}, "temperature is -1"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"top_k": 0}, "top_k is 0"),
        ({"top_p": 0.0}, "top_p is 0.0"),
        ({"top_p": 1.1}, "top_p is 1.1"),
    ],
)
def test_numbers_out_of_range(options, message):
    with pytest.raises(ValueError, match=message):
        draw(LOGITS, **options)


def test_there_must_be_a_prompt():
    with pytest.raises(ValueError, match="a prompt of 0 tokens"):
        models.generate(counting, np.array([], int), 3)
