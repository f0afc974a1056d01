"""What an operation is: a forward, its derivatives, and which values those need."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from .nodes import Node

# Inside ops a value is an ndarray or a Tensor, as the caller likes; these annotations tell `@op` which arguments are.
if TYPE_CHECKING:
    Array = Any
    Arrays = Sequence[Any]
    Index = Any
else:

    class Array:
        """An array argument of an operation, or a result: an ndarray or a Tensor."""

        role = "array"

    class Arrays:
        """A sequence of array arguments."""

        role = "arrays"

    class Index:
        """What stands between the brackets of ``x[...]``; Tensors in it become arrays."""

        role = "index"

    for _mark in (Array, Arrays, Index):
        _mark.__module__ = "ag"  # so that signatures show what users write: ag.Array


Pullback = Callable[[Node, Any, tuple[Node | None, ...], Callable[[Node, Any], None]], None]


class Formula(NamedTuple):
    """A derivative, and the names of what it needs besides the gradient, in the order of its arguments."""

    function: Callable[..., Any]
    needs: tuple[str, ...]


def _role(parameter: inspect.Parameter) -> str:
    """What an argument is to the engine: "array", "arrays" (a sequence of them), "index", or "param"."""
    for option in (parameter.annotation, *get_args(parameter.annotation)):
        if isinstance(option, type) and (role := getattr(option, "role", None)):
            return "arrays" if parameter.kind is parameter.VAR_POSITIONAL else str(role)
    return "param"


class Definition:
    """What is known about every operation: its name, its documentation, and what its arguments are.

    `arrays` names the array arguments (one name for all of them if `sequence`), `params` the others, both in the order
    of the signature. `function` is the public callable.
    """

    function: Callable[..., Any]
    outputs: tuple[str, ...] | None = None
    spec: Callable[..., Any] | None = None
    branch: Formula | None = None

    def __init__(self, forward: Callable[..., Any]):
        self.name, self.doc, self.forward = forward.__name__, inspect.getdoc(forward) or "", forward
        if not self.name.isidentifier():
            raise TypeError(f"op {self.name}: an operation is known by its name; define it with def, not as a lambda")
        self.signature = inspect.signature(forward, eval_str=True)
        self.roles = {name: _role(parameter) for name, parameter in self.signature.parameters.items()}
        self.sequence = "arrays" in self.roles.values()
        self.arrays = tuple(name for name, role in self.roles.items() if role in ("array", "arrays"))
        self.params = tuple(name for name, role in self.roles.items() if role in ("index", "param"))

    @property
    def differentiable(self) -> bool:
        """Whether there is a derivative; if not, results are constants."""
        raise NotImplementedError

    def takes_gradient(self, name: str) -> bool:
        """Whether there is a derivative for the array argument of this name."""
        raise NotImplementedError

    def arguments(self, values: Iterable[Any]) -> dict[str, Any]:
        """`values`, in the order of the signature, by name."""
        return dict(zip(self.roles, values, strict=True))

    def bind(self, function: Callable[..., Any], values: Iterable[Any]) -> Any:
        """Call `function`, which has this signature, with one value for each of its arguments."""
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        for parameter, value in zip(self.signature.parameters.values(), values, strict=True):
            if parameter.kind is parameter.VAR_POSITIONAL:
                args.extend(value)
            elif parameter.kind is parameter.KEYWORD_ONLY:
                kwargs[parameter.name] = value
            else:
                args.append(value)
        return function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}{self.signature}>"


class Composite(Definition):
    """An operation written in terms of others, from which it has its derivatives of every order."""

    def __init__(self, forward: Callable[..., Any], constants: tuple[str, ...] = ()):
        super().__init__(forward)
        self.constants = constants
        if unknown := [name for name in constants if name not in self.arrays]:
            raise TypeError(f"composite {self.name}: constants {unknown} are no array arguments ({self.arrays})")

    @property
    def differentiable(self) -> bool:
        """Whether the operations it is made of have a derivative for one of its arguments."""
        return any(map(self.takes_gradient, self.arrays))

    def takes_gradient(self, name: str) -> bool:
        """Whether there is a derivative for the array argument of this name."""
        return name not in self.constants


class Op(Definition):
    """One operation with derivatives of its own: its forward, its formulas, and what is known about both.

    `saved_names` says what a node keeps, in that order. ``pullback(node, g, parents, give)`` is the derivative on plain
    arrays: it calls ``give(parent, contribution)`` for each parent that is not None.
    """

    build_pullback: Callable[[], Pullback]

    def __init__(
        self,
        forward: Callable[..., Any],
        formulas: Mapping[str, Callable[..., Any]],
        *,
        residuals: tuple[str, ...] = (),
        outputs: tuple[str, ...] | None = None,
        spec: Callable[..., Any] | None = None,
        backward: Callable[..., Any] | None = None,
        branch: Callable[..., Any] | None = None,
    ):
        super().__init__(forward)
        self.residuals, self.outputs, self.spec = residuals, outputs, spec
        self._check_arguments()
        self.formulas = {name: self._formula(name, function) for name, function in formulas.items()}
        self.backward = self._formula("backward", backward) if backward else None
        self.branch = self._formula("branch", branch) if branch else None
        self._check_derivatives()
        self.saved_names = self._saved_names()

    @functools.cached_property
    def pullback(self) -> Pullback:
        """The derivative, built when it is first wanted: most programs use few of the ops."""
        return self.build_pullback()

    @property
    def differentiable(self) -> bool:
        """Whether the op has a derivative; if not, its results are constants."""
        return bool(self.formulas or self.backward or self.spec)

    @property
    def replayed(self) -> bool:
        """Whether the derivative is that of the spec, run again, because there is no other."""
        return self.spec is not None and not (self.formulas or self.backward)

    def takes_gradient(self, name: str) -> bool:
        """Whether there is a derivative for the array argument of this name."""
        return name in self.formulas or self.backward is not None or self.replayed

    # What formulas may name, checked when the module that defines the op is imported

    def _check_arguments(self) -> None:
        if self.sequence and len(self.arrays) != 1:
            raise TypeError(f"op {self.name}: a sequence of arrays must be the only array argument, not {self.arrays}")
        reserved = {"g", "i", "out", "needs", "out_shape", "out_dtype"} | {
            f"{name}_{what}" for name in self.arrays for what in ("shape", "dtype")
        }
        for name in (*self.roles, *self.residuals):
            if name in reserved or name.startswith("_"):
                raise TypeError(f"op {self.name}: the name {name!r} has a meaning in formulas already; choose another")
        if clash := set(self.roles) & set(self.residuals):
            raise TypeError(f"op {self.name}: {clash} name both an argument and a residual; rename the residual")

    def _formula(self, target: str, function: Callable[..., Any]) -> Formula:
        first = () if target == "branch" else ("g", "i") if self.sequence and target != "backward" else ("g",)
        names = tuple(inspect.signature(function).parameters)
        needs = names[len(first) :]
        if names[: len(first)] != first:
            raise TypeError(f"op {self.name}: the formula of {target} takes {names}; it must begin with {first}")
        allowed = {*self.roles, *self.residuals, "out", "out_shape", "out_dtype"}
        allowed |= {f"{name}_{what}" for name in self.arrays for what in ("shape", "dtype")}
        allowed |= {"needs"} if target == "backward" else set()
        if unknown := [name for name in needs if name not in allowed]:
            raise TypeError(f"op {self.name}: the formula of {target} names {unknown}; known are {sorted(allowed)}")
        return Formula(function, needs)

    def _check_derivatives(self) -> None:
        if unknown := [name for name in self.formulas if name not in self.arrays]:
            raise TypeError(
                f"op {self.name}: formulas for {unknown}, which are no array arguments ({self.arrays}); annotate these"
                " arguments as ag.Array, or check the names"
            )
        if self.backward and (self.formulas or not self.spec):
            raise TypeError(f"op {self.name}: a joint backward needs a spec and leaves no room for formulas")

    def _saved_names(self) -> tuple[str, ...]:
        """Names that a node must keep: not parameters, nor what the node or the parent knows anyway."""
        keep = dict.fromkeys(self.arrays) if self.spec else {}
        for target, formula in self._derivatives():
            for name in formula.needs:
                if not self.known(target, name):
                    keep[name] = None
        return tuple(keep)

    def _derivatives(self) -> Iterator[tuple[str, Formula]]:
        yield from self.formulas.items()
        if self.backward:
            yield "backward", self.backward

    def known(self, target: str, name: str) -> bool:
        """Whether a formula of `target` finds `name` without anything being saved for it."""
        own = not self.sequence and name in (f"{target}_shape", f"{target}_dtype")
        return own or name in self.params or name in ("out_shape", "out_dtype", "needs")

    def keeps(self, name: str, parents: tuple[Node | None, ...]) -> bool:
        """Whether a node with these parents must keep `name`: only if a derivative that is wanted names it."""
        if self.backward or self.spec or self.sequence:
            return True
        wanted = (self.formulas.get(array) for array, p in zip(self.arrays, parents, strict=True) if p is not None)
        return any(name in formula.needs for formula in wanted if formula)
