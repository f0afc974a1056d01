"""Adam and what became of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import optimizers as kernels
from .optimizer import Array, Optimizer, Parameters, direction_of


class Adam(Optimizer):
    """Steps of the running mean of the gradient over the root of the running mean of its square; torch.optim's.

    betas: how much of the two means stays. eps: added to the root. amsgrad: divide by the largest mean square so far.
    weight_decay: adds ``weight_decay * x`` to the gradient. maximize: ascend. Raises ValueError for numbers out of
    range. Kingma and Ba 2015.
    """

    _decoupled = False

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

    def _update(self, x: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(moments_of(x))
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
            **direction_of(group),
            decoupled=self._decoupled,
        )


class AdamW(Adam):
    """Adam whose weight decay shrinks the parameters by ``1 - lr * weight_decay``, apart from the gradient.

    Arguments and errors are those of Adam. Loshchilov and Hutter 2019.
    """

    _decoupled = True

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ):
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)


class Adamax(Optimizer):
    """Adam that divides by the largest gradient, which fades with the second beta; torch.optim's.

    Arguments and errors are those of Adam. Kingma and Ba 2015, section 7.1.
    """

    def __init__(
        self,
        params: Parameters,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ):
        options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, {**options, "maximize": maximize})

    def _update(self, x: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, exp_avg=np.zeros_like(x), exp_inf=np.zeros_like(x))
        state["step"] += 1
        beta1, beta2 = group["betas"]
        kernels.adamax(
            x,
            g,
            state["exp_avg"],
            state["exp_inf"],
            state["step"],
            group["lr"],
            beta1,
            beta2,
            group["eps"],
            **direction_of(group),
        )


class NAdam(Optimizer):
    """Adam with Nesterov's look ahead; torch.optim's.

    momentum_decay: how fast the momentum rises to the first beta. decoupled_weight_decay: as that of AdamW. The other
    arguments and the errors are those of Adam. Dozat 2016.
    """

    _not_negative = ("momentum_decay",)

    def __init__(
        self,
        params: Parameters,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ):
        options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        more = {"momentum_decay": momentum_decay, "decoupled_weight_decay": decoupled_weight_decay}
        super().__init__(params, {**options, **more})

    def _update(self, x: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(step=0, mu_product=1.0, exp_avg=np.zeros_like(x), exp_avg_sq=np.zeros_like(x))
        state["step"] += 1
        lr, (beta1, beta2) = group["lr"], group["betas"]
        now, soon = (
            beta1 * (1 - 0.5 * 0.96 ** (step * group["momentum_decay"])) for step in (state["step"], state["step"] + 1)
        )
        state["mu_product"] *= now
        rates = lr * (1 - now) / (1 - state["mu_product"]), lr * soon / (1 - state["mu_product"] * soon)
        kernels.nadam(
            x,
            g,
            state["exp_avg"],
            state["exp_avg_sq"],
            state["step"],
            rates,
            lr,
            beta1,
            beta2,
            group["eps"],
            **direction_of(group),
            decoupled=group["decoupled_weight_decay"],
        )


class RAdam(Optimizer):
    """Adam whose first steps are those of the mean alone, until the mean square can be trusted; torch.optim's.

    decoupled_weight_decay: as that of AdamW. The other arguments and the errors are those of Adam. Liu et al. 2020.
    """

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ):
        options = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, {**options, "decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize})

    def _update(self, x: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(moments_of(x))
        state["step"] += 1
        beta1, beta2 = group["betas"]
        kernels.radam(
            x,
            g,
            state["exp_avg"],
            state["exp_avg_sq"],
            state["step"],
            group["lr"],
            beta1,
            beta2,
            group["eps"],
            **direction_of(group),
            decoupled=group["decoupled_weight_decay"],
        )


def moments_of(x: Array) -> dict[str, Any]:
    """The state of Adam's kind at the start: the running means of the gradient and of its square."""
    return {"step": 0, "exp_avg": np.zeros_like(x), "exp_avg_sq": np.zeros_like(x)}
