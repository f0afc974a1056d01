from types import SimpleNamespace

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.recording import Line, local, observe_exits, place


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


@pytest.mark.parametrize(
    ("leave", "how"),
    [
        (lambda x: x.detach(), "detach()"),
        (lambda x: x.item(), "item()"),
        (lambda x: x.tolist(), "tolist()"),
        (float, "float()"),
        (int, "int()"),
        (complex, "complex()"),
        (lambda x: f"{x:.2f}", "format()"),
        (lambda x: ag.gradients(x * x, x)[0], "gradients() without create_graph=True"),
    ],
)
def test_an_observer_learns_what_leaves_the_graph(leave, how):
    x = ag.tensor(3.0, requires_grad=True)
    seen = []
    watched = observe_exits(seen.append)(leave)  # a decorator as well
    watched(x)
    leave(x)
    assert [(exit.how, exit.line.file) for exit in seen] == [(how, __file__)]
    assert local.exits == ()


def test_what_stays_in_the_graph_or_was_never_there_does_not_leave_it():
    x, constant = ag.tensor(3.0, requires_grad=True), ag.tensor(2.0)
    seen = []
    with observe_exits(seen.append):
        assert (constant.item(), float(constant), constant.detach().tolist()) == (2.0, 2.0, 2.0)
        assert np.asarray(constant) == 2.0
        ag.gradients(x * constant, x, create_graph=True)
    assert seen == []
