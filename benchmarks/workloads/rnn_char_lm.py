"""A training step of a character language model of Elman's kind; the peer `loop` is ours without fusion."""

from ..char_lm import here, torchs

TITLE = "char LM, Elman"
UNIT, PER = "ms", 1e-3


def autograd_lite():
    return here("RNN")


def loop():
    return here("RNN", fused=False)


def torch():
    return torchs("RNN")
