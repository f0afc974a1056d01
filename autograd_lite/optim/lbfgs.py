"""L-BFGS: steps of Newton's method, with a Hessian made of the last few steps and gradients."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..tensor import Tensor
from .optimizer import Array, Optimizer, Parameters, evaluated, gradient_of
from .vector import Vector

Function = Callable[[float], tuple[float, Array]]  # a step length -> the loss and the gradient there


class LBFGS(Optimizer):
    """Steps of Newton's method with a Hessian made of the last few; ``optimizer.step(closure)`` takes up to `max_iter`.

    closure: forgets the gradients, computes the loss, calls backward and returns the loss. lr: the length of a step, or
    the first that is tried by the line search. max_eval: how many times closure is called (None: 5/4 of max_iter).
    tolerance_grad: stop when no element of the gradient is larger. tolerance_change: stop when neither loss nor any
    parameter moves by more. history_size: how many steps the Hessian is made of. line_search_fn: "strong_wolfe", or
    None for steps of length lr. All parameters are in one group. Semantics and defaults are torch.optim's; the state
    is kept under the first parameter. Raises ValueError for numbers out of range and for more groups. Nocedal and
    Wright 2006, "Numerical Optimization", sections 7.2 and 3.5.
    """

    _not_negative = ("tolerance_grad", "tolerance_change", "max_iter", "max_eval", "history_size")

    def __init__(
        self,
        params: Parameters,
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ):
        limits = {"max_iter": max_iter, "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval}
        tolerances = {"tolerance_grad": tolerance_grad, "tolerance_change": tolerance_change}
        memory = {"history_size": history_size, "line_search_fn": line_search_fn}
        super().__init__(params, {"lr": lr, **limits, **tolerances, **memory})

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Not possible but for the group that it is made with: a Hessian is that of all parameters together."""
        if self.param_groups:
            raise ValueError("LBFGS: all parameters have one Hessian, so there is one group; pass them all at once")
        super().add_param_group(group)

    def _check(self, options: dict[str, Any]) -> None:
        super()._check(options)
        if options["line_search_fn"] not in (None, "strong_wolfe"):
            raise ValueError(
                f"LBFGS: line_search_fn = {options['line_search_fn']!r:.60} is not known; pass 'strong_wolfe' or None"
            )

    def _check_state(self, state: Mapping[Tensor, Mapping[str, Any]]) -> None:
        """Raise ValueError for vectors that are not as long as all parameters together."""
        size = Vector(self.param_groups[0]["params"]).values().size
        for values in state.values():
            for name in ("d", "prev_flat_grad", "old_dirs", "old_stps"):
                vectors = values.get(name, [])
                for vector in vectors if isinstance(vectors, list) else [vectors]:
                    if np.shape(vector) != (size,):
                        raise ValueError(
                            f"LBFGS.load_state_dict: {name} has shape {np.shape(vector)}, the parameters are"
                            f" {size} numbers; make the model with the sizes it was saved with"
                        )

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take up to `max_iter` steps. Returns the loss that `closure` gave at first.

        Raises TypeError without a closure; for gradients that do not fit as `Optimizer.step`. If closure raises, the
        parameters are those of the last complete step, and the state is as it was.
        """
        if closure is None:
            raise TypeError("LBFGS.step: it computes the loss several times; pass a function that returns it")
        run = _Run(self.param_groups[0], closure, self.state.get(self.param_groups[0]["params"][0], {}))
        found = run.minimize()
        self.state[run.vector.parameters[0]] = run.state
        return found


class _Run:
    """One call of `step`."""

    def __init__(self, group: dict[str, Any], closure: Callable[[], Any], state: dict[str, Any]):
        self.options, self.closure, self.vector = group, closure, Vector(group["params"])
        self.state = {"func_evals": 0, "n_iter": 0, **state}
        self.memory = [list(self.state.get(name, ())) for name in ("old_dirs", "old_stps", "ro")]

    def minimize(self) -> Any:
        """Run to one of the limits; returns what the closure gave at first."""
        options, state = self.options, self.state
        calls_before = state["func_evals"]
        first = self.evaluate()
        loss, gradient = float(first), self.gradient()
        if np.abs(gradient).max(initial=0) <= options["tolerance_grad"]:
            return first
        for iteration in range(1, options["max_iter"] + 1):
            state["n_iter"] += 1
            direction = self.direction(gradient)
            rate = 1.0 if state["n_iter"] > 1 else min(1.0, 1.0 / np.abs(gradient).sum())
            state.update(d=direction, t=rate * options["lr"], prev_flat_grad=gradient, prev_loss=loss)
            if np.dot(gradient, direction) > -options["tolerance_change"]:
                break
            last = iteration == options["max_iter"]
            before = loss
            loss, gradient = self.move(loss, gradient, state["func_evals"] - calls_before, last)
            change = np.abs(direction).max() * abs(state["t"])
            if (
                state["func_evals"] - calls_before >= options["max_eval"]
                or np.abs(gradient).max() <= options["tolerance_grad"]
                or change <= options["tolerance_change"]
                or abs(loss - before) < options["tolerance_change"]
            ):
                break
        state.update(zip(("old_dirs", "old_stps", "ro"), self.memory, strict=True))
        return first

    def direction(self, gradient: Array) -> Array:
        """Minus the gradient times the inverse Hessian of the remembered steps."""
        state, (changes, steps, weights) = self.state, self.memory
        if state["n_iter"] == 1:
            state["H_diag"] = 1.0
            return -gradient
        change, step = gradient - state["prev_flat_grad"], state["d"] * state["t"]
        curvature = float(np.dot(change, step))
        if curvature > 1e-10:
            for memory, new in zip(self.memory, (change, step, 1 / curvature), strict=True):
                memory.append(new)
                del memory[: -self.options["history_size"] or len(memory)]
            state["H_diag"] = curvature / float(np.dot(change, change))
        q, shares = -gradient, []
        for change, step, weight in zip(reversed(changes), reversed(steps), reversed(weights), strict=True):
            shares.append(weight * float(np.dot(step, q)))
            q -= shares[-1] * change
        q *= state["H_diag"]
        for change, step, weight in zip(changes, steps, weights, strict=True):
            q += (shares.pop() - weight * float(np.dot(change, q))) * step
        return q

    def move(self, loss: float, gradient: Array, calls: int, last: bool) -> tuple[float, Array]:
        """Go along the direction; returns loss and gradient there."""
        state, start = self.state, self.vector.values()

        def at(length: float) -> tuple[float, Array]:
            self.vector.write(start + length * state["d"])
            return float(self.evaluate()), self.gradient()

        try:
            if self.options["line_search_fn"] is not None:
                most = self.options["max_eval"] - calls
                begin = Point(0.0, loss, gradient, float(np.dot(gradient, state["d"])))
                found = strong_wolfe(at, begin, state["t"], state["d"], self.options["tolerance_change"], most)
                state["t"], loss, gradient = found.length, found.loss, found.gradient
            elif not last:  # else the gradient there would not be used
                loss, gradient = at(state["t"])
        except BaseException:
            self.vector.write(start)
            raise
        self.vector.write(start + state["t"] * state["d"])
        return loss, gradient

    def evaluate(self) -> Any:
        self.state["func_evals"] += 1
        return evaluated(self.closure)

    def gradient(self) -> Array:
        return self.vector.joined(gradient_of("LBFGS.step", parameter) for parameter in self.vector.parameters)


# -- line search -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Point:
    """A point on the line: how far along, the loss, the gradient, and the slope along the line."""

    length: float
    loss: float
    gradient: Array
    slope: float


def strong_wolfe(
    f: Function, start: Point, length: float, d: Array, tolerance: float, most: int, c1: float = 1e-4, c2: float = 0.9
) -> Point:
    """A point along `d` where the loss is lower, by a share of what the slope promised, and the slope is flatter.

    f: loss and gradient at a length. most: how many more than one evaluations it may take; the best of the bracket is
    returned then. Nocedal and Wright 2006, algorithms 3.5 and 3.6, with the guards of minFunc that torch.optim has.
    """

    def at(length: float) -> Point:
        loss, gradient = f(length)
        return Point(length, loss, gradient, float(np.dot(gradient, d)))

    def too_high(point: Point) -> bool:
        return point.loss > start.loss + c1 * point.length * start.slope

    def flat(point: Point) -> bool:
        return abs(point.slope) <= -c2 * start.slope

    # Go further until a minimum lies between two points.
    before, now, calls = start, at(length), 0
    while calls < most:
        if too_high(now) or (calls > 1 and now.loss >= before.loss):
            break
        if flat(now):
            return now
        if now.slope >= 0:
            break
        limits = now.length + 0.01 * (now.length - before.length), now.length * 10
        before, now = now, at(cubic_minimum(before, now, *limits))
        calls += 1
    else:
        before = start
    # Make the interval smaller, with its better end first.
    low, high = (before, now) if before.loss <= now.loss else (now, before)
    reach, stuck = float(np.abs(d).max()), False
    while calls < most and abs(high.length - low.length) * reach >= tolerance:
        length, stuck = inside(low, high, stuck)
        now, calls = at(length), calls + 1
        if too_high(now) or now.loss >= low.loss:
            low, high = (low, now) if low.loss <= now.loss else (now, low)
            continue
        if flat(now):
            return now
        low, high = now, (low if now.slope * (high.length - low.length) >= 0 else high)
    return low


def inside(low: Point, high: Point, stuck: bool) -> tuple[float, bool]:
    """The next length to try between two points, and whether it is close to an end, where it may be only once."""
    left, right = sorted((low.length, high.length))
    first, second = (low, high) if low.length <= high.length else (high, low)
    length, margin = cubic_minimum(first, second, left, right), 0.1 * (right - left)
    if min(right - length, length - left) >= margin:
        return length, False
    if not stuck and left < length < right:
        return length, True
    return (right - margin if right - length < length - left else left + margin), False


def cubic_minimum(a: Point, b: Point, least: float, most: float) -> float:
    """Where the cubic through two points with their slopes has its minimum, within limits; their middle if it has none.

    Nocedal and Wright 2006, equation 3.59.
    """
    a, b = (a, b) if a.length <= b.length else (b, a)
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.length - b.length)
    square = d1 * d1 - a.slope * b.slope
    if not square >= 0:
        return (least + most) / 2
    d2 = math.sqrt(square)
    below = b.slope - a.slope + 2 * d2
    length = b.length - (b.length - a.length) * (b.slope + d2 - d1) / below if below else math.inf
    return min(max(length, least), most)
