"""What every data set here is: one part to learn from, one part to be tested on."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

Part = TypeVar("Part")


class Split(NamedTuple, Generic[Part]):
    """A data set in two parts: ``train, test = data.digits()``, or by name."""

    train: Part
    test: Part
