"""The code of the README and of the user's guide works when pasted, in the order in which it stands there."""

import re
from pathlib import Path

import pytest

import autograd_lite as ag
from autograd_lite.gradcheck import testing

ROOT = Path(__file__).parents[1]
README, GUIDE = ROOT / "README.md", ROOT / "docs" / "verification.md"


@pytest.fixture
def pasted(tmp_path, monkeypatch):
    """Runs the code of a page; returns the names that it defines."""
    before = dict(ag.core.registry)
    monkeypatch.chdir(tmp_path)

    def run(page):
        names = {"__name__": "page"}
        blocks = _fenced(page, "python")
        assert len(blocks) >= 5
        for block in blocks:
            exec(compile(block, page.name, "exec"), names)
        return names

    yield run
    ag.core.registry.clear()
    ag.core.registry.update(before)


def test_code_blocks_run(tmp_path, pasted, capsys):
    pytest.importorskip("sklearn")
    names = pasted(README)
    assert float(re.search(r"loss (\S+)", capsys.readouterr().out)[1]) < 0.3
    assert (names["slope"].item(), names["curvature"].item()) == (12.0, 12.0)
    assert (tmp_path / "graph.dot").exists()


def test_the_guide_to_verification_shows_what_its_code_prints(pasted, capsys):
    names = pasted(GUIDE)
    printed = capsys.readouterr().out
    shown = _fenced(GUIDE, "")
    assert shown
    for line in "\n".join(shown).splitlines():
        assert _words(line) in _words(printed), line
    assert "dw = dw.T" in printed
    names["test_leaky"](testing.fixture(thorough=False))


def _fenced(page, language):
    """The blocks of a page in this language; "" for what is shown as it is printed."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [block for kind, block in blocks if kind == language]


def _words(text):
    """The text without what differs from one computer to another: small numbers, places, blanks."""
    return re.sub(r"\d\S*e-\d+\.?|\S+\.(py|md):\d+|\.\.\.|\s+", "", text)


@pytest.mark.parametrize("page", [README, *sorted((ROOT / "docs").glob("*.md"))], ids=lambda page: page.name)
def test_pictures_and_files_that_it_names_exist(page):
    for link in re.findall(r"\]\((?!http)([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link
