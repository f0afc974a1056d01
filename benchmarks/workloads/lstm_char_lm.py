"""A training step of a character language model with LSTM cells; the peer `loop` is ours without fusion."""

from ..char_lm import here, torchs

TITLE = "char LM, LSTM"
UNIT, PER = "ms", 1e-3


def autograd_lite():
    return here("LSTM")


def loop():
    return here("LSTM", fused=False)


def torch():
    return torchs("LSTM")
