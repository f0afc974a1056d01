"""Module and Parameter: a model is an object, its parameters are found by walking its attributes."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .. import core, torch_names
from ..tensor import Tensor
from .hooks import Hook, Hooks, RemovableHandle, register

# The structure of all models, as a number: it moves on whenever a Parameter or Module becomes an attribute. Names of
# parameters are up to date if they were given at the present number.
_structure = itertools.count(1)
_version = next(_structure)


class Parameter(Tensor):
    """A tensor that a model learns: a leaf with a gradient, found by `Module.parameters`.

    data: anything NumPy makes an array of; copied, because optimizers write into it. requires_grad: False for a frozen
    one. Raises TypeError for data that is not numeric, or integers with requires_grad.
    """

    __slots__ = ()

    def __init__(self, data: ArrayLike | Tensor, requires_grad: bool = True, *, dtype: DTypeLike | None = None):
        data = data.detach() if isinstance(data, Tensor) else data
        super().__init__(np.array(core.as_array(data, dtype), order="C"), requires_grad=requires_grad)

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


class KeyMismatch(NamedTuple):
    """What `load_state_dict` found no use or no value for."""

    missing_keys: list[str]
    unexpected_keys: list[str]


def _no_forward(self: Module, *args: Any, **kwargs: Any) -> Any:
    raise NotImplementedError(
        f"{type(self).__name__} has no forward; define `def forward(self, x): ...`, which a call of the module runs"
    )


class Module:
    """A part of a model: parameters and smaller modules as attributes, and a `forward` that computes.

    Parameters and Modules may also stand inside plain lists, tuples and dictionaries; their keys are then like
    ``layers.0.weight``. Keys, shapes and their order are those of torch.nn, so weights move between the two. Raises
    TypeError if an attribute that is a Parameter is to become something that is none, and not None.

    The names of parameters, which errors and pictures show, follow each change of an attribute or of a container such
    as `ModuleList`. Of a change inside a plain list the next call does not know: names are then as they were.
    """

    training: bool = True
    forward: Callable[..., Any] = _no_forward
    _buffers: Mapping[str, bool] = {}  # names of the attributes that are buffers, and whether state_dict has them
    _named_at: int = 0
    _hooks: Hooks | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run `forward`. The outermost module names all parameters by their paths first, if that is not done yet."""
        if self._named_at != _version:
            self._name_parameters()
        if self._hooks is None and (not core.gate.special or not core.local.observers):
            return self.forward(*args, **kwargs)
        return self._call_watched(args, kwargs)

    def _call_watched(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """`forward` with the hooks, while observers know that this module runs."""
        outer = core.local.modules
        core.local.modules = outer.entered(self)
        try:
            return self._hooks.call(self, args, kwargs) if self._hooks else self.forward(*args, **kwargs)
        finally:
            core.local.modules = outer

    def __setattr__(self, name: str, value: Any) -> None:
        if next(_members(name, value), None) is not None:
            structure_changed()
        elif value is not None and isinstance(replaced := vars(self).get(name), Parameter):
            raise TypeError(
                f"{type(self).__name__}.{name} is a Parameter {replaced.shape} {replaced.dtype}; a"
                f" {type(value).__name__} in its place would not be trained. Assign nn.Parameter(...), or change its"
                f" values under ag.no_grad(): layer.{name}[...] = value, layer.{name} *= 0.5; None removes it"
            )
        object.__setattr__(self, name, value)

    def _name_parameters(self) -> None:
        """Give each parameter its path as a name, and let the inner modules know that they need not."""
        for path, parameter in self.named_parameters():
            parameter.name = path
        for module in self.modules():
            object.__setattr__(module, "_named_at", _version)

    # -- what it consists of -------------------------------------------------------------------------------------

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly inside this one, with their keys."""
        for key, member in self._members():
            if isinstance(member, Module):
                yield key, member

    def children(self) -> Iterator[Module]:
        """The modules directly inside this one, each once."""
        yield from dict.fromkeys(child for _, child in self.named_children())

    def named_modules(self, prefix: str = "", *, remove_duplicate: bool = True) -> Iterator[tuple[str, Module]]:
        """This module (its key is `prefix`) and all inside it, each before its children; shared ones once."""
        yield from _walk(prefix, self, set() if remove_duplicate else None)

    def modules(self) -> Iterator[Module]:
        """This module and all inside it, each once."""
        return (module for _, module in self.named_modules())

    def named_parameters(self, prefix: str = "", *, remove_duplicate: bool = True) -> Iterator[tuple[str, Parameter]]:
        """All parameters, frozen ones too, with their paths; shared ones once."""
        seen: set[int] = set()
        for path, module in self.named_modules(prefix, remove_duplicate=remove_duplicate):
            for key, member in module._members():
                if isinstance(member, Parameter) and not (remove_duplicate and id(member) in seen):
                    seen.add(id(member))
                    yield _join(path, key), member

    def parameters(self) -> Iterator[Parameter]:
        """All parameters, frozen ones too, each once."""
        return (parameter for _, parameter in self.named_parameters())

    def register_buffer(self, name: str, tensor: ArrayLike | Tensor | None, persistent: bool = True) -> None:
        """Make `tensor` the attribute `name`: state that is not learned, such as running statistics.

        persistent: whether it is part of `state_dict`. Raises KeyError if the attribute exists and is no buffer.
        """
        if hasattr(self, name) and name not in self._buffers:
            raise KeyError(f"register_buffer: {type(self).__name__} has an attribute {name!r}; choose another name")
        self._buffers = {**self._buffers, name: persistent}
        setattr(self, name, tensor if tensor is None or isinstance(tensor, Tensor) else Tensor(tensor))

    def named_buffers(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        """All buffers with their paths; shared ones once."""
        seen: set[int] = set()
        for path, module in self.named_modules(prefix):
            for name, buffer, _ in module._own_buffers():
                if id(buffer) not in seen:
                    seen.add(id(buffer))
                    yield _join(path, name), buffer

    def buffers(self) -> Iterator[Tensor]:
        """All buffers, each once."""
        return (buffer for _, buffer in self.named_buffers())

    def add_module(self, name: str, module: Module | None) -> None:
        """Make `module` the attribute `name`, for names that are computed.

        Raises TypeError for what is no Module, KeyError for a name that is empty, has a point, or means something else.
        """
        self._add("add_module", name, module, Module)

    def register_parameter(self, name: str, parameter: Parameter | None) -> None:
        """Make `parameter` the attribute `name`, for names that are computed; None for one that there might be.

        Raises TypeError for what is no Parameter, KeyError as `add_module` does.
        """
        self._add("register_parameter", name, parameter, Parameter)

    def _add(self, caller: str, name: str, value: Any, kind: type) -> None:
        self._check_addition(caller, name, value, kind)
        setattr(self, name, value)

    def _check_addition(self, caller: str, name: str, value: Any, kind: type) -> None:
        where = f"{caller}: {type(self).__name__}"
        if value is not None and not isinstance(value, kind):
            raise TypeError(f"{where}.{name} would be a {type(value).__name__}; pass a {kind.__name__}, or None")
        if not isinstance(name, str) or not name or "." in name:
            raise KeyError(f"{where}: {name!r} cannot be a part of a path; pass a name without points")
        if hasattr(self, name) and not isinstance(getattr(self, name), kind | None):
            raise KeyError(f"{where} has an attribute {name!r}; choose another name")

    def get_submodule(self, target: str) -> Module:
        """The module whose path is `target`; itself for "". Raises AttributeError if there is none."""
        return self._found("module", target, self.named_modules(remove_duplicate=False))

    def get_parameter(self, target: str) -> Parameter:
        """The parameter whose path is `target`. Raises AttributeError if there is none."""
        return self._found("parameter", target, self.named_parameters(remove_duplicate=False))

    def get_buffer(self, target: str) -> Tensor:
        """The buffer whose path is `target`. Raises AttributeError if there is none."""
        modules = self.named_modules(remove_duplicate=False)
        buffers = ((_join(path, name), buffer) for path, module in modules for name, buffer, _ in module._own_buffers())
        return self._found("buffer", target, buffers)

    def _found(self, what: str, target: str, members: Iterator[tuple[str, Any]]) -> Any:
        paths = []
        for path, member in members:
            if path == target:
                return member
            paths.append(path)
        near = difflib.get_close_matches(str(target), paths, 3, 0.3) or paths[:3]
        raise AttributeError(
            f"{type(self).__name__} has no {what} {target!r}; named_{what}s() gives the paths"
            + (f", such as {', '.join(map(repr, near))}" if near else "")
        )

    def _members(self) -> Iterator[tuple[str, Parameter | Module]]:
        for name, value in vars(self).items():
            yield from _members(name, value)

    def _own_buffers(self) -> Iterator[tuple[str, Tensor, bool]]:
        for name, persistent in self._buffers.items():
            buffer = getattr(self, name)
            if buffer is not None:
                yield name, buffer, persistent

    # -- its state -----------------------------------------------------------------------------------------------

    def _state(self) -> Iterator[tuple[str, Tensor]]:
        for path, module in self.named_modules(remove_duplicate=False):
            for key, member in module._members():
                if isinstance(member, Parameter):
                    yield _join(path, key), member
            for name, buffer, persistent in module._own_buffers():
                if persistent:
                    yield _join(path, name), buffer

    def state_dict(self) -> dict[str, np.ndarray[Any, Any]]:
        """Copies of the arrays of all parameters and persistent buffers by key; shared ones under each key."""
        return {key: tensor.data.copy() for key, tensor in self._state()}

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> KeyMismatch:
        """Give parameters and buffers the values of `state_dict`: arrays, Tensors, or PyTorch's tensors.

        strict: refuse keys that are missing or unexpected, instead of only returning them. Values are converted to
        the dtypes here. Raises TypeError for what is no mapping, ValueError with the list of what is missing,
        unexpected or of another shape; nothing is changed then.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(
                f"load_state_dict: the state is a {type(state_dict).__name__}, not a mapping of keys to arrays; pass"
                f" what state_dict() of a {type(self).__name__} returned"
            )
        own = dict(self._state())
        values = {key: _state_array(key, state_dict[key]) for key in own if key in state_dict}
        missing = [key for key in own if key not in state_dict]
        unexpected = [key for key in state_dict if key not in own]
        wrong = [
            f"{key} is {values[key].shape} {values[key].dtype}, expected {own[key].shape} {own[key].dtype}"
            for key in values
            if values[key].shape != own[key].shape or not np.can_cast(values[key].dtype, own[key].dtype, "same_kind")
        ]
        if wrong or (strict and (missing or unexpected)):
            lists = {"missing": missing, "unexpected": unexpected, "of wrong shape or type": wrong}
            found = "; ".join(f"{what}: {', '.join(map(str, names))}" for what, names in lists.items() if names)
            raise ValueError(
                f"load_state_dict: the values do not belong to this {type(self).__name__}: {found}."
                " Nothing was changed; build the model with the sizes it was saved with, or pass strict=False"
                " to skip keys"
            )
        for key, value in values.items():
            own[key].data = value.astype(own[key].dtype)  # a new array: a graph that saved the old one stays right
        return KeyMismatch(missing, unexpected)

    def astype(self, dtype: DTypeLike) -> Self:
        """Convert all floating-point parameters, their gradients, and buffers, to `dtype`; returns itself.

        It stands for PyTorch's `half`, `float`, `double` and `to`, as `astype` does for tensors.
        Raises TypeError for a dtype that is not floating-point or complex.
        """
        if np.dtype(dtype).kind not in "fc":
            raise TypeError(
                f"{type(self).__name__}.astype: {np.dtype(dtype)} cannot be learned; pass float32 or float64"
            )
        for tensor in itertools.chain(self.parameters(), self.buffers()):
            if tensor.dtype.kind not in "fc":
                continue
            learned = tensor.requires_grad
            tensor.node = None
            tensor.data = tensor.data.astype(dtype)
            tensor.grad = None if tensor.grad is None else Tensor(tensor.grad.data.astype(dtype))
            tensor.requires_grad_(learned)
        return self

    def train(self, mode: bool = True) -> Self:
        """Set `training` here and in all modules inside: dropout is active, statistics move; returns itself."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Set `training` to False here and in all modules inside; returns itself."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Let all parameters learn, or (False) freeze them; returns itself."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    def apply(self, function: Callable[[Module], Any]) -> Self:
        """Call `function` with each module inside, children before parents, and with this one; returns itself."""
        for module in reversed(list(self.modules())):
            function(module)
        return self

    # -- hooks ---------------------------------------------------------------------------------------------------

    def register_forward_pre_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before each `forward`; what it returns, unless None, is passed instead of args.

        prepend: before the hooks that are there. with_kwargs: ``hook(module, args, kwargs)``, which returns None or
        both. Returns a handle, whose `remove()` takes the hook away.
        """
        return register(self, "forward_pre", hook, prepend, with_kwargs)

    def register_forward_hook(self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after each `forward`; what it returns, unless None, is the output then.

        prepend: before the hooks that are there. with_kwargs: ``hook(module, args, kwargs, output)``. Returns a handle,
        whose `remove()` takes the hook away.
        """
        return register(self, "forward", hook, prepend, with_kwargs)

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` in backward, when both are known.

        They are tuples of Tensors, for the arguments by position and for the outputs (one, or a tuple or list), None
        where there is no gradient. What the hook returns, unless None, takes the place of grad_input. prepend: before
        the hooks that are there. Returns a handle, whose `remove()` takes the hook away.
        """
        return register(self, "backward", hook, prepend)

    def register_full_backward_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` before the gradient passes the module in backward.

        What it returns, unless None, takes the place of grad_output. prepend: before the hooks that are there. Returns
        a handle, whose `remove()` takes the hook away.
        """
        return register(self, "backward_pre", hook, prepend)

    # -- for people ----------------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What stands in the parentheses after the name; layers give their arguments."""
        return ""

    def __repr__(self) -> str:
        children = [f"({key}): {text}".replace("\n", "\n  ") for key, text in self._described_children()]
        own = self.extra_repr().splitlines()
        if not children and len(own) < 2:
            return f"{type(self).__name__}({''.join(own)})"
        return f"{type(self).__name__}(\n  " + "\n  ".join(own + children) + "\n)"

    def _described_children(self) -> Iterator[tuple[str, str]]:
        """The keys and what stands behind them in the representation."""
        return ((key, repr(child)) for key, child in self.named_children())


torch_names.add_missing(Module, "model")


def structure_changed() -> None:
    """Let names be given anew when a model is called next: a Parameter or Module was added somewhere."""
    global _version
    _version = next(_structure)


def _members(key: str, value: Any) -> Iterator[tuple[str, Parameter | Module]]:
    """The Parameters and Modules that an attribute is or holds, with their keys."""
    if isinstance(value, Parameter | Module):
        yield key, value
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from _members(f"{key}.{i}", item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _members(f"{key}.{name}", item)


def _walk(path: str, module: Module, seen: set[int] | None) -> Iterator[tuple[str, Module]]:
    if seen is not None:
        if id(module) in seen:
            return
        seen.add(id(module))
    yield path, module
    for key, child in module.named_children():
        yield from _walk(_join(path, key), child, seen)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path and key else path or key


def _state_array(key: str, value: Any) -> np.ndarray[Any, Any]:
    try:
        return np.asarray(value.data if isinstance(value, Tensor) else value)
    except Exception as error:
        raise ValueError(
            f"load_state_dict: {key} is a {type(value).__name__}, which NumPy cannot read; pass arrays"
        ) from error


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """In this block the model does not train: no dropout, no graph; then each part is in the mode it was in."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with core.no_grad():
            yield
    finally:
        for module, mode in modes:
            module.training = mode
