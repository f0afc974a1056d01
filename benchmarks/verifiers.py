"""Verifiers of gradients side by side: which mistakes each finds, and how often it calls a right gradient wrong.

    python -m benchmarks.verifiers              # from the root of the repository; PyTorch is in the extra [bench]

Mistakes are those of tests/gradcheck/mutants; one is found by who rejects it and accepts the same model without it:
rejecting everything finds nothing. Right gradients are those models without the mistake, at several seeds,
and every operation on its samples: as they are, at kinks, near zero, and at scales of 1e-8 and 1e8. Each system has its
default settings.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.optimize
from tqdm import tqdm

import autograd_lite as ag
from autograd_lite.core import registry
from autograd_lite.gradcheck.samples import samples
from tests.gradcheck.mutants import MUTANTS

from .false_alarms import PLACES, defined

Array = np.ndarray[Any, Any]
Model = Callable[..., Any]


@dataclass(frozen=True)
class Case:
    """A function of Tensors at some inputs, and the order and precision in which to check it."""

    kind: str
    model: Model
    inputs: tuple[Array, ...]
    order: int = 1
    dtype: str = "float64"
    twin: Case | None = None  # the same without the mistake

    def converted(self) -> tuple[Array, ...]:
        """The inputs in the precision of the check, for systems that do not convert them."""
        return tuple(x.astype(self.dtype) if x.dtype.kind == "f" else x for x in self.inputs)


# -- the systems: whether each calls the gradient of a case right ------------------------------------------------------


def ours(case: Case) -> bool:
    dtype = None if case.dtype == "float64" else case.dtype
    return bool(ag.gradcheck(case.model, *case.inputs, order=case.order, dtype=dtype, raise_exception=False))


def torch_slow(case: Case) -> bool:
    return _torch(case, fast_mode=False)


def torch_fast(case: Case) -> bool:
    return _torch(case, fast_mode=True)


def _torch(case: Case, fast_mode: bool) -> bool:
    import torch

    function = _as_torch(case.model)
    inputs = [torch.tensor(x, requires_grad=True) for x in case.converted()]
    right = torch.autograd.gradcheck(function, inputs, fast_mode=fast_mode)
    return right and (case.order == 1 or torch.autograd.gradgradcheck(function, inputs, fast_mode=fast_mode))


def _as_torch(model: Model) -> Callable[..., Any]:
    """The same function of PyTorch's tensors, with our gradient; differentiable as often as ours is."""
    import torch

    class Wrapped(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, *inputs: Any) -> Any:
            leaves = [ag.Tensor(x.detach().numpy().copy(), requires_grad=True) for x in inputs]
            context.leaves, context.outputs = leaves, _outputs(model, leaves)
            context.save_for_backward(*inputs)
            return tuple(torch.tensor(output.data) for output in context.outputs)

        @staticmethod
        def backward(context: Any, *weights: Any) -> Any:
            if torch.is_grad_enabled():
                return _as_torch(_pulled_back(model, len(weights)))(*context.saved_tensors, *weights)
            arrays = [weight.numpy() for weight in weights]
            return tuple(map(torch.tensor, _gradient(context.outputs, context.leaves, arrays)))

    return lambda *inputs: Wrapped.apply(*inputs)


def chainer_style(case: Case) -> bool:
    """As `chainer.gradient_check`: one random direction, one step of 1e-3, and fixed tolerances for each order."""
    model, inputs = case.model, case.converted()
    for order, (atol, rtol) in enumerate([(1e-5, 1e-4), (1e-4, 1e-3)][: case.order], start=1):
        if order == 2:
            inputs = (*inputs, *_weights(_outputs(model, _leaves(inputs)), seed=2))
            model = _pulled_back(model, len(inputs) - len(case.inputs))
        if not _agree_in_one_direction(model, inputs, atol, rtol):
            return False
    return True


def _agree_in_one_direction(model: Model, inputs: Sequence[Array], atol: float, rtol: float, eps: float = 1e-3) -> bool:
    leaves = _leaves(inputs)
    outputs = _outputs(model, leaves)
    weights = _weights(outputs, seed=0)
    directions = _weights(leaves, seed=1)
    length = np.sqrt(sum(np.sum(np.abs(d) ** 2) for d in directions))
    gradient = _gradient(outputs, leaves, weights)
    computed = sum(np.sum(np.real(np.conj(g) * d)) for g, d in zip(gradient, directions, strict=True)) / length

    def at(step: float) -> float:
        moved = [x + step * d / length for x, d in zip(inputs, directions, strict=True)]
        return _weighted(_outputs(model, _leaves(moved)), weights)

    return bool(np.isclose(computed, (at(eps) - at(-eps)) / (2 * eps), rtol=rtol, atol=atol))


def scipy_check_grad(case: Case) -> bool:
    """`check_grad` gives no verdict, but the length of the difference: wrong from 1e-5 of the gradient's (or of 1) on.

    It knows no second order.
    """
    inputs = case.converted()
    weights = _weights(_outputs(case.model, _leaves(inputs)), seed=0)

    def value(x: Array) -> float:
        return _weighted(_outputs(case.model, _leaves(_parts(x, inputs))), weights)

    def gradient(x: Array) -> Array:
        leaves = _leaves(_parts(x, inputs))
        return _flat(_gradient(_outputs(case.model, leaves), leaves, weights))

    x = _flat(inputs)
    error = scipy.optimize.check_grad(value, gradient, x)
    return bool(error <= 1e-5 * max(1.0, float(np.linalg.norm(gradient(x)))))


SYSTEMS: dict[str, Callable[[Case], bool]] = {
    "ag.gradcheck": ours,
    "PyTorch": torch_slow,
    "PyTorch, fast mode": torch_fast,
    "Chainer's way": chainer_style,
    "SciPy's check_grad": scipy_check_grad,
}

# -- functions of Tensors as functions of arrays -----------------------------------------------------------------------


def _leaves(inputs: Sequence[Array]) -> list[ag.Tensor]:
    return [ag.Tensor(np.array(x), requires_grad=True) for x in inputs]


def _outputs(model: Model, leaves: Sequence[ag.Tensor]) -> tuple[ag.Tensor, ...]:
    result = model(*leaves)
    results = result if isinstance(result, tuple | list) else (result,)
    return tuple(output for output in results if output.dtype.kind in "fc")


def _gradient(outputs: Sequence[ag.Tensor], leaves: Sequence[ag.Tensor], weights: Sequence[Array]) -> list[Array]:
    known = [(output, weight) for output, weight in zip(outputs, weights, strict=True) if output.requires_grad]
    found: Sequence[Any] = [None] * len(leaves)
    if known:
        values, seeds = zip(*known, strict=True)
        found = ag.gradients(values, leaves, seeds, retain_graph=True, allow_unused=True)
    return [np.zeros_like(leaf.data) if g is None else np.array(g.data) for g, leaf in zip(found, leaves, strict=True)]


def _pulled_back(model: Model, count: int) -> Model:
    """The gradient as a function of the inputs and of the weights of `count` outputs."""

    def pulled_back(*arguments: ag.Tensor) -> tuple[ag.Tensor, ...]:
        leaves, weights = arguments[:-count], arguments[-count:]
        found = ag.gradients(_outputs(model, leaves), leaves, weights, create_graph=True, allow_unused=True)
        return tuple(0 * leaf if g is None else g for g, leaf in zip(found, leaves, strict=True))

    return pulled_back


def _weights(like: Sequence[ag.Tensor], seed: int) -> list[Array]:
    rng = np.random.default_rng(seed)
    drawn = (rng.standard_normal((2, *x.shape)) for x in like)
    return [
        np.asarray(a + 1j * b if x.dtype.kind == "c" else a, x.dtype) for x, (a, b) in zip(like, drawn, strict=True)
    ]


def _weighted(outputs: Sequence[ag.Tensor], weights: Sequence[Array]) -> float:
    return float(sum(np.sum(np.real(np.conj(w) * y.data)) for w, y in zip(weights, outputs, strict=True)))


def _flat(arrays: Sequence[Array]) -> Array:
    """All numbers in one row; complex ones as two."""
    return np.concatenate([np.ascontiguousarray(x).reshape(-1).view(x.real.dtype) for x in arrays])


def _parts(flat: Array, like: Sequence[Array]) -> list[Array]:
    parts, start = [], 0
    for x in like:
        size = x.size * (2 if x.dtype.kind == "c" else 1)
        parts.append(flat[start : start + size].astype(x.real.dtype).view(x.dtype).reshape(x.shape))
        start += size
    return parts


# -- cases and counts --------------------------------------------------------------------------------------------------


def mistakes() -> Iterator[Case]:
    for mutant in MUTANTS:
        right = Case(mutant.kind, mutant.right, mutant.values(), **mutant.check)
        yield Case(mutant.kind, mutant.wrong, mutant.values(), **mutant.check, twin=right)


def right_models(seeds: int) -> Iterator[Case]:
    for mutant in MUTANTS:
        for seed in range(seeds):
            yield Case("models of the mistakes, right", mutant.right, mutant.values(seed), **mutant.check)


def right_operations(seeds: int) -> Iterator[Case]:
    for seed, (_, op) in itertools.product(range(seeds), sorted(registry.items())):
        for sample in samples(op, seed) if op.differentiable else ():
            names, values = list(sample.variables()), tuple(sample.variables().values())
            for place, moved in PLACES.items():
                inputs = tuple(map(moved, values))
                if defined(sample, dict(zip(names, inputs, strict=True))):
                    model = lambda *leaves, s=sample, n=names: s.call(dict(zip(n, leaves, strict=True)))  # noqa: E731
                    yield Case(f"operations, {place}", model, inputs)


def called_wrong(system: Callable[[Case], bool], case: Case) -> bool:
    """Whether the system rejects the case; it does so, too, if it raises or warns of what makes its result useless."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return not system(case)
        except Exception:
            return True


def counts(system: Callable[[Case], bool], case: Case) -> bool:
    """Whether the system is right in calling a mistake wrong, or wrong in calling a right gradient so."""
    return called_wrong(system, case) and not (case.twin and called_wrong(system, case.twin))


def table(title: str, cases: Sequence[Case], systems: Sequence[str], progress: bool) -> str:
    """How many cases of each kind each system calls wrong, but not their twins, in Markdown."""
    numbers: Counter[str] = Counter(case.kind for case in cases)
    wrong: Counter[tuple[str, str]] = Counter()
    for case in tqdm(cases, desc=title, disable=not progress):
        for system in systems:
            wrong[case.kind, system] += counts(SYSTEMS[system], case)
    lines = [f"| {title} | cases | {' | '.join(systems)} |", "|---|---:" + "|---:" * len(systems) + "|"]
    for kind, number in sorted(numbers.items(), key=lambda item: (-item[1], item[0])):
        lines.append(f"| {kind} | {number} | {' | '.join(str(wrong[kind, system]) for system in systems)} |")
    totals = (f"**{sum(wrong[kind, system] for kind in numbers)}**" for system in systems)
    return "\n".join([*lines, f"| **all** | **{len(cases)}** | {' | '.join(totals)} |"])


def main(argv: Sequence[str] | None = None) -> int:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.verifiers", description=__doc__.splitlines()[0])
    arguments.add_argument("--seeds", type=int, default=3, help="of right gradients (default: 3)")
    arguments.add_argument("--every", type=int, default=1, help="of the operations, check one of so many (default: 1)")
    options = arguments.parse_args(argv)
    progress = sys.stderr.isatty()
    systems = list(SYSTEMS)
    try:
        import torch  # noqa: F401
    except ImportError:
        systems = [system for system in systems if not system.startswith("PyTorch")]
        print('PyTorch is not installed and left out; get it with pip install -e ".[bench]"', file=sys.stderr)
    print(table("found mistakes", list(mistakes()), systems, progress), end="\n\n")
    right = [*right_models(options.seeds), *itertools.islice(right_operations(options.seeds), 0, None, options.every)]
    print(table("false alarms", right, systems, progress))
    return 0


if __name__ == "__main__":
    sys.exit(main())
