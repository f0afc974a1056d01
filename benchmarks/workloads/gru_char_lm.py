"""A training step of a character language model with GRU cells; the peer `loop` is ours without fusion."""

from ..char_lm import here, torchs

TITLE = "char LM, GRU"
UNIT, PER = "ms", 1e-3


def autograd_lite():
    return here("GRU")


def loop():
    return here("GRU", fused=False)


def torch():
    return torchs("GRU")
