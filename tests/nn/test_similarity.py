"""Similarities as layers against PyTorch's."""

import numpy as np
import pytest

from autograd_lite.nn import similarity

LAYERS = [
    ("CosineSimilarity", {}),
    ("CosineSimilarity", {"dim": -1, "eps": 0.5}),
    ("PairwiseDistance", {}),
    ("PairwiseDistance", {"p": 1.0, "eps": 0.1, "keepdim": True}),
]


@pytest.mark.parametrize(("name", "options"), LAYERS)
def test_as_pytorchs(agrees_with_torch, name, options):
    import torch

    ours, theirs = getattr(similarity, name)(**options), getattr(torch.nn, name)(**options)
    assert repr(ours) == repr(theirs)
    a, b = np.random.default_rng(0).standard_normal((2, 3, 4))
    agrees_with_torch(ours, lambda torch, a, b: theirs(a, b), a, b)
