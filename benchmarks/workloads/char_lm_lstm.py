"""A language model of characters, LSTM as a layer over the whole sequence."""

from ..language_models import STEPS, layer


def workload(steps: int = STEPS):
    reach = {"torch": 1.5, "torch cells": 0.55, "mygrad": 0.25, "autograd": 0.25}
    return layer("LSTM", "LSTM", reach, stretch={"torch": 1.2, "torch cells": 0.45}, steps=steps)
