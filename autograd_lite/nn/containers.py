"""Modules that hold modules or parameters."""

from __future__ import annotations

import itertools
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any, Generic, Self, TypeVar, overload

from .activations import ReLU
from .module import Module, Parameter, structure_changed
from .pooling import MaxPool2d

T = TypeVar("T")


def _checked(container: Module, module: Any) -> Any:
    if not isinstance(module, Module):
        raise TypeError(
            f"{type(container).__name__}: {module!r:.60} is a {type(module).__name__}, not a Module;"
            " pass modules one by one, and wrap functions in a Module with a forward"
        )
    return module


class ModuleList(Module):
    """A list of modules, whose keys are their positions. It has no `forward`: iterate over it.

    modules: any iterable of Modules. Raises TypeError for anything else in it.
    """

    def __init__(self, modules: Iterable[Module] = ()):
        self._modules = [_checked(self, module) for module in modules]

    def _keys(self) -> list[str]:
        return [str(i) for i in range(len(self._modules))]

    def _members(self) -> Iterator[tuple[str, Any]]:
        yield from zip(self._keys(), self._modules, strict=True)
        yield from ((key, member) for key, member in super()._members() if not key.startswith("_modules."))

    def append(self, module: Module) -> Self:
        """Add a module at the end; returns itself. Raises TypeError for what is no Module."""
        return self.extend([module])

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add several modules at the end; returns itself. Raises TypeError, and adds none, if one is no Module."""
        self._modules.extend([_checked(self, module) for module in modules])
        structure_changed()
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Add a module before the position `index`; returns itself. Raises TypeError for what is no Module."""
        self._modules.insert(index, _checked(self, module))
        structure_changed()
        return self

    def pop(self, index: int = -1) -> Module:
        """Take a module out, and return it. Raises IndexError where there is none."""
        module = self._modules[index]
        del self[index]
        return module

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Module | Self:
        if not isinstance(index, slice):
            return self._modules[index]
        part = type(self)()
        part._modules = self._modules[index]
        return part

    def __setitem__(self, index: int, module: Module) -> None:
        self._modules[index] = _checked(self, module)
        structure_changed()

    def __delitem__(self, index: int | slice) -> None:
        del self._modules[index]
        structure_changed()

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules)

    def _described_children(self) -> Iterator[tuple[str, str]]:
        """Neighbours that look the same in one line."""
        described = [(key, repr(child)) for key, child in self.named_children()]
        for text, group in itertools.groupby(described, lambda item: item[1]):
            keys = [key for key, _ in group]
            yield (keys[0], text) if len(keys) == 1 else (f"{keys[0]}-{keys[-1]}", f"{len(keys)} x {text}")


class Sequential(ModuleList):
    """Modules one after the other: each gets what the one before returned.

    modules: one by one (keys are their positions), or one dictionary, whose keys are theirs; keys are attributes, too.
    x: what the first takes. Returns what the last gives; `x` itself if there is none. Raises TypeError for anything
    that is not a Module.

    A `ReLU` before a `MaxPool2d` is computed after it, on a fraction of the numbers. Values and gradients are the same:
    where a window's maximum is positive, it is the same element's; where it is not, the gradient is 0 either way.
    Modules with hooks keep their places.
    """

    def __init__(self, *modules: Module | dict[str, Module]):
        named = modules[0] if len(modules) == 1 and isinstance(modules[0], dict) else None
        super().__init__(named.values() if named is not None else modules)  # type: ignore[arg-type]  # checked there
        self._names = list(named) if named is not None else super()._keys()

    def _keys(self) -> list[str]:
        return self._names

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add several modules at the end; returns itself. Raises TypeError, and adds none, if one is no Module."""
        super().extend(modules)
        self._names = [*self._names, *super()._keys()[len(self._names) :]]
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Add a module before the position `index`; all keys are positions then. Returns itself."""
        super().insert(index, module)
        self._names = super()._keys()
        return self

    def add_module(self, name: str, module: Any) -> None:
        """Add a module at the end under the key `name`, or replace the one that has it."""
        self._check_addition("add_module", name, _checked(self, module), Module)
        if name in self._names:
            self[self._names.index(name)] = module
        else:
            super().extend([module])
            self._names = [*self._names, name]

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Module | Self:
        found = super().__getitem__(index)
        if isinstance(index, slice) and isinstance(found, Sequential):
            found._names = self._names[index]
        return found

    def __delitem__(self, index: int | slice) -> None:
        super().__delitem__(index)
        self._names = super()._keys()

    def __setattr__(self, name: str, value: Any) -> None:
        """An attribute that is a Module is one of the sequence, as in PyTorch: `add_module`."""
        if isinstance(value, Module) and "_names" in vars(self):
            self.add_module(name, value)
        else:
            super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        """A module by its key."""
        names = vars(self).get("_names", [])
        if name in names:
            return self._modules[names.index(name)]
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}; its keys are {names}")

    def _described_children(self) -> Iterator[tuple[str, str]]:
        return Module._described_children(self)

    def forward(self, x: Any) -> Any:
        """`x` through all modules."""
        for module in _pooled_first(self._modules):
            x = module(x)
        return x


def _pooled_first(modules: list[Module]) -> Iterator[Module]:
    """The modules, each rectifier that stands before a max-pooling behind it."""
    waiting = None
    for module in modules:
        if waiting is not None and not _is_max_pooling(module):
            yield waiting
            waiting = None
        if type(module) is ReLU and module._hooks is None:
            waiting = module
        else:
            yield module
    if waiting is not None:
        yield waiting


def _is_max_pooling(module: Module) -> bool:
    """Whether that is all it does: not a class that derives from it, nor one that returns indices or has hooks."""
    return type(module) is MaxPool2d and not getattr(module, "return_indices", False) and module._hooks is None


# -- by keys, and parameters -------------------------------------------------------------------------------------------


class _Keyed(Module, Generic[T]):
    """A dictionary whose keys are those of its values in the model."""

    def __init__(self, values: Mapping[str, T] | Iterable[tuple[str, T]] = ()):
        self._items: dict[str, T] = {}
        self.update(values)

    def _fitting(self, value: Any) -> T:
        """The value as it is kept; TypeError if it does not fit."""
        raise NotImplementedError

    def _members(self) -> Iterator[tuple[str, Any]]:
        yield from self._items.items()
        yield from ((key, member) for key, member in super()._members() if not key.startswith("_items."))

    def update(self, values: Mapping[str, T] | Iterable[tuple[str, T]]) -> None:
        """Add several, or replace those that have these keys. Raises TypeError, and adds none, if one does not fit."""
        added = {self._checked_key(key): self._fitting(value) for key, value in dict(values).items()}
        self._items.update(added)
        structure_changed()

    def _checked_key(self, key: Any) -> str:
        if not isinstance(key, str) or not key or "." in key:
            raise KeyError(f"{type(self).__name__}: {key!r} cannot be a part of a path; pass text without points")
        return key

    def __setitem__(self, key: str, value: T) -> None:
        self.update({key: value})

    def __getitem__(self, key: str) -> T:
        return self._items[key]

    def __delitem__(self, key: str) -> None:
        del self._items[key]
        structure_changed()

    def pop(self, key: str) -> T:
        """Take the value of a key out, and return it. Raises KeyError where there is none."""
        value = self._items.pop(key)
        structure_changed()
        return value

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def keys(self) -> KeysView[str]:
        """The keys, in the order in which they were added."""
        return self._items.keys()

    def values(self) -> ValuesView[T]:
        """The values, in that order."""
        return self._items.values()

    def items(self) -> ItemsView[str, T]:
        """Pairs of key and value, in that order."""
        return self._items.items()


class ModuleDict(_Keyed[Module]):
    """A dictionary of modules. It has no `forward`: look them up.

    values: a mapping, or pairs of key and Module. Raises TypeError for anything else in it, KeyError for keys that are
    no text, or have points.
    """

    def _fitting(self, value: Any) -> Module:
        return _checked(self, value)


class ParameterDict(_Keyed[Parameter]):
    """A dictionary of parameters. It has no `forward`: look them up.

    values: a mapping, or pairs of key and Parameter; arrays and Tensors become Parameters. Raises TypeError for what
    cannot, KeyError for keys that are no text, or have points.
    """

    def _fitting(self, value: Any) -> Parameter:
        return _as_parameter(value)

    def extra_repr(self) -> str:
        """A line for each parameter."""
        return _described_parameters(self.items())


class ParameterList(Module):
    """A list of parameters, whose keys are their positions. It has no `forward`: iterate over it.

    values: any iterable of Parameters; arrays and Tensors become Parameters. Raises TypeError for what cannot.
    """

    def __init__(self, values: Iterable[Any] = ()):
        self._items = [_as_parameter(value) for value in values]

    def _members(self) -> Iterator[tuple[str, Any]]:
        yield from ((str(i), parameter) for i, parameter in enumerate(self._items))
        yield from ((key, member) for key, member in super()._members() if not key.startswith("_items."))

    def append(self, value: Any) -> Self:
        """Add a parameter at the end; returns itself."""
        return self.extend([value])

    def extend(self, values: Iterable[Any]) -> Self:
        """Add several parameters at the end; returns itself. Raises TypeError, and adds none, if one cannot be one."""
        self._items.extend([_as_parameter(value) for value in values])
        structure_changed()
        return self

    @overload
    def __getitem__(self, index: int) -> Parameter: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Parameter | Self:
        return type(self)(self._items[index]) if isinstance(index, slice) else self._items[index]

    def __setitem__(self, index: int, value: Any) -> None:
        self._items[index] = _as_parameter(value)
        structure_changed()

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._items)

    def extra_repr(self) -> str:
        """A line for each parameter."""
        return _described_parameters((str(i), parameter) for i, parameter in enumerate(self._items))


def _as_parameter(value: Any) -> Parameter:
    return value if isinstance(value, Parameter) else Parameter(value)


def _described_parameters(items: Iterable[tuple[str, Parameter]]) -> str:
    sizes = ((key, p.dtype, "x".join(map(str, p.shape)) or "()") for key, p in items)
    return "\n".join(f"  ({key}): Parameter containing: [{dtype} of size {size}]" for key, dtype, size in sizes)
