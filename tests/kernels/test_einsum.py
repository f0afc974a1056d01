"""Products of two operands over named axes by BLAS, against NumPy's loop."""

import numpy as np
import pytest

from autograd_lite.kernels import einsum as kernels

LENGTHS = {"a": 2, "b": 3, "c": 4, "d": 5, "e": 1}
EXPRESSIONS = [
    "ab,bc->ac",
    "ab,bc->ca",
    "ab,cb->ac",
    "ba,bc->ac",
    "abc,acd->abd",
    "abc,cad->dba",
    "abc,abc->a",
    "abc,abc->ab",
    "abc,abc->",
    "ab,ab->ab",
    "ab,ab->ba",
    "ab,c->abc",
    "ab,c->cba",
    "ab,bc->a",
    "ab,cd->",
    "aab,b->a",
    "aba,ba->ba",
    "abc,cd->abd",
    "a,a->",
    "a,b->ba",
]


@pytest.mark.parametrize("subscripts", EXPRESSIONS)
@pytest.mark.parametrize("dtype", ["f4", "f8", "c16", "i8", "?"])
def test_one_product_is_what_numpy_gives(subscripts, dtype):
    rng = np.random.default_rng(0)
    shapes = [[LENGTHS[c] for c in term] for term in subscripts.partition("->")[0].split(",")]
    a, b = ((3 * rng.standard_normal(shape)).astype(dtype) for shape in shapes)
    expected, found = kernels.contract_reference(subscripts, a, b), kernels.contract(subscripts, a, b)
    assert (np.shape(found), found.dtype) == (np.shape(expected), expected.dtype)
    np.testing.assert_allclose(found, expected, rtol=1e-4 if dtype == "f4" else 1e-12, atol=1e-5)


@pytest.mark.parametrize(
    ("subscripts", "a", "b"),
    [
        ("ij,ij->ij", (1, 3), (2, 3)),
        ("ij,ij->i", (2, 1), (2, 3)),
        ("bij,bjk->bik", (1, 2, 3), (4, 3, 2)),
        ("bij,bjk->bik", (4, 2, 1), (4, 3, 2)),
        ("ij,jk->ik", (0, 3), (3, 2)),
        ("ij,jk->ik", (2, 0), (0, 3)),
        ("ij,ij->", (1, 1), (1, 1)),
    ],
)
def test_axes_of_length_one_and_of_no_length(subscripts, a, b):
    a, b = np.ones(a), 2 * np.ones(b)
    np.testing.assert_array_equal(kernels.contract(subscripts, a, b), kernels.contract_reference(subscripts, a, b))


def test_a_path_has_two_operands_at_a_time_and_sums_what_is_not_needed_any_more():
    shapes = ((2, 9), (9, 9), (9, 3))
    assert kernels.steps("ab,bc,cd->ad", shapes, True) == (((0, 1), "ab,bc->ac"), ((0, 1), "cd,ac->ad"))
    assert kernels.steps("ab,bc,cd->ad", shapes, False) == (((1, 2), "bc,cd->bd"), ((0, 1), "ab,bd->ad"))
