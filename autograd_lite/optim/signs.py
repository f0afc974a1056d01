"""Steps that follow only the signs of gradients: Rprop and Lion."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import optimizers as kernels
from .adaptive import filled_like
from .optimizer import Array, Optimizer, Parameters, direction_of


class Rprop(Optimizer):
    """A step length for each number: it grows while the gradient keeps its sign, and shrinks when it turns.

    lr: the first length. etas: the factors it shrinks and grows by. step_sizes: its limits. maximize: ascend. For
    gradients of all data, not of batches. torch.optim's. Raises ValueError for numbers out of range. Riedmiller and
    Braun 1993.
    """

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        maximize: bool = False,
    ):
        super().__init__(params, {"lr": lr, "etas": etas, "step_sizes": step_sizes, "maximize": maximize})

    def _check(self, options: dict[str, Any]) -> None:
        super()._check(options)
        self._check_pair("etas", options["etas"], "(0.5, 1.2)")
        self._check_pair("step_sizes", options["step_sizes"], "(1e-6, 50)")
        if not 0 < options["etas"][0] < 1 < options["etas"][1]:
            raise ValueError(
                f"Rprop: etas = {options['etas']} are out of range; pass one between 0 and 1, and one above 1"
            )
        if not 0 <= options["step_sizes"][0] <= options["step_sizes"][1]:
            raise ValueError(f"Rprop: step_sizes = {options['step_sizes']} are no limits; pass the smaller one first")

    def _update(self, x: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state.update(prev=np.zeros_like(x), step_size=filled_like(x, group["lr"]))
        options = {"maximize": group["maximize"]}
        kernels.rprop(x, g, state["prev"], state["step_size"], group["etas"], group["step_sizes"], **options)


class Lion(Optimizer):
    """Steps of length `lr` against the sign of a running mean of gradients; weight decay as that of AdamW.

    betas: the share of the mean in the step, and how much of the mean stays. maximize: ascend. Raises ValueError for
    numbers out of range. A third to a tenth of Adam's learning rate suits it. Chen et al. 2023, "Symbolic discovery of
    optimization algorithms".
    """

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay, "maximize": maximize})

    def _update(self, x: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state["exp_avg"] = np.zeros_like(x)
        kernels.lion(x, g, state["exp_avg"], group["lr"], *group["betas"], **direction_of(group))
