"""python -m autograd_lite draw"""

import json

import pytest

from autograd_lite.__main__ import main

OWN = """
import autograd_lite as ag

x = ag.name(ag.tensor([1.0, 2.0], requires_grad=True), "x")
tensor = ag.tanh(x)
named = ag.name(ag.exp(tensor), "y")
picture = ag.draw(ag.exp(x), rankdir="LR")
model = ag.nn.Linear(3, 2)

def returns_tensor():
    return ag.sin(x)

def returns_model():
    return ag.nn.Sequential(model, ag.nn.ReLU()), ag.zeros((4, 3))

def returns_function():
    return product, x, ag.tensor([3.0, 4.0])

def product(a, b=2.0):
    return a * b

def fails():
    raise KeyError("no such thing")

def returns_nothing():
    pass
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    (tmp_path / "mine_to_draw.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "tree"),
    [
        (["tensor"], "tanh  (2,)\n└─ x  (2,)\n"),
        (["picture"], "exp  (2,)\n└─ x  (2,)\n"),
        (["returns_tensor"], "sin  (2,)\n└─ x  (2,)\n"),
        (["returns_function"], "multiply  (2,)\n├─ x  (2,)\n└─ b  (2,)\n"),
        (["returns_function", "--no-constants"], "multiply  (2,)\n└─ x  (2,)\n"),
        (["product", "-i", "3"], "multiply  b=2  (3,)\n└─ a  (3,)\n"),
        (["product", "-i", "3,", "--input", "3"], "multiply  (3,)\n├─ a  (3,)\n└─ b  (3,)\n"),
        (["product", "-i", "3:float64"], "multiply  b=2  (3,) float64\n"),
        (["tensor", "--detail", "values"], "tanh  (2,)  [0.7616, 0.964]  gradient [1, 1]\n"),
        (["model", "-i", "4,3", "--depth", "0"], "Linear  8 parameters  (4, 2)\n└─ x  (4, 3)\n"),
    ],
)
def test_a_tree_is_printed(own, capsys, arguments, tree):
    target, *options = arguments
    assert main(["draw", f"mine_to_draw:{target}", *options]) == 0
    out = capsys.readouterr().out
    assert out.startswith(tree)


def test_modules_with_their_input(own, capsys):
    assert main(["draw", "mine_to_draw:returns_model"]) == 0
    assert capsys.readouterr().out.startswith("relu  (4, 2)")
    assert main(["draw", "autograd_lite.models:LeNet5", "--input", "1,1,32,32"]) == 0
    assert capsys.readouterr().out.startswith("linear  (1, 10)")


def test_a_file_of_the_format_that_its_suffix_names(own, capsys):
    assert main(["draw", "mine_to_draw:returns_model", "-o", "graph.json"]) == 0
    assert capsys.readouterr().out == "wrote graph.json\n"
    assert {node["label"] for node in json.loads((own / "graph.json").read_text())["nodes"]} >= {"linear", "relu"}
    options = ["--graph", "both", "--rankdir", "LR", "--theme", "dark", "--unrolled", "--fold"]
    assert main(["draw", "mine_to_draw:returns_tensor", "-o", "graph.dot", *options]) == 0
    assert "rankdir=LR" in (own / "graph.dot").read_text()
    assert 'class="backward"' in (own / "graph.dot").read_text()
    assert main(["draw", "mine_to_draw:named", "-o", "graph.html", "--path", "y", "x"]) == 0
    assert (own / "graph.html").read_text().lower().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mine_to_draw"], "write module:function"),
        (["no_such_module:f"], "ModuleNotFoundError: No module named 'no_such_module'"),
        (["mine_to_draw:other"], "has no other; it has returns_tensor, returns_model"),
        (["mine_to_draw:model"], "Linear needs an input; give its shape, such as --input"),
        (["mine_to_draw:product"], "takes a; give the shape of each, such as --input"),
        (["mine_to_draw:tensor", "-i", "3"], "is a Tensor, which takes no inputs; leave --input out"),
        (["mine_to_draw:fails"], "KeyError: 'no such thing'"),
        (["mine_to_draw:returns_nothing"], "is a NoneType; pass a Tensor"),
        (["mine_to_draw:tensor", "-o", "graph.jpg"], "does not end in a known format; use one of .svg"),
        (["mine_to_draw:tensor", "-o", "missing/graph.dot"], "there is no folder 'missing'"),
    ],
)
def test_errors(own, capsys, arguments, message):
    assert main(["draw", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(f"draw {arguments[0]}: ")
    assert message in captured.err
    assert captured.out == ""


@pytest.mark.parametrize("shape", ["3x", "2,-1", "3:none"])
def test_what_is_no_shape(capsys, shape):
    with pytest.raises(SystemExit):
        main(["draw", "autograd_lite:tanh", "-i", shape])
    assert "is no shape" in capsys.readouterr().err
