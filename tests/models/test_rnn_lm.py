import math

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import data, models, optim

TEXT = "to be, or not to be: that is the question. " * 20
VOCABULARY = data.Vocabulary(TEXT)
KINDS = ["RNN", "LSTM", "GRU"]


def model(recurrent="LSTM", layers=1, **options):
    return models.CharLM(len(VOCABULARY), 8, 16, layers, recurrent, rng=np.random.default_rng(0), **options)


def sampled(language_model, seed, **options):
    return language_model.sample(VOCABULARY, "to ", 40, rng=np.random.default_rng(seed), **options)


def step(language_model, optimizer, inputs, targets, state):
    logits, state = language_model(inputs, state)
    loss = models.token_loss(logits, targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item(), models.detached(state)


# -- learning --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recurrent", KINDS)
def test_it_learns_a_text_in_truncated_pieces(recurrent):
    language_model, state, losses = model(recurrent), None, []
    optimizer = optim.Adam(language_model.parameters(), lr=0.03)
    for inputs, targets in data.text_batches(VOCABULARY.encode(TEXT), 4, 10):
        loss, state = step(language_model, optimizer, inputs, targets, state)
        losses.append(loss)
    assert losses[0] == pytest.approx(np.log(len(VOCABULARY)), abs=0.3)
    assert losses[-1] < losses[0] - 0.2


@pytest.mark.parametrize("recurrent", KINDS)
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


@pytest.mark.parametrize("recurrent", KINDS)
@pytest.mark.parametrize("tied", [False, True])
def test_gradients(recurrent, tied):
    language_model = models.RNNLM(5, 3, 3, 2, recurrent, tied=tied, dtype="float64", rng=np.random.default_rng(0))
    ids = np.random.default_rng(1).integers(0, 5, (5, 2))

    def loss():
        return models.token_loss(language_model(ids[:-1])[0], ids[1:])

    ag.gradcheck(loss, *language_model.parameters(), max_entries=150)


def test_tied_weights_are_one_table():
    tied = models.RNNLM(30, 16, 16, tied=True)
    assert tied.embedding.weight is tied.output.weight
    assert len(list(tied.parameters())) == len(list(models.RNNLM(30, 16, 16).parameters())) - 1
    first = models.token_loss(tied(np.arange(30).reshape(15, 2))[0], np.arange(30).reshape(15, 2))
    assert first.item() == pytest.approx(np.log(30), abs=0.2)


def test_dropout_only_in_training():
    language_model, ids = model(layers=2, dropout=0.5), VOCABULARY.encode(TEXT[:6])[:, None]
    one, two = (language_model(ids)[0].data for _ in range(2))
    assert not np.array_equal(one, two)
    language_model.eval()
    one, two = (language_model(ids)[0].data for _ in range(2))
    np.testing.assert_array_equal(one, two)


# -- agreement with PyTorch ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recurrent", KINDS)
@pytest.mark.parametrize("tied", [False, True])
def test_it_trains_as_in_pytorch(recurrent, tied):
    torch = pytest.importorskip("torch")

    class Twin(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = torch.nn.Embedding(7, 6)
            self.recurrent = getattr(torch.nn, recurrent)(6, 6, 2)
            self.output = torch.nn.Linear(6, 7)
            if tied:
                self.embedding.weight = self.output.weight

        def forward(self, ids, state=None):
            remembered, state = self.recurrent(self.embedding(ids), state)
            return self.output(remembered), state

    theirs = Twin().double()
    ours = models.RNNLM(7, 6, 6, 2, recurrent, tied=tied, dtype="float64")
    ours.load_state_dict(theirs.state_dict())
    optimizer, their_optimizer = optim.Adam(ours.parameters(), lr=0.01), torch.optim.Adam(theirs.parameters(), lr=0.01)
    state = their_state = None
    for inputs, targets in data.text_batches(np.random.default_rng(0).integers(0, 7, 200), 3, 6):
        loss, state = step(ours, optimizer, inputs, targets, state)
        logits, their_state = theirs(torch.tensor(inputs), their_state)
        their_state = tuple(s.detach() for s in their_state) if recurrent == "LSTM" else their_state.detach()
        their_loss = torch.nn.functional.cross_entropy(logits.reshape(-1, 7), torch.tensor(targets).reshape(-1))
        their_optimizer.zero_grad()
        their_loss.backward()
        their_optimizer.step()
        assert loss == pytest.approx(their_loss.item(), abs=1e-10)
    for name, parameter in ours.named_parameters():
        np.testing.assert_allclose(parameter.grad.data, theirs.get_parameter(name).grad.numpy(), atol=1e-9)


# -- evaluation ------------------------------------------------------------------------------------------------------


def test_bits_and_perplexity_of_a_model_that_knows_nothing():
    language_model = models.RNNLM(8, 2, 2)
    for parameter in language_model.parameters():
        parameter.data[...] = 0
    ids = np.arange(400) % 8
    assert language_model.bits_per_token(ids, streams=3, length=50) == pytest.approx(3)
    assert language_model.perplexity(ids, streams=3, length=50) == pytest.approx(8)


def test_bits_do_not_depend_on_the_pieces_or_the_mode():
    language_model, ids = model(dropout=0.5), VOCABULARY.encode(TEXT)
    whole = models.token_loss(language_model.eval()(ids[:-1, None])[0], ids[1:, None]).item() / math.log(2)
    language_model.train()
    assert language_model.bits_per_token(ids, streams=1, length=7) == pytest.approx(whole, rel=1e-5)
    assert all(module.training for module in language_model.modules())


# -- writing ---------------------------------------------------------------------------------------------------------


def test_sampling_is_deterministic_by_seed():
    language_model = model(dropout=0.5)
    one, two, other = (sampled(language_model, seed) for seed in (1, 1, 2))
    assert one == two != other
    assert len(one) == 40
    assert set(one) <= set(TEXT)


@pytest.mark.parametrize("options", [{"temperature": 0}, {"top_k": 1}, {"top_p": 1e-6}])
def test_without_a_choice_the_likeliest_character_is_taken(options):
    language_model = model()
    assert {sampled(language_model, seed, **options) for seed in range(3)} == {
        sampled(language_model, 0, temperature=0)
    }


def test_what_is_generated_follows_from_all_before():
    language_model, prompt = model("GRU"), VOCABULARY.encode("to be")
    made = language_model.generate(prompt, 6, temperature=0)
    logits, _ = language_model(np.concatenate([prompt, made])[:, None])
    np.testing.assert_array_equal(logits.data[len(prompt) - 1 : -1, 0].argmax(-1), made)


def test_errors():
    with pytest.raises(ValueError, match="CharLM: no recurrent layer is called 'TSLM'; pass one of RNN, LSTM, GRU"):
        models.CharLM(10, recurrent="TSLM")
    with pytest.raises(ValueError, match="embedding_size is 64 and hidden_size 256; pass equal ones"):
        models.RNNLM(10, tied=True)
    with pytest.raises(ValueError, match="a prompt of 0 tokens"):
        model().sample(VOCABULARY, "")
    with pytest.raises(ValueError, match="not be negative"):
        model().sample(VOCABULARY, "to", 10, -1)
    with pytest.raises(ValueError, match="'Z' is not among"):
        model().sample(VOCABULARY, "Z")
