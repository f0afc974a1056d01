"""Schedules of learning rates, with the names, arguments and values of torch.optim.lr_scheduler.

``schedule.step()`` comes after ``optimizer.step()``, once an epoch or once a batch, and sets ``group["lr"]`` of every
parameter group. The rates that the optimizer had when the first schedule was made stay in ``group["initial_lr"]``.
"""

from __future__ import annotations

import copy
import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .optimizer import Optimizer


class LRScheduler:
    """What all schedules share. One of its own has `_next`, or `get_lr`, as in torch.

    Making one sets the first learning rate. Raises TypeError for what is no optimizer.
    """

    _not_state: tuple[str, ...] = ("optimizer",)

    def __init__(self, optimizer: Optimizer):
        self._take(optimizer)
        self._begin()

    def _take(self, optimizer: Optimizer) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(
                f"{self._title}: the optimizer is a {type(optimizer).__name__}; pass the optimizer, and options by name"
            )
        self.optimizer, self.last_epoch = optimizer, -1
        self.base_lrs = [group.setdefault("initial_lr", group["lr"]) for group in optimizer.param_groups]

    @property
    def _title(self) -> str:
        return type(self).__name__

    # -- stepping ------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Go on to the next learning rate."""
        if len(self.base_lrs) != len(self.optimizer.param_groups):
            raise ValueError(
                f"{self._title}: the optimizer has {len(self.optimizer.param_groups)} parameter groups, it had"
                f" {len(self.base_lrs)} when the schedule was made; make schedules after add_param_group"
            )
        self.last_epoch += 1
        for group, lr in zip(self.optimizer.param_groups, self.get_lr(), strict=True):
            group["lr"] = lr

    def get_lr(self) -> list[float]:
        """The learning rate of each group at `last_epoch`, reached from the one before."""
        groups = zip(self.optimizer.param_groups, self.base_lrs, strict=True)
        return [self._next(group["lr"], base) for group, base in groups]

    def _next(self, lr: float, base: float) -> float:
        """The learning rate at `last_epoch`, after `lr`; `base` is that of the optimizer. At 0, `lr` is unchanged."""
        raise NotImplementedError

    def get_last_lr(self) -> list[float]:
        """The learning rate of each group now."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def _begin(self) -> None:
        """Set the learning rate of the very first step."""
        self.step()

    def _rewind(self) -> None:
        """Forget the steps made."""
        self.last_epoch = -1

    def _restart(self) -> None:
        """Begin again, at the learning rates of the optimizer."""
        for group, base in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = base
        self._rewind()
        self._begin()

    # -- state ---------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Copies of all there is to resume from, but functions; the learning rates are the optimizer's state."""
        return {name: copy.deepcopy(value) for name, value in vars(self).items() if name not in self._not_state}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Resume from what `state_dict` returned.

        Raises TypeError for what is no mapping, ValueError for the state of another schedule; nothing is changed then.
        """
        self._check_state(state_dict)
        self._load(copy.deepcopy(dict(state_dict)))

    def _load(self, state: dict[str, Any]) -> None:
        vars(self).update(state)

    def _check_state(self, state: Any) -> None:
        if not isinstance(state, Mapping):
            raise TypeError(
                f"{self._title}.load_state_dict: the state is a {type(state).__name__}; pass what state_dict() of a"
                f" {self._title} returned"
            )
        if set(state) != (own := set(self.state_dict())) or len(state["base_lrs"]) != len(self.base_lrs):
            raise ValueError(
                f"{self._title}.load_state_dict: the state has {sorted(map(str, state))} and a {self._title} with"
                f" {len(self.base_lrs)} groups {sorted(own)}; pass the state of the same schedule"
            )

    def __repr__(self) -> str:
        options = (f"{name}={value!r}" for name, value in vars(self).items() if name not in ("optimizer", "base_lrs"))
        return f"{self._title}({', '.join(options)})"


# -- each rate from the one before: these may be chained ---------------------------------------------------------------


class StepLR(LRScheduler):
    """Multiplies by `gamma` every `step_size` steps."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1):
        self.step_size, self.gamma = step_size, gamma
        check_positive(self._title, step_size=step_size)
        super().__init__(optimizer)

    def _next(self, lr: float, base: float) -> float:
        return lr * self.gamma if self.last_epoch and self.last_epoch % self.step_size == 0 else lr


class MultiStepLR(LRScheduler):
    """Multiplies by `gamma` at each of the steps `milestones`."""

    def __init__(self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1):
        self.milestones, self.gamma = sorted(milestones), gamma
        super().__init__(optimizer)

    def _next(self, lr: float, base: float) -> float:
        return lr * self.gamma ** self.milestones.count(self.last_epoch)


class ConstantLR(LRScheduler):
    """`factor` times the learning rate for the first `total_iters` steps."""

    def __init__(self, optimizer: Optimizer, factor: float = 1 / 3, total_iters: int = 5):
        self.factor, self.total_iters = factor, total_iters
        if not 0 < factor <= 1:
            raise ValueError(f"ConstantLR: factor = {factor}; pass a number above 0 and up to 1")
        super().__init__(optimizer)

    def _next(self, lr: float, base: float) -> float:
        if self.last_epoch == 0:
            return lr * self.factor
        return lr / self.factor if self.last_epoch == self.total_iters else lr


class LinearLR(LRScheduler):
    """The factor goes from `start_factor` to `end_factor` along a line, in `total_iters` steps."""

    def __init__(
        self, optimizer: Optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5
    ):
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        check_positive(self._title, total_iters=total_iters)
        if not 0 < start_factor <= 1 or not 0 <= end_factor <= 1:
            raise ValueError(
                f"LinearLR: start_factor = {start_factor} and end_factor = {end_factor}; pass numbers up to 1, the"
                " first above 0"
            )
        super().__init__(optimizer)

    def _next(self, lr: float, base: float) -> float:
        if self.last_epoch == 0:
            return lr * self.start_factor
        if self.last_epoch > self.total_iters:
            return lr
        rise = self.end_factor - self.start_factor
        return lr * (1 + rise / (self.total_iters * self.start_factor + (self.last_epoch - 1) * rise))


class WarmUp(LinearLR):
    """LinearLR by another name: from ``1 / steps`` of the learning rate up to all of it in `steps` steps.

    For a schedule after it: ``SequentialLR(optimizer, [WarmUp(optimizer, 10), StepLR(optimizer, 30)], [10])``. Not in
    torch.
    """

    def __init__(self, optimizer: Optimizer, steps: int):
        check_positive(self._title, steps=steps)
        super().__init__(optimizer, start_factor=1 / steps, total_iters=max(steps - 1, 1))


class ExponentialLR(LRScheduler):
    """Multiplies by `gamma` at every step."""

    def __init__(self, optimizer: Optimizer, gamma: float):
        self.gamma = gamma
        super().__init__(optimizer)

    def _next(self, lr: float, base: float) -> float:
        return lr * self.gamma if self.last_epoch else lr


class PolynomialLR(LRScheduler):
    """Falls to 0 in `total_iters` steps, as ``(1 - step / total_iters) ** power``."""

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0):
        self.total_iters, self.power = total_iters, power
        check_positive(self._title, total_iters=total_iters)
        super().__init__(optimizer)

    def _next(self, lr: float, base: float) -> float:
        if not 0 < self.last_epoch <= self.total_iters:
            return lr
        left = self.total_iters - self.last_epoch
        return lr * (left / (left + 1)) ** self.power


class CosineAnnealingLR(LRScheduler):
    """Along a cosine down to `eta_min` in `T_max` steps, and up again. Loshchilov and Hutter 2017."""

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0):
        self.T_max, self.eta_min = T_max, eta_min
        check_positive(self._title, T_max=T_max)
        super().__init__(optimizer)

    def _next(self, lr: float, base: float) -> float:
        if self.last_epoch == 0:
            return lr
        turn = math.pi / self.T_max
        if (self.last_epoch - 1 - self.T_max) % (2 * self.T_max) == 0:  # it is eta_min, which no factor raises
            return lr + (base - self.eta_min) * (1 - math.cos(turn)) / 2
        ratio = (1 + math.cos(turn * self.last_epoch)) / (1 + math.cos(turn * (self.last_epoch - 1)))
        return self.eta_min + ratio * (lr - self.eta_min)


class _ByFunction(LRScheduler):
    """A factor that a function computes, or one function for each group."""

    _not_state = ("optimizer", "lr_lambdas")

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]]):
        self._take(optimizer)
        self.lr_lambdas: list[Callable[[int], float]] = per_group(self._title, "lr_lambda", lr_lambda, optimizer)
        if not all(callable(function) for function in self.lr_lambdas):
            raise TypeError(f"{self._title}: lr_lambda is {lr_lambda!r:.60}; pass a function of the number of the step")
        self._begin()


class MultiplicativeLR(_ByFunction):
    """Multiplies by ``lr_lambda(step)`` at every step; one function, or one for each group."""

    def get_lr(self) -> list[float]:
        """The learning rate of each group at `last_epoch`, reached from the one before."""
        if self.last_epoch == 0:
            return self.get_last_lr()
        return [lr * f(self.last_epoch) for lr, f in zip(self.get_last_lr(), self.lr_lambdas, strict=True)]


# -- each rate from the number of steps --------------------------------------------------------------------------------


class LambdaLR(_ByFunction):
    """``lr_lambda(step)`` times the learning rate of the optimizer; one function, or one for each group."""

    def get_lr(self) -> list[float]:
        """The learning rate of each group at `last_epoch`."""
        return [base * f(self.last_epoch) for base, f in zip(self.base_lrs, self.lr_lambdas, strict=True)]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Along a cosine to `eta_min` in `T_0` steps; then from the top, each time `T_mult` times as long.

    Loshchilov and Hutter 2017.
    """

    def __init__(self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0):
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, eta_min
        check_positive(self._title, T_0=T_0, T_mult=T_mult)
        super().__init__(optimizer)

    def _next(self, lr: float, base: float) -> float:
        since, length = self.last_epoch, self.T_0
        while since >= length:
            since, length = since - length, length * self.T_mult
        return self.eta_min + (base - self.eta_min) * (1 + math.cos(math.pi * since / length)) / 2


class _WithMomentum(LRScheduler):
    """A schedule that moves the momentum (or the first beta) too, down when the learning rate goes up."""

    cycle_momentum: bool

    def _take_momentum(self, optimizer: Optimizer, cycle: bool, base: Any, most: Any) -> None:
        self.cycle_momentum = cycle
        if cycle and not {"momentum", "betas"} & set(optimizer.defaults):
            raise ValueError(
                f"{self._title}: a {type(optimizer).__name__} has neither momentum nor betas; pass cycle_momentum=False"
            )
        self.base_momentums: list[float] = per_group(self._title, "base_momentum", base, optimizer)
        self.max_momentums: list[float] = per_group(self._title, "max_momentum", most, optimizer)

    def _set_momentum(self, momentum: Callable[[float, float], float]) -> None:
        """Give each group what `momentum` makes of its base and its maximum."""
        if not self.cycle_momentum:
            return
        for group, base, most in zip(self.optimizer.param_groups, self.base_momentums, self.max_momentums, strict=True):
            if "betas" in group:
                group["betas"] = (momentum(base, most), group["betas"][1])
            else:
                group["momentum"] = momentum(base, most)


class OneCycleLR(_WithMomentum):
    """Up from ``max_lr / div_factor`` to `max_lr`, then down to the first over `final_div_factor`.

    total_steps: or `epochs` and `steps_per_epoch`. pct_start: the share of steps on the way up. anneal_strategy: "cos"
    or "linear". cycle_momentum: the momentum goes the other way, from `max_momentum` to `base_momentum` and back.
    three_phase: come down to where it began at first. Arguments from max_lr to max_momentum may be lists, one number
    for each group. Raises ValueError for numbers out of range, and for a step too many. Smith and Topin 2018.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.85,
        max_momentum: float | Sequence[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
    ):
        if total_steps is None and (epochs is None or steps_per_epoch is None):
            raise ValueError("OneCycleLR: how many steps is not said; pass total_steps, or epochs and steps_per_epoch")
        self.total_steps = (epochs or 0) * (steps_per_epoch or 0) if total_steps is None else total_steps
        check_positive(self._title, total_steps=self.total_steps)
        if not 0 <= pct_start <= 1:
            raise ValueError(f"OneCycleLR: pct_start = {pct_start}; pass a number from 0 to 1")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"OneCycleLR: anneal_strategy = {anneal_strategy!r:.60}; pass 'cos' or 'linear'")
        self._take(optimizer)
        self.anneal_strategy = anneal_strategy
        self.max_lrs: list[float] = per_group(self._title, "max_lr", max_lr, optimizer)
        self._take_momentum(optimizer, cycle_momentum, base_momentum, max_momentum)
        self.base_lrs = [most / div_factor for most in self.max_lrs]
        for group, base in zip(optimizer.param_groups, self.base_lrs, strict=True):
            group["initial_lr"] = base
        self.final_div_factor = final_div_factor
        # Phases end at these steps; at each end the learning rate is 0: the first, 1: the highest, 2: the last one.
        top = pct_start * self.total_steps - 1
        down = [2 * pct_start * self.total_steps - 2] if three_phase else []
        self.ends = [0, top, *down, self.total_steps - 1]
        self.levels = [0, 1, 0, 2] if three_phase else [0, 1, 2]
        self._begin()

    def get_lr(self) -> list[float]:
        """The learning rate of each group at `last_epoch`; sets the momentum."""
        if self.last_epoch > self.total_steps:
            raise ValueError(
                f"OneCycleLR: step {self.last_epoch} of {self.total_steps}; make it with as many steps as there are"
            )
        phase = 1
        while phase < len(self.ends) - 1 and self.last_epoch > self.ends[phase]:
            phase += 1
        length = self.ends[phase] - self.ends[phase - 1]
        share = (self.last_epoch - self.ends[phase - 1]) / length if length else 1.0
        old, new = self.levels[phase - 1], self.levels[phase]
        self._set_momentum(lambda base, most: self._between((most, base, most)[old], (most, base, most)[new], share))
        rates = (
            (first, most, first / self.final_div_factor)
            for first, most in zip(self.base_lrs, self.max_lrs, strict=True)
        )
        return [self._between(levels[old], levels[new], share) for levels in rates]

    def _between(self, start: float, end: float, share: float) -> float:
        if self.anneal_strategy == "linear":
            return start + (end - start) * share
        return end + (start - end) / 2 * (1 + math.cos(math.pi * share))


class CyclicLR(_WithMomentum):
    """Up from `base_lr` to `max_lr` in `step_size_up` steps and down in `step_size_down`, again and again.

    mode: "triangular"; "triangular2" (half as high each time); "exp_range" (``gamma ** step`` times as high). scale_fn
    in place of a mode: the height, from the number of the cycle (from 1 on) or, with ``scale_mode="iterations"``, of
    the step. cycle_momentum: the momentum goes the other way. Raises ValueError for what is out of range. Smith 2017.
    """

    _not_state = ("optimizer", "scale_fn")

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | Sequence[float],
        max_lr: float | Sequence[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[int], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.8,
        max_momentum: float | Sequence[float] = 0.9,
    ):
        if scale_fn is None and mode not in ("triangular", "triangular2", "exp_range"):
            raise ValueError(
                f"CyclicLR: mode = {mode!r:.60}; pass 'triangular', 'triangular2' or 'exp_range', or a scale_fn"
            )
        self._take(optimizer)
        self.base_lrs = per_group(self._title, "base_lr", base_lr, optimizer)
        self.max_lrs: list[float] = per_group(self._title, "max_lr", max_lr, optimizer)
        self.up, self.down = step_size_up, step_size_up if step_size_down is None else step_size_down
        check_positive(self._title, step_size_up=self.up, step_size_down=self.down)
        self.mode, self.gamma, self.scale_fn, self.scale_mode = mode, gamma, scale_fn, scale_mode
        self._take_momentum(optimizer, cycle_momentum, base_momentum, max_momentum)
        self._begin()

    def _height(self) -> float:
        cycle, since = divmod(self.last_epoch, self.up + self.down)
        height = since / self.up if since <= self.up else 1 - (since - self.up) / self.down
        if self.scale_fn is not None:
            return height * self.scale_fn(cycle + 1 if self.scale_mode == "cycle" else self.last_epoch)
        if self.mode == "exp_range":
            return height * self.gamma**self.last_epoch
        return height / 2**cycle if self.mode == "triangular2" else height

    def get_lr(self) -> list[float]:
        """The learning rate of each group at `last_epoch`; sets the momentum."""
        height = self._height()
        self._set_momentum(lambda base, most: most - (most - base) * height)
        return [base + (most - base) * height for base, most in zip(self.base_lrs, self.max_lrs, strict=True)]


# -- from other schedules, and from what is measured -------------------------------------------------------------------


class _Several(LRScheduler):
    """What consists of other schedules of one optimizer."""

    _not_state = ("optimizer", "schedulers")

    def _take_schedulers(self, optimizer: Optimizer | None, schedulers: Sequence[LRScheduler]) -> None:
        self.schedulers = list(schedulers)
        if not self.schedulers:
            raise ValueError(f"{self._title}: there are no schedulers; pass a list of schedules of one optimizer")
        for schedule in self.schedulers:
            if not isinstance(schedule, LRScheduler) or isinstance(schedule, ReduceLROnPlateau):
                raise TypeError(
                    f"{self._title}: a {type(schedule).__name__} has no steps that need nothing; pass other schedules"
                )
        optimizer = self.schedulers[0].optimizer if optimizer is None else optimizer
        if any(schedule.optimizer is not optimizer for schedule in self.schedulers):
            raise ValueError(f"{self._title}: the schedules are of several optimizers; make them with the same one")
        self._take(optimizer)

    def _rewind(self) -> None:
        super()._rewind()
        for schedule in self.schedulers:
            schedule._rewind()

    def state_dict(self) -> dict[str, Any]:
        """Copies of all there is to resume from, that of the schedules inside under "schedulers"."""
        return {**super().state_dict(), "schedulers": [schedule.state_dict() for schedule in self.schedulers]}

    def _load(self, state: dict[str, Any]) -> None:
        for schedule, inner in zip(self.schedulers, state.pop("schedulers"), strict=True):
            schedule._load(inner)
        super()._load(state)

    def _check_state(self, state: Any) -> None:
        super()._check_state(state)
        if len(state["schedulers"]) != len(self.schedulers):
            raise ValueError(
                f"{self._title}.load_state_dict: the state is of {len(state['schedulers'])} schedules, here are"
                f" {len(self.schedulers)}; pass the state of the same schedule"
            )
        for schedule, inner in zip(self.schedulers, state["schedulers"], strict=True):
            schedule._check_state(inner)


class SequentialLR(_Several):
    """One schedule after the other: number i + 1 begins at step ``milestones[i]``, at the optimizer's learning rate.

    So does MultiplicativeLR, which in torch goes on from the rate of the schedule before. Raises ValueError unless
    there is one milestone less than schedules, and for schedules of several optimizers.
    """

    def __init__(self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int]):
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                f"SequentialLR: {len(schedulers)} schedules and {len(milestones)} milestones; pass one milestone less"
                " than schedules"
            )
        self._take_schedulers(optimizer, schedulers)
        self.milestones = list(milestones)
        self._restart()

    def step(self) -> None:
        """Go on to the next learning rate."""
        self.last_epoch += 1
        present = bisect_right(self.milestones, self.last_epoch)
        begins = self.last_epoch == 0 or (present > 0 and self.milestones[present - 1] == self.last_epoch)
        if begins:
            self.schedulers[present]._restart()
        else:
            self.schedulers[present].step()


class ChainedScheduler(_Several):
    """All schedules at once: each goes on from the learning rate of the one before. Raises as SequentialLR."""

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None):
        self._take_schedulers(optimizer, schedulers)
        self.last_epoch = 0  # the schedules have made their first steps when they were made

    def step(self) -> None:
        """Go on to the next learning rate."""
        self.last_epoch += 1
        for schedule in self.schedulers:
            schedule.step()


class ReduceLROnPlateau(LRScheduler):
    """Multiplies by `factor` when what is measured has not become better for more than `patience` steps.

    mode: whether "min" or "max" is better. threshold: by how much, relative ("rel") or absolute ("abs"). cooldown: how
    many steps to wait after that. min_lr: a limit, or one for each group. eps: a smaller change is not made. Raises
    ValueError for what is out of range.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0,
        eps: float = 1e-8,
    ):
        if not 0 <= factor < 1:
            raise ValueError(f"ReduceLROnPlateau: factor = {factor}; pass a number below 1")
        if mode not in ("min", "max") or threshold_mode not in ("rel", "abs"):
            raise ValueError(
                f"ReduceLROnPlateau: mode = {mode!r:.60} and threshold_mode = {threshold_mode!r:.60}; pass 'min' or"
                " 'max', and 'rel' or 'abs'"
            )
        self.mode, self.factor, self.patience = mode, factor, patience
        self.threshold, self.threshold_mode, self.cooldown, self.eps = threshold, threshold_mode, cooldown, eps
        self._take(optimizer)
        self.min_lrs: list[float] = per_group(self._title, "min_lr", min_lr, optimizer)
        self.last_epoch, self.cooldown_counter, self.num_bad_epochs = 0, 0, 0
        self.best = math.inf if mode == "min" else -math.inf

    def step(self, metrics: Any) -> None:  # type: ignore[override]  # as in torch, it needs a measurement
        """Note what was measured, such as the loss on validation data, and lower the learning rates if it is time."""
        measured = float(metrics)
        self.last_epoch += 1
        if self._is_better(measured):
            self.best, self.num_bad_epochs = measured, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter, self.num_bad_epochs = self.cooldown_counter - 1, 0
        if self.num_bad_epochs > self.patience:
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
            self._reduce()

    def _is_better(self, measured: float) -> bool:
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "abs":
            limit = self.best + sign * self.threshold
        else:
            limit = self.best * (1 + sign * self.threshold)
        return measured * sign > limit * sign

    def _reduce(self) -> None:
        for group, least in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
            lr = max(group["lr"] * self.factor, least)
            if group["lr"] - lr > self.eps:
                group["lr"] = lr


# -- arguments -------------------------------------------------------------------------------------------------------


def per_group(schedule: str, name: str, value: Any, optimizer: Optimizer) -> list[Any]:
    """`value` for each parameter group, or the values if there are several."""
    count = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        return [value] * count
    if len(value) != count:
        raise ValueError(f"{schedule}: {name} has {len(value)} values, the optimizer {count} groups; pass one for each")
    return list(value)


def check_positive(schedule: str, **numbers: Any) -> None:
    """ValueError for what is no integer from 1 on."""
    for name, number in numbers.items():
        if not isinstance(number, int) or number < 1:
            raise ValueError(f"{schedule}: {name} = {number!r:.60}; pass an integer from 1 on")
