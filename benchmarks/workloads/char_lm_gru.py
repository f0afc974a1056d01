"""A language model of characters, GRU as a layer over the whole sequence."""

from ..language_models import layer


def workload():
    return layer("GRU", "GRU", reach={"torch": 0.6, "mygrad": 0.25, "autograd": 0.25}, stretch={"torch": 0.5})
