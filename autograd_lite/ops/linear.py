"""The affine map of a dense layer, as one operation: a product, a sum, and gradients that need no transposed copies."""

from __future__ import annotations

from ..core import Array, op
from ..kernels import linalg as kernels
from .linalg import matmul, product_of_rows


@op(
    x=lambda g, weight: matmul(g, weight),
    weight=lambda g, x, weight_dtype: product_of_rows(g, x, weight_dtype),
    bias=lambda g: g,
)
def linear(x: Array, weight: Array, bias: Array | None = None) -> Array:
    """``x @ weight.T + bias``.

    x: (..., in); weight: (out, in); bias: (out,), or None. Returns (..., out). Raises ValueError where these differ.

    >>> linear(randn(3, 2), randn(4, 2))
    >>> linear(randn(5, 3, 2), randn(4, 2), randn(4))
    >>> linear(randn(2), randn(4, 2), randn(4))
    """
    if x.ndim == 0 or weight.ndim != 2 or x.shape[-1] != weight.shape[1]:
        features = x.shape[-1] if x.ndim else "no"
        raise ValueError(
            f"x has {features} features, weight (out, in) expects {weight.shape[-1:]}; make the layer for {features}"
        )
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ValueError(f"the bias must have one number for each of the {len(weight)} outputs; reshape it")
    out = kernels.matmul(x, weight.T)
    if bias is None:
        return out
    if bias.dtype != out.dtype:
        return out + bias
    out += bias
    return out
