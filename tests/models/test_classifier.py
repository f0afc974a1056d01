import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import models, nn, optim

LENGTHS = [5, 2, 4]


def batch(seed=1):
    return np.random.default_rng(seed).integers(0, 6, (5, 3))


def model(**options):
    return models.SequenceClassifier(6, 4, 5, dtype="float64", rng=np.random.default_rng(0), **options)


def test_gradients():
    classifier, loss = model(num_layers=2), nn.BCEWithLogitsLoss()
    ag.gradcheck(
        lambda: loss(classifier(batch(), LENGTHS), np.array([1.0, 0.0, 1.0])), *classifier.parameters(), max_entries=150
    )


def test_what_stands_beyond_the_end_changes_nothing():
    classifier = model()
    together = classifier(batch(), LENGTHS).data
    alone = [classifier(batch()[:length, b : b + 1]).item() for b, length in enumerate(LENGTHS)]
    assert together.shape == (3,)
    np.testing.assert_allclose(together, alone, rtol=1e-12)


def test_probabilities_are_the_sigmoid_of_the_logits():
    classifier = model(dropout=0.5)
    probability = classifier.probability(batch(), LENGTHS)
    logits = classifier.eval()(batch(), LENGTHS).data
    np.testing.assert_allclose(probability.data, 1 / (1 + np.exp(-logits)))
    assert not probability.requires_grad


def test_it_learns_whether_a_token_occurred():
    rng, classifier = np.random.default_rng(0), models.SequenceClassifier(6, 8, 16, rng=np.random.default_rng(0))
    optimizer, loss_function = optim.Adam(classifier.parameters(), lr=0.02), nn.BCEWithLogitsLoss()

    def example(count):
        ids, lengths = rng.integers(0, 6, (12, count)), rng.integers(2, 8, count)
        seen = (ids == 3) & (np.arange(12)[:, None] < lengths)
        return ids, lengths, seen.any(0)

    for _ in range(150):
        ids, lengths, answers = example(32)
        loss = loss_function(classifier(ids, lengths), answers.astype("float32"))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    ids, lengths, answers = example(300)
    assert ((classifier.probability(ids, lengths).data > 0.5) == answers).mean() > 0.98


def test_it_trains_as_in_pytorch(moves_like_torch):
    torch = pytest.importorskip("torch")

    class Twin(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.recurrent = torch.nn.Embedding(6, 4), torch.nn.LSTM(4, 5, 2)
            self.output = torch.nn.Linear(5, 1)

        def forward(self, ids):
            packing = torch.nn.utils.rnn
            packed = packing.pack_padded_sequence(self.embedding(ids), LENGTHS, enforce_sorted=False)
            return self.output(self.recurrent(packed)[1][0][-1])[:, 0]

    theirs, ours = Twin().double(), model(num_layers=2)
    ours.load_state_dict(theirs.state_dict())
    optimizer, reference = optim.Adam(ours.parameters(), 0.02), torch.optim.Adam(theirs.parameters(), 0.02)
    answers = np.array([1.0, 0.0, 1.0])
    for seed in range(10):
        logits, expected = ours(batch(seed), LENGTHS), theirs(torch.tensor(batch(seed)))
        np.testing.assert_allclose(logits.data, expected.detach().numpy(), rtol=1e-9, atol=1e-10)
        loss = nn.BCEWithLogitsLoss()(logits, answers)
        their_loss = torch.nn.BCEWithLogitsLoss()(expected, torch.tensor(answers))
        moves_like_torch(ours, theirs, loss, their_loss, optimizer, reference)
