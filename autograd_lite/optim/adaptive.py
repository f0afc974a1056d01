"""A rate for each number of a parameter, from the squares of its gradients so far: Adagrad, Adadelta, RMSprop."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import optimizers as kernels
from .optimizer import Array, Optimizer, Parameters, direction_of


class Adagrad(Optimizer):
    """``x -= lr * g / (sqrt(total) + eps)``, where ``total += g * g``; torch.optim's.

    lr_decay: the rate is ``lr / (1 + lr_decay * steps before)``. weight_decay: adds ``weight_decay * x`` to the
    gradient. initial_accumulator_value: where `total` begins. maximize: ascend. Raises ValueError for numbers out of
    range. Duchi et al. 2011.
    """

    _not_negative = ("lr_decay", "initial_accumulator_value")

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ):
        options = {"lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        super().__init__(params, {**options, "initial_accumulator_value": initial_accumulator_value})

    def _update(self, x: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, sum=filled_like(x, group["initial_accumulator_value"]))
        rate = group["lr"] / (1 + state["step"] * group["lr_decay"])
        state["step"] += 1
        kernels.adagrad(x, g, state["sum"], rate, group["eps"], **direction_of(group))


class Adadelta(Optimizer):
    """Steps as long as the ones before them, times the gradient over its root mean square; torch.optim's.

    rho: how much of the two mean squares stays. eps: added to both. weight_decay: adds ``weight_decay * x`` to the
    gradient. maximize: ascend. Raises ValueError for numbers out of range. Zeiler 2012.
    """

    def __init__(
        self,
        params: Parameters,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ):
        options = {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, {**options, "maximize": maximize})

    def _check(self, options: dict[str, Any]) -> None:
        super()._check(options)
        self._check_fraction("rho", options["rho"])

    def _update(self, x: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(square_avg=np.zeros_like(x), acc_delta=np.zeros_like(x))
        kernels.adadelta(
            x,
            g,
            state["square_avg"],
            state["acc_delta"],
            group["lr"],
            group["rho"],
            group["eps"],
            **direction_of(group),
        )


class RMSprop(Optimizer):
    """``x -= lr * g / (sqrt(square) + eps)``, where `square` is the running mean of ``g * g``; torch.optim's.

    alpha: how much of the mean stays. momentum: how much of a running sum of steps stays. centered: divide by the
    standard deviation. weight_decay: adds ``weight_decay * x`` to the gradient. maximize: ascend. Raises ValueError
    for numbers out of range. Tieleman and Hinton 2012.
    """

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ):
        options = {"lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay, "momentum": momentum}
        super().__init__(params, {**options, "centered": centered, "maximize": maximize})

    def _check(self, options: dict[str, Any]) -> None:
        super()._check(options)
        self._check_fraction("alpha", options["alpha"])

    def _update(self, x: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        wanted = {"square_avg": True, "grad_avg": group["centered"], "momentum_buffer": group["momentum"] > 0}
        for name, used in wanted.items():
            if used and name not in state:
                state[name] = np.zeros_like(x)
        kernels.rmsprop(
            x,
            g,
            state["square_avg"],
            state["grad_avg"] if wanted["grad_avg"] else None,
            state["momentum_buffer"] if wanted["momentum_buffer"] else None,
            group["lr"],
            group["alpha"],
            group["eps"],
            group["momentum"],
            **direction_of(group),
        )


def filled_like(x: Array, value: float) -> Array:
    """An array like `x` full of `value`; both parts of complex numbers are, as they are numbers of their own here."""
    filled = np.empty_like(x)
    kernels.parts(filled)[...] = value
    return filled
