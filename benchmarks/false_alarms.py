"""How often the verifier cries wolf: every operation, whose derivatives are right, at many seeds and places.

python -m benchmarks.false_alarms --seeds 200
python -m benchmarks.false_alarms --seeds 5 --thorough relu max_pool2d

Each seed draws new numbers, and takes the next sample of each operation at the next place, so that all meet in turn.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from autograd_lite.core import registry
from autograd_lite.gradcheck import Verdict
from autograd_lite.gradcheck.ops import check_sample
from autograd_lite.gradcheck.samples import Sample, samples

Array = np.ndarray[Any, Any]
REFUSALS = (TypeError, ValueError, IndexError, ArithmeticError, np.linalg.LinAlgError, Warning)
FEW, MANY = 2, 8  # entries of each order, a random choice that differs from seed to seed

# What is done to the inputs that a sample draws.
PLACES: dict[str, Callable[[Array], Array]] = {
    "as sampled": lambda x: x,
    "at kinks": lambda x: np.round(2 * x) / 2,  # ties, zeros and whole numbers
    "near zero": lambda x: 1e-4 * x,  # kinks within the first step
    "times 1e-8": lambda x: 1e-8 * x,
    "times 1e8": lambda x: 1e8 * x,
}

# Where a derivative is, by its definition, not the slope: that of a variance below eps is the one at eps.
NO_SLOPES = {"gaussian_nll_loss": ("near zero", "times 1e-8")}


class Finding(NamedTuple):
    """The verdicts on the entries of one sample, or that it has no finite result there."""

    place: str
    seed: int
    line: str
    verdicts: Counter[str]


def findings(name: str, seeds: Iterable[int], thorough: bool = False) -> list[Finding]:
    """The verdicts on one operation, at each seed and place: on one of its samples, or on all and on more entries."""
    found: list[Finding] = []
    for seed in seeds:
        drawn = samples(registry[name], seed)
        for number, place in enumerate(PLACES):
            chosen = drawn if thorough else [drawn[(seed + number) % len(drawn)]]
            found += _at(place, seed, chosen, MANY if thorough else FEW)
    return found


def _at(place: str, seed: int, chosen: Iterable[Sample], entries: int) -> Iterator[Finding]:
    order = 2 if place == "as sampled" else 1
    for sample in chosen:
        variables = {name: PLACES[place](x) for name, x in sample.variables().items()}
        if place in NO_SLOPES.get(sample.op.name, ()) or not defined(sample, variables):
            yield Finding(place, seed, sample.line, Counter({"not defined": 1}))
            continue
        try:
            report = check_sample(sample, variables, order=order, max_entries=entries, rng=seed)
        except REFUSALS:  # a step beside the inputs
            yield Finding(place, seed, sample.line, Counter({"not defined": 1}))
            continue
        yield Finding(place, seed, sample.line, Counter(str(entry.verdict) for entry in report.entries))


def defined(sample: Sample, variables: dict[str, Array]) -> bool:
    """Whether the operation takes such operands, without a warning, and gives finite numbers."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            outputs = sample.call(variables)
        except REFUSALS:
            return False
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    return all(bool(np.isfinite(output).all()) for output in outputs)


def alarms(found: Iterable[Finding]) -> list[Finding]:
    """Those in which a right derivative was called wrong."""
    bad = {str(verdict) for verdict in Verdict if verdict.bad}
    return [finding for finding in found if bad & set(finding.verdicts)]


def table(found: Sequence[Finding]) -> str:
    """Counts of verdicts for each place, in Markdown."""
    columns = [*map(str, Verdict), "not defined"]
    lines = [f"| inputs | {' | '.join(columns)} |", "|---" + "|---:" * len(columns) + "|"]
    for place in PLACES:
        counts = sum((finding.verdicts for finding in found if finding.place == place), Counter())
        lines.append(f"| {place} | {' | '.join(f'{counts[column]:,}' for column in columns)} |")
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit status: 1 if there was a false alarm."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.false_alarms", description=__doc__.splitlines()[0])
    arguments.add_argument("ops", nargs="*", metavar="OP", help="operations; none for all")
    arguments.add_argument("--seeds", type=int, default=200, help="how many (default: 200)")
    arguments.add_argument("--first-seed", type=int, default=0, help="of them (default: 0)")
    arguments.add_argument("--jobs", type=int, default=2, help="processes (default: 2)")
    arguments.add_argument("--thorough", action="store_true", help="all samples at each seed, and more entries")
    options = arguments.parse_args(argv)
    names = options.ops or sorted(name for name, op in registry.items() if op.differentiable)
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    work = [(name, seeds[start : start + 10], options.thorough) for start in range(0, len(seeds), 10) for name in names]
    found: list[Finding] = []
    with multiprocessing.Pool(options.jobs) as pool:
        for part in tqdm(pool.imap_unordered(_star, work), total=len(work), disable=not sys.stderr.isatty()):
            found += part
    print(table(found))
    wrong = alarms(found)
    for finding in wrong:
        print(f"{finding.place}, seed {finding.seed}: {finding.line}: {dict(finding.verdicts)}")
    print(f"\n{len(names)} operations, {len(seeds)} seeds: {len(wrong)} false alarms")
    return 1 if wrong else 0


def _star(work: tuple[str, Sequence[int], bool]) -> list[Finding]:
    return findings(*work)


if __name__ == "__main__":
    sys.exit(main())
