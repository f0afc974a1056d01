import json
import sys
from types import SimpleNamespace

import pytest

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.__main__ import main
from autograd_lite.recipes import RECIPES, Figure, Result, command
from autograd_lite.training import History

pytest.importorskip("matplotlib")


@pytest.fixture
def trained(monkeypatch):
    """Recipes that find at once what is put into `figures`; the (name, seed) of those that ran."""
    ran = []
    found = SimpleNamespace(ran=ran, figures=(Figure("test accuracy", 91.26, required=90.0),))

    def recipe(name):
        def train(seed):
            ran.append((name, seed))
            return Result(found.figures, History([{"loss": 1.0}]).plot(), nn.Linear(2, 1))

        return SimpleNamespace(train=train)

    monkeypatch.setattr(command, "recipe", recipe)
    return found


def test_a_training_writes_a_plot_the_weights_and_the_figures(trained, tmp_path, capsys):
    folder = tmp_path / "new" / "folder"
    assert main(["train", "lenet5", "--output", str(folder), "--seed", "3"]) == 0
    assert trained.ran == [("lenet5", 3)]
    assert sorted(file.name for file in folder.iterdir()) == ["lenet5.json", "lenet5.npz", "lenet5.png"]
    assert (folder / "lenet5.png").read_bytes().startswith(b"\x89PNG")
    nn.Linear(2, 1).load_state_dict(ag.load(folder / "lenet5.npz"))
    written = json.loads((folder / "lenet5.json").read_text())
    assert (written["name"], written["seed"]) == ("lenet5", 3)
    assert written["figures"][0]["value"] == 91.26
    printed = capsys.readouterr().out
    assert RECIPES["lenet5"] in printed
    assert "91.3 % (at least 90 % is asked)" in printed
    assert "FAILED" not in printed


@pytest.mark.parametrize(
    ("figure", "status"),
    [
        (Figure("accuracy", 90.0, required=90.0), 0),
        (Figure("accuracy", 89.99, required=90.0), 1),
        (Figure("accuracy", float("nan"), required=90.0), 1),
        (Figure("accuracy", float("nan")), 1),
        (Figure("bits", 2.1, "bits", required=2.15, lower_is_better=True), 0),
        (Figure("bits", 2.2, "bits", required=2.15, lower_is_better=True), 1),
        (Figure("PSNR", 20.0, "dB"), 0),
    ],
    ids=["equal", "below", "nan", "nan where nothing is asked", "low enough", "too high", "nothing is asked"],
)
def test_the_exit_status_tells_whether_the_figures_are_good_enough(figure, status, trained, tmp_path, capsys):
    trained.figures = (Figure("other", 1.0), figure)
    assert main(["train", "lenet5", "--output", str(tmp_path)]) == status
    assert ("FAILED" in capsys.readouterr().out) == bool(status)
    assert (tmp_path / "lenet5.npz").exists()


def test_several_run_in_the_order_given_and_all_means_all(trained, tmp_path, capsys):
    assert main(["train", "resnet", "digits", "--output", str(tmp_path)]) == 0
    assert [name for name, _ in trained.ran] == ["resnet", "digits"]
    trained.ran.clear()
    assert main(["train", "all", "--output", str(tmp_path)]) == 0
    assert [name for name, _ in trained.ran] == list(RECIPES)
    capsys.readouterr()


def test_the_table_has_a_row_for_each_training_that_was_done(trained, tmp_path, capsys):
    trained.figures = (Figure("perplexity", 2.129, "", 2, required=2.15, lower_is_better=True), Figure("right", 99.5))
    main(["train", "lenet5", "resnet", "--output", str(tmp_path)])
    capsys.readouterr()
    assert main(["train", "--table", "--output", str(tmp_path)]) == 0
    header, rule, *rows = capsys.readouterr().out.splitlines()
    assert header.count("|") == rule.count("|") == 6
    done = [name for name in RECIPES if name in ("lenet5", "resnet")]
    assert [row.split("`")[1] for row in rows] == [f"python -m autograd_lite train {name}" for name in done]
    assert all("perplexity **2.13**<br>right **99.5 %** | at most 2.15<br> | 0 s |" in row for row in rows)


def test_without_names_it_prints_what_there_is(capsys):
    assert main(["train"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(RECIPES)


def test_an_unknown_name_is_refused_before_anything_is_trained(trained, capsys):
    assert main(["train", "lenet5", "lenet6"]) == 2
    assert "nothing is called lenet6; pass some of" in capsys.readouterr().err
    assert not trained.ran


def test_a_missing_matplotlib_is_named_before_anything_is_trained(trained, monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert main(["train", "lenet5", "--output", str(tmp_path / "unmade")]) == 1
    assert 'matplotlib is not installed; pip install "autograd_lite[train]"' in capsys.readouterr().err
    assert not trained.ran
    assert not (tmp_path / "unmade").exists()


@pytest.mark.parametrize("name", RECIPES)
def test_each_name_is_a_module_with_settings_and_a_training(name):
    module = command.recipe(name)
    assert callable(module.train)
    assert module.Settings() == module.Settings()
