"""Functions of functions: derivatives of every kind, and a forward that is run again instead of being remembered."""

from .checkpointing import checkpoint
from .functional import elementwise_grad, grad, hvp, jvp, value_and_grad, vjp
from .jacobians import hessian, jacobian
from .modules import functional_call

__all__ = [
    "checkpoint",
    "elementwise_grad",
    "functional_call",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "value_and_grad",
    "vjp",
]
