"""A language model of characters, Elman as a Python loop over a cell of plain expressions."""

from ..language_models import loop


def workload():
    return loop("RNN", "Elman", reach={"torch": 1.0}, stretch={"torch": 0.6})
