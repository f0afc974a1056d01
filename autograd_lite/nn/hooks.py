"""Hooks: functions that see, and may replace, what goes through a module, forward and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..core import Array, Arrays, Handle, local, op, tensor_of

if TYPE_CHECKING:
    from .module import Module

Hook = Callable[..., Any]


class RemovableHandle:
    """What a registration returns: `remove` undoes it. In a ``with`` block it is undone at the end."""

    def __init__(self, module: Module, hooks: list[tuple[RemovableHandle, Hook, bool]]):
        self._module, self._hooks = module, hooks

    def remove(self) -> None:
        """Let the hook run no more; a second time nothing happens."""
        self._hooks[:] = [entry for entry in self._hooks if entry[0] is not self]
        if self._module._hooks is not None and not any(vars(self._module._hooks).values()):
            self._module._hooks = None

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


class Hooks:
    """The hooks of one module, each kind in the order in which they run, with whether they take keywords."""

    def __init__(self) -> None:
        self.forward_pre: list[tuple[RemovableHandle, Hook, bool]] = []
        self.forward: list[tuple[RemovableHandle, Hook, bool]] = []
        self.backward_pre: list[tuple[RemovableHandle, Hook, bool]] = []
        self.backward: list[tuple[RemovableHandle, Hook, bool]] = []

    def call(self, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The module's `forward` with all hooks around it."""
        for _, hook, with_kwargs in list(self.forward_pre):
            if with_kwargs:
                changed = hook(module, args, kwargs)
                args, kwargs = (args, kwargs) if changed is None else changed
            else:
                changed = hook(module, args)
                args = args if changed is None else _as_tuple(changed)
        watch = _Watch(self, module, args) if (self.backward or self.backward_pre) and local.recording else None
        args = watch.entering(args) if watch else args
        output = module.forward(*args, **kwargs)
        for _, hook, with_kwargs in list(self.forward):
            changed = hook(module, args, kwargs, output) if with_kwargs else hook(module, args, output)
            output = output if changed is None else changed
        return watch.leaving(output) if watch else output


def register(module: Module, kind: str, hook: Hook, prepend: bool, with_kwargs: bool = False) -> RemovableHandle:
    """Add a hook of one kind; returns its handle."""
    if not callable(hook):
        raise TypeError(f"{type(module).__name__}: the hook is a {type(hook).__name__}; pass a function")
    if module._hooks is None:
        module._hooks = Hooks()
    hooks = getattr(module._hooks, kind)
    handle = RemovableHandle(module, hooks)
    hooks.insert(0 if prepend else len(hooks), (handle, hook, with_kwargs))
    return handle


# -- backward --------------------------------------------------------------------------------------------------------


class _Watch:
    """One call of a module with backward hooks: what comes in and goes out passes two operations that change nothing.

    Backward passes them the other way round: the gradients of the outputs come first and are kept for the hooks, which
    run when those of the inputs are known, or at once where no input has a history.
    """

    def __init__(self, hooks: Hooks, module: Module, args: tuple[Any, ...]):
        self.hooks, self.module, self.number = hooks, module, len(args)
        self.positions = [i for i, x in enumerate(args) if isinstance(x, Handle) and x.node is not None]
        self.grad_output: tuple[Any, ...] | None = None  # between the passing of the outputs and of the inputs

    def entering(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        return _passed(args, self.positions, _Once(self._inputs_known))

    def leaving(self, output: Any) -> Any:
        outputs = output if type(output) in (tuple, list) else (output,)
        self.outputs = len(outputs)
        self.leaving_positions = [i for i, x in enumerate(outputs) if isinstance(x, Handle) and x.node is not None]
        passed = _passed(tuple(outputs), self.leaving_positions, _Once(self._outputs_known))
        return passed[0] if outputs is not output else list(passed) if type(output) is list else passed

    def _outputs_known(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        found = _spread(grads, self.leaving_positions, self.outputs)
        for _, hook, _ in list(self.hooks.backward_pre):
            found = _replaced(self.module, "grad_output", found, hook(self.module, found))
        self.grad_output = found
        if not self.positions:
            self._run((None,) * self.number)
        return tuple(found[i] for i in self.leaving_positions)

    def _inputs_known(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        if self.grad_output is None:  # a second derivative, which comes from inside and not through the outputs
            return grads
        found = self._run(_spread(grads, self.positions, self.number))
        return tuple(found[i] for i in self.positions)

    def _run(self, grad_input: tuple[Any, ...]) -> tuple[Any, ...]:
        grad_output, self.grad_output = self.grad_output, None
        for _, hook, _ in list(self.hooks.backward):
            grad_input = _replaced(self.module, "grad_input", grad_input, hook(self.module, grad_input, grad_output))
        return grad_input


class _Once:
    """The gradients of several positions by a function of all of them, which runs once in a backward."""

    def __init__(self, function: Callable[[tuple[Any, ...]], tuple[Any, ...]]):
        self.function, self.source = function, None
        self.results: list[Any] = []

    def __call__(self, grads: Any, i: int) -> Any:
        if self.source is not grads:
            handed_out = self.function(tuple(_conjugated(_as_tensor(g)) for g in grads))
            self.source, self.results = grads, [_conjugated(_as_tensor(g)) for g in handed_out]
        result = self.results[i]
        return result if isinstance(grads[i], Handle) else result.data


@op(outputs=(), registered=False, arrays=lambda g, i, once: once(g, i))
def hooked(arrays: Arrays, once: _Once) -> tuple[Array, ...]:
    """The same values, whose gradients `once` sees and may replace."""
    return tuple(arrays)


def _passed(values: tuple[Any, ...], positions: list[int], once: _Once) -> tuple[Any, ...]:
    """The values, those at the positions through `hooked`."""
    if not positions:
        return values
    through = dict(zip(positions, hooked(tuple(values[i] for i in positions), once), strict=True))
    return tuple(through.get(i, value) for i, value in enumerate(values))


def _spread(values: tuple[Any, ...], positions: list[int], number: int) -> tuple[Any, ...]:
    """`number` values, None but for those at the positions."""
    at = dict(zip(positions, values, strict=True))
    return tuple(at.get(i) for i in range(number))


def _replaced(module: Module, what: str, grads: tuple[Any, ...], changed: Any) -> tuple[Any, ...]:
    """The gradients that a hook gave instead, None where there were none."""
    if changed is None:
        return grads
    changed = _as_tuple(changed)
    shapes = [None if g is None else g.shape for g in grads]
    if len(changed) != len(grads) or any(
        old is not None and getattr(new, "shape", None) != old for old, new in zip(shapes, changed, strict=False)
    ):
        raise ValueError(
            f"{type(module).__name__}: a backward hook returned {len(changed)} values in the place of {what}, whose"
            f" shapes are {shapes}; return as many of the same shapes, or None to change nothing"
        )
    return tuple(None if old is None else new for old, new in zip(grads, changed, strict=True))


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _as_tensor(g: Any) -> Any:
    return g if isinstance(g, Handle) else tensor_of(g, None)


def _conjugated(g: Any) -> Any:
    """Between the convention of formulas and that of gradients handed out."""
    return g.conj() if g.dtype.kind == "c" else g
