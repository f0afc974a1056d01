import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import models, optim

LENGTHS = [5, 2, 4]


def model(dtype="float64", **options):
    return models.Tagger(6, 3, 4, 5, dtype=dtype, rng=np.random.default_rng(0), **options)


def batch(seed=1, steps=5):
    return np.random.default_rng(seed).integers(0, 6, (steps, 3))


def test_gradients():
    tagger, tags = model(num_layers=2), batch(2) % 3
    ag.gradcheck(
        lambda: models.token_loss(tagger(batch(), LENGTHS), tags, LENGTHS), *tagger.parameters(), max_entries=150
    )


def test_what_stands_beyond_the_end_changes_nothing():
    tagger, other = model(), batch()
    other[2:, 1] = 0
    other[4:, 2] = 5
    one, two = (tagger(ids, LENGTHS).data for ids in (batch(), other))
    for b, length in enumerate(LENGTHS):
        np.testing.assert_array_equal(one[:length, b], two[:length, b])
        alone = tagger(batch()[:length, b : b + 1]).data[:, 0]
        np.testing.assert_allclose(one[:length, b], alone, rtol=1e-12)


def test_tags():
    tagger = model(dropout=0.5)
    tags = tagger.tag(batch(), LENGTHS)
    tagger.eval()
    counted = np.arange(5)[:, None] < LENGTHS
    np.testing.assert_array_equal(tags[counted], tagger(batch(), LENGTHS).data.argmax(-1)[counted])
    assert (tags[~counted] == -100).all()
    assert (tagger.tag(batch()) >= 0).all()


def test_it_learns_what_depends_on_both_sides():
    rng, tagger = np.random.default_rng(0), models.Tagger(4, 2, 8, 16, rng=np.random.default_rng(0))
    optimizer = optim.Adam(tagger.parameters(), lr=0.02)

    def example(count):
        """Is the token before smaller than the one behind?"""
        ids = rng.integers(0, 4, (10, count))
        tags = np.zeros_like(ids)
        tags[1:-1] = ids[:-2] < ids[2:]
        return ids, tags, rng.integers(5, 11, count)

    for _ in range(200):
        ids, tags, lengths = example(32)
        tags[lengths - 1, np.arange(32)] = -100  # the next token is not seen
        loss = models.token_loss(tagger(ids, lengths), tags, lengths)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    ids, tags, _ = example(100)
    assert (tagger.tag(ids) == tags)[1:-1].mean() > 0.99


def test_it_trains_as_in_pytorch():
    torch = pytest.importorskip("torch")

    class Twin(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = torch.nn.Embedding(6, 4)
            self.recurrent = torch.nn.LSTM(4, 5, 2, bidirectional=True)
            self.output = torch.nn.Linear(10, 3)

        def forward(self, ids, lengths):
            packed = torch.nn.utils.rnn.pack_padded_sequence(self.embedding(ids), lengths, enforce_sorted=False)
            remembered, _ = torch.nn.utils.rnn.pad_packed_sequence(self.recurrent(packed)[0])
            return self.output(remembered)

    theirs, ours = Twin().double(), model(num_layers=2)
    ours.load_state_dict(theirs.state_dict())
    optimizer, their_optimizer = optim.Adam(ours.parameters(), lr=0.01), torch.optim.Adam(theirs.parameters(), lr=0.01)
    for seed in range(10):
        ids, tags = batch(seed), batch(seed + 100) % 3
        loss = models.token_loss(ours(ids, LENGTHS), tags, LENGTHS)
        counted = np.where(np.arange(5)[:, None] < LENGTHS, tags, -100)
        logits = theirs(torch.tensor(ids), LENGTHS)
        their_loss = torch.nn.functional.cross_entropy(logits.reshape(-1, 3), torch.tensor(counted).reshape(-1))
        for one, o in ((loss, optimizer), (their_loss, their_optimizer)):
            o.zero_grad()
            one.backward()
            o.step()
        assert loss.item() == pytest.approx(their_loss.item(), abs=1e-10)
    for name, parameter in ours.named_parameters():
        np.testing.assert_allclose(parameter.grad.data, theirs.get_parameter(name).grad.numpy(), atol=1e-9)
