"""A language model of characters, GRU as a Python loop over a cell of plain expressions."""

from ..language_models import loop


def workload():
    return loop("GRU", "GRU", reach={"torch": 1.0}, stretch={"torch": 0.6})
