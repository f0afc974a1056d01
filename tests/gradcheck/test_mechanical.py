"""A derivative that is changed in one place is found wrong by the samples of its op: a choice of all such changes.

    python -m tests.gradcheck.test_mechanical        # all of them, in some minutes

must print no survivors. What computes the same gradient is listed in mutants/equivalent.py, with the reason.
"""

from __future__ import annotations

import functools
import multiprocessing
import sys
from collections import Counter

import numpy as np
import pytest
from tqdm import tqdm

from tests.gradcheck.mutants.equivalent import EQUIVALENT
from tests.gradcheck.mutants.mechanical import Change, changes, changes_of_helper, formulas, helpers

KNOWN = {change: reason for reason, same in EQUIVALENT.items() for change in same}
SHARE = 48  # one of so many is checked in the tests


@functools.cache
def every_change() -> list[Change]:
    of_formulas = [change for name in formulas() for change in changes(name)]
    return of_formulas + [change for name in helpers() for change in changes_of_helper(name)]


def of_choice(number: int) -> list[Change]:
    """A part of a seeded choice, without those that are equivalent."""
    found = [change for change in every_change() if str(change) not in KNOWN]
    chosen = np.random.default_rng(0).choice(len(found), len(found) // SHARE, replace=False)
    return [found[i] for i in chosen[number::4]]


@pytest.mark.parametrize("part", range(4))
def test_a_change_of_a_derivative_is_noticed(part: int) -> None:
    missed = [str(change) for change in of_choice(part) if not change.noticed()]
    assert not missed, "\n".join(missed)


def test_what_is_listed_as_equivalent_exists() -> None:
    assert set(KNOWN) <= {str(change) for change in every_change()}


def main() -> int:
    """Check all changes and print those that nothing notices; the exit status is 1 if one of them is not known."""
    missed: Counter[str] = Counter()
    found = every_change()
    rules = Counter(change.rule for change in found)
    with multiprocessing.Pool() as pool:
        noticed = pool.imap(_is_noticed, range(len(found)), chunksize=16)
        for change, seen in zip(found, tqdm(noticed, total=len(found), disable=not sys.stderr.isatty()), strict=True):
            if not seen:
                missed[str(change)] += 1
                if str(change) not in KNOWN:
                    print("not noticed:", change, flush=True)
    print(f"{len(found)} changes ({dict(rules)}), {missed.total()} not noticed,", end=" ")
    print(f"{sum(n for text, n in missed.items() if text not in KNOWN)} of them unknown")
    return 1 if set(missed) - set(KNOWN) else 0


def _is_noticed(number: int) -> bool:
    return every_change()[number].noticed()


if __name__ == "__main__":
    sys.exit(main())
