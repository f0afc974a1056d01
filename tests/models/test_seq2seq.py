from itertools import product

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import data, models, optim

START, END = 0, 1
LENGTHS = [4, 2, 3]


def model(attention=True, target_size=5, **options):
    return models.Seq2Seq(
        6, target_size, START, END, 3, 4, attention, dtype="float64", rng=np.random.default_rng(3), **options
    )


def source(seed=1):
    return np.random.default_rng(seed).integers(0, 6, (4, 3))


# -- learning --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("attention", [False, True])
def test_gradients(attention):
    translator = model(attention)
    inputs, answers = translator.forced([[2, 3], [4], [2, 2, 4]])
    ag.gradcheck(
        lambda: models.token_loss(translator(source(), inputs, LENGTHS), answers),
        *translator.parameters(),
        max_entries=200,
    )


def test_what_the_decoder_is_given_and_what_it_shall_answer():
    inputs, answers = model().forced([[2, 3], [], [4]])
    np.testing.assert_array_equal(inputs, [[0, 0, 0], [2, 1, 4], [3, 1, 1]])
    np.testing.assert_array_equal(answers, [[2, 1, 4], [3, -100, 1], [1, -100, -100]])


@pytest.mark.parametrize("attention", [False, True])
def test_what_stands_beyond_the_end_changes_nothing(attention):
    translator, inputs = model(attention), np.array([[0] * 3, [2] * 3])
    together = translator(source(), inputs, LENGTHS).data
    for b, length in enumerate(LENGTHS):
        alone = translator(source()[:length, b : b + 1], inputs[:, :1]).data[:, 0]
        np.testing.assert_allclose(together[:, b], alone, rtol=1e-12)


def test_attention_looks_at_the_steps_that_count():
    translator = model()
    _, memory = translator.encode(source(), LENGTHS)
    weights = translator.weights(np.random.default_rng(0).normal(size=(2, 3, 4)), memory).data
    assert weights.shape == (3, 2, 4)
    np.testing.assert_allclose(weights.sum(-1), 1)
    assert (weights[1, :, 2:] == 0).all()
    assert (weights[0] > 0).all()


@pytest.mark.parametrize("attention", [False, True])
def test_it_trains_as_in_pytorch(attention, moves_like_torch):
    torch = pytest.importorskip("torch")

    class Twin(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.source_embedding, self.target_embedding = torch.nn.Embedding(6, 3), torch.nn.Embedding(5, 3)
            self.encoder, self.decoder = torch.nn.GRU(3, 4, bidirectional=True), torch.nn.GRU(3, 4)
            self.bridge, self.output = torch.nn.Linear(8, 4), torch.nn.Linear(4, 5)
            if attention:
                self.key, self.combine = torch.nn.Linear(8, 4, bias=False), torch.nn.Linear(12, 4, bias=False)

        def forward(self, source, inputs):
            packing = torch.nn.utils.rnn
            packed = packing.pack_padded_sequence(self.source_embedding(source), LENGTHS, enforce_sorted=False)
            read, h = self.encoder(packed)
            read, _ = packing.pad_packed_sequence(read)  # (S, B, 8)
            start = torch.tanh(self.bridge(torch.cat([h[0], h[1]], -1)))
            said, _ = self.decoder(self.target_embedding(inputs), start[None])  # (T, B, 4)
            if attention:
                scores = torch.einsum("tbh,sbh->bts", said, self.key(read))
                beyond = torch.arange(len(source)) >= torch.tensor(LENGTHS)[:, None, None]
                weights = scores.masked_fill(beyond, -torch.inf).softmax(-1)
                said = torch.tanh(self.combine(torch.cat([torch.einsum("bts,sbh->tbh", weights, read), said], -1)))
            return self.output(said)

    theirs, ours = Twin().double(), model(attention)
    theirs.load_state_dict({key: torch.tensor(value) for key, value in ours.state_dict().items()})
    optimizer, reference = optim.Adam(ours.parameters(), 0.02), torch.optim.Adam(theirs.parameters(), 0.02)
    inputs, answers = ours.forced([[2, 3], [4], [2, 2, 4]])
    for seed in range(10):
        logits = ours(source(seed), inputs, LENGTHS)
        expected = theirs(torch.tensor(source(seed)), torch.tensor(inputs))
        np.testing.assert_allclose(logits.data, expected.detach().numpy(), rtol=1e-9, atol=1e-10)
        loss = models.token_loss(logits, answers)
        their_loss = torch.nn.functional.cross_entropy(expected.reshape(-1, 5), torch.tensor(answers).reshape(-1))
        moves_like_torch(ours, theirs, loss, their_loss, optimizer, reference)


# -- answering -------------------------------------------------------------------------------------------------------


def log_probability(translator, sequence, answer):
    """Of the answer with its end; sequence (S, 1)."""
    inputs, answers = translator.forced([answer])
    return -models.token_loss(translator(sequence, inputs), answers).item() * answers.size


@pytest.mark.parametrize("attention", [False, True])
def test_greedy_takes_the_likeliest_token_at_each_step(attention):
    translator = model(attention, dropout=0.5)
    answers = translator.greedy(source(), LENGTHS, most=7)
    translator.eval()
    for b, (length, answer) in enumerate(zip(LENGTHS, answers, strict=True)):
        inputs, _ = translator.forced([answer])
        likeliest = translator(source()[:length, b : b + 1], inputs).data[:, 0].argmax(-1)
        np.testing.assert_array_equal(likeliest[: len(answer)], answer)
        assert len(answer) == 7 or likeliest[-1] == END


@pytest.mark.parametrize("alpha", [0.0, 0.6, 3.0])
@pytest.mark.parametrize("attention", [False, True])
def test_a_beam_that_is_wide_enough_finds_the_best_answer(attention, alpha):
    translator = model(attention, target_size=4)
    translator.output.weight.data *= 4  # less even
    every = [list(answer) for length in range(4) for answer in product([0, 2, 3], repeat=length)]

    def score(sequence, answer):
        return log_probability(translator, sequence, answer) / ((6 + len(answer)) / 6) ** alpha

    for b, found in enumerate(translator.beam_search(source(), beam=30, most=4, alpha=alpha)):
        sequence = source()[:, b : b + 1]
        assert list(found) == max(every, key=lambda answer: score(sequence, answer))


def test_a_wider_beam_finds_no_worse_answers_than_greed():
    translator = model(target_size=5)
    translator.output.weight.data *= 8
    sequences = np.random.default_rng(0).integers(0, 6, (4, 20))
    totals = [
        sum(log_probability(translator, sequences[:, b : b + 1], answer) for b, answer in enumerate(answers))
        for answers in (translator.greedy(sequences, most=9), translator.beam_search(sequences, most=30, alpha=0))
    ]
    assert totals[1] >= totals[0]


def test_lengths_hold_in_the_search():
    translator = model()
    together = translator.beam_search(source(), LENGTHS, most=6)
    for b, length in enumerate(LENGTHS):
        (alone,) = translator.beam_search(source()[:length, b : b + 1], most=6)
        np.testing.assert_array_equal(together[b], alone)


def test_errors():
    with pytest.raises(ValueError, match="end 5 must be target tokens"):
        models.Seq2Seq(6, 5, 0, 5)
    with pytest.raises(ValueError, match="beam is 0"):
        model().beam_search(source(), beam=0)


# -- two tasks -------------------------------------------------------------------------------------------------------


def train(translator, pairs, steps, batch_size, rng, lr=0.01):
    """Adam with a rate that falls to 0, on random batches of (source, target)."""
    optimizer = optim.Adam(translator.parameters(), lr=lr)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = lr * (1 - step / steps)
        chosen = [pairs[i] for i in rng.integers(0, len(pairs), batch_size)]
        sources, lengths = models.padded([given for given, _ in chosen])
        inputs, answers = translator.forced([wanted for _, wanted in chosen])
        loss = models.token_loss(translator(sources, inputs, lengths), answers)
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(translator.parameters(), 1.0)
        optimizer.step()


def exact_matches(answers, pairs):
    return np.mean([np.array_equal(answer, wanted) for answer, (_, wanted) in zip(answers, pairs, strict=True)])


@pytest.mark.parametrize("attention", [False, True])
def test_it_learns_to_reverse(attention):
    rng = np.random.default_rng(0)
    sequences = [rng.integers(2, 6, rng.integers(1, 5)) for _ in range(1000)]
    pairs = [(sequence, sequence[::-1]) for sequence in sequences]
    translator = models.Seq2Seq(6, 6, START, END, 16, 32, attention, rng=rng)
    train(translator, pairs[200:], 250, 32, rng)
    sources, lengths = models.padded([given for given, _ in pairs[:200]])
    assert exact_matches(translator.greedy(sources, lengths, most=10), pairs[:200]) >= 0.97


@pytest.mark.slow
def test_it_learns_dates_that_begin_with_the_day():
    rng = np.random.default_rng(0)
    texts = [[pair for pair in part if pair[0][0].isdigit()] for part in data.dates(15_000, 1_500)]
    words = data.Vocabulary("".join(given for given, _ in texts[0]))
    figures = data.Vocabulary("<>-0123456789")
    learned, unseen = ([(words.encode(given), figures.encode(wanted)) for given, wanted in part] for part in texts)
    start, end = figures.encode("<>")
    translator = models.Seq2Seq(len(words), len(figures), int(start), int(end), 32, 64, rng=rng)
    train(translator, learned, 300, 32, rng)
    sources, lengths = models.padded([given for given, _ in unseen])
    assert exact_matches(translator.greedy(sources, lengths, most=12), unseen) >= 0.99
    searched = translator.beam_search(sources[:, :50], lengths[:50], beam=3, most=12)
    assert exact_matches(searched, unseen[:50]) >= 0.98
