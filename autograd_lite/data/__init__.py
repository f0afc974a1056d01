"""Real data to learn from, and the way from there to batches. Packages with data are loaded when first asked for."""

from .batching import batches, text_batches
from .fashion import FASHION_CLASSES, fashion_mnist
from .idx import read_idx
from .images import Images, digits, photographs
from .loader import DataLoader
from .plays import Texts, shakespeare
from .preparing import (
    Standardizer,
    on_inputs,
    patches,
    random_crop,
    random_flip,
    shifted,
    standardize,
    subtract_mean,
)
from .split import Split, train_validation_split
from .tables import Table, breast_cancer
from .text import Vocabulary, words

__all__ = [
    "FASHION_CLASSES",
    "DataLoader",
    "Images",
    "Split",
    "Standardizer",
    "Table",
    "Texts",
    "Vocabulary",
    "batches",
    "breast_cancer",
    "digits",
    "fashion_mnist",
    "on_inputs",
    "patches",
    "photographs",
    "random_crop",
    "random_flip",
    "read_idx",
    "shakespeare",
    "shifted",
    "standardize",
    "subtract_mean",
    "text_batches",
    "train_validation_split",
    "words",
]
