"""Bilinear forms against PyTorch's."""

import numpy as np
import pytest

from autograd_lite import nn


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("batch", [(5,), (2, 3), ()])
def test_bilinear_as_pytorchs(agrees_with_torch, bias, batch):
    import torch

    ours = nn.Bilinear(3, 4, 2, bias, dtype="float64")
    theirs = torch.nn.Bilinear(3, 4, 2, bias, dtype=torch.float64)
    assert repr(ours) == repr(theirs)
    theirs.load_state_dict({key: torch.tensor(value) for key, value in ours.state_dict().items()})
    rng = np.random.default_rng(0)
    agrees_with_torch(
        ours, lambda torch, a, b: theirs(a, b), rng.standard_normal((*batch, 3)), rng.standard_normal((*batch, 4))
    )
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert a.shape == tuple(b.shape)


def test_bilinear_starts_within_its_bound():
    layer = nn.Bilinear(4, 100, 10, rng=np.random.default_rng(0))
    for parameter in layer.parameters():
        assert np.abs(parameter.data).max() <= 0.5
    assert np.abs(layer.weight.data).mean() == pytest.approx(0.25, rel=0.05)


@pytest.mark.parametrize(
    ("a", "b", "error", "message"),
    [
        (np.ones((2, 3)), np.ones((2, 4), np.float32), TypeError, r"Bilinear: a \(2, 3\) is float64"),
        (np.ones((2, 3), np.float32), np.ones((2, 3), np.float32), ValueError, "bilinear: .*weight must be"),
    ],
)
def test_inputs_that_do_not_fit(a, b, error, message):
    with pytest.raises(error, match=message):
        nn.Bilinear(3, 4, 2)(a, b)
