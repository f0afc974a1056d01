"""Scaled dot-product attention: PyTorch's values and gradients, masks, and queries with nothing to look at."""

import numpy as np
import pytest

import autograd_lite as ag

RNG = np.random.default_rng(0)
QUERY, KEY, VALUE = (RNG.standard_normal(shape) for shape in ((2, 4, 3, 5), (2, 4, 6, 5), (2, 4, 6, 2)))
ALLOWED = RNG.random((3, 6)) < 0.6
ALLOWED[1] = False

CASES = {
    "plain": {},
    "scale": {"scale": 0.3},
    "causal": {"is_causal": True},
    "additive": {"attn_mask": RNG.standard_normal((2, 1, 3, 6))},
    "boolean": {"attn_mask": ALLOWED},
}


@pytest.mark.parametrize("name", CASES)
def test_is_pytorchs(name, agrees_with_torch):
    options = CASES[name]

    def theirs(torch, *operands):
        there = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
        return torch.nn.functional.scaled_dot_product_attention(*operands, **there)

    agrees_with_torch(lambda *qkv: ag.scaled_dot_product_attention(*qkv, **options), theirs, QUERY, KEY, VALUE)


def test_heads_that_share_keys(agrees_with_torch):
    agrees_with_torch(
        lambda *qkv: ag.scaled_dot_product_attention(*qkv, enable_gqa=True),
        lambda torch, *qkv: torch.nn.functional.scaled_dot_product_attention(*qkv, enable_gqa=True),
        *(QUERY, KEY[:, :2], VALUE[:, :2]),
    )


def test_a_mask_of_numbers_has_a_gradient(agrees_with_torch):
    agrees_with_torch(
        lambda *operands: ag.scaled_dot_product_attention(*operands),
        lambda torch, *operands: torch.nn.functional.scaled_dot_product_attention(*operands),
        *(QUERY, KEY, VALUE, RNG.standard_normal((3, 6))),
    )


def test_a_query_that_may_look_at_nothing_gets_zeros_and_no_gradient():
    q, k, v = (ag.tensor(x, requires_grad=True) for x in (QUERY, KEY, VALUE))
    out = ag.scaled_dot_product_attention(q, k, v, ALLOWED)
    (out**2).sum().backward()
    np.testing.assert_array_equal(out.data[:, :, 1], 0)
    np.testing.assert_array_equal(q.grad.data[:, :, 1], 0)
    assert all(np.isfinite(x.grad.data).all() for x in (q, k, v))


def test_dropped_weights_are_the_same_for_the_same_seed():
    first, second = (
        ag.scaled_dot_product_attention(QUERY, KEY, VALUE, dropout_p=0.5, rng=np.random.default_rng(1)) for _ in "ab"
    )
    np.testing.assert_array_equal(first, second)
    assert not np.allclose(first, ag.scaled_dot_product_attention(QUERY, KEY, VALUE))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"key": KEY[..., :4]}, "query has 5 features, key 4"),
        ({"value": VALUE[..., :4, :]}, "6 keys and 4 values"),
        ({"attn_mask": ALLOWED, "is_causal": True}, "exclude each other"),
        ({"enable_gqa": True, "key": KEY[:, :3], "value": VALUE[:, :3]}, "a multiple of the key's"),
    ],
)
def test_errors(change, words):
    operands = {"query": QUERY, "key": KEY, "value": VALUE, **change}
    with pytest.raises(ValueError, match=rf"scaled_dot_product_attention: .*{words}"):
        ag.scaled_dot_product_attention(**operands)
