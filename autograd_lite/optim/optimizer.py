"""Optimizer: parameter groups, state, and a step that writes into the parameters' arrays."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from numbers import Real
from typing import Any

import numpy as np

from .. import core
from ..errors import operand
from ..nn import Parameter
from ..tensor import Tensor

Array = np.ndarray[Any, Any]
Parameters = Iterable[Any]  # Tensors, pairs (name, Tensor), or groups {"params": ..., "lr": ...}


class Optimizer:
    """What all optimizers share. One of its own has `defaults`, `_buffers` and `_update`.

    params: tensors, pairs of name and tensor (``model.named_parameters()``), or groups: dictionaries whose "params" are
    such tensors and whose other entries replace the defaults. `param_groups` may be changed between steps, as torch's.
    Raises ValueError for no parameters, one in two groups, or an unknown option; TypeError for what is no leaf tensor,
    for a constant (a frozen `nn.Parameter` may stay), and for options that are no numbers.
    """

    param_groups: list[dict[str, Any]]
    state: dict[Tensor, dict[str, Any]]
    _not_negative: tuple[str, ...] = ("momentum",)  # further options that are numbers from 0 on

    def __init__(self, params: Parameters, defaults: dict[str, Any]):
        self.defaults = defaults
        self.param_groups, self.state = [], {}
        self._names: dict[Tensor, str] = {}
        if isinstance(params, Tensor | Mapping) or not isinstance(params, Iterable):
            raise TypeError(
                f"{self._title}: params is a {type(params).__name__}, not several parameters; pass"
                " model.parameters(), or a list of tensors or groups"
            )
        given = list(params)
        if not given:
            raise ValueError(f"{self._title}: there are no parameters to optimise; pass model.parameters()")
        for group in given if isinstance(given[0], dict) else [{"params": given}]:
            self.add_param_group(group)

    @property
    def _title(self) -> str:
        return type(self).__name__

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Optimise more parameters, with options of their own. Errors are those of the class; nothing is added then."""
        if not isinstance(group, Mapping) or "params" not in group:
            raise ValueError(f'{self._title}: {group!r:.60} is no group; pass {{"params": [...], "lr": ...}}')
        members = group["params"]
        named = [self._named(member) for member in ([members] if isinstance(members, Tensor) else members)]
        if unknown := [option for option in group if option not in (*self.defaults, "params")]:
            raise ValueError(f"{self._title}: options {unknown} are not known; use some of {list(self.defaults)}")
        fresh = [parameter for _, parameter in named]
        known = [parameter for other in self.param_groups for parameter in other["params"]]
        if len({id(parameter) for parameter in (*known, *fresh)}) < len(known) + len(fresh):
            raise ValueError(f"{self._title}: a parameter is given twice; pass each once, in one group")
        options = {**self.defaults, **group, "params": fresh}
        self._check(options)
        self.param_groups.append(options)
        self._names.update({parameter: name for name, parameter in named if name is not None})

    def _named(self, member: Any) -> tuple[str | None, Tensor]:
        name, parameter = member if isinstance(member, tuple) else (None, member)
        if not isinstance(parameter, Tensor) or not parameter.is_leaf:
            result = isinstance(parameter, Tensor)
            what = f"the result {parameter.shape} of an operation" if result else f"a {type(parameter).__name__}"
            raise TypeError(f"{self._title}: {what} is no parameter; pass leaves, as model.parameters() gives them")
        if not parameter.requires_grad and not isinstance(parameter, Parameter):
            raise TypeError(
                f"{self._title}: the tensor {parameter.shape} {parameter.dtype} does not require a gradient, so it"
                " would never move; make it with requires_grad=True, or an nn.Parameter"
            )
        return name, parameter

    def _check(self, options: dict[str, Any]) -> None:
        """Raise TypeError for options that are no numbers, ValueError for those out of their range."""
        for option in ("lr", "weight_decay", "eps", *self._not_negative):
            if option in options:
                self._check_number(option, options[option])
                if not options[option] >= 0:
                    raise ValueError(
                        f"{self._title}: {option} = {options[option]} is out of range; pass a number from 0 on"
                    )
        if "betas" in options:
            self._check_pair("betas", options["betas"], "(0.9, 0.999)")
            if not all(0 <= beta < 1 for beta in options["betas"]):
                raise ValueError(
                    f"{self._title}: betas = {options['betas']} are out of range; pass two numbers in [0, 1)"
                )

    def _check_pair(self, option: str, value: Any, example: str) -> None:
        if not isinstance(value, tuple | list) or len(value) != 2 or not all(isinstance(x, Real) for x in value):
            raise TypeError(f"{self._title}: {option} = {value!r:.60} are not two numbers; pass a pair like {example}")

    def _check_fraction(self, option: str, value: Any) -> None:
        self._check_number(option, value)
        if not 0 <= value <= 1:
            raise ValueError(f"{self._title}: {option} = {value} is out of range; pass a number from 0 to 1")

    def _check_number(self, option: str, value: Any) -> None:
        if not isinstance(value, Real):
            raise TypeError(
                f"{self._title}: {option} = {value!r:.60} is a {type(value).__name__}, not a number; pass a float"
            )

    # -- stepping ------------------------------------------------------------------------------------------------

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self._parameters():
            parameter.grad = None

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move each parameter that has a gradient, in place; the others stay, and nothing happens if there is none.

        closure: computes the loss and the gradients before that. Returns what it returned, or None.

        Raises ValueError, before anything changes, for a gradient that was set to another shape, TypeError for one that
        is no Tensor, or complex for a real parameter. A backward through what was computed with the old values raises
        RuntimeError from now on.
        """
        loss = evaluated(closure) if closure is not None else None
        user = f"{self._title}.step"
        every = [(p, self._gradient(user, p), group) for group in self.param_groups for p in group["params"]]
        todo = [item for item in every if item[1] is not None]
        core.written(*(parameter for parameter, _, _ in todo))
        for parameter, gradient, group in todo:
            self._update(parameter.data, gradient, self.state.setdefault(parameter, {}), group)
        return loss

    def _update(self, x: Array, g: Array, state: dict[str, Any], group: dict[str, Any]) -> None:
        """Move the array `x` along its gradient; `state` is this parameter's own, empty at first."""
        raise NotImplementedError

    def _gradient(self, user: str, parameter: Tensor) -> Any:
        """The gradient (or None) in row-major order, as the parameter is from now on, in an array to write into."""
        gradient = gradient_of(user, parameter)
        if gradient is None:
            return None
        if not parameter.data.flags.carray:
            parameter.data = np.array(parameter.data, order="C")
        if gradient.dtype == parameter.data.dtype and gradient.flags.c_contiguous:
            return gradient
        return np.ascontiguousarray(gradient, parameter.dtype).reshape(parameter.shape)

    def _parameters(self) -> Iterator[Tensor]:
        for group in self.param_groups:
            yield from group["params"]

    # -- state ---------------------------------------------------------------------------------------------------

    def _keys(self) -> dict[Tensor, str | int]:
        return {parameter: self._names.get(parameter, i) for i, parameter in enumerate(self._parameters())}

    def state_dict(self) -> dict[str, Any]:
        """Copies of all there is to resume from: "state" by parameter name (or position), and the "param_groups"."""
        keys = self._keys()
        return {
            "state": {keys[parameter]: _copied(state) for parameter, state in self.state.items()},
            "param_groups": [
                {**group, "params": [keys[parameter] for parameter in group["params"]]} for group in self.param_groups
            ],
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Resume from what `state_dict` returned, for parameters of the same names (or positions) and shapes.

        Raises ValueError if groups, keys, options or shapes differ, TypeError for what is no such state; nothing is
        changed then.
        """
        if not isinstance(state_dict, Mapping) or not {"state", "param_groups"} <= set(state_dict):
            raise TypeError(
                f"{self._title}.load_state_dict: the state is a {type(state_dict).__name__} and not a mapping with"
                f' "state" and "param_groups"; pass what state_dict() of a {self._title} returned'
            )
        keys = self._keys()
        groups = state_dict["param_groups"]
        if not isinstance(groups, list | tuple) or not all(isinstance(g, Mapping) and "params" in g for g in groups):
            raise TypeError(
                f'{self._title}.load_state_dict: the "param_groups" are not a list of groups with "params"; pass what'
                f" state_dict() of a {self._title} returned"
            )
        own = [[keys[parameter] for parameter in group["params"]] for group in self.param_groups]
        if own != [list(group["params"]) for group in groups]:
            raise ValueError(
                f"{self._title}.load_state_dict: the state is for the parameters {[g['params'] for g in groups]}, this"
                f" optimizer has {own}; make it with the same parameters in the same groups"
            )
        for group, saved in zip(self.param_groups, groups, strict=True):
            if unlike := set(self.defaults) - set(saved) | set(saved) - {*self.defaults, "params", "initial_lr"}:
                raise ValueError(
                    f"{self._title}.load_state_dict: the state is of another optimizer, whose options differ in"
                    f" {sorted(unlike)}; pass what state_dict() of a {self._title} returned"
                )
            self._check({**saved, "params": group["params"]})
        state = {p: _copied(state_dict["state"][key]) for p, key in keys.items() if key in state_dict["state"]}
        self._check_state(state)
        self.state = state
        for group, saved in zip(self.param_groups, groups, strict=True):
            group.update({option: value for option, value in saved.items() if option != "params"})

    def _check_state(self, state: Mapping[Tensor, Mapping[str, Any]]) -> None:
        """Raise ValueError for arrays that do not have the shape of their parameter."""
        keys = self._keys()
        for parameter, values in state.items():
            for name, value in values.items():
                if isinstance(value, np.ndarray) and value.shape != parameter.shape:
                    raise ValueError(
                        f"{self._title}.load_state_dict: {name} of {keys[parameter]} is {value.shape}, the parameter"
                        f" {parameter.shape}; make the model with the sizes it was saved with"
                    )

    def __repr__(self) -> str:
        groups = [{**group, "params": f"{len(group['params'])} tensors"} for group in self.param_groups]
        lines = (", ".join(f"{option}={value}" for option, value in group.items()) for group in groups)
        return f"{self._title}(" + "; ".join(lines) + ")"


def direction_of(group: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a group that say where the gradient leads, for a kernel."""
    return {"weight_decay": group["weight_decay"], "maximize": group["maximize"]}


def evaluated(closure: Callable[[], Any]) -> Any:
    """What `closure` returns, under `enable_grad`, as it computes gradients."""
    with core.enable_grad():
        return closure()


def gradient_of(user: str, parameter: Tensor) -> Array | None:
    """The array of a parameter's gradient, which `user` asks for; errors as `Optimizer.step`."""
    gradient = parameter.grad
    if gradient is None:
        return None
    if not isinstance(gradient, Tensor) or gradient.data.shape != parameter.data.shape:
        raise _misfit(user, parameter, gradient)
    if gradient.data.dtype.kind == "c" and parameter.data.dtype.kind != "c":
        raise _misfit(user, parameter, gradient)
    return gradient.data


def _misfit(user: str, parameter: Tensor, gradient: Any) -> Exception:
    """The error for what was put in the place of a gradient and is none."""
    name = parameter.name or "a parameter"
    if not isinstance(gradient, Tensor):
        return TypeError(
            f"{user}: {name} is {parameter.shape} {parameter.dtype}, its gradient was set to a"
            f" {type(gradient).__name__} {operand(gradient)}; set .grad to a Tensor, ag.tensor(...), or to None"
        )
    if gradient.shape != parameter.shape:
        return ValueError(
            f"{user}: {name} is {parameter.shape}, its gradient was set to {gradient.shape}; set .grad to a tensor of"
            " the parameter's shape"
        )
    return TypeError(
        f"{user}: {name} {parameter.shape} is {parameter.dtype}, its gradient was set to {gradient.dtype}; set"
        " .grad to a real tensor"
    )


def _copied(state: Mapping[str, Any]) -> dict[str, Any]:
    return {name: copy.deepcopy(value) for name, value in state.items()}
