"""Derivatives of functions of arrays: `grad` and its relatives, which take a function and return another.

An argument may be a Tensor, an array, a number, or a tree of those (tuples, lists, dicts, named tuples; None is an
empty tree). Numbers become the default dtype, as everywhere; arrays keep theirs. The function gets Tensors for what is
differentiated, and the other arguments as they are. Where no argument is a Tensor, the results are arrays.

Transforms nest in each other and in ordinary code: where an argument, or a Tensor that the function uses beside its
arguments, has a history, the results have one too, and are Tensors even if the arguments are arrays. To save that
work where it is not wanted, call under `no_grad`, which the function itself does not see.

Complex numbers: a gradient is PyTorch's, dL/d(Re z) + i dL/d(Im z); `vjp` is the adjoint, v -> conj(J)^T v for a
holomorphic function, and `jvp` is the derivative along a direction, d/dt f(z + t v).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import is_grad_enabled, raw
from ..errors import operand
from . import trees
from .evaluation import Argnums, Forward, Run, any_history, any_tensor, check_argnums, handed_out, matched


def grad(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that gives the gradient of `f`, whose value is a real scalar, at its arguments.

    argnums: the position of the argument to differentiate for, or a tuple of positions, which gives a tuple. has_aux:
    `f` returns ``(value, aux)``, and the gradient comes as ``(gradient, aux)``. Returns gradients in the structure,
    shapes and dtypes of the arguments: zeros for what `f` does not depend on. Raises ValueError for a value that is no
    scalar, TypeError for one that is not real, and for arguments of integers.

    >>> ag.grad(lambda p: (p["w"] ** 2).sum())({"w": np.array([1.0, 2.0])})  # {"w": array([2.0, 4.0])}
    """
    both = _value_and_grad("grad", f, argnums, has_aux)

    @functools.wraps(f, updated=())
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, found = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def value_and_grad(f: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that gives ``(value, gradient)`` of `f`, or ``((value, aux), gradient)``; as `grad` otherwise."""
    return _value_and_grad("value_and_grad", f, argnums, has_aux)


def _value_and_grad(name: str, f: Callable[..., Any], argnums: Argnums, has_aux: bool) -> Callable[..., Any]:
    check_argnums(name, argnums)

    @functools.wraps(f, updated=())
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        run = Run(name, f, args, kwargs, argnums, has_aux)
        _check_real_scalar(name, run.result)
        found = run.pull(_ones(run.outputs), run.lasting)
        value = run.handed_out(run.result)
        return (value, run.handed_out(run.aux)) if has_aux else value, run.arranged(found)

    return value_and_gradient


def elementwise_grad(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The function that gives the gradient of the sum of everything that `f` returns (of the real part, if complex).

    For an elementwise `f` these are the slopes at all elements, in the shape of the argument. Arguments as in `grad`.
    """

    check_argnums("elementwise_grad", argnums)

    @functools.wraps(f, updated=())
    def slopes(*args: Any, **kwargs: Any) -> Any:
        run = Run("elementwise_grad", f, args, kwargs, argnums)
        return run.arranged(run.pull(_ones(run.outputs), run.lasting))

    return slopes


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """The value of `f` at `primals`, and the function that multiplies by the transposed Jacobian there.

    That takes a tree like the value (None for zeros; what it has for integers is ignored) and returns a tuple, with one
    tree for each of the primals; it may be called any number of times. has_aux: `f` returns ``(value, aux)``. Returns
    ``(value, function)`` or ``(value, function, aux)``. Raises TypeError for primals of integers. For many products
    with one Hessian: ``gradient, product = ag.vjp(ag.grad(f), x)``.
    """
    run = Run("vjp", f, primals, {}, range(len(primals)), has_aux)

    def pull(cotangents: Any) -> tuple[Any, ...]:
        weights = matched("vjp", "cotangent", run.result, cotangents, run.outputs)
        lasting = is_grad_enabled() and (run.lasting or any_history(weights))
        found = run.pull(weights, lasting, retain=True)
        return tuple(run.arranged(found, plain=run.plain and not any_tensor(weights)))

    value = run.handed_out(run.result)
    return (value, pull, run.handed_out(run.aux)) if has_aux else (value, pull)


def jvp(f: Callable[..., Any], primals: Any, tangents: Any) -> tuple[Any, Any]:
    """The value of `f` at `primals`, and its derivative along `tangents`: the Jacobian times a vector.

    primals: a plain tuple of the arguments of `f`, or its only argument; tangents: the same, of the same shapes; None
    stands for zeros. Returns ``(value, derivative)``, trees of one structure, with zeros for outputs of integers.
    Raises ValueError or TypeError for tangents that do not fit the primals.
    """
    arguments, along = (primals, tangents) if type(primals) is tuple else ((primals,), (tangents,))
    run = Run("jvp", f, arguments, {}, range(len(arguments)))
    weights = matched("jvp", "tangent", arguments, along, run.variables)
    lasting = is_grad_enabled() and (run.lasting or any_history(weights))
    plain = run.plain and not any_tensor(weights)
    found = (handed_out(tangent, lasting, plain) for tangent in Forward(run).push(weights, lasting))
    return run.handed_out(run.result, plain), trees.rebuild(run.result, found)


def hvp(f: Callable[..., Any], primals: Any, tangents: Any) -> Any:
    """The Hessian of `f`, whose value is a real scalar, times a vector, in the time of a few gradients.

    primals, tangents: as in `jvp`. Returns the product in the structure of the primals. Raises as `grad` and `jvp` do.

    >>> ag.hvp(lambda x: (x**3).sum(), np.array([1.0, 2.0]), np.array([1.0, 0.0]))  # array([6.0, 0.0])
    """
    if type(primals) is not tuple:
        return hvp(f, (primals,), (tangents,))[0]
    gradient = gradient_function("hvp", f, range(len(primals)))
    return vjp(gradient, *primals)[1](tangents)


def gradient_function(name: str, f: Callable[..., Any], argnums: Argnums) -> Callable[..., Any]:
    """`grad`, whose errors name the function that the user called."""
    both = _value_and_grad(name, f, argnums, False)
    return lambda *args, **kwargs: both(*args, **kwargs)[1]


def _check_real_scalar(name: str, value: Any) -> None:
    if isinstance(value, dict | list | tuple) or value is None:
        raise TypeError(
            f"{name}: the function must return a real scalar, not a {type(value).__name__}; return one value, and what"
            " else there is as has_aux=True says, or use vjp or jacobian"
        )
    array = np.asarray(raw(value))
    if array.size != 1:
        raise ValueError(
            f"{name}: the function must return a scalar, not {operand(value)}; reduce it, for example with .sum(), or"
            " use jacobian, vjp or elementwise_grad"
        )
    if array.dtype.kind != "f":
        fix = "return its .real or ag.abs of it" if array.dtype.kind == "c" else "return a floating-point number"
        raise TypeError(f"{name}: the function must return a real scalar, not {operand(value)}; {fix}")


def _ones(outputs: list[Any]) -> list[Any]:
    return [np.ones(output.shape, output.dtype) for output in outputs]
