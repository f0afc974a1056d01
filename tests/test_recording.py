from types import SimpleNamespace

import pytest

from autograd_lite.recording import Line, place


@pytest.mark.parametrize(("function", "words"), [("forward", "model.py:12 in forward"), ("<lambda>", "model.py:12")])
def test_a_line_in_words(function, words):
    line = Line("model.py", 12, function)
    assert line.place() == "model.py:12"
    assert str(line) == words


def test_in_a_notebook_a_line_is_that_of_a_cell(monkeypatch):
    compilerop = pytest.importorskip("IPython.core.compilerop")
    compiler = compilerop.CachingCompiler()
    file = compiler.cache("x = 1", 7)
    monkeypatch.setattr("IPython.get_ipython", lambda: SimpleNamespace(compile=compiler))
    assert str(Line(file, 16, "loss")) == "cell [7], line 16 in loss"
    assert place("model.py", 12) == "model.py:12"
