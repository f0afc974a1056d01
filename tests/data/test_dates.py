from datetime import date

import pytest

from autograd_lite import data
from autograd_lite.data.dates import FORMS, in_words

EXPECTED = [
    "Tuesday, 3 May 1988",
    "Tuesday, May 3, 1988",
    "Tue 3 May 1988",
    "3 May 1988",
    "3 May '88",
    "3-May-88",
    "May 3, 1988",
    "May 3 1988",
    "May 3rd, 1988",
    "the 3rd of May 1988",
    "Tuesday the 3rd of May '88",
    "the third of May, 1988",
    "the third of May, nineteen eighty-eight",
    "May the third, nineteen eighty-eight",
    "3.5.1988",
    "03.05.88",
]


@pytest.mark.parametrize(("form", "expected"), list(zip(FORMS, EXPECTED, strict=True)), ids=FORMS)
def test_forms(form, expected):
    assert in_words(date(1988, 5, 3), form) == expected


@pytest.mark.parametrize(
    ("day", "nth", "ordinal"),
    [
        (1, "1st", "first"),
        (2, "2nd", "second"),
        (11, "11th", "eleventh"),
        (12, "12th", "twelfth"),
        (13, "13th", "thirteenth"),
        (20, "20th", "twentieth"),
        (21, "21st", "twenty-first"),
        (22, "22nd", "twenty-second"),
        (30, "30th", "thirtieth"),
        (31, "31st", "thirty-first"),
    ],
)
def test_days(day, nth, ordinal):
    assert in_words(date(2000, 1, day), "{nth} {ordinal}") == f"{nth} {ordinal}"


@pytest.mark.parametrize(
    ("year", "expected"),
    [
        (1970, "nineteen seventy"),
        (1999, "nineteen ninety-nine"),
        (2000, "two thousand"),
        (2009, "two thousand and nine"),
        (2010, "twenty ten"),
        (2021, "twenty twenty-one"),
    ],
)
def test_years(year, expected):
    assert in_words(date(year, 1, 1), "{spoken_year}") == expected


def test_no_day_comes_twice_and_each_has_one_answer():
    pairs = data.dates(36_000, 525, seed=1)
    assert [len(part) for part in pairs] == [36_000, 525]
    both = pairs.train + pairs.test
    assert len({answer for _, answer in both}) == len(both)
    assert len({given for given, _ in both}) == len(both)
    assert (min(answer for _, answer in both), max(answer for _, answer in both)) == ("1969-01-01", "2068-12-31")


def test_it_depends_on_the_seed_only():
    assert data.dates(5, 5, seed=1) == data.dates(5, 5, seed=1)
    assert data.dates(5, 5, seed=1) != data.dates(5, 5, seed=2)


@pytest.mark.parametrize(("train", "test"), [(36_526, 0), (36_000, 526), (-1, 5)])
def test_more_days_than_there_are(train, test):
    with pytest.raises(ValueError, match="together up to 36525"):
        data.dates(train, test)
