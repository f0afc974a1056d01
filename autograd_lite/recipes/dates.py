"""From days in words to ISO 8601, letter by letter: an encoder, a decoder, and attention between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import data, models
from ..data.dates import Pairs
from ..screen import count_parameters, line
from .result import Figure, Result
from .sequences import curve_and_axes, learn_tokens

MOST = 12  # characters of an answer, with its end: 1988-05-03 has 11


@dataclass(frozen=True)
class Settings:
    """How many days to learn from and how, and how good it has to be."""

    learned: int = 20_000
    tested: int = 2_000
    searched: int = 500  # of these, with a beam, too
    embedding: int = 32
    hidden: int = 96
    epochs: int = 8
    batch: int = 64
    rate: float = 5e-3
    required: float = 99.0


def train(seed: int = 0, settings: Settings | None = None) -> Result:
    """Train and test; `seed` chooses the days, the initial values, and the order of the data."""
    settings = settings or Settings()
    pairs = data.dates(settings.learned, settings.tested, seed)
    letters = data.Vocabulary("".join(given for given, _ in pairs.train), unknown="\N{REPLACEMENT CHARACTER}")
    figures = data.Vocabulary("<>-0123456789")
    model = models.Seq2Seq(
        len(letters),
        len(figures),
        figures.number("<"),
        figures.number(">"),
        settings.embedding,
        settings.hidden,
        rng=np.random.default_rng(seed),
    )
    line("model", f"GRU in both directions, attention, GRU: {count_parameters(model):,} parameters")
    line("data", f"{len(pairs.train):,} days, {len(pairs.test):,} others to test")
    for given, wanted in pairs.train[:4]:
        line("", f"{given:44} {wanted}")
    learn, watch = data.train_validation_split(_arrays(model, pairs.train, letters, figures), 0.05, seed=seed)
    history = learn_tokens(model, learn, watch, settings, seed)
    sources, lengths = models.padded([letters.encode(given) for given, _ in pairs.test])
    answers = [figures.decode(answer) for answer in model.greedy(sources, lengths, MOST)]
    searched = slice(settings.searched)
    found = model.beam_search(sources[:, searched], lengths[searched], beam=3, most=MOST)
    wrong = [(given, answer) for (given, wanted), answer in zip(pairs.test, answers, strict=True) if answer != wanted]
    for given, answer in wrong[:4]:
        line("a wrong answer", f"{given:44} {answer}")
    return Result(
        (
            Figure("exact match", _exact(answers, pairs.test), decimals=2, required=settings.required),
            Figure(
                f"the first {len(found)} with a beam of 3",
                _exact(list(map(figures.decode, found)), pairs.test[searched]),
            ),
        ),
        plot(history, model, max(pairs.test, key=lambda pair: len(pair[0])), letters, figures),
        model,
    )


def _arrays(
    model: models.Seq2Seq, pairs: Pairs, letters: data.Vocabulary, figures: data.Vocabulary
) -> tuple[Any, Any, Any, Any]:
    """Sources (N, S), what the decoder is given (N, T), the sources' lengths (N,), and the answers (N, T)."""
    sources, lengths = models.padded([letters.encode(given) for given, _ in pairs])
    inputs, answers = model.forced([figures.encode(wanted) for _, wanted in pairs])
    return sources.T, inputs.T, lengths, answers.T


def _exact(answers: Sequence[str], pairs: Pairs) -> float:
    """How many of 100 answers are right to the letter."""
    return 100 * float(np.mean([answer == wanted for answer, (_, wanted) in zip(answers, pairs, strict=True)]))


def plot(
    history: Any, model: models.Seq2Seq, pair: tuple[str, str], letters: data.Vocabulary, figures: data.Vocabulary
) -> Any:
    """The loss, and where the model looks while it writes one answer."""
    given, wanted = pair
    figure, axes = curve_and_axes(history, (1, 2))
    axes.imshow(
        looks(model, letters.encode(given), figures.encode(wanted)), cmap="Greys", vmin=0, vmax=1, aspect="auto"
    )
    axes.set_xticks(range(len(given)), given)
    axes.set_yticks(range(len(wanted)), wanted)
    axes.set(title="where it looks, as it writes")
    return figure


def looks(model: Any, source: Any, target: Any) -> Any:
    """How much each of the T tokens of an answer has to do with each of the S tokens of the source: (T, S)."""
    inputs, _ = model.forced([target])
    with models.evaluating(model):
        state, memory = model.encode(source[:, None])
        outputs, _ = model.decoder(model.target_embedding(inputs[:-1]), state)
        return model.weights(outputs, memory).data[0]
