"""The loop that trains a model: ordinary code on the public interface. Using it is optional."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from .extras import optional
from .nn.module import evaluating
from .ops.random import default_rng
from .optim.clipping import clip_grad_norm_
from .saving import load, save

Metric = Callable[[Any, Any], float]


class History:
    """What a training found in each epoch: ``history["loss"]`` is a list with a number for each.

    Columns: loss and those of metrics, the mean over the training batches; the same with "val_" before, over the
    validation data; lr, the learning rate of the first group. Prints as a table.
    """

    def __init__(self, rows: Iterable[Mapping[str, float]] = ()):
        self.rows = [dict(row) for row in rows]

    def __getitem__(self, column: str) -> list[float]:
        return [row[column] for row in self.rows]

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        columns = list(self.rows[0]) if self.rows else []
        lines = [["epoch", *columns]]
        lines += [[str(i), *(f"{row[name]:.4g}" for name in columns)] for i, row in enumerate(self.rows, 1)]
        widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
        return "\n".join("  ".join(cell.rjust(w) for cell, w in zip(line, widths, strict=True)) for line in lines)

    def plot(self, file: str | Path | None = None) -> Any:
        """Each column and its validation's over the epochs, as a matplotlib figure; written to `file`, if given.

        Raises ModuleNotFoundError, which says what to install, without matplotlib.
        """
        figure = optional("matplotlib.figure", "matplotlib", "History.plot", extra="docs").Figure(layout="constrained")
        self.draw(figure)
        if file is not None:
            figure.savefig(file)
        return figure

    def draw(self, figure: Any) -> None:
        """What `plot` shows, drawn into a matplotlib figure, or into a part of one (a subfigure)."""
        columns = [name for name in (self.rows[0] if self.rows else ()) if not name.startswith("val_") and name != "lr"]
        for axes, name in zip(figure.subplots(1, len(columns), squeeze=False)[0], columns, strict=True):
            for column, label in ((name, "training"), (f"val_{name}", "validation")):
                if column in self.rows[0]:
                    axes.plot(range(1, len(self) + 1), self[column], label=label, marker=".")
            axes.set(xlabel="epoch", ylabel=name)
            axes.xaxis.get_major_locator().set_params(integer=True)
            axes.legend()


def fit(
    model: Any,
    loss: Callable[[Any, Any], Any],
    optimizer: Any,
    data: Iterable[Any],
    *,
    epochs: int,
    validation: Iterable[Any] | None = None,
    metrics: Mapping[str, Metric] | None = None,
    schedule: Any = None,
    schedule_steps: str = "epoch",
    max_norm: float | None = None,
    patience: int | None = None,
    checkpoint: str | Path | None = None,
    progress: bool = True,
) -> History:
    """Train a model for so many epochs, and tell what each of them gave.

    data, validation: gone through once in each epoch; batches are tuples ``(*inputs, target)``, and the model is called
    with the inputs. loss: of the model's output and the target, a scalar. metrics: more functions of these two, by
    name. schedule: its `step` is called after each epoch, with the validation's loss if it takes one (plateau), or
    after each batch with schedule_steps="batch" (one-cycle).
    max_norm: the gradients' norm is clipped to it. patience: stop after so many epochs without a lower validation loss,
    and give the model its best parameters back. checkpoint: a file that is written after each epoch; if it exists, the
    training goes on from there and gives, to the bit, what it would have given at once, as long as the data come in an
    order that depends on the epoch only (a DataLoader with a number as seed). progress: a bar over the batches,
    where tqdm is installed.

    Returns the History. Raises RuntimeError, before the update, for a loss that is NaN or infinite; ValueError for
    patience without validation, and for data without batches.
    """
    if patience is not None and validation is None:
        raise ValueError("fit: patience looks at the validation's loss; pass validation=, or leave patience out")
    if schedule_steps not in ("epoch", "batch"):
        raise ValueError(f"fit: schedule_steps is {schedule_steps!r}; pass 'epoch' or 'batch'")
    state = _State(model, optimizer, schedule, schedule_steps == "epoch", data)
    if checkpoint is not None and Path(checkpoint).exists():
        state.resume(load(checkpoint))
    losses = {"loss": loss, **(metrics or {})}
    bar = _Bar(data, epochs, len(state.history), progress)
    while len(state.history) < epochs and not state.exhausted(patience):
        row = _train(model, losses, optimizer, data, max_norm, partial(state.stepped, bar), len(state.history) + 1)
        if validation is not None:
            row |= {f"val_{name}": value for name, value in evaluate(model, losses, validation).items()}
        row["lr"] = float(optimizer.param_groups[0]["lr"])
        state.finished(row)
        if checkpoint is not None:
            save(checkpoint, state.to_dict())
        bar.epoch(row)
    bar.close()
    if patience is not None and state.best is not None:
        model.load_state_dict(state.best)
    return state.history


def evaluate(model: Any, metrics: Mapping[str, Metric], data: Iterable[Any]) -> dict[str, float]:
    """The mean of each metric over the batches of `data`, weighted by their sizes, in evaluation mode.

    metrics: functions of the model's output and the target, by name. Returns the means by name; each part of the model
    is then in the mode that it was in.
    """
    with evaluating(model):
        return _means((_measured(metrics, model(*inputs), target), target) for *inputs, target in data)


def _train(
    model: Any,
    losses: Mapping[str, Any],
    optimizer: Any,
    data: Iterable[Any],
    max_norm: float | None,
    stepped: Callable[[float], None],
    epoch: int,
) -> dict[str, float]:
    """One epoch of updates; the means of the losses over its batches."""
    model.train()

    def steps() -> Iterator[tuple[dict[str, float], Any]]:
        for number, (*inputs, target) in enumerate(data, 1):
            output = model(*inputs)
            loss = losses["loss"](output, target)
            if not math.isfinite(float(loss)):
                raise RuntimeError(
                    f"fit: the loss is {float(loss)} in epoch {epoch}, batch {number}, and the parameters are as they"
                    " were before it; lower the learning rate, or clip the gradients with max_norm="
                )
            optimizer.zero_grad()
            loss.backward()
            if max_norm is not None:
                clip_grad_norm_(model.parameters(), max_norm)
            optimizer.step()
            stepped(float(loss))
            rest = {name: metric for name, metric in losses.items() if name != "loss"}
            yield {"loss": float(loss), **_measured(rest, output.detach(), target)}, target

    return _means(steps())


def _measured(metrics: Mapping[str, Metric], output: Any, target: Any) -> dict[str, float]:
    return {name: float(metric(output, target)) for name, metric in metrics.items()}


def _means(batches: Iterable[tuple[dict[str, float], Any]]) -> dict[str, float]:
    """Means over batches, each with the weight of its number of targets."""
    sums: dict[str, float] = {}
    total = 0
    for measured, target in batches:
        total += len(target)
        for name, value in measured.items():
            sums[name] = sums.get(name, 0.0) + value * len(target)
    if not total:
        raise ValueError("fit: the data gave no batch; a generator can be gone through only once, pass a DataLoader")
    return {name: value / total for name, value in sums.items()}


class _State:
    """All that a training changes, so that it can go on from a file."""

    def __init__(self, model: Any, optimizer: Any, schedule: Any, each_epoch: bool, data: Any):
        self.model, self.optimizer, self.schedule, self.data = model, optimizer, schedule, data
        self.each_epoch = each_epoch  # whether the schedule takes a step then; or after each batch
        self.history = History()
        self.best: dict[str, Any] | None = None  # the model's state where the validation's loss was lowest

    def stepped(self, bar: _Bar, loss: float) -> None:
        """Take note of a batch."""
        bar.batch(len(self.history) + 1, loss)
        if self.schedule is not None and not self.each_epoch:
            self.schedule.step()

    def finished(self, row: dict[str, float]) -> None:
        """Take note of an epoch."""
        values = [past["val_loss"] for past in self.history.rows if "val_loss" in past]
        if "val_loss" in row and row["val_loss"] < min(values, default=math.inf):
            self.best = self.model.state_dict()
        self.history.rows.append(row)
        if self.schedule is not None and self.each_epoch:
            looks = "metrics" in inspect.signature(self.schedule.step).parameters
            self.schedule.step(*([row.get("val_loss", row["loss"])] if looks else []))

    def exhausted(self, patience: int | None) -> bool:
        """Whether so many epochs have passed since the lowest validation loss."""
        if patience is None or not len(self.history):
            return False
        losses = self.history["val_loss"]
        return len(losses) - 1 - losses.index(min(losses)) >= patience

    def to_dict(self) -> dict[str, Any]:
        """For a file."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": None if self.schedule is None else self.schedule.state_dict(),
            "history": self.history.rows,
            "best": self.best,
            "random": default_rng().bit_generator.state,
        }

    def resume(self, state: Mapping[str, Any]) -> None:
        """Be as at the end of the last epoch in a file."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.schedule is not None:
            self.schedule.load_state_dict(state["schedule"])
        self.history, self.best = History(state["history"]), state["best"]
        default_rng().bit_generator.state = state["random"]
        if hasattr(self.data, "epoch"):
            self.data.epoch = len(self.history)


class _Bar:
    """What shows how far the training is: a bar of tqdm's over all batches, or nothing."""

    def __init__(self, data: Any, epochs: int, done: int, progress: bool):
        try:
            tqdm = optional("tqdm", "tqdm", "fit").tqdm if progress else None
        except ModuleNotFoundError:
            tqdm = None
        size = len(data) if hasattr(data, "__len__") else None
        options = {} if size is None else {"total": epochs * size, "initial": done * size}
        self.bar = tqdm and tqdm(desc="training", unit="batch", leave=False, disable=None, **options)
        self.epochs = epochs
        self.texts: dict[str, str] = {}

    def batch(self, epoch: int, loss: float) -> None:
        """One more batch was learned from."""
        if self.bar is not None:
            self.texts |= {"epoch": f"{epoch}/{self.epochs}", "loss": f"{loss:.3g}"}
            self.bar.set_postfix(self.texts, refresh=False)
            self.bar.update()

    def epoch(self, row: Mapping[str, float]) -> None:
        """An epoch is over; what the validation gave stays to be seen."""
        self.texts |= {name: f"{value:.4g}" for name, value in row.items() if name.startswith("val_")}

    def close(self) -> None:
        """The training is over."""
        if self.bar is not None:
            self.bar.close()
