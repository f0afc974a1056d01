"""Automatic differentiation on NumPy and SciPy.

>>> import autograd_lite as ag
>>> w = ag.tensor([1.0, 2.0], requires_grad=True)
>>> loss = (ag.tanh(w) ** 2).sum()
>>> loss.backward()
>>> w.grad
tensor([0.6397, 0.1362], float32)
"""

from . import data, models, nn, optim
from .core import (
    Array,
    Arrays,
    Index,
    enable_grad,
    get_default_dtype,
    gradients,
    is_grad_enabled,
    no_grad,
    op,
    set_default_dtype,
    trace,
)
from .draw import draw
from .gradcheck import gradcheck, gradgradcheck
from .kernels.allocator import tune_allocator
from .kernels.conv import conv_kernel
from .kernels.threads import get_num_threads, set_num_threads
from .ops.conv import conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d
from .ops.elementwise import (
    abs,
    add,
    astype,
    clip,
    conj,
    divide,
    equal,
    exp,
    greater,
    greater_equal,
    imag,
    less,
    less_equal,
    log,
    logical_not,
    maximum,
    minimum,
    multiply,
    negative,
    not_equal,
    power,
    real,
    relu,
    sigmoid,
    sign,
    sqrt,
    square,
    subtract,
    tanh,
    where,
)
from .ops.explain import ConvExplanation, explain_conv
from .ops.indexing import embedding, getitem, setitem
from .ops.linalg import einsum, matmul
from .ops.linear import linear
from .ops.local import local_conv1d, local_conv2d
from .ops.normalization import batch_norm, normalize_batch
from .ops.pooling import avg_pool2d, max_pool2d
from .ops.random import apply_dropout, default_rng, dropout, seed
from .ops.recurrent import gru, gru_cell, lstm, lstm_cell, rnn, rnn_cell
from .ops.reduction import argmax, argmin, logsumexp, max, mean, min, sum, var
from .ops.shape import (
    broadcast_to,
    concatenate,
    expand_dims,
    flip,
    pad,
    reshape,
    split,
    squeeze,
    stack,
    swapaxes,
    transpose,
    unstack,
)
from .ops.signal import convolve, correlate
from .ops.softmax import cross_entropy, log_softmax, softmax
from .ops.unfold import fold, unfold
from .tensor import Tensor, from_numpy, ones, tensor, zeros

__version__ = "0.1.0"

__all__ = [
    "Array",
    "Arrays",
    "ConvExplanation",
    "Index",
    "Tensor",
    "abs",
    "add",
    "apply_dropout",
    "argmax",
    "argmin",
    "astype",
    "avg_pool2d",
    "batch_norm",
    "broadcast_to",
    "clip",
    "concatenate",
    "conj",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_kernel",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "convolve",
    "correlate",
    "cross_entropy",
    "data",
    "default_rng",
    "divide",
    "draw",
    "dropout",
    "einsum",
    "embedding",
    "enable_grad",
    "equal",
    "exp",
    "expand_dims",
    "explain_conv",
    "flip",
    "fold",
    "from_numpy",
    "get_default_dtype",
    "get_num_threads",
    "getitem",
    "gradcheck",
    "gradgradcheck",
    "gradients",
    "greater",
    "greater_equal",
    "gru",
    "gru_cell",
    "imag",
    "is_grad_enabled",
    "less",
    "less_equal",
    "linear",
    "local_conv1d",
    "local_conv2d",
    "log",
    "log_softmax",
    "logical_not",
    "logsumexp",
    "lstm",
    "lstm_cell",
    "matmul",
    "max",
    "max_pool2d",
    "maximum",
    "mean",
    "min",
    "minimum",
    "models",
    "multiply",
    "negative",
    "nn",
    "no_grad",
    "normalize_batch",
    "not_equal",
    "ones",
    "op",
    "optim",
    "pad",
    "power",
    "real",
    "relu",
    "reshape",
    "rnn",
    "rnn_cell",
    "seed",
    "set_default_dtype",
    "set_num_threads",
    "setitem",
    "sigmoid",
    "sign",
    "softmax",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "subtract",
    "sum",
    "swapaxes",
    "tanh",
    "tensor",
    "trace",
    "transpose",
    "tune_allocator",
    "unfold",
    "unstack",
    "var",
    "where",
    "zeros",
]
