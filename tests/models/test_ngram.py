from collections import Counter

import numpy as np
import pytest

from autograd_lite import data, models

TEXT = "to be, or not to be: that is the question. whether tis nobler in the mind to suffer "
VOCABULARY = data.Vocabulary(TEXT + "xyz")
IDS = VOCABULARY.encode(TEXT * 2)
SMOOTHINGS = ["kneser-ney", "witten-bell"]


def fitted(order=4, smoothing="kneser-ney", ids=IDS):
    return models.NGram(len(VOCABULARY), order, smoothing).fit(ids)


def grams(ids, n):
    return Counter(tuple(ids[i : i + n]) for i in range(len(ids) - n + 1))


def by_the_book(ids, order, smoothing, size):
    """The definition with dictionaries, as a function of a context and a token."""
    counts = [grams(ids, n) for n in range(1, order + 1)]
    if smoothing == "kneser-ney":
        for n in range(order - 1):
            before = Counter(gram[1:] for gram in counts[n + 1])
            counts[n] = Counter({gram: before[gram] or 1 for gram in counts[n]})

    def discounts(n):
        n1, n2, n3, n4 = (sum(c == k for c in counts[n].values()) for k in (1, 2, 3, 4))
        if min(n1, n2, n3, n4) == 0:
            return [0, 0.5, 1, 1.5]
        y = n1 / (n1 + 2 * n2)
        return [0, 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3]

    def probability(context, token):
        lower = probability(context[1:], token) if context else 1 / size
        following = {gram[-1]: c for gram, c in counts[len(context)].items() if gram[:-1] == context}
        if not following:
            return lower
        total = sum(following.values())
        if smoothing == "witten-bell":
            return (following.get(token, 0) + len(following) * lower) / (total + len(following))
        d = discounts(len(context))
        left = sum(d[min(c, 3)] for c in following.values())
        own = following.get(token, 0)
        return (own - d[min(own, 3)] + left * lower) / total

    return probability


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
@pytest.mark.parametrize("order", [1, 2, 4])
def test_probabilities_are_those_of_the_definition(smoothing, order):
    model, text = fitted(order, smoothing), VOCABULARY.encode("to be is not the x question, bezier")
    probability = by_the_book(IDS, order, smoothing, len(VOCABULARY))
    expected = [probability(tuple(text[max(0, i - order + 1) : i]), token) for i, token in enumerate(text)]
    np.testing.assert_allclose(model.probabilities(text), expected, rtol=1e-12)
    assert model.bits_per_token(text) == pytest.approx(-np.log2(expected).mean())
    assert model.perplexity(text) == pytest.approx(2 ** model.bits_per_token(text))


def test_estimated_discounts_are_those_of_the_definition():
    ids = np.random.default_rng(0).choice(9, 400, p=np.arange(9, 0, -1) / 45)
    model = models.NGram(9, 3).fit(ids)
    probability = by_the_book(ids, 3, "kneser-ney", 9)
    expected = [probability(tuple(ids[max(0, i - 2) : i]), token) for i, token in enumerate(ids)]
    np.testing.assert_allclose(model.probabilities(ids), expected, rtol=1e-12)


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
@pytest.mark.parametrize("context", ["", "t", "to be", "be x", "zzz"])
def test_the_next_token_has_probabilities_that_add_up_to_one(smoothing, context):
    model, ids = fitted(4, smoothing), VOCABULARY.encode(context)
    following = model.next_probabilities(ids)
    assert following.sum() == pytest.approx(1)
    assert (following > 0).all()
    single = [model.probabilities(np.append(ids, token))[-1] for token in range(len(VOCABULARY))]
    np.testing.assert_allclose(following, single, rtol=1e-12)


def test_a_context_at_the_end_of_the_text_only():
    model = models.NGram(3, 3).fit([0, 1, 0, 1, 2])  # nothing ever followed 2
    np.testing.assert_allclose(model.next_probabilities([1, 2]), model.next_probabilities([]))


def test_generating_is_deterministic_by_seed_and_keeps_to_the_context():
    model, prompt = fitted(5), VOCABULARY.encode("the questi")
    one, two = (model.generate(prompt, 50, rng=np.random.default_rng(0)) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert VOCABULARY.decode(model.generate(prompt, 2, temperature=0)) == "on"
    assert model.sample(VOCABULARY, "the questi", 2, top_k=1) == "on"


def test_fitting_again_forgets():
    model = fitted(3)
    model.fit(IDS[:40])
    np.testing.assert_array_equal(model.probabilities(IDS), fitted(3, ids=IDS[:40]).probabilities(IDS))


def test_a_large_vocabulary_of_high_order_has_codes_that_fit():
    ids = np.random.default_rng(0).integers(0, 10**6, 500)
    assert models.NGram(10**6, 12).fit(ids).probabilities(ids).min() > 0


def test_a_longer_context_helps_with_an_unknown_play():
    plays = data.shakespeare(["Hamlet", "King Lear", "Othello"], held_out=["Macbeth"])
    vocabulary = data.Vocabulary(plays.train.text, unknown="?")
    train, test = vocabulary.encode(plays.train.text), vocabulary.encode(plays.test.text)
    fits = [models.NGram(len(vocabulary), order).fit(train) for order in range(1, 6)]
    bits = [model.bits_per_token(test) for model in fits]
    assert bits == sorted(bits, reverse=True)
    assert bits[-1] < 2.7


def test_the_repr_says_what_was_counted():
    assert repr(models.NGram(3, 2)) == "<NGram of order 2, kneser-ney, 3 tokens: not fitted>"
    assert repr(models.NGram(3, 2).fit([0, 1, 0, 2])) == "<NGram of order 2, kneser-ney, 3 tokens: 6 different n-grams>"


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: models.NGram(0), "vocabulary_size is 0"),
        (lambda: models.NGram(3, 0), "order 0; pass 1 or more"),
        (lambda: models.NGram(3, 2, "laplace"), "'laplace'; pass one of kneser-ney, witten-bell"),
        (lambda: models.NGram(3, 2).probabilities([1]), "call fit"),
        (lambda: models.NGram(3, 4).fit([0, 1, 2]), "3 tokens have no n-gram of order 4"),
        (lambda: models.NGram(3, 1).fit([0, 3]), "from 0 to 3, tokens from 0 to 2"),
        (lambda: models.NGram(3, 1).fit([0.5]), "pass one text as integers"),
    ],
)
def test_errors(act, message):
    with pytest.raises(ValueError, match=message):
        act()
