"""Mutants made by rule from the source of every derivative: a sign, a factor, a term, a name.

The text of a formula, of a joint `backward`, and of the functions beside them that they call is parsed, changed in one
place, and compiled in the namespace of its module.
"""

from __future__ import annotations

import ast
import copy
import functools
import inspect
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite import core
from autograd_lite.gradcheck.ops import check_sample
from autograd_lite.gradcheck.report import Report
from autograd_lite.gradcheck.samples import Sample, samples
from tests.gradcheck.mutants.samples import FURTHER

PRODUCTS = ("safe_multiply", "safe_product", "_times")
QUOTIENTS = ("safe_divide", "divide_or_zero")
PACKAGE_OPS = "autograd_lite.ops."
MOST_ENTRIES = 24  # of a sample for which all entries of another kind have been checked
FREE_PHASES = ("eig", "eigh", "orthogonal_triangular", "qr", "singular_vectors", "svd")  # no derivative in themselves


@dataclass(frozen=True, eq=False)
class User:
    """A derivative of an op in which a change shows: the formula of an array, or "backward"."""

    op: core.Op
    target: str
    build: Callable[[], Callable[..., Any]]

    def mutant(self) -> core.Op:
        """The op with this derivative."""
        parts = {name: formula.function for name, formula in self.op.formulas.items()}
        if self.op.backward:
            parts["backward"] = self.op.backward.function
        parts[self.target] = self.build()
        branch = self.op.branch.function if self.op.branch else None
        make = core.op(
            residuals=self.op.residuals,
            outputs=self.op.outputs,
            spec=self.op.spec,
            branch=branch,
            registered=False,
            **parts,
        )
        return make(self.op.forward).op  # type: ignore[attr-defined]


@dataclass(frozen=True, eq=False)
class Change:
    """One expression that reads otherwise, in a formula (``relu.x``) or a function that formulas call."""

    where: str
    variant: Variant
    users: list[User]

    def __str__(self) -> str:
        """Unique: ``prelu.x: x -> out #2`` changes the second `x` there that can be changed so."""
        return f"{self.where}: {self.variant}"

    def noticed(self) -> bool:
        """Whether the check of an op that it concerns fails on one of the samples, or cannot be made any more."""
        return any(map(_noticed, self.users))


def _noticed(user: User) -> bool:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            mutant = user.mutant()
            return not all(_reports([Sample(mutant, s.line, s.values) for s in all_samples(user.op)]))
        except Exception:
            return True


def all_samples(op: core.Op) -> list[Sample]:
    """The samples of the docstring, and those beside them."""
    described = copy.copy(op)
    described.doc += "".join(f"\n\n>>> {line}" for line in FURTHER.get(op.name, ()))
    return samples(described)


def _reports(found: Sequence[Sample]) -> Iterator[Report]:
    """What tells most for its time comes first."""
    yield from (check_sample(sample, order=1) for sample in found)
    turned = [(sample, _complex(sample)) for sample in found]
    yield from (check_sample(s, z, order=1, max_entries=MOST_ENTRIES) for s, z in turned if _works(s, z))
    yield from (check_sample(sample, order=2, max_entries=MOST_ENTRIES) for sample in found)


def _complex(sample: Sample) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    return {name: x + 1j * rng.standard_normal(x.shape) for name, x in sample.variables().items()}


def _works(sample: Sample, variables: dict[str, Any]) -> bool:
    try:
        sample.call(variables)
    except Exception:
        return False
    return sample.op.name not in FREE_PHASES


@functools.cache
def formulas() -> dict[str, list[tuple[core.Op, str, Callable[..., Any]]]]:
    """The formulas and joint backwards of all ops, by the first op and array (``relu.x``) for which each stands."""
    found: dict[Any, list[Any]] = {}
    for op in primitives():
        for target, function in _targets(op):
            found.setdefault(function, []).append((op, target, function))
    return {f"{places[0][0].name}.{places[0][1]}": places for places in found.values()}


def changes(name: str) -> list[Change]:
    """All mutants of such a formula, in the order of their text; each is noticed if it is in one of the ops."""
    places = formulas()[name]
    op, _, function = places[0]
    found = []
    for variant in _variants(_source(function), _values(op), op.params):
        build = functools.partial(_compiled, variant.tree, function.__globals__, op)
        found.append(Change(name, variant, [User(user, target, build) for user, target, _ in places]))
    return found


@functools.cache
def helpers() -> dict[str, tuple[Callable[..., Any], list[tuple[core.Op, str, Callable[..., Any]]]]]:
    """The functions that get the gradient in the formulas of some ops, by name, with these ops."""
    found: dict[str, Any] = {}
    for op in primitives():
        for target, function in _targets(op):
            for helper in _helpers(_source(function), function):
                name = f"{helper.__module__.removeprefix(PACKAGE_OPS)}.{helper.__name__}"
                found.setdefault(name, (helper, []))[1].append((op, target, function))
    return dict(sorted(found.items()))


def changes_of_helper(name: str) -> list[Change]:
    """All mutants of such a function; each is noticed if it is in one of the ops."""
    helper, places = helpers()[name]
    text = _definition(helper)
    found = []
    for variant in _variants(text, _parameters(text), ()):
        users = [User(op, t, functools.partial(_with_helper, f, helper, variant.tree)) for op, t, f in places]
        found.append(Change(name, variant, users))
    return found


def primitives() -> list[core.Op]:
    """The ops of the package that have formulas, or a joint backward, of their own."""
    ops = (op for _, op in sorted(core.registry.items()) if op.forward.__module__.startswith(PACKAGE_OPS))
    return [op for op in ops if isinstance(op, core.Op) and (op.formulas or op.backward)]


def _targets(op: core.Op) -> list[tuple[str, Callable[..., Any]]]:
    targets = dict(op.formulas) | ({"backward": op.backward} if op.backward else {})
    return [(target, formula.function) for target, formula in targets.items()]


# -- the text of a derivative ------------------------------------------------------------------------------------------


@functools.cache
def _module(name: str) -> ast.Module:
    return ast.parse(inspect.getsource(sys.modules[name]))


@functools.cache
def _functions(name: str) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in _module(name).body if isinstance(node, ast.FunctionDef)}


def _source(function: Callable[..., Any]) -> ast.Lambda | ast.FunctionDef:
    """The text of a formula: of the lambdas of its line, the one whose body its instructions span."""
    if function.__name__ != "<lambda>":
        return _definition(function)
    code = function.__code__
    places = [place for place in code.co_positions() if place[3]]  # line, last line, column, last column
    span = min((p[0], p[2]) for p in places), max((p[1], p[3]) for p in places)
    for node in ast.walk(_module(function.__module__)):
        if isinstance(node, ast.Lambda) and node.lineno == code.co_firstlineno:
            body = node.body
            if span == ((body.lineno, body.col_offset), (body.end_lineno, body.end_col_offset)):
                return node
    raise ValueError(f"the text of {function} is not found in its module")


def _code(node: ast.Lambda) -> Any:
    return compile(ast.fix_missing_locations(ast.Expression(copy.deepcopy(node))), "<mutant>", "eval")


def _definition(function: Callable[..., Any]) -> ast.FunctionDef:
    return _functions(function.__module__)[function.__name__]


def _helpers(node: ast.AST, function: Callable[..., Any]) -> list[Callable[..., Any]]:
    """The functions of ops/ that get the gradient `g` in this text, and in theirs."""
    found: dict[str, Callable[..., Any]] = {}
    waiting = [(node, function.__globals__)]
    for text, namespace in waiting:  # grows as we go
        for name in sorted({n.id for n in ast.walk(text) if isinstance(n, ast.Name)}):
            value = namespace.get(name)
            plain = inspect.isfunction(value) and not hasattr(value, "op") and name not in PRODUCTS + QUOTIENTS
            if not (plain and value.__module__.startswith(PACKAGE_OPS) and name not in found):
                continue
            if name in _functions(value.__module__) and "g" in inspect.signature(value).parameters:
                found[name] = value
                waiting.append((_definition(value), value.__globals__))
    return list(found.values())


def _values(op: core.Op) -> tuple[str, ...]:
    """What stands for an array in a formula, besides the gradient."""
    return (*op.arrays, "out", *op.residuals)


def _parameters(node: ast.FunctionDef) -> tuple[str, ...]:
    return tuple(argument.arg for argument in (*node.args.args, *node.args.kwonlyargs) if argument.arg != "g")


# -- changes -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Variant:
    """The text of a derivative with one expression changed: the one of this number of those that can be changed so."""

    rule: str
    before: str
    after: str
    number: int
    tree: Any

    def __str__(self) -> str:
        return f"{self.before} -> {self.after}" + (f" #{self.number}" if self.number > 1 else "")


def _variants(
    node: ast.Lambda | ast.FunctionDef, values: tuple[str, ...], params: tuple[str, ...]
) -> Iterator[Variant]:
    """A text for each change of one expression; what reads the same afterwards comes once: x * x without a factor."""
    texts: set[str] = set()
    numbers: Counter[tuple[str, str]] = Counter()
    results = _results(node)
    for place, old in enumerate(_expressions(node)):
        signs = [("sign", ast.UnaryOp(ast.USub(), old))] if any(old is result for result in results) else []
        for rule, new in (*_replacements(old, values, params), *signs):
            tree = copy.deepcopy(node)
            _Replace(_expressions(tree)[place], new).visit(tree)
            text = ast.unparse(ast.fix_missing_locations(tree))
            if text not in texts:
                texts.add(text)
                numbers[change := (ast.unparse(old), ast.unparse(new))] += 1
                yield Variant(rule, *change, numbers[change], tree)


def _expressions(node: ast.Lambda | ast.FunctionDef) -> list[Any]:
    """In the order of the text."""
    body = [node.body] if isinstance(node, ast.Lambda) else node.body
    found = [n for part in body for n in ast.walk(part) if isinstance(n, ast.expr)]
    return sorted(found, key=lambda n: (n.lineno, n.col_offset))


def _results(node: ast.Lambda | ast.FunctionDef) -> list[Any]:
    """What is returned; of a tuple, each member."""
    if isinstance(node, ast.Lambda):
        found = [node.body]
    else:
        found = [n.value for n in ast.walk(node) if isinstance(n, ast.Return) and n.value is not None]
    return [n for value in found for n in (value.elts if isinstance(value, ast.Tuple) else [value])]


def _replacements(old: Any, values: tuple[str, ...], params: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    match old:
        case ast.BinOp(left, ast.Mult(), right):
            yield "factor", left
            yield "factor", right
        case ast.BinOp(left, ast.Div(), right):
            yield "factor", left
            if ast.unparse(left) != "1":
                yield "factor", _reciprocal(right)
        case ast.BinOp(left, ast.Add(), right):
            yield "term", left
            yield "term", right
        case ast.BinOp(left, ast.Sub(), right):
            yield "term", left
            yield "term", ast.UnaryOp(ast.USub(), right)
        case ast.UnaryOp(ast.USub(), operand) if not isinstance(operand, ast.Constant):
            yield "sign", operand
        case ast.Call(ast.Name(name), [left, right]) if name in PRODUCTS:
            yield "factor", left
            yield "factor", right
        case ast.Call(ast.Name(name), [left, right]) if name in QUOTIENTS:
            yield "factor", left
            yield "factor", _reciprocal(right)
        case ast.Name(name, ast.Load()):
            for group in (values, params):
                if name in group:
                    for other in group:
                        if other != name:
                            yield "name", ast.Name(other, ast.Load())


def _reciprocal(divisor: Any) -> Any:
    return ast.BinOp(ast.Constant(1), ast.Div(), divisor)


class _Replace(ast.NodeTransformer):
    def __init__(self, old: Any, new: Any):
        self.old, self.new = old, new

    def visit(self, node: Any) -> Any:
        return copy.deepcopy(self.new) if node is self.old else super().visit(node)


# -- compiling ---------------------------------------------------------------------------------------------------------


def _compiled(tree: Any, namespace: dict[str, Any], op: core.Op | None = None) -> Any:
    """The function of this text; a formula may now name other values of its op than before."""
    tree = copy.deepcopy(tree)
    names = dict(namespace)
    if isinstance(tree, ast.Lambda):
        known = {argument.arg for argument in tree.args.args}
        used = {n.id for n in ast.walk(tree.body) if isinstance(n, ast.Name)}
        allowed = (*_values(op), *op.params) if op else ()
        tree.args.args += [ast.arg(name) for name in allowed if name in used - known]
        return eval(_code(tree), names)
    tree.decorator_list = []
    exec(compile(ast.fix_missing_locations(ast.Module([tree], [])), "<mutant>", "exec"), names)
    return names[tree.name]


def _with_helper(function: Callable[..., Any], helper: Callable[..., Any], tree: Any) -> Any:
    """The formula as it is, with another function in the place of one that it calls, or that those call."""
    return _rebound(function, helper, _compiled(tree, helper.__globals__), {})


def _rebound(function: Any, helper: Any, changed: Any, done: dict[Any, Any]) -> Any:
    """A copy of `function` for which, and for what it calls, `helper` is `changed`."""
    if function is helper:
        return changed
    if function not in done:
        names = dict(function.__globals__)
        done[function] = copied = type(function)(function.__code__, names, function.__name__, function.__defaults__)
        copied.__kwdefaults__ = function.__kwdefaults__
        for name in function.__code__.co_names:
            value = names.get(name)
            if inspect.isfunction(value) and not hasattr(value, "op") and value.__module__.startswith(PACKAGE_OPS):
                names[name] = _rebound(value, helper, changed, done)
    return done[function]
