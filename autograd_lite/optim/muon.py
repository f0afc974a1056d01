"""Muon: momentum made orthogonal, for the matrices inside a network."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np

from ..kernels import optimizers as kernels
from .adam import moments_of
from .optimizer import Array, Optimizer, Parameters, direction_of

ADJUSTMENTS = {  # of the learning rate, to a matrix of so many rows and columns
    "original": lambda rows, columns: math.sqrt(max(1, rows / columns)),
    "match_rms_adamw": lambda rows, columns: 0.2 * math.sqrt(max(rows, columns)),
}


class Muon(Optimizer):
    """Steps along the momentum with all its singular values made about 1; vectors and scalars are left to AdamW.

    Parameters with two axes or more are matrices (filters: an output channel is a row), unless a group says
    ``"use_muon": False``, which embeddings and the last layer should have. weight_decay: shrinks them by
    ``1 - lr * weight_decay``. nesterov: look one step ahead. ns_coefficients, ns_steps, eps: the iteration of Newton
    and Schulz, here in the dtype of the parameter. adjust_lr_fn: "original" (None) or "match_rms_adamw", which has the
    root mean square of AdamW's steps. adamw_lr, adamw_betas, adamw_eps: for all that is no matrix. maximize: ascend.
    Names and defaults are torch.optim's, which takes only matrices. Raises ValueError for numbers out of range,
    TypeError for complex matrices. Jordan et al. 2024, github.com/KellerJordan/Muon; Liu et al. 2025, arXiv:2502.16982.
    """

    _not_negative = ("momentum", "adamw_lr", "adamw_eps")

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
        *,
        adamw_lr: float = 3e-4,
        adamw_betas: tuple[float, float] = (0.9, 0.95),
        adamw_eps: float = 1e-10,
        use_muon: bool = True,
        maximize: bool = False,
    ):
        options = {"lr": lr, "weight_decay": weight_decay, "momentum": momentum, "nesterov": nesterov, "eps": eps}
        iteration = {"ns_coefficients": ns_coefficients, "ns_steps": ns_steps, "adjust_lr_fn": adjust_lr_fn}
        others = {"adamw_lr": adamw_lr, "adamw_betas": adamw_betas, "adamw_eps": adamw_eps, "use_muon": use_muon}
        super().__init__(params, {**options, **iteration, **others, "maximize": maximize})

    def _check(self, options: dict[str, Any]) -> None:
        super()._check({**options, "betas": options["adamw_betas"]})
        self._check_fraction("momentum", options["momentum"])
        if not isinstance(options["ns_steps"], int) or not 0 <= options["ns_steps"] < 100:
            raise ValueError(f"Muon: ns_steps = {options['ns_steps']!r:.60}; pass an integer from 0 to 99, 5 is enough")
        coefficients = options["ns_coefficients"]
        if len(coefficients) != 3 or not all(isinstance(x, Real) for x in coefficients):
            raise ValueError(f"Muon: ns_coefficients = {coefficients!r:.60} are not three numbers; pass a, b and c")
        if options["adjust_lr_fn"] not in (None, *ADJUSTMENTS):
            raise ValueError(
                f"Muon: adjust_lr_fn = {options['adjust_lr_fn']!r:.60} is not known; pass one of {[*ADJUSTMENTS]}"
            )
        for parameter in options["params"]:
            if is_matrix(parameter, options) and parameter.data.dtype.kind == "c":
                raise TypeError(
                    f"Muon: {parameter.name or 'a parameter'} {parameter.shape} is {parameter.dtype}, and it is made"
                    ' for real matrices; put it in a group with "use_muon": False'
                )

    def _update(self, x: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        if is_matrix(x, group):
            self._move_matrix(x, g, state, group)
            return
        if not state:
            state.update(moments_of(x))
        state["step"] += 1
        moments = state["exp_avg"], state["exp_avg_sq"], None
        rates = (group["adamw_lr"], *group["adamw_betas"], group["adamw_eps"])
        kernels.adam(x, g, *moments, state["step"], *rates, **direction_of(group), decoupled=True)

    def _move_matrix(self, x: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        momentum = group["momentum"]
        velocity = state.setdefault("momentum_buffer", np.zeros_like(x))
        g = -g if group["maximize"] else g
        velocity += (1 - momentum) * (g - velocity)
        step = g + momentum * (velocity - g) if group["nesterov"] else velocity
        matrix = step.reshape(len(x), -1)
        step = kernels.orthogonalized(matrix, group["ns_coefficients"], group["ns_steps"], group["eps"])
        rate = group["lr"] * ADJUSTMENTS[group["adjust_lr_fn"] or "original"](*matrix.shape)
        x *= 1 - group["lr"] * group["weight_decay"]
        x -= rate * step.reshape(x.shape)


def is_matrix(x: Any, options: dict[str, Any]) -> bool:
    """Whether Muon itself moves `x`, a parameter or its array."""
    return bool(options["use_muon"]) and x.ndim >= 2 and x.size > 0
