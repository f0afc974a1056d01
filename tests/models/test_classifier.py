import numpy as np

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
