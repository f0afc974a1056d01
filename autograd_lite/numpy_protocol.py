"""NumPy's two dispatch protocols over the same ops: ``np.tanh(tensor)``, ``np.concatenate([...])``, ``array * tensor``.

There is no second list of functions: whatever the registry of ops has under NumPy's name works with NumPy's own
signature, and is recorded. What the registry lacks is refused at the call; only functions whose results have no
derivative anyway (`np.shape`, `np.iscomplexobj`, `np.save`) run as they are, on the array inside.
"""

from __future__ import annotations

import functools
import inspect
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

import numpy as np

from . import core
from .errors import OPERAND_ERRORS, describe
from .ops import reduction_where

# Second names: what `function.__name__` gives, and what we call it. (SciPy's special functions are ufuncs, too.)
_ALIASES = {
    "absolute": "abs",
    "amax": "max",
    "amin": "min",
    "around": "round",
    "conjugate": "conj",
    "degrees": "rad2deg",
    "fix": "trunc",
    "log_expit": "logsigmoid",
    "psi": "digamma",
    "radians": "deg2rad",
    "true_divide": "divide",
}
# numpy.linalg has some functions that differ from np's of the same name: these arguments make up for it.
_LINALG = {"trace": {"axis1": -2, "axis2": -1}, "diagonal": {"axis1": -2, "axis2": -1}}
# What numpy.linalg calls the parts of its results.
_RESULTS = {
    "eig": namedtuple("EigResult", "eigenvalues eigenvectors"),
    "eigh": namedtuple("EighResult", "eigenvalues eigenvectors"),
    "qr": namedtuple("QRResult", "Q R"),
    "slogdet": namedtuple("SlogdetResult", "sign logabsdet"),
    "svd": namedtuple("SVDResult", "U S Vh"),
}
# Second names of arguments in NumPy, and ours.
_RENAMED = {"ddof": "correction", "min": "a_min", "max": "a_max"}
# Sorting is stable here, whatever is asked for.
_IMMATERIAL = {"sort": ("kind", "stable"), "argsort": ("kind", "stable")}
# What says how NumPy is to store a result; there is no choice for tensors, so only NumPy's default goes.
_STORAGE = ("out", "order", "subok", "casting", "like", "copy", "overwrite_input")

# Functions of arrays whose results carry no derivative: they look at the array inside, and give what NumPy gives.
DESCRIPTIVE = frozenset(
    """
    array2string array_repr array_str broadcast_shapes can_cast common_type diag_indices_from
    iscomplexobj isrealobj may_share_memory min_scalar_type ndim result_type save savetxt savez
    savez_compressed shape shares_memory size tril_indices_from triu_indices_from
    """.split()  # noqa: SIM905  # a list of 20 quoted words is harder to read
)
# The same, but arrays that they return become tensors, which need no history.
CONSTANT = frozenset(
    """
    allclose array_equal array_equiv empty_like full_like intersect1d iscomplex isin isreal ones_like packbits
    ravel_multi_index setdiff1d setxor1d union1d unpackbits unravel_index zeros_like
    """.split()  # noqa: SIM905  # a list of 20 quoted words is harder to read
)
# What NumPy writes into an argument of; tensors are values. (Some have a counterpart here that returns a new tensor.)
IN_PLACE = frozenset({"copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask"})
# What stands in for those, and for others that have no counterpart of their name.
INSTEAD = {
    "apply_over_axes": "a reduction with a tuple of axes",
    "copyto": "ag.where(mask, values, x)",
    "fill_diagonal": "ag.diagonal_scatter",
    "geomspace": "ag.exp(a + (b - a) * ag.linspace(0, 1, n))",
    "histogramdd": "ag.histogram2d",
    "ix_": "x[i[:, None], j]",
    "linspace": "a + (b - a) * ag.linspace(0, 1, n)",
    "logspace": "base ** (a + (b - a) * ag.linspace(0, 1, n))",
    "place": "ag.masked_scatter",
    "poly": "ag.polymul of the factors",
    "polydiv": "ag.solve",
    "polyfit": "ag.lstsq with ag.vander",
    "put": "x[index] = value",
    "put_along_axis": "ag.put_along_axis, which returns a new tensor",
    "putmask": "ag.where(mask, values, x)",
    "real_if_close": "ag.real",
    "roots": "ag.eigvals of the companion matrix",
    "sort_complex": "ag.sort of ag.real or ag.abs",
}

_REDUCTIONS = {
    "add": "sum",
    "multiply": "prod",
    "maximum": "max",
    "minimum": "min",
    "logical_and": "all",
    "logical_or": "any",
    "logaddexp": "logsumexp",
}
_OF_SOME = ("where", "initial")  # what all reductions of NumPy take, and ours apart
_SCANS = {
    "add": "cumsum",
    "multiply": "cumprod",
    "logaddexp": "logcumsumexp",
    "maximum": "cummax",
    "minimum": "cummin",
}
_UFUNC_DEFAULTS = {"where": True, "casting": "same_kind", "order": "K", "subok": True}


def array_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """``ufunc(*inputs)``, or one of its methods, with a Tensor among the inputs.

    Raises TypeError for what would lose the gradient, or write into a tensor.
    """
    name = ufunc.__name__
    if method == "__call__" and not kwargs and name in core.registry:  # ``array * tensor``
        return core.registry[name].function(*inputs)
    asked = f"np.{name}" + (f".{method}" if method != "__call__" else "")
    kwargs = {key: value for key, value in kwargs.items() if not _is_ufunc_default(key, value)}
    if method == "__call__":
        ours, defaults = name, {}
    elif method == "reduce" and name in _REDUCTIONS:
        ours, defaults = _REDUCTIONS[name], {"axis": 0}
    elif method == "accumulate" and name in _SCANS:
        ours, defaults = _SCANS[name], {"axis": 0}
    elif method == "outer" and ufunc.nin == 2 and ufunc.signature is None:
        a, b = inputs
        ours, defaults, inputs = name, {}, (np.reshape(a, np.shape(a) + (1,) * np.ndim(b)), b)
    else:
        raise _missing(asked, f"{name}.{method}")
    _refuse_storage(asked, kwargs)
    operation = _operation(ours, asked)
    kwargs = {**defaults, **kwargs}
    dtype = kwargs.pop("dtype", None)
    known = {*operation.roles, *(_OF_SOME if operation.name in reduction_where.NAMES else ())}
    if unknown := [key for key in kwargs if key not in known]:
        raise TypeError(f"{asked}: {unknown[0]}= is not available for tensors; leave it out")
    if method in ("__call__", "outer"):
        _check_same_kind(asked, inputs, dtype)
    result = _function(operation, kwargs)(*[_cast(value, dtype) for value in inputs], **kwargs)
    return _in_dtype(asked, result[0] if ours in ("cummax", "cummin") else result, dtype)


def _is_ufunc_default(key: str, value: Any) -> bool:
    default = _UFUNC_DEFAULTS.get(key)
    return key != "axis" and (value is None or (type(value) is type(default) and value == default))


def _check_same_kind(asked: str, inputs: tuple[Any, ...], dtype: Any) -> None:
    """Raise TypeError for operands that NumPy would not cast to this dtype."""
    for value in inputs if dtype is not None else ():
        if hasattr(value, "dtype") and not np.can_cast(value.dtype, dtype, "same_kind"):
            raise TypeError(f"{asked}: an operand is {value.dtype}, which dtype={dtype} would cut; use astype on it")


def array_function(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """``function(*args, **kwargs)``, NumPy's signature, with a Tensor among the arguments.

    Raises TypeError for what would lose the gradient, or write into a tensor.
    """
    if function is np.where and len(args) == 1:  # another function under the same name
        function = np.nonzero
    if available(function):
        result = _translation(function).call(asked(function), args, kwargs)
        named = _RESULTS.get(function.__name__)
        return named(*result) if named and type(result) is tuple else result
    if function.__name__ in DESCRIPTIVE | CONSTANT:
        result = function(*map(_raw, args), **{key: _raw(value) for key, value in kwargs.items()})
        return result if function.__name__ in DESCRIPTIVE else _wrapped(result)
    raise _missing(asked(function), function.__name__)


def available(function: Any) -> bool:
    """Whether an operation answers to a function or ufunc of NumPy."""
    module = getattr(function, "__module__", "numpy")
    return module != "numpy.lib.scimath" and function.__name__ not in IN_PLACE and name_of(function) in core.registry


def name_of(function: Any) -> str:
    """The name that an operation would have here for a function or ufunc of NumPy."""
    return _ALIASES.get(function.__name__, function.__name__)


class _Translation(NamedTuple):
    """How a call of a function of NumPy becomes one of ours."""

    operation: core.Definition
    positional: list[str]  # NumPy's names of the arguments that may come by position
    starred: bool  # whether all that come by position are arrays: ``*arrays``
    ours: dict[str, str]  # our name for each of NumPy's that there is
    defaults: dict[str, Any]  # NumPy's, by its own names
    extra: dict[str, Any]  # arguments that make up for a difference

    def call(self, asked: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Our operation with the arguments of NumPy's."""
        if self.starred:
            given, first = dict(kwargs), args
        else:
            if len(args) > len(self.positional):
                raise TypeError(f"{asked}: takes {len(self.positional)} arguments by position; {len(args)} were given")
            given, first = dict(zip(self.positional, args, strict=False)), ()
            if twice := given.keys() & kwargs.keys():
                raise TypeError(f"{asked}: {sorted(twice)} came by position and by name; give it once")
            given |= kwargs
        given = {name: value for name, value in given.items() if not self._is_default(name, value)}
        _refuse_storage(asked, given)
        dtype = given.pop("dtype", None) if "dtype" not in self.ours else None
        translated = {}
        for name, value in given.items():
            if name in _IMMATERIAL.get(self.operation.name, ()):
                continue
            if name not in self.ours:
                raise TypeError(f"{asked}: {name}= is not available for tensors; {self._fix()}")
            if self.ours[name] in translated:
                raise TypeError(f"{asked}: {name}= says again what another argument says; give one of them")
            translated[self.ours[name]] = value
        return _in_dtype(asked, self._called(tuple(_cast(v, dtype) for v in first), translated, dtype), dtype)

    def _is_default(self, name: str, value: Any) -> bool:
        default = self.defaults.get(name, inspect.Parameter.empty)
        return value is default or (
            isinstance(value, bool | str | int) and type(value) is type(default) and value == default
        )

    def _called(self, first: tuple[Any, ...], named: dict[str, Any], dtype: Any) -> Any:
        named = {**self.extra, **{name: self._cast_array(name, v, dtype) for name, v in named.items()}}
        parameters = self.operation.signature.parameters
        leading = [name for name in parameters if parameters[name].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
        by_position = [named.pop(name) for name in _while_given(leading, named)] if not first else []
        return _function(self.operation, named)(*first, *by_position, **named)

    def _cast_array(self, name: str, value: Any, dtype: Any) -> Any:
        return _cast(value, dtype) if name in self.operation.arrays else value

    def _fix(self) -> str:
        return f"ag.{self.operation.name} takes {', '.join(self.operation.roles)}"


def _function(operation: core.Definition, named: Mapping[str, Any]) -> Callable[..., Any]:
    """The operation, or what reduces only some elements where these arguments ask for that."""
    if not any(name in named and name not in operation.roles for name in _OF_SOME):
        return operation.function

    def reduced(x: Any, axis: Any = None, **options: Any) -> Any:
        try:
            return reduction_where.reduced(operation.name, x, axis, **options)
        except OPERAND_ERRORS as error:
            raise describe(operation.name, {"x": x, "axis": axis, **options}, error) from error

    return reduced


def _while_given(names: list[str], given: Mapping[str, Any]) -> Iterator[str]:
    for name in names:
        if name not in given:
            return
        yield name


@functools.cache
def _translation(function: Callable[..., Any]) -> _Translation:
    """Match NumPy's signature with ours: by name, and what has another name here by its position."""
    operation = core.registry[name_of(function)]
    parameters = list(_signature(function, operation).parameters.values())
    kinds = inspect.Parameter
    positional = [p.name for p in parameters if p.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)]
    ours = {p.name: p.name for p in parameters if p.name in operation.roles}
    places = list(operation.roles)
    for place, name in enumerate(positional):
        free = place < len(places) and places[place] not in ours
        if name not in ours and free and name not in _STORAGE:
            ours[name] = places[place]
    for name, other in _RENAMED.items():
        if other in operation.roles:
            ours[name] = other
    if operation.name in reduction_where.NAMES + reduction_where.NAN_NAMES:
        ours |= {name: name for name in _OF_SOME}
    if any(p.kind is kinds.VAR_KEYWORD for p in parameters):
        ours |= {name: name for name in places}
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
    starred = any(p.kind is kinds.VAR_POSITIONAL for p in parameters)
    extra = _LINALG.get(function.__name__, {}) if function.__module__ == "numpy.linalg" else {}
    return _Translation(operation, positional, starred, ours, defaults, extra)


def _signature(function: Callable[..., Any], operation: core.Definition) -> inspect.Signature:
    """NumPy's signature; ours where an older NumPy keeps its own to itself."""
    try:
        return inspect.signature(function)
    except ValueError:
        return operation.signature


def _operation(name: str, asked: str) -> core.Definition:
    name = _ALIASES.get(name, name)
    if name not in core.registry:
        raise _missing(asked, name)
    return core.registry[name]


def asked(function: Callable[..., Any]) -> str:
    """What an error calls a function of NumPy: ``np.linalg.norm``."""
    module = function.__module__.replace("numpy", "np", 1).replace("np.lib.scimath", "np.emath")
    return f"{module}.{function.__name__}"


def _missing(asked: str, name: str) -> TypeError:
    """The error for a function that would lose the gradient."""
    return TypeError(
        f"{asked}: autograd_lite has no operation for it, so the gradient would be lost; use {instead_of(name)}, define"
        " it with @ag.op, or use detach().numpy() if no gradient is needed"
    )


def instead_of(name: str) -> str:
    """The nearest thing that works, for a function of NumPy that does not."""
    if name.endswith(".at"):
        return "ag.add_at, or ag.setitem, which return a new tensor"
    near = get_close_matches(name, core.registry, n=1, cutoff=0.75)
    return INSTEAD.get(name) or (f"ag.{near[0]}" if near else "operations that it can be written with")


def _refuse_storage(asked: str, kwargs: Mapping[str, Any]) -> None:
    for name in _STORAGE:
        if name in kwargs and kwargs[name] is not None:
            raise TypeError(f"{asked}: {name}= cannot be used with tensors, which are values; use the result instead")


def _cast(value: Any, dtype: Any) -> Any:
    """An operand in another dtype (None: as it is), recorded; also the members of a list of arrays."""
    if dtype is None:
        return value
    if isinstance(value, tuple | list) and any(isinstance(item, core.Handle | np.ndarray) for item in value):
        return [_cast(item, dtype) for item in value]
    if isinstance(value, core.Handle):
        return core.registry["astype"].function(value, dtype)
    return np.asarray(value).astype(dtype)


def _in_dtype(asked: str, result: Any, dtype: Any) -> Any:
    """A result in the dtype that was asked for: sums of small integers, for example, are wider."""
    if dtype is None or isinstance(result, tuple) or result.dtype == dtype:
        return result
    if result.dtype.kind not in "biu" and not np.can_cast(result.dtype, dtype, "same_kind"):
        raise TypeError(f"{asked}: the result is {result.dtype}, which dtype={dtype} would cut; use astype on it")
    return _cast(result, dtype)


def _raw(value: Any) -> Any:
    """The array inside a Tensor, also in a list, a tuple or a dictionary."""
    if isinstance(value, core.Handle):
        return value.data
    return type(value)(map(_raw, value)) if type(value) in (list, tuple) else value


def _wrapped(result: Any) -> Any:
    if isinstance(result, np.ndarray):
        return core.tensor_of(result, None)
    return tuple(map(_wrapped, result)) if type(result) is tuple else result
