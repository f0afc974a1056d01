"""Deliberate mistakes in derivatives, by kind: what a verifier of gradients must find.

`subject` says what one is. Each file defines operations with their right derivatives, then the mistakes.
"""

from . import applied, contracts, factors, layers, orders, points, shapes
from .subject import MUTANTS, Mutant

__all__ = ["MUTANTS", "Mutant", "applied", "contracts", "factors", "layers", "orders", "points", "shapes"]
