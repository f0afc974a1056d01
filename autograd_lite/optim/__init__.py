"""Optimizers, with torch.optim's semantics and defaults; and limits on gradients."""

from .adam import Adam
from .clipping import clip_grad_norm_, clip_grad_value_
from .optimizer import Optimizer
from .sgd import SGD

__all__ = ["SGD", "Adam", "Optimizer", "clip_grad_norm_", "clip_grad_value_"]
