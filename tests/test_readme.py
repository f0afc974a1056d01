"""The README's code works when pasted, in the order in which it stands there."""

import re
from pathlib import Path

import pytest

import autograd_lite as ag

README = Path(__file__).parents[1] / "README.md"


def test_code_blocks_run(tmp_path, monkeypatch, capsys):
    pytest.importorskip("sklearn")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 5
    names = {}
    try:
        for block in blocks:
            exec(compile(block, "README.md", "exec"), names)
    finally:
        ag.core.registry.pop("squareplus", None)
    assert float(re.search(r"loss (\S+)", capsys.readouterr().out)[1]) < 0.3
    assert (names["slope"].item(), names["curvature"].item()) == (12.0, 12.0)
    assert (tmp_path / "graph.dot").exists()


def test_pictures_and_files_that_it_names_exist():
    text = README.read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!http)([^)]+)\)", text):
        assert (README.parent / link).exists(), link
