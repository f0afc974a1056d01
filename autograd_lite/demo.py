"""The main job, ``python -m autograd_lite demo``: two models learn from real data, are verified, and are drawn.

LeNet-5 reads digits, an LSTM writes Shakespeare; finite differences verify the gradients of both, and their graphs
become pictures. It is ordinary code on the public interface: read it as an example.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import data, models, nn, optim
from .core import no_grad
from .data.plays import HELD_OUT
from .draw import Picture, draw
from .gradcheck import Report, gradcheck
from .kernels.threads import get_num_threads, set_num_threads
from .ops.recurrent import lstm_cell
from .screen import Progress, block, count_parameters, heading, line, progress_bars

PROMPT = "HAMLET:\nTo be, or not to be: that is the question:\n"


@dataclass(frozen=True)
class Settings:
    """How much to learn; the numbers fit two cores and less than a minute."""

    required_accuracy: float = 0.98
    digit_epochs: int = 20
    digit_batch: int = 32
    digit_rate: float = 2e-3
    digit_decay: float = 1e-4  # of the weights, per step and in units of the gradient
    digit_shift: int = 2  # pixels by which images are moved at random
    text_steps: int = 1500
    text_streams: int = 16
    text_length: int = 64
    text_rate: float = 12e-3
    hidden_size: int = 128
    embedding_size: int = 32
    heldout_characters: int = 50_000
    sample_length: int = 400
    checked_entries: int = 100


DEFAULT = Settings()


def main(output: str | Path = ".", seed: int = 0, settings: Settings = DEFAULT) -> int:
    """Run it all and print what happens; the exit status: 0, or 1 if an accuracy or a gradient is not good enough.

    output: the folder for the pictures, made if it is missing. seed: chooses everything that is random.
    Raises ModuleNotFoundError, before anything is computed, if an extra package is missing.
    """
    started = time.perf_counter()
    progress = progress_bars("demo")
    with _one_thread():
        passed, pictures = _job(progress, Path(output), seed, settings)
    print(f"\n{'Done' if passed else 'FAILED'} in {time.perf_counter() - started:.0f} s.", end=" ")
    print(f"Pictures written: {' and '.join(map(str, pictures))}", flush=True)
    return 0 if passed else 1


def _job(progress: Progress, output: Path, seed: int, settings: Settings) -> tuple[bool, list[Path]]:
    """All of it in order: whether it went well, and the files written."""
    digits = data.subtract_mean(data.digits(size=32, seed=seed))
    plays = data.shakespeare(held_out=HELD_OUT)
    output.mkdir(parents=True, exist_ok=True)
    heading("A convolutional network learns to read digits")
    reader, accuracy = learn_digits(digits, progress, seed, settings)
    heading("A recurrent network learns to write like Shakespeare")
    writer, vocabulary = learn_text(plays, progress, seed, settings)
    heading("Finite differences verify both gradients")
    losses = {"LeNet-5": small_digit_loss(reader, digits), "LSTM": small_text_loss(writer, vocabulary, plays)}
    reports = [verify(name, loss, seed, settings) for name, loss in losses.items()]
    heading("Pictures of both graphs")
    pictures = [draw_digits(reader, digits, output), draw_text(writer, vocabulary, plays, output)]
    return accuracy >= settings.required_accuracy and all(reports), pictures


# -- digits ----------------------------------------------------------------------------------------------------------


def learn_digits(
    digits: data.Split[data.Images], progress: Progress, seed: int, settings: Settings
) -> tuple[models.LeNet5, float]:
    """Train LeNet-5 on images of 32 x 32 pixels; the model and its accuracy (0 to 1) on the test part."""
    rng = np.random.default_rng(seed)
    model = models.LeNet5(rng=rng)
    line("model", f"LeNet-5, {count_parameters(model):,} parameters")
    line("data", f"{len(digits.train.labels):,} digits of 32 x 32 pixels, {len(digits.test.labels)} more to test")
    batches = data.batches(*digits.train, settings.digit_batch, seed=rng)
    optimizer = optim.Adam(model.parameters(), lr=settings.digit_rate, weight_decay=settings.digit_decay)
    loss_of = nn.CrossEntropyLoss()
    started = time.perf_counter()
    with progress(total=settings.digit_epochs * len(batches), unit="step") as bar:
        for epoch in range(settings.digit_epochs):
            optimizer.param_groups[0]["lr"] = _cooled(settings.digit_rate, epoch / settings.digit_epochs)
            for images, labels in batches:
                loss = loss_of(model(data.shifted(images, settings.digit_shift, rng)), labels)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                bar.set_postfix_str(f"loss {loss.item():.3f}", refresh=False)
                bar.update()
    line("training", f"{settings.digit_epochs} epochs in {time.perf_counter() - started:.0f} s")
    right = count_right(model, digits.test)
    accuracy = right / len(digits.test.labels)
    verdict = "" if accuracy >= settings.required_accuracy else f"; FAILED: {settings.required_accuracy:.0%} is asked"
    line("test accuracy", f"{accuracy:.1%} ({right} of {len(digits.test.labels)}){verdict}")
    return model, accuracy


def count_right(model: nn.Module, part: data.Images) -> int:
    """How many images the model puts into the right class."""
    with no_grad():
        return int((model(part.images).argmax(axis=1).data == part.labels).sum())


def small_digit_loss(model: models.LeNet5, digits: data.Split[data.Images]) -> tuple[nn.Module, Callable[[], Any]]:
    """A float64 copy of the model, and its loss on four test images as a function of its parameters."""
    model = copy.deepcopy(model).astype("float64")
    images, labels = digits.test.images[:4].astype("float64"), digits.test.labels[:4]
    return model, lambda: nn.CrossEntropyLoss()(model(images), labels)


def draw_digits(model: models.LeNet5, digits: data.Split[data.Images], output: Path) -> Path:
    """Write the graph of the loss of a batch of digits."""
    images, labels = digits.test.images[:32], digits.test.labels[:32]
    picture = draw(lambda images, labels: nn.CrossEntropyLoss()(model(images), labels), images, labels)
    return _save(picture, output / "lenet5.svg", "LeNet-5 and its loss")


# -- text ------------------------------------------------------------------------------------------------------------


def learn_text(
    plays: data.Split[data.Texts], progress: Progress, seed: int, settings: Settings
) -> tuple[models.CharLM, data.Vocabulary]:
    """Train an LSTM to predict the next character, and let it write; the model and its characters."""
    rng = np.random.default_rng(seed)
    vocabulary = data.Vocabulary(plays.train.text, unknown="\N{REPLACEMENT CHARACTER}")
    model = models.CharLM(len(vocabulary), settings.embedding_size, settings.hidden_size, rng=rng)
    line("model", f"LSTM of {settings.hidden_size} units, {count_parameters(model):,} parameters")
    line("data", f"{len(plays.train)} plays, {len(plays.train.text) / 1e6:.1f} million characters")
    started = time.perf_counter()
    seen = train_text(model, vocabulary.encode(plays.train.text), progress, settings)
    line("training", f"{seen / 1e6:.2f} million characters in {time.perf_counter() - started:.0f} s")
    held_out = vocabulary.encode(plays.test.text)[: settings.heldout_characters]
    line("held-out plays", f"{bits_per_character(model, held_out):.2f} bits per character")
    line("", f"(guessing: {math.log2(len(vocabulary)):.2f}; {', '.join(plays.test)} were never seen)")
    line("it writes", "")
    text = PROMPT + model.sample(vocabulary, PROMPT, settings.sample_length, temperature=0.7, rng=rng)
    block(text)
    return model, vocabulary


def train_text(model: models.CharLM, ids: Any, progress: Progress, settings: Settings) -> int:
    """Truncated back-propagation along parallel streams of the text; how many characters were seen."""
    optimizer = optim.Adam(model.parameters(), lr=settings.text_rate)
    state: Any = None
    seen, batches = 0, data.text_batches(ids, settings.text_streams, settings.text_length)
    with progress(total=min(settings.text_steps, len(batches)), unit="step") as bar:
        for step, (inputs, targets) in zip(range(settings.text_steps), batches, strict=False):
            optimizer.param_groups[0]["lr"] = _cooled(settings.text_rate, step / settings.text_steps)
            loss, state = text_loss(model, inputs, targets, state)
            optimizer.zero_grad()
            loss.backward()
            optim.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            state = models.detached(state)
            seen += inputs.size
            bar.set_postfix_str(f"{loss.item() / math.log(2):.2f} bits per character", refresh=False)
            bar.update()
    return seen


def text_loss(model: models.CharLM, inputs: Any, targets: Any, state: Any = None) -> tuple[Any, Any]:
    """Mean loss of all predictions, in nats per character, and the state after the last. Inputs, targets: (T, B)."""
    logits, state = model(inputs, state)
    return nn.CrossEntropyLoss()(logits.reshape(targets.size, -1), targets.reshape(-1)), state


def bits_per_character(model: models.CharLM, ids: Any, streams: int = 16, length: int = 100) -> float:
    """What the model needs to spell the text, when it reads it in parallel streams."""
    nats, count, state = 0.0, 0, None
    with no_grad():
        for inputs, targets in data.text_batches(ids, streams, length):
            loss, state = text_loss(model, inputs, targets, state)
            nats, count = nats + loss.item() * targets.size, count + targets.size
    return nats / count / math.log(2)


def small_text_loss(
    model: models.CharLM, vocabulary: data.Vocabulary, plays: data.Split[data.Texts]
) -> tuple[nn.Module, Callable[[], Any]]:
    """A float64 copy of the model, and its loss on two lines of text as a function of its parameters."""
    model = copy.deepcopy(model).astype("float64")
    inputs, targets = _few_steps(vocabulary, plays, steps=12)
    return model, lambda: text_loss(model, inputs, targets)[0]


def draw_text(model: models.CharLM, vocabulary: data.Vocabulary, plays: data.Split[data.Texts], output: Path) -> Path:
    """Write the graph of the loss of two steps, unrolled: the cell as an expression, not the layer's one operation."""
    inputs, targets = _few_steps(vocabulary, plays, steps=2)
    weights = list(model.recurrent.parameters())
    h0, c0 = np.zeros((2, inputs.shape[1], model.recurrent.hidden_size), "float32")
    remembered, _ = nn.unroll(lambda x, state: lstm_cell(x, *state, *weights), model.embedding(inputs), (h0, c0))
    loss = nn.CrossEntropyLoss()(model.output(remembered).reshape(targets.size, -1), targets.reshape(-1))
    names = {**dict(model.named_parameters()), "h0": h0, "c0": c0}
    return _save(draw(loss, names=names), output / "char-lm.svg", "two steps of the LSTM and their loss")


def _few_steps(vocabulary: data.Vocabulary, plays: data.Split[data.Texts], steps: int) -> tuple[Any, Any]:
    ids = vocabulary.encode(plays.test.text[: 2 * steps + 1])
    return next(iter(data.text_batches(ids, batch_size=2, length=steps)))


# -- both ------------------------------------------------------------------------------------------------------------


def verify(name: str, copy_and_loss: tuple[nn.Module, Callable[[], Any]], seed: int, settings: Settings) -> Report:
    """Compare random entries of the gradients of all parameters with finite differences."""
    model, loss = copy_and_loss
    parameters = list(model.parameters())
    report = gradcheck(loss, *parameters, max_entries=settings.checked_entries, raise_exception=False, rng=seed)
    error = max(entry.relative_error for entry in report.entries)
    verdict = "ok" if report else f"FAILED\n{report.to_text()}"
    line(
        name,
        f"{len(report.entries)} entries in all {len(parameters)} parameters: off by {error:.0e} at most, {verdict}",
    )
    return report


@contextmanager
def _one_thread() -> Iterator[None]:
    """A block in which kernels and matrix products keep to one core.

    Small ones gain little from a second core, and lose a lot when another program is busy there: each product then
    waits for it.
    """
    before = get_num_threads()
    set_num_threads(1)
    try:
        yield
    finally:
        set_num_threads(before)


def _save(picture: Picture, path: Path, what: str) -> Path:
    picture.save(path)
    line(path.name, f"{what}: {len(picture.graph.nodes)} nodes")
    return path


def _cooled(rate: float, done: float) -> float:
    """The learning rate when this part of the training (0 to 1) is done: down to a twentieth along a cosine."""
    return rate * (0.525 + 0.475 * math.cos(math.pi * done))
