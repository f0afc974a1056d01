"""NumPy's functions on tensors: recorded like ours, refused where a gradient would be lost."""

import numpy as np
import pytest

import autograd_lite as ag


@pytest.fixture
def x():
    return ag.tensor(np.array([[0.5, 1.5], [2.5, 3.5]]), requires_grad=True)


@pytest.mark.parametrize("name", ["tanh", "exp", "log", "sqrt", "square", "negative", "absolute", "conjugate", "sign"])
def test_ufuncs(name, x):
    function = getattr(np, name)
    result = function(x)
    assert type(result) is ag.Tensor
    np.testing.assert_array_equal(result.data, function(x.data))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.sum(x, axis=0),
        lambda x: np.mean(x, axis=1, keepdims=True),
        lambda x: np.max(x, axis=0),
        lambda x: np.amin(x),
        lambda x: np.concatenate([x, x], axis=1),
        lambda x: np.stack([x, x]),
        lambda x: np.where(x > 1, x, 0),
        lambda x: np.einsum("ij,kj->ik", x, x),
        lambda x: np.reshape(x, (4,)),
        lambda x: np.transpose(x),
        lambda x: np.clip(x, 1, 2),
        lambda x: np.matmul(x, x),
        lambda x: np.maximum(x, 1.0),
        lambda x: np.split(x, 2)[0],
        lambda x: np.pad(x, 1),
        lambda x: np.argmax(x, axis=1),
        lambda x: np.add.reduce(x),
        lambda x: np.maximum.reduce(x, axis=1),
    ],
)
def test_functions(function, x):
    result = function(x)
    assert isinstance(result, ag.Tensor)
    np.testing.assert_array_equal(result.data, function(x.data))


def test_they_are_recorded(x):
    np.sum(np.tanh(x) * np.ones(2)).backward()
    np.testing.assert_allclose(x.grad.data, 1 - np.tanh(x.data) ** 2)


@pytest.mark.parametrize(
    "function",
    [lambda x: np.linalg.svd(x), lambda x: np.add.accumulate(x), lambda x: np.interp(0.5, x, x), lambda x: np.frexp(x)],
)
def test_what_is_missing_is_an_error_at_the_call(function, x):
    with pytest.raises(TypeError, match=r"^np\..*use detach\(\)\.numpy\(\)"):
        function(x)


def test_out_is_refused(x):
    with pytest.raises(TypeError, match=r"np\.tanh: out= cannot be used"):
        np.tanh(x, out=np.empty((2, 2)))
