"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import optimizers as kernels
from .optimizer import Array, Optimizer, Parameters


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
