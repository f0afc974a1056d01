"""Stochastic gradient descent, and its average."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import optimizers as kernels
from .optimizer import Array, Optimizer, Parameters, direction_of


class SGD(Optimizer):
    """``x -= lr * g``; with momentum along a running sum of gradients; torch.optim's semantics and defaults.

    momentum: how much of the sum stays. dampening: how little of the gradient comes in. nesterov: look one step ahead.
    weight_decay: adds ``weight_decay * x`` to the gradient. maximize: ascend. Raises ValueError for numbers out of
    range, and for nesterov without momentum or with dampening.
    """

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ):
        options = {"lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay}
        super().__init__(params, {**options, "nesterov": nesterov, "maximize": maximize})

    def _check(self, options: dict[str, Any]) -> None:
        super()._check(options)
        self._check_number("dampening", options["dampening"])
        if options["nesterov"] and (options["momentum"] <= 0 or options["dampening"] != 0):
            raise ValueError("SGD: nesterov looks ahead along a momentum; pass momentum= above 0 and no dampening")

    def _update(self, x: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        lr, momentum, dampening = group["lr"], group["momentum"], group["dampening"]
        weight_decay, maximize = group["weight_decay"], group["maximize"]
        if momentum == 0:
            kernels.sgd(x, g, lr, weight_decay=weight_decay, maximize=maximize)
            return
        if "momentum_buffer" not in state:  # the first gradient comes in whole, as in torch
            state["momentum_buffer"], dampening = np.zeros_like(x), 0
        kernels.sgd_momentum(
            x,
            g,
            state["momentum_buffer"],
            lr,
            momentum,
            dampening=dampening,
            nesterov=group["nesterov"],
            weight_decay=weight_decay,
            maximize=maximize,
        )


class ASGD(Optimizer):
    """Gradient descent with a falling rate that also keeps the average of what it passed through; torch.optim's.

    The rate is ``lr / (1 + lambd * lr * step) ** alpha``. lambd: how fast the parameters fade. t0: the step from which
    on the average counts; it is ``optimizer.state[parameter]["ax"]``. weight_decay: adds ``weight_decay * x`` to the
    gradient. maximize: ascend. Raises ValueError for numbers out of range. Polyak and Juditsky 1992.
    """

    _not_negative = ("lambd", "alpha", "t0")

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ):
        options = {"lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay}
        super().__init__(params, {**options, "maximize": maximize})

    def _update(self, x: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        lr, lambd = group["lr"], group["lambd"]
        if not state:
            state.update(step=0, eta=lr, mu=1.0, ax=np.zeros_like(x))
        kernels.asgd(x, g, state["ax"], state["eta"], state["mu"], lambd, **direction_of(group))
        state["step"] += 1
        state["eta"] = lr / (1 + lambd * lr * state["step"]) ** group["alpha"]
        state["mu"] = 1 / max(1, state["step"] - group["t0"])
