"""Adam and what became of it."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

from ..kernels import optimizers as kernels
from .optimizer import Array, Optimizer, Parameters


class Adam(Optimizer):
    """Steps of the running mean of the gradient over the root of the running mean of its square; torch.optim's.

    betas: how much of the two means stays. eps: added to the root. amsgrad: divide by the largest mean square so far.
    weight_decay: adds ``weight_decay * x`` to the gradient. maximize: ascend. Raises ValueError for numbers out of
    range. Kingma and Ba 2015.
    """

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ):
        options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, {**options, "amsgrad": amsgrad, "maximize": maximize})

    def _check(self, options: dict[str, Any]) -> None:
        super()._check(options)
        betas = options["betas"]
        if not isinstance(betas, tuple | list) or len(betas) != 2 or not all(isinstance(beta, Real) for beta in betas):
            raise TypeError(f"{self._title}: betas = {betas!r:.60} are not two numbers; pass a pair like (0.9, 0.999)")
        if not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"{self._title}: betas = {betas} are out of range; pass two numbers in [0, 1)")

    def _update(self, x: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, exp_avg=np.zeros_like(x), exp_avg_sq=np.zeros_like(x))
            if group["amsgrad"]:
                state["max_exp_avg_sq"] = np.zeros_like(x)
        state["step"] += 1
        beta1, beta2 = group["betas"]
        kernels.adam(
            x,
            g,
            state["exp_avg"],
            state["exp_avg_sq"],
            state.get("max_exp_avg_sq"),
            state["step"],
            group["lr"],
            beta1,
            beta2,
            group["eps"],
            weight_decay=group["weight_decay"],
            maximize=group["maximize"],
        )
