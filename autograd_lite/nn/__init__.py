"""Layers: ordinary Python objects, an `__init__` and a short `forward` each. One family a file.

Constructor arguments, parameter names, shapes and initial distributions are torch.nn's; `dtype` and `rng` come on top.
"""

from . import init
from .activations import LogSoftmax, ReLU, Sigmoid, Softmax, Tanh
from .containers import ModuleList, Sequential
from .conv import (
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
    LocallyConnected1d,
    LocallyConnected2d,
)
from .linear import Linear
from .losses import CrossEntropyLoss, MSELoss
from .module import Module, Parameter
from .normalization import BatchNorm1d, BatchNorm2d, BatchNorm3d
from .pooling import AvgPool2d, MaxPool2d
from .recurrent import GRU, LSTM, RNN, GRUCell, LSTMCell, Recurrent, RNNCell, unroll
from .regularization import Dropout
from .reshaping import Flatten
from .sparse import Embedding
from .unfold import Fold, Unfold

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "AvgPool2d",
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "CrossEntropyLoss",
    "Dropout",
    "Embedding",
    "Flatten",
    "Fold",
    "GRUCell",
    "LSTMCell",
    "Linear",
    "LocallyConnected1d",
    "LocallyConnected2d",
    "LogSoftmax",
    "MSELoss",
    "MaxPool2d",
    "Module",
    "ModuleList",
    "Parameter",
    "RNNCell",
    "ReLU",
    "Recurrent",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "Unfold",
    "init",
    "unroll",
]
