"""Days as people write them, and as ISO 8601 does: pairs of texts to learn from, made here."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from .split import Split
from .text import words

Pairs = list[tuple[str, str]]

FIRST, LAST = date(1969, 1, 1), date(2068, 12, 31)  # a year's last two digits mean one of these, as in POSIX's strptime

FORMS = (
    "{weekday}, {day} {month} {year}",
    "{weekday}, {month} {day}, {year}",
    "{weekday:.3} {day} {month:.3} {year}",
    "{day} {month} {year}",
    "{day} {month:.3} '{year_of_century:02}",
    "{day}-{month:.3}-{year_of_century:02}",
    "{month} {day}, {year}",
    "{month:.3} {day} {year}",
    "{month} {nth}, {year}",
    "the {nth} of {month} {year}",
    "{weekday} the {nth} of {month} '{year_of_century:02}",
    "the {ordinal} of {month}, {year}",
    "the {ordinal} of {month}, {spoken_year}",
    "{month} the {ordinal}, {spoken_year}",
    "{day}.{number}.{year}",
    "{day:02}.{number:02}.{year_of_century:02}",
)

WEEKDAYS = words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
MONTHS = words("January February March April May June July August September October November December")
NUMBERS = words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
)
ORDINALS = words(
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth"
    " fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
TENS = words("zero ten twenty thirty forty fifty sixty seventy eighty ninety")


def dates(train: int = 20_000, test: int = 2_000, seed: int = 0) -> Split[Pairs]:
    """Days of 1969 to 2068 in words and in ISO 8601, in pairs: ("May the third, nineteen eighty-eight", "1988-05-03").

    train, test: how many; all are different days, so that none of the test part was seen. Each is written in one of 16
    forms, chosen by `seed` as the day is: with or without a weekday, names in full or abbreviated, figures or words,
    years of two digits, day before month where both are figures; some are in small letters, some in capitals.
    Raises ValueError for more days than there are.
    """
    rng = np.random.default_rng(seed)
    days = (LAST - FIRST).days + 1
    if min(train, test) < 0 or train + test > days:
        raise ValueError(f"dates: train is {train}, test {test}; pass numbers from 0 on, together up to {days}")
    chosen = rng.permutation(days)[: train + test]
    pairs = [_pair(FIRST + timedelta(int(number)), rng) for number in chosen]
    return Split(pairs[:train], pairs[train:])


def _pair(day: date, rng: np.random.Generator) -> tuple[str, str]:
    text = in_words(day, FORMS[rng.integers(len(FORMS))])
    written = (text, text, text.lower(), text.upper())[rng.integers(4)]
    return written, day.isoformat()


def in_words(day: date, form: str) -> str:
    """A day in one of `FORMS`."""
    return form.format(
        weekday=WEEKDAYS[day.weekday()],
        day=day.day,
        nth=f"{day.day}{_suffix(day.day)}",
        ordinal=_ordinal(day.day),
        month=MONTHS[day.month - 1],
        number=day.month,
        year=day.year,
        year_of_century=day.year % 100,
        spoken_year=_spoken(day.year),
    )


def _suffix(number: int) -> str:
    """What follows a day's number: 1st, 12th, 23rd."""
    return "th" if 11 <= number <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _ordinal(number: int) -> str:
    """Of 1 to 31: first, twentieth, twenty-first."""
    if number < len(ORDINALS):
        return ORDINALS[number]
    tens, rest = divmod(number, 10)
    return f"{TENS[tens]}-{ORDINALS[rest]}" if rest else "thirtieth"


def _cardinal(number: int) -> str:
    """Of 0 to 99: seven, twenty, eighty-eight."""
    if number < len(NUMBERS):
        return NUMBERS[number]
    tens, rest = divmod(number, 10)
    return f"{TENS[tens]}-{NUMBERS[rest]}" if rest else TENS[tens]


def _spoken(year: int) -> str:
    """Nineteen eighty-eight, two thousand, two thousand and five, twenty ten."""
    century, rest = divmod(year, 100)
    if century % 10 == 0 and rest < 10:
        return f"{_cardinal(century // 10)} thousand" + (f" and {_cardinal(rest)}" if rest else "")
    return f"{_cardinal(century)} {_cardinal(rest)}"
