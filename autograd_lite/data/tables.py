"""Tables of measurements, with a class for each row."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..extras import optional
from .split import Split, train_validation_split
from .structure import Array


class Table(NamedTuple):
    """N rows with their classes: features (N, F) float32, labels (N,) int64."""

    features: Array
    labels: Array


def breast_cancer(*, test_fraction: float = 0.2, seed: int = 0) -> Split[Table]:
    """Measurements of the cell nuclei in 569 biopsies, and whether the tumour was malignant (0) or benign (1).

    The 30 features are as measured, in units of their own from 1e-3 to 4e3 (`standardize` makes them comparable):
    mean, standard error and worst of radius, texture, perimeter, area, smoothness, compactness, concavity, concave
    points, symmetry and fractal dimension. 63% are benign; both parts have the same share. test_fraction: the share
    of the test part, which is chosen by `seed`. Raises ModuleNotFoundError if scikit-learn is not installed,
    ValueError for a share that leaves a part empty.
    Source: "Breast Cancer Wisconsin (Diagnostic)", W. Wolberg, O. Mangasarian, N. Street and W. Street, 1993, UCI
    Machine Learning Repository, CC BY 4.0.
    """
    source = optional("sklearn.datasets", "scikit-learn", "data.breast_cancer").load_breast_cancer()
    data = Table(source.data.astype(np.float32), source.target.astype(np.int64))
    return Split(*train_validation_split(data, test_fraction, seed=seed, stratify=data.labels))
