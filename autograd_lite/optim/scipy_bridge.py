"""A bridge to scipy.optimize.minimize: all parameters of a model as its one vector."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .. import core
from ..kernels.optimizers import parts
from ..nn import Module
from ..tensor import Tensor
from .optimizer import Array
from .vector import Vector

WITHOUT_GRADIENT = ("nelder-mead", "powell", "cobyla", "cobyqa")
WITH_PRODUCTS = ("newton-cg", "trust-ncg", "trust-krylov", "trust-constr")
WITH_HESSIAN = ("dogleg", "trust-exact")


def minimize(
    loss_function: Callable[[], Any],
    parameters: Module | Tensor | Iterable[Any],
    method: str = "L-BFGS-B",
    *,
    bounds: Any = None,
    constraints: Any = (),
    tol: float | None = None,
    callback: Callable[..., Any] | None = None,
    options: dict[str, Any] | None = None,
) -> Any:
    """Let scipy.optimize.minimize move `parameters`, all as one float64 vector, to where ``loss_function()`` is least.

    parameters: a module (those that require a gradient), tensors, or pairs of name and tensor. method: any that SciPy
    has; gradients come by backward, products with the Hessian (Newton-CG, trust-ncg, trust-krylov, trust-constr) and
    whole Hessians (dogleg, trust-exact) by backward through it. bounds, constraints, tol, callback, options: SciPy's.
    Complex numbers are two real ones.

    Returns SciPy's OptimizeResult; the parameters hold its `x`, if the loss there is finite. If anything raises (Ctrl-C
    too), they hold the best values that were tried, or with constraints those at the start. `.grad` is not touched.
    Raises TypeError for what are no parameters, or a loss that is no real scalar Tensor.
    """
    import scipy.optimize  # here, as it takes a while

    problem = _Problem(loss_function, _parameters(parameters))
    name = method.lower() if isinstance(method, str) else ""
    arguments: dict[str, Any] = {}
    if name not in WITHOUT_GRADIENT:
        arguments["jac"] = problem.gradient
    if name in WITH_PRODUCTS:
        arguments["hessp"] = problem.product
    if name in WITH_HESSIAN:
        arguments["hess"] = problem.hessian
    start = problem.vector.values()
    try:
        result = scipy.optimize.minimize(
            problem.loss,
            start,
            method=method,
            bounds=bounds,
            constraints=constraints,
            tol=tol,
            callback=callback,
            options=options,
            **arguments,
        )
    except BaseException:
        problem.vector.write(start if constraints or problem.best is None else problem.best)
        raise
    finite = np.all(np.isfinite(result.fun)) and np.all(np.isfinite(result.x))
    problem.vector.write(result.x if finite else start if problem.best is None else problem.best)
    return result


class _Problem:
    """The loss and its derivatives as functions of a vector. What was computed last is kept, with its graph."""

    def __init__(self, loss_function: Callable[[], Any], parameters: list[Tensor]):
        self.loss_function, self.vector = loss_function, Vector(parameters, np.float64)
        self.best: Array | None = None
        self.least = np.inf
        self.at: Array | None = None  # where these are known: the loss, its gradients with and without their graph
        self.found: Any = None
        self.gradients: list[Any] | None = None
        self.differentiable = False

    def move(self, x: Array) -> None:
        """Compute the loss at x, unless that was done last."""
        if self.at is not None and np.array_equal(x, self.at):
            return
        self.at = self.gradients = None
        self.vector.write(x)
        with core.enable_grad():
            self.found = _checked(self.loss_function())
        self.at = x.copy()
        loss = float(self.found.data)
        if loss < self.least:
            self.least, self.best = loss, self.at

    def loss(self, x: Array) -> float:
        """The loss at x."""
        self.move(x)
        return float(self.found.data)

    def derive(self, x: Array, differentiable: bool) -> list[Any]:
        """The gradient of each parameter at x; with a graph if they are to be differentiated."""
        self.move(x)
        if self.gradients is None or (differentiable and not self.differentiable):
            parameters = self.vector.parameters
            if not self.found.requires_grad:
                self.gradients = [None] * len(parameters)
            else:
                self.gradients = core.gradients(
                    self.found, parameters, retain_graph=True, create_graph=differentiable, allow_unused=True
                )
            self.differentiable = differentiable
        return self.gradients

    def gradient(self, x: Array) -> Array:
        """The gradient at x."""
        return self.vector.joined(None if g is None else g.data for g in self.derive(x, False))

    def product(self, x: Array, direction: Array) -> Array:
        """The Hessian at x times a direction: the gradient of the slope along it."""
        gradients = self.derive(x, True)
        pairs = zip(gradients, self.vector.split(direction), strict=True)
        curved = [(g, weight) for g, weight in pairs if g is not None and g.requires_grad]
        if not curved:
            return np.zeros_like(direction)
        outputs, weights = zip(*curved, strict=True)
        found = core.gradients(outputs, self.vector.parameters, weights, retain_graph=True, allow_unused=True)
        return self.vector.joined(None if g is None else g.data for g in found)

    def hessian(self, x: Array) -> Array:
        """The Hessian at x, a row for each number of the parameters."""
        return np.stack([self.product(x, direction) for direction in np.eye(x.size)])


def _parameters(given: Any) -> list[Tensor]:
    """The tensors to move."""
    if isinstance(given, Module):
        found: list[Tensor] = [parameter for parameter in given.parameters() if parameter.requires_grad]
    elif isinstance(given, Tensor):
        found = [given]
    elif isinstance(given, Iterable):
        found = [item[1] if isinstance(item, tuple) and len(item) == 2 else item for item in given]
    else:
        raise TypeError(f"minimize: a {type(given).__name__} is no parameters; pass a module or a list of tensors")
    for parameter in found:
        if not isinstance(parameter, Tensor) or not parameter.is_leaf or not parameter.requires_grad:
            raise TypeError(f"minimize: {parameter!r:.60} is no parameter; pass leaves that require a gradient")
    if not sum(parts(parameter.data).size for parameter in found):
        raise TypeError("minimize: there is no number to move; pass a module with parameters")
    return found


def _checked(loss: Any) -> Tensor:
    if not isinstance(loss, Tensor) or loss.data.size != 1 or loss.data.dtype.kind != "f":
        what = f"{loss.shape} {loss.dtype}" if isinstance(loss, Tensor) else f"a {type(loss).__name__}"
        raise TypeError(
            f"minimize: the loss is {what}, not a real scalar Tensor; return it, for instance with .mean() or .sum()"
        )
    return loss
