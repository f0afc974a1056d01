"""Modules that hold modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Self, overload

from .activations import ReLU
from .module import Module, structure_changed
from .pooling import MaxPool2d


class ModuleList(Module):
    """A list of modules, whose keys are their positions. It has no `forward`: iterate over it.

    modules: any iterable of Modules. Raises TypeError for anything else in it.
    """

    def __init__(self, modules: Iterable[Module] = ()):
        self._modules = [self._checked(module) for module in modules]

    def _checked(self, module: Any) -> Module:
        if not isinstance(module, Module):
            raise TypeError(
                f"{type(self).__name__}: {module!r:.60} is a {type(module).__name__}, not a Module;"
                " pass modules one by one, and wrap functions in a Module with a forward"
            )
        return module

    def _members(self) -> Iterator[tuple[str, Any]]:
        yield from ((str(i), module) for i, module in enumerate(self._modules))
        yield from ((key, member) for key, member in super()._members() if not key.startswith("_modules."))

    def append(self, module: Module) -> Self:
        """Add a module at the end; returns itself. Raises TypeError for what is no Module."""
        self._modules.append(self._checked(module))
        structure_changed()
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add several modules at the end; returns itself. Raises TypeError, and adds none, if one is no Module."""
        self._modules.extend([self._checked(module) for module in modules])
        structure_changed()
        return self

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
        self._modules[index] = self._checked(module)
        structure_changed()

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules)


class Sequential(ModuleList):
    """Modules one after the other: each gets what the one before returned.

    modules: one by one (keys are their positions), or one dictionary, whose keys are theirs. x: what the first takes.
    Returns what the last gives; `x` itself if there is none. Raises TypeError for anything that is not a Module.

    A `ReLU` before a `MaxPool2d` is computed after it, on a fraction of the numbers. Values and gradients are the same:
    where a window's maximum is positive, it is the same element's; where it is not, the gradient is 0 either way.
    """

    def __init__(self, *modules: Module | dict[str, Module]):
        named = modules[0] if len(modules) == 1 and isinstance(modules[0], dict) else None
        super().__init__(named.values() if named is not None else modules)  # type: ignore[arg-type]  # checked there
        self._keys = list(named) if named is not None else []

    def _members(self) -> Iterator[tuple[str, Any]]:
        for i, (key, member) in enumerate(super()._members()):
            yield self._keys[i] if i < len(self._keys) else key, member

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
        if type(module) is ReLU:
            waiting = module
        else:
            yield module
    if waiting is not None:
        yield waiting


def _is_max_pooling(module: Module) -> bool:
    """Whether that is all it does: not a class that derives from it, nor one that returns indices, too."""
    return type(module) is MaxPool2d and not getattr(module, "return_indices", False)
