"""New tensors: NumPy's values, our dtypes."""

import numpy as np
import pytest

import autograd_lite as ag


@pytest.mark.parametrize(
    ("name", "arguments", "dtype"),
    [
        ("arange", (5,), "int64"),
        ("arange", (2, -3, -2), "int64"),
        ("arange", (0, 1, 0.25), "float32"),
        ("arange", (5.0,), "float32"),
        ("arange", (5, None, 1, "float64"), "float64"),
        ("linspace", (0, 1, 5), "float32"),
        ("linspace", (0, 1, 5, False), "float32"),
        ("linspace", (np.zeros(2), np.ones(2), 3), "float32"),
        ("linspace", (0, 1j, 3), "complex64"),
        ("logspace", (0, 2, 3), "float32"),
        ("logspace", (0, 3, 4, True, 2.0), "float32"),
        ("geomspace", (1, 8, 4), "float32"),
        ("eye", (3,), "float32"),
        ("eye", (2, 3, 1, "int64"), "int64"),
        ("identity", (2,), "float32"),
        ("tri", (3, 4, -1), "float32"),
        ("full", ((2, 3), 2.5), "float32"),
        ("full", (2, 7), "float32"),
        ("full", (2, True), "bool"),
        ("full", ((2, 3), np.arange(3)), "int64"),
        ("zeros_like", (np.ones((2, 3), int),), "int64"),
        ("ones_like", (np.zeros(2, "float16"),), "float16"),
        ("full_like", (np.zeros(2), 3), "float64"),
        ("full_like", (np.zeros(2), 3, "float32"), "float32"),
    ],
)
def test_values_are_numpys(name, arguments, dtype):
    found = getattr(ag, name)(*arguments)
    assert isinstance(found, ag.Tensor)
    assert found.dtype == dtype
    assert not found.requires_grad
    expected = getattr(np, name)(*arguments)
    np.testing.assert_allclose(found.data, expected, rtol=1e-6)
    if found.dtype.kind == "f":
        assert getattr(ag, name)(*arguments, requires_grad=True).is_leaf


def test_of_tensors_and_lists():
    x = ag.tensor(np.ones((2, 3)), requires_grad=True)
    for made in (ag.zeros_like(x), ag.ones_like(x), ag.full_like(x, 2.0), ag.empty_like(x)):
        assert (made.shape, made.dtype, made.requires_grad) == ((2, 3), np.float64, False)
    assert ag.zeros_like([1, 2]).dtype == np.float32
    assert ag.empty((2, 3)).shape == (2, 3)
    with pytest.raises(TypeError, match="would lose its gradient"):
        ag.full((2, 3), x)


def test_the_default_dtype_is_the_one_that_was_set():
    ag.set_default_dtype("float64")
    try:
        assert {t.dtype for t in (ag.eye(2), ag.linspace(0, 1), ag.full(2, 1.0), ag.rand(2))} == {np.dtype("float64")}
    finally:
        ag.set_default_dtype("float32")


@pytest.mark.parametrize(
    "make",
    [
        lambda x: ag.full_like(np.zeros(2), x),
        lambda x: ag.arange(x),
        lambda x: ag.linspace(0, x, 3),
        lambda x: ag.logspace(x, 2, 3),
        lambda x: ag.geomspace(1, x, 3),
    ],
)
def test_no_gradient_is_lost(make):
    x = ag.tensor(3.0, requires_grad=True)
    with pytest.raises(TypeError, match=r"requires a gradient, .*t\.detach"):
        make(x)
    assert isinstance(make(x.detach()), ag.Tensor)


@pytest.mark.parametrize("name", ["zeros", "ones", "empty"])
def test_lengths_that_are_no_tuple_are_answered_with_the_tuple(name):
    with pytest.raises(TypeError, match=r"dtype=3 is a number; give all lengths as one tuple"):
        getattr(ag, name)(2, 3)
