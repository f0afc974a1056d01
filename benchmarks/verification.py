"""How long `ag.gradcheck` takes for whole models: entry by entry, or along random directions.

python -m benchmarks.verification
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import numpy as np

import autograd_lite as ag

HEADER = "| model | entries | compared | seconds | verdicts |\n|---|---:|---|---:|---|"


def language_model(words: int, size: int, hidden: int, layer: str = "RNN", **options: Any) -> ag.gradcheck.Report:
    """A recurrent language model at three sequences of six words."""
    rng = np.random.default_rng(0)
    model = ag.models.RNNLM(words, size, hidden, recurrent=layer, dtype="float64", rng=rng)
    text = rng.integers(0, words, (7, 3))

    def loss(output: Any, target: Any) -> ag.Tensor:
        return ag.cross_entropy(output[0].reshape(-1, words), target.reshape(-1))

    return ag.gradcheck(model, text[:-1], text[1:], **{"loss": loss, "raise_exception": False} | options)


def forgetful(output: Any, target: Any) -> ag.Tensor:
    """A loss with a mistake: words that are right already count half, but nothing says so to the derivative."""
    logits, right = output[0], target[..., None] == np.arange(output[0].shape[-1])
    likely = ag.softmax(logits)
    return -ag.sum(ag.where(right, ag.log(likely) * (1 - likely.detach()), 0.0))


def lenet5(**options: Any) -> ag.gradcheck.Report:
    """LeNet-5 at two images."""
    rng = np.random.default_rng(0)
    model = ag.models.LeNet5(dtype="float64", rng=rng)
    images, labels = ag.tensor(rng.standard_normal((2, 1, 32, 32))), rng.integers(0, 10, 2)
    return ag.gradcheck(model, images, labels, loss=ag.cross_entropy, raise_exception=False, **options)


CASES: dict[str, Callable[[], ag.gradcheck.Report]] = {
    "RNN language model": lambda: language_model(12, 4, 8),
    "RNN language model in float32": lambda: language_model(12, 4, 8, dtype="float32"),
    "RNN language model, to second order": lambda: language_model(12, 4, 8, order=2),
    "RNN language model, its loss wrong": lambda: language_model(12, 4, 8, loss=forgetful),
    "larger RNN language model": lambda: language_model(50, 16, 32),
    "larger RNN language model, its loss wrong": lambda: language_model(50, 16, 32, loss=forgetful),
    "larger LSTM language model": lambda: language_model(50, 16, 32, "LSTM"),
    "larger LSTM language model, along directions": lambda: language_model(50, 16, 32, "LSTM", directions=4),
    "LeNet-5, along directions": lambda: lenet5(directions=4),
    "LeNet-5, along directions in float32": lambda: lenet5(directions=4, dtype="float32"),
    "LeNet-5, a choice of 1,000": lambda: lenet5(max_entries=1000),
}


def row(name: str) -> str:
    """A model's row of the table."""
    start = perf_counter()
    report = CASES[name]()
    seconds = perf_counter() - start
    directions = sum(entry.direction for entry in report.entries)
    compared = f"{directions} directions" if directions else f"{len(report.entries):,}"
    verdicts = Counter(entry.verdict.value for entry in report.entries)
    told = ", ".join(f"{count:,} {verdict}" for verdict, count in verdicts.most_common())
    return f"| {name} | {report.total:,} | {compared} | {seconds:.1f} | {told} |"


def main(argv: Sequence[str] | None = None) -> int:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.verification", description=__doc__.splitlines()[0])
    arguments.add_argument("models", nargs="*", metavar="MODEL", help=f"of {'; '.join(CASES)} (default: all)")
    names = arguments.parse_args(argv).models or CASES
    if unknown := [name for name in names if name not in CASES]:
        arguments.error(f"no model is called {', '.join(unknown)}; choose from {'; '.join(CASES)}")
    print(HEADER)
    for name in names:
        print(row(name), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
