import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import data, models, optim
from autograd_lite.models.char_lm import draw

TEXT = "to be, or not to be: that is the question. " * 20
VOCABULARY = data.Vocabulary(TEXT)


def model(recurrent="LSTM", layers=1):
    return models.CharLM(len(VOCABULARY), 8, 16, layers, recurrent, rng=np.random.default_rng(0))


def sampled(language_model, seed, temperature=1.0):
    return language_model.sample(VOCABULARY, "to ", 40, temperature, np.random.default_rng(seed))


def step(language_model, optimizer, inputs, targets, state):
    logits, state = language_model(inputs, state)
    loss = ag.cross_entropy(logits.reshape(-1, len(VOCABULARY)), targets.reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item(), models.detached(state)


@pytest.mark.parametrize("recurrent", ["RNN", "LSTM", "GRU"])
def test_it_learns_a_text_in_truncated_pieces(recurrent):
    language_model, state, losses = model(recurrent), None, []
    optimizer = optim.Adam(language_model.parameters(), lr=0.03)
    for inputs, targets in data.text_batches(VOCABULARY.encode(TEXT), 4, 10):
        loss, state = step(language_model, optimizer, inputs, targets, state)
        losses.append(loss)
    assert losses[0] == pytest.approx(np.log(len(VOCABULARY)), abs=0.3)
    assert losses[-1] < losses[0] - 0.2


@pytest.mark.parametrize("recurrent", ["RNN", "LSTM", "GRU"])
def test_a_state_carries_over_from_one_piece_to_the_next(recurrent):
    language_model, ids = model(recurrent, layers=2), VOCABULARY.encode(TEXT[:12]).reshape(6, 2)
    whole, _ = language_model(ids)
    first, state = language_model(ids[:4])
    second, _ = language_model(ids[4:], state)
    assert whole.shape == (6, 2, len(VOCABULARY))
    np.testing.assert_allclose(ag.concatenate([first, second]).data, whole.data, atol=1e-6)


def test_a_detached_state_has_no_history():
    _, state = model()(VOCABULARY.encode("to be")[:, None])
    assert all(part.requires_grad for part in state)
    assert not any(part.requires_grad for part in models.detached(state))


def test_sampling_is_deterministic_by_seed():
    language_model = model()
    one, two, other = (sampled(language_model, seed) for seed in (1, 1, 2))
    assert one == two != other
    assert len(one) == 40
    assert set(one) <= set(TEXT)


def test_without_temperature_the_likeliest_character_is_taken():
    language_model = model()
    texts = {sampled(language_model, seed, temperature=0) for seed in range(3)}
    assert len(texts) == 1


def test_draws_have_the_probabilities_of_the_softmax():
    logits, rng = np.array([0.0, 1.0, 2.0]), np.random.default_rng(0)
    counts = np.bincount([draw(logits, 2.0, rng) for _ in range(20_000)])
    np.testing.assert_allclose(counts / 20_000, np.exp(logits / 2) / np.exp(logits / 2).sum(), atol=0.01)


def test_errors():
    with pytest.raises(ValueError, match="'TSLM'; pass one of RNN, LSTM, GRU"):
        models.CharLM(10, recurrent="TSLM")
    with pytest.raises(ValueError, match="must not be empty"):
        model().sample(VOCABULARY, "")
    with pytest.raises(ValueError, match="not negative"):
        model().sample(VOCABULARY, "to", temperature=-1)
    with pytest.raises(ValueError, match="'Z' is not among"):
        model().sample(VOCABULARY, "Z")
