"""Optimizers, with torch.optim's semantics and defaults; schedules, limits on gradients, regularizers."""

from typing import TYPE_CHECKING, Any

from ..torch_names import no_name
from .adam import Adam, Adamax, AdamW, NAdam, RAdam
from .adaptive import Adadelta, Adagrad, RMSprop
from .clipping import clip_grad_norm_, clip_grad_value_
from .lbfgs import LBFGS
from .muon import Muon
from .optimizer import Optimizer
from .regularizers import L1, L2, ElasticNet, MaxNorm, Regularizer
from .schedules import (
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiplicativeLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
    WarmUp,
)
from .scipy_bridge import minimize
from .sgd import ASGD, SGD
from .signs import Lion, Rprop

__all__ = [
    "ASGD",
    "L1",
    "L2",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ElasticNet",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "Lion",
    "MaxNorm",
    "MultiStepLR",
    "MultiplicativeLR",
    "Muon",
    "NAdam",
    "OneCycleLR",
    "Optimizer",
    "PolynomialLR",
    "RAdam",
    "RMSprop",
    "ReduceLROnPlateau",
    "Regularizer",
    "Rprop",
    "SequentialLR",
    "StepLR",
    "WarmUp",
    "clip_grad_norm_",
    "clip_grad_value_",
    "minimize",
]


if not TYPE_CHECKING:  # for type checkers there are the names above and no others

    def __getattr__(name: str) -> Any:
        """Raise AttributeError, which says what PyTorch's name is here."""
        raise AttributeError(no_name(__name__, name, __all__))
