"""Real data to learn from, and the way from there to batches. Packages with data are loaded when first asked for."""

from .batching import Batches, batches, text_batches
from .images import Images, digits, shifted, subtract_mean
from .plays import Texts, shakespeare
from .split import Split
from .text import Vocabulary

__all__ = [
    "Batches",
    "Images",
    "Split",
    "Texts",
    "Vocabulary",
    "batches",
    "digits",
    "shakespeare",
    "shifted",
    "subtract_mean",
    "text_batches",
]
