"""A specialised caller and pullback for each op, written as source text and compiled when it is first wanted.

`core.call` and `core.plain_pullback` say what a call and a derivative mean, with loops and dictionaries over the
arguments. The functions built here do the same with every position resolved beforehand: a chain of small operations
spends its time in NumPy and not here. Tests hold the two against each other. The text is kept in `linecache`, so a
traceback or a debugger shows it (`linecache.getlines` of its file).
"""

from __future__ import annotations

import functools
import inspect
import itertools
import linecache
import sys
from collections.abc import Iterable
from types import FunctionType
from typing import Any

import numpy as np

from . import torch_names

FILE_PREFIX = "<autograd_lite op "


def specialise(op: Any, namespace: dict[str, Any]) -> None:
    """Give `op` its public function and its pullback; `namespace` holds what generated code may use of the engine.

    Both are compiled when they are first wanted: most programs use few of the ops, and to compile the callers of all
    would take a third of the time of an import.
    """
    names = _names(op, namespace)
    names["_compiled_function"] = functools.partial(_compiled_function, op, names)
    op.function = FunctionType(_first_call.__code__, names, op.name)
    op.function.op = op
    op.function.__doc__, op.function.__signature__ = op.doc, op.signature
    op.function.__module__, op.function.__wrapped__ = op.forward.__module__, op.forward
    op.function.__qualname__ = op.name  # which Python's own errors begin with
    op.build_pullback = functools.partial(_pullback, op, namespace)


def _first_call(*args: Any, **kwargs: Any) -> Any:
    """What the function of an op does until it is compiled; the name below is found among the op's own."""
    return _compiled_function()(*args, **kwargs)  # type: ignore[call-arg]


def _compiled_function(op: Any, names: dict[str, Any]) -> Any:
    """The op's function with the code that was generated for it: the same object, which others have by name already."""
    compiled = _compile(op.name, _caller(op), names)
    # The code last: who calls meanwhile, from another thread, still finds the first call, which takes anything.
    op.function.__defaults__, op.function.__kwdefaults__ = compiled.__defaults__, compiled.__kwdefaults__
    op.function.__code__ = compiled.__code__
    return op.function


def _pullback(op: Any, namespace: dict[str, Any]) -> Any:
    """The derivative of `op` on plain arrays."""
    if not op.formulas:
        return namespace["_pull"]
    source = _sequence_pullback(op) if op.sequence else _fixed_pullback(op)
    return _compile(f"{op.name}_pullback", source, _names(op, namespace))


def complete(definition: Any, namespace: dict[str, Any]) -> None:
    """Give a composite its public function: lists become arrays, and its own errors get its name and operands.

    Results are Tensors if an array operand is one, also an operand that the other operations never see, such as a mask.
    """
    forward, errors, describe = definition.forward, namespace["_ERRORS"], namespace["_describe"]
    with_arrays, as_tensors, handle = namespace["_with_arrays"], namespace["_as_tensors"], namespace["_Handle"]
    kinds = {name: "_operand" if definition.takes_gradient(name) else "_constant_operand" for name in definition.arrays}
    roles = definition.roles.items()
    convert = {name: namespace[kinds[name]] if role == "array" else None for name, role in roles}
    by_position = tuple(convert.values())

    def without_lists(args: tuple[Any, ...]) -> list[Any]:
        paired = zip(args, itertools.chain(by_position, itertools.repeat(None)), strict=False)
        return [to_array(v) if to_array and type(v) in (list, tuple) else v for v, to_array in paired]

    @functools.wraps(forward)
    def function(*args: Any, **kwargs: Any) -> Any:
        types = [*map(type, args)]
        if list in types or tuple in types:
            args = tuple(without_lists(args))
        for name, value in kwargs.items():
            if type(value) in (list, tuple) and (to_array := convert.get(name)):
                kwargs[name] = to_array(value)
        try:
            result = forward(*args, **kwargs)
        except (*errors, AttributeError) as error:
            try:
                given = definition.signature.bind(*args, **kwargs)
            except TypeError:  # not a call of this function at all: Python's own words are best, or a hint
                if not definition.roles.keys() >= kwargs.keys():
                    raise torch_names.no_argument(definition.name, kwargs, definition.roles) from None
                raise error from None
            if isinstance(error, AttributeError):
                given.apply_defaults()
                return with_arrays(definition, tuple(given.arguments.values()), error)
            raise describe(definition.name, given.arguments, error) from error
        if isinstance(result, handle) or not (_holds_tensor(args, handle) or _holds_tensor(kwargs.values(), handle)):
            return result
        bound = definition.signature.bind(*args, **kwargs).arguments
        operands = [bound[name] for name in definition.arrays if name in bound]
        return as_tensors(result) if _holds_tensor(operands, handle) else result

    definition.function = function
    function.op, function.__signature__ = definition, definition.signature  # type: ignore[attr-defined]


def _holds_tensor(values: Iterable[Any], handle: Any) -> bool:
    """Whether one of the values is a Tensor, or a list with one."""
    for value in values:
        if isinstance(value, handle):
            return True
        if type(value) in (list, tuple) and any(isinstance(item, handle) for item in value):
            return True
    return False


def _names(op: Any, namespace: dict[str, Any]) -> dict[str, Any]:
    """What generated code may name: the engine, the op, its formulas, the defaults of its arguments."""
    names = {**namespace, "_op": op, "_forward": op.forward, "_no_argument": torch_names.no_argument}
    for parameter in op.signature.parameters.values():
        names[f"_default_{parameter.name}"] = parameter.default
    for target, formula in op.formulas.items():
        names[f"_formula_{target}"] = formula.function
    return names


def _compile(name: str, source: str, names: dict[str, Any]) -> Any:
    file = f"{FILE_PREFIX}{name}>"
    exec(compile(source, file, "exec"), names)  # the text is made here, from names checked by Op
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    return names[name]


def _header(op: Any) -> str:
    """The signature of the op as text; defaults are looked up by name, so that any object can be one."""
    parts: list[str] = []
    starred = False
    for parameter in op.signature.parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            parts.append(f"*{parameter.name}")
            starred = True
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            parts.append("*")
            starred = True
        default = "" if parameter.default is inspect.Parameter.empty else f"=_default_{parameter.name}"
        parts.append(parameter.name + default)
    if _hints(op):
        parts.append("**_unknown")
    return f"def {op.name}({', '.join(parts)}):"


def _hints(op: Any) -> bool:
    """Whether a wrong argument gets an error of ours, for 0.02 us a call: where PyTorch has another name for one."""
    return torch_names.renames(op.roles)


def _values(op: Any) -> str:
    return "(" + "".join(f"{name}, " for name in op.roles) + ")"


def _forward_call(op: Any) -> str:
    marks = {inspect.Parameter.KEYWORD_ONLY: "{0}={0}", inspect.Parameter.VAR_POSITIONAL: "*{0}"}
    parts = [marks.get(p.kind, "{0}").format(p.name) for p in op.signature.parameters.values()]
    return f"_forward({', '.join(parts)})"


def _caller(op: Any) -> str:
    """Unwrap, compute, wrap, and record if one of the operands has a node."""
    results = ", ".join(["_out", *(f"_res_{name}" for name in op.residuals)])
    lines = [
        _header(op),
        *([f"    if _unknown: raise _no_argument({op.name!r}, _unknown, _op.roles)"] if _hints(op) else ()),
        "    _recording = True",
        "    if _gate.special:",
        "        if _local.observers:",
        f"            return _call(_op, {_values(op)})",
        "        _recording = _local.recording",
        "    try:",
        *(f"    {line}" for line in (_unwrap_sequence(op) if op.sequence else _unwrap_each(op))),
        *(f"        {name} = _raw_index({name})" for name, role in op.roles.items() if role == "index"),
        f"        {results} = {_forward_call(op)}",
        "    except _ERRORS as _error:",
        f"        raise _describe(_op.name, _op.arguments({_values(op)}), _error) from _error",
        *(() if op.sequence else _retry(op)),
        "    if not _wrap:",
        "        return _out",
        *(_single_output(op) if op.outputs is None else _several_outputs(op)),
    ]
    return "\n".join(lines) + "\n"


def _unwrap_each(op: Any) -> list[str]:
    lines = ["    _wrap = False"]
    for name in op.arrays:
        wanted = op.takes_gradient(name)
        lines += [f"    if isinstance({name}, _Handle):"]
        lines += [f"        _node_{name} = {name}.node"] if wanted else []
        lines += [f"        {name} = {name}.data", "        _wrap = True", "    else:"]
        lines += [f"        _node_{name} = None"] if wanted else []
        convert = "_operand" if wanted else "_constant_operand"
        lines += [f"        if type({name}) is not _ndarray:", f"            {name} = {convert}({name})"]
    return lines


def _unwrap_sequence(op: Any) -> list[str]:
    (name,) = op.arrays
    return [
        f"    {name} = tuple({name})",
        f"    _wrap = any([isinstance(_a, _Handle) for _a in {name}])",
        f"    _parents = tuple([_a.node if isinstance(_a, _Handle) else None for _a in {name}])",
        f"    {name} = tuple([_raw(_a) for _a in {name}])",
    ]


def _recorded(op: Any) -> str:
    """Whether an operand has a node, and the op a derivative."""
    if not op.differentiable:
        return "False"
    if op.sequence:
        return "any([_parent is not None for _parent in _parents])"
    return " or ".join(f"_node_{name} is not None" for name in op.arrays if op.takes_gradient(name))


def _retry(op: Any) -> list[str]:
    """A Python number has not the attributes of an array: then it becomes one, which costs nobody else anything."""
    handles = {
        name: f"_tensor_of({name}, _node_{name}) if type({name}) is _ndarray and _wrap else {name}"
        for name in op.arrays
        if op.takes_gradient(name)
    }
    values = "".join(f"{handles.get(name, name)}, " for name in op.roles)
    return ["    except AttributeError as _error:", f"        return _with_arrays(_op, ({values}), _error)"]


def _single_output(op: Any) -> list[str]:
    # Only an op that is told a dtype can give integers from operands that have a history.
    inexact = " and _out.dtype.kind in 'fc'" if "dtype" in op.params else ""
    return [
        "    if type(_out) is not _ndarray:",
        "        _out = _asarray(_out)",
        "    _tensor = _new(_Tensor)",
        "    _tensor.data = _out",
        "    _tensor.grad = None",
        f"    if _recording and ({_recorded(op)}){inexact}:",
        "        _tensor.node = _node = _Node()",
        *_fill_node(op),
        "        _node.shape = _out.shape",
        "        _node.dtype = _out.dtype",
        "    else:",
        "        _tensor.node = None",
        "    return _tensor",
    ]


def _several_outputs(op: Any) -> list[str]:
    return [
        "    _node = None",
        f"    if _recording and ({_recorded(op)}):",
        "        _node = _Node()",
        *_fill_node(op),
        "        _node.shape = tuple([_shape(_o) for _o in _out])",
        "        _node.dtype = tuple([_dtype(_o) for _o in _out])",
        "    return _outputs_of(_node, _out)",
    ]


def _fill_node(op: Any) -> list[str]:
    parents = "".join(f"_node_{name}, " if op.takes_gradient(name) else "None, " for name in op.arrays)
    return [
        "        _node.op = _op",
        "        _node.serial = _serial()",
        f"        _node.parents = {'_parents' if op.sequence else f'({parents})'}",
        f"        _node.params = ({''.join(f'{name}, ' for name in op.params)})",
        f"        _node.saved = ({''.join(f'{_saved(op, name)}, ' for name in op.saved_names)})",
    ]


def _saved(op: Any, name: str) -> str:
    """The expression for a value that a node keeps: it is kept only if a derivative that is wanted names it."""
    users = [target for target, formula in op.formulas.items() if name in formula.needs]
    value = _expression(op, name)
    if op.spec or op.sequence or len(op.formulas) == 1:
        return value
    return f"{value} if {' or '.join(f'_node_{user} is not None' for user in users)} else None"


def _expression(op: Any, name: str) -> str:
    if name == "out":
        return "_out"
    if name in op.residuals:
        return f"_res_{name}"
    if name in op.roles:
        return name
    source, _, what = name.rpartition("_")
    return f"tuple([_{what}(_a) for _a in {source}])" if op.sequence else f"_{what}({source})"


def _fixed_pullback(op: Any) -> str:
    """For ops with one formula for each array: unpack what was saved, apply the formulas that are wanted."""
    lines = [*_unpack(op), f"    {''.join(f'_to_{name}, ' for name in op.arrays)} = _parents"]
    for target in op.formulas:
        given = f"_give(_to_{target}, {_formula_call(op, target, 'g')})"
        lines += [f"    {given}" if len(op.arrays) == 1 else f"    if _to_{target} is not None: {given}"]
    return "\n".join(lines) + "\n"


def _sequence_pullback(op: Any) -> str:
    """For ops of a sequence: the one formula, for each member that wants a gradient."""
    lines = [
        *_unpack(op),
        "    for _i, _to in enumerate(_parents):",
        f"        if _to is not None: _give(_to, {_formula_call(op, op.arrays[0], 'g, _i')})",
    ]
    return "\n".join(lines) + "\n"


def _unpack(op: Any) -> list[str]:
    used = {name for formula in op.formulas.values() for name in formula.needs}
    lines = [f"def {op.name}_pullback(_node, g, _parents, _give):"]
    if op.saved_names:
        lines += [f"    {''.join(f'_saved_{name}, ' for name in op.saved_names)} = _node.saved"]
    if used & set(op.params):
        lines += [f"    {''.join(f'_param_{name}, ' for name in op.params)} = _node.params"]
    return lines


def _formula_call(op: Any, target: str, first: str) -> str:
    arguments = "".join(f", {_pulled(op, target, name)}" for name in op.formulas[target].needs)
    return f"_formula_{target}({first}{arguments})"


def _pulled(op: Any, target: str, name: str) -> str:
    if name in op.params:
        return f"_param_{name}"
    if name in ("out_shape", "out_dtype"):
        return f"_node.{name.removeprefix('out_')}"
    if op.known(target, name):
        return f"_to_{target}.{name.rpartition('_')[2]}"
    return f"_saved_{name}"


# ---------------------------------------------------------------------------------------------------------------
# Whether an array is nobody else's
# ---------------------------------------------------------------------------------------------------------------


def _references(array: Any) -> int:
    return sys.getrefcount(array)


def _references_when_alone() -> int:
    array = np.empty(1)
    return _references(array)


def _references_of_base_when_alone() -> int:
    view = np.empty(2)[:1]
    base = view.base
    return sys.getrefcount(base)


# Measured, because interpreters count their own borrowed references differently.
_ALONE, _BASE_ALONE = _references_when_alone(), _references_of_base_when_alone()


def alone(array: Any) -> bool:
    """Whether the one local variable that the caller passes is all that refers to the memory of `array`.

    Then it can be handed out as it is. NumPy does the same to reuse temporaries; a wrong "no" costs one copy.
    """
    if type(array) is not np.ndarray or not array.flags.writeable or sys.getrefcount(array) > _ALONE:
        return False
    base = array.base
    if base is None:
        return bool(array.flags.owndata)
    return type(base) is np.ndarray and bool(base.flags.owndata) and sys.getrefcount(base) <= _BASE_ALONE
