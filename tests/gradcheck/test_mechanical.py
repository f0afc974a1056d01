"""A derivative that is changed in one place is found wrong by the samples of its op: a choice of all such changes.

    python -m tests.gradcheck.test_mechanical        # all of them, in a minute or two

must print that exactly those of mutants/equivalent.py are not noticed.
"""

from __future__ import annotations

import functools
import multiprocessing
import sys
from collections import Counter

import numpy as np
import pytest
from tqdm import tqdm

from autograd_lite.core import registry
from autograd_lite.gradcheck.ops import check_sample
from tests.gradcheck.mutants.equivalent import EQUIVALENT, UNTOLD
from tests.gradcheck.mutants.mechanical import Change, all_samples, changes, changes_of_helper, formulas, helpers
from tests.gradcheck.mutants.samples import FURTHER

LISTED = [change for reasons in (EQUIVALENT, UNTOLD) for alike in reasons.values() for change in alike]
SHARE = 48  # one of so many is checked in the tests


@functools.cache
def every_change() -> list[Change]:
    of_formulas = [change for name in formulas() for change in changes(name)]
    return of_formulas + [change for name in helpers() for change in changes_of_helper(name)]


def of_choice(number: int) -> list[Change]:
    """A part of a seeded choice."""
    found = every_change()
    chosen = np.random.default_rng(0).choice(len(found), len(found) // SHARE, replace=False)
    return [found[i] for i in chosen[number::4]]


@pytest.mark.parametrize("part", range(4))
def test_a_change_of_a_derivative_is_noticed_unless_it_is_listed(part: int) -> None:
    chosen = of_choice(part)
    assert [str(c) for c in chosen if not c.noticed()] == [str(c) for c in chosen if str(c) in LISTED]


def test_changes_have_different_names_and_each_that_is_listed_exists_once() -> None:
    names = {str(change) for change in every_change()}
    assert len(names) == len(every_change())
    assert set(LISTED) <= names
    assert len(set(LISTED)) == len(LISTED)


@pytest.mark.parametrize("name", FURTHER)
def test_the_right_derivative_passes_on_the_further_samples(name: str) -> None:
    for sample in all_samples(registry[name]):
        with np.errstate(all="ignore"):
            report = check_sample(sample)
        assert report, f"{sample.line}\n{report.to_text()}"


def main() -> int:
    """Check all changes; the exit status is 1 if another one than those that are listed is not noticed, or one is."""
    found = every_change()
    rules = Counter(change.variant.rule for change in found)
    with multiprocessing.Pool() as pool:
        noticed = pool.imap(_is_noticed, range(len(found)), chunksize=16)
        seen = list(tqdm(noticed, total=len(found), disable=not sys.stderr.isatty()))
    missed = {str(change) for change, is_noticed in zip(found, seen, strict=True) if not is_noticed}
    print(f"{len(found)} changes ({dict(rules)}), {len(missed)} not noticed, {len(LISTED)} listed")
    for title, names in (("not noticed", missed - set(LISTED)), ("listed, but noticed", set(LISTED) - missed)):
        for name in sorted(names):
            print(f"{title}: {name}")
    return int(missed != set(LISTED))


def _is_noticed(number: int) -> bool:
    return every_change()[number].noticed()


if __name__ == "__main__":
    sys.exit(main())
