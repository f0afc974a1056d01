"""The training loop: it learns, stops early, and goes on from a file as if it had never stopped."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.training import History, evaluate, fit

RNG = np.random.default_rng(0)
X = RNG.standard_normal((60, 3)).astype(np.float32)
Y = (X @ np.array([[1.0], [-2.0], [0.5]], np.float32) + 0.1 * RNG.standard_normal((60, 1))).astype(np.float32)


def model_and_optimizer(dropout=0.2, seed=0):
    rng = np.random.default_rng(seed)
    model = ag.nn.Sequential(
        ag.nn.Linear(3, 8, rng=rng),
        ag.nn.BatchNorm1d(8),
        ag.nn.Tanh(),
        ag.nn.Dropout(dropout),
        ag.nn.Linear(8, 1, rng=rng),
    )
    return model, ag.optim.Adam(model.named_parameters(), lr=0.05)


def loader(**options):
    return ag.data.DataLoader((X[:48], Y[:48]), 8, shuffle=True, seed=1, **options)


VALIDATION = [(X[48:], Y[48:])]


def train(epochs, checkpoint=None, **options):
    ag.seed(3)
    model, optimizer = model_and_optimizer()
    history = fit(
        model, ag.mse_loss, optimizer, loader(), epochs=epochs, validation=VALIDATION, checkpoint=checkpoint,
        progress=False, **options,
    )  # fmt: skip
    return model, history


def test_it_learns_and_tells():
    model, history = train(15, metrics={"error": lambda output, target: abs(output - target).mean()}, max_norm=1.0)
    assert len(history) == 15
    assert history["val_loss"][-1] < 0.3 * history["val_loss"][0]
    assert set(history.rows[0]) == {"loss", "error", "val_loss", "val_error", "lr"}
    assert repr(history).splitlines()[0].split() == ["epoch", "loss", "error", "val_loss", "val_error", "lr"]
    assert evaluate(model, {"loss": ag.mse_loss}, VALIDATION)["loss"] == history["val_loss"][-1]


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_a_training_goes_on_from_a_file_as_if_it_had_never_stopped(tmp_path, ending):
    whole, history = train(6)
    file = tmp_path / f"checkpoint.{ending}"
    train(3, file)
    ag.seed(99)  # the generator's state comes from the file, too
    continued, again = train(6, file)
    assert again.rows == history.rows
    for key, value in whole.state_dict().items():
        np.testing.assert_array_equal(continued.state_dict()[key], value)


def test_it_stops_when_nothing_gets_better_and_keeps_the_best():
    model, optimizer = model_and_optimizer(dropout=0.0)
    optimizer.param_groups[0]["lr"] = 0.5  # too much: it goes up and down
    history = fit(
        model, ag.mse_loss, optimizer, loader(), epochs=200, validation=VALIDATION, patience=3, progress=False
    )
    losses = history["val_loss"]
    assert len(losses) == losses.index(min(losses)) + 4 < 200
    assert evaluate(model, {"loss": ag.mse_loss}, VALIDATION)["loss"] == min(losses)


def test_a_loss_that_is_no_number_stops_it_before_the_update():
    model, optimizer = model_and_optimizer()
    before = model.state_dict()
    with pytest.raises(RuntimeError, match=r"fit: the loss is nan in epoch 1, batch 1"):
        fit(model, lambda output, target: ag.sum(output) * np.nan, optimizer, loader(), epochs=1, progress=False)
    np.testing.assert_array_equal(model[0].weight.data, before["0.weight"])


def test_errors():
    model, optimizer = model_and_optimizer()
    with pytest.raises(ValueError, match="patience looks at the validation's loss"):
        fit(model, ag.mse_loss, optimizer, loader(), epochs=1, patience=2)
    batches = iter(loader())
    with pytest.raises(ValueError, match="the data gave no batch"):
        fit(model, ag.mse_loss, optimizer, batches, epochs=2, progress=False)


def test_evaluation_leaves_the_mode_as_it_was():
    model, _ = model_and_optimizer()
    for mode in (True, False):
        model.train(mode)
        evaluate(model, {"loss": ag.mse_loss}, VALIDATION)
        assert model.training is mode
    model.train()
    model[1].eval()  # frozen statistics stay frozen
    evaluate(model, {"loss": ag.mse_loss}, VALIDATION)
    assert (model.training, model[1].training) == (True, False)


def test_an_empty_history_prints():
    assert repr(History()) == "epoch"


def test_the_history_plots_itself(tmp_path):
    pytest.importorskip("matplotlib")
    figure = History([{"loss": 2.0, "val_loss": 2.5, "lr": 0.1}, {"loss": 1.0, "val_loss": 1.5, "lr": 0.1}]).plot(
        tmp_path / "history.png"
    )
    assert [line.get_label() for line in figure.axes[0].lines] == ["training", "validation"]
    assert (tmp_path / "history.png").stat().st_size > 1000


@pytest.mark.parametrize(("steps", "calls"), [("epoch", 3), ("batch", 3 * 4)])
def test_a_schedule_takes_its_steps_after_epochs_or_batches(steps, calls):
    model = ag.nn.Linear(2, 1, rng=np.random.default_rng(0))
    optimizer = ag.optim.SGD(model.parameters(), 0.1)
    x = np.random.default_rng(1).normal(size=(8, 2)).astype("float32")
    rates = ag.optim.ExponentialLR(optimizer, 0.5)
    batches = ag.data.DataLoader((x, x[:, :1]), 2)
    fit(model, ag.nn.MSELoss(), optimizer, batches, epochs=3, schedule=rates, schedule_steps=steps)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.1 * 0.5**calls)


def test_a_schedule_takes_no_other_steps():
    model = ag.nn.Linear(2, 1)
    with pytest.raises(ValueError, match="schedule_steps is 'step'; pass 'epoch' or 'batch'"):
        fit(model, ag.nn.MSELoss(), ag.optim.SGD(model.parameters(), 0.1), [], epochs=1, schedule_steps="step")
