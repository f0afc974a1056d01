"""scatter_reduce: every way, with ties, zeros, repeated places and places that nothing is scattered to."""

import itertools

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.ops.scattering import extreme_flat

WAYS = ["sum", "prod", "mean", "amax", "amin"]
BOTH = list(itertools.product(WAYS, [True, False]))
RNG = np.random.default_rng(0)
INDEX = RNG.integers(0, 4, (2, 9))


def reference(x, index, src, reduce, include_self):
    """Along axis 1 of a matrix, as it is defined."""
    out = x.copy()
    function = {"sum": np.sum, "prod": np.prod, "mean": np.mean, "amax": np.max, "amin": np.min}[reduce]
    for i, j in np.ndindex(x.shape):
        found = src[i, : index.shape[1]][index[i] == j]
        if len(found):
            out[i, j] = function([*([x[i, j]] if include_self else []), *found])
    return out


@pytest.mark.parametrize(("reduce", "include_self"), BOTH)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_values(reduce, include_self, dtype):
    x, src = (np.round(4 * RNG.standard_normal(shape)).astype(dtype) for shape in ((2, 5), (2, 10)))
    if (reduce, dtype) == ("mean", "int64"):
        with pytest.raises(TypeError, match="the mean of int64 is not a whole number"):
            ag.scatter_reduce(x, 1, INDEX, src, reduce)
        return
    found = ag.scatter_reduce(x, 1, INDEX, src, reduce, include_self=include_self)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, reference(x, INDEX, src, reduce, include_self), rtol=1e-6)


@pytest.mark.parametrize(("reduce", "include_self"), BOTH)
def test_pytorchs_values_and_gradients(agrees_with_torch, reduce, include_self):
    x, src = RNG.standard_normal((2, 5)), RNG.standard_normal((2, 9))  # PyTorch's gradient takes no longer src

    def theirs(torch, x, src):
        return torch.scatter_reduce(x, 1, torch.tensor(INDEX), src, reduce, include_self=include_self)

    def ours(x, src):
        return ag.scatter_reduce(x, 1, INDEX, src, reduce, include_self=include_self)

    agrees_with_torch(ours, theirs, x, src)


@pytest.mark.parametrize("reduce", ["amax", "amin"])
def test_ties_share_as_pytorchs_do(agrees_with_torch, reduce):
    x, src = RNG.integers(0, 3, (2, 5)).astype(float), RNG.integers(0, 3, (2, 9)).astype(float)
    agrees_with_torch(
        lambda x, src: ag.scatter_reduce(x, 1, INDEX, src, reduce),
        lambda torch, x, src: torch.scatter_reduce(x, 1, torch.tensor(INDEX), src, reduce),
        *(x, src),
        order=1,
    )


@pytest.mark.parametrize("include_self", [True, False])
@pytest.mark.parametrize("zeros", [(), (0,), (0, 1), (0, 3, 5), range(9)])
def test_products_have_the_right_derivatives_where_elements_are_zero(zeros, include_self):
    x, src = RNG.standard_normal((2, 5)), RNG.standard_normal((2, 9))
    x[:, 1] = src[:, list(zeros)] = 0

    def product(x, src):
        return ag.scatter_reduce(x, 1, INDEX, src, "prod", include_self=include_self)

    ag.gradcheck(product, x, src, order=2, max_entries=20)


def test_an_element_that_does_not_take_part_has_no_gradient():
    x = ag.tensor([5.0, 7.0, np.inf], requires_grad=True)
    for reduce in WAYS:
        out = ag.scatter_reduce(x, 0, [0, 2, 2], [5.0, 1.0, 2.0], reduce, include_self=False)
        (g,) = ag.gradients(out.sum(), x)
        assert g.tolist() == [0, 1, 0], reduce
        assert np.isfinite(out.data).all()


def test_many_factors_for_one_place():
    src = RNG.uniform(0.9, 1.1, 1001)
    out = ag.scatter_reduce(np.full(2, 3.0), 0, np.ones(1001, int), src, "prod")
    np.testing.assert_allclose(out, [3, 3 * np.prod(src)], rtol=1e-12)


def test_an_unknown_way_names_those_there_are():
    with pytest.raises(
        ValueError, match=r"scatter_reduce: reduce='max' is not known .*; use sum, prod, mean, amax, amin"
    ):
        ag.scatter_reduce(np.zeros(2), 0, [0], [1.0], "max")


@pytest.mark.parametrize(("reduce", "chosen"), [("amax", 1), ("amin", 0)])
def test_values_of_another_precision_get_their_gradient(reduce, chosen):
    src = ag.tensor(np.array([0.1, 1.1]), requires_grad=True)
    out = ag.scatter_reduce(np.zeros(1, np.float32), 0, [0, 0], src, reduce, include_self=False)
    (g,) = ag.gradients(out.sum(), src)
    assert out.dtype == np.float32
    assert g.tolist() == [float(i == chosen) for i in range(2)]


def test_nan_wins_without_a_warning_and_gets_no_gradient():
    x = ag.tensor(np.zeros(2), requires_grad=True)
    out = ag.scatter_reduce(x, 0, [0, 0], np.array([np.nan, 1.0]), "amax")
    np.testing.assert_array_equal(out.data, [np.nan, 0])
    (g,) = ag.gradients(out.sum(), x)
    assert g.tolist() == [0, 1]


def test_values_of_too_many_axes_are_refused():
    with pytest.raises(ValueError, match=r"extreme_flat: .*no more axes"):
        extreme_flat(np.zeros((3, 4)), np.array([0, 0]), np.zeros((2, 2, 2, 2)))
