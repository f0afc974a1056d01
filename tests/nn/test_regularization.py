"""The dropouts as layers: each is its function, in training only."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.nn import regularization

LAYERS = {
    "Dropout": ag.dropout,
    "Dropout1d": ag.dropout1d,
    "Dropout2d": ag.dropout2d,
    "Dropout3d": ag.dropout3d,
    "AlphaDropout": ag.alpha_dropout,
    "FeatureAlphaDropout": ag.feature_alpha_dropout,
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_its_function_in_training_only(name):
    make, x = getattr(regularization, name), ag.ones((2, 8, 4) if name == "Dropout1d" else (2, 8, 4, 3))
    layer = make(0.25, rng=np.random.default_rng(0))
    expected = LAYERS[name](x, 0.25, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(layer(x).data, expected.data)
    assert not (layer(x).data == expected.data).all()
    assert layer.eval()(x) is x
    assert repr(layer) == f"{name}(p=0.25, inplace=False)"
    with pytest.raises(ValueError, match=f"{name}: p"):
        make(-0.1)
