"""Which operations are holomorphic, so that a complex step may measure their slopes."""

from __future__ import annotations

from ..core import Definition

# Operations without branches whose code for complex numbers continues that for real ones, and is as exact.
_BY_KIND = {
    "arithmetic": (
        "add subtract multiply divide negative positive alias copy reciprocal square squared_error lerp power"
        " safe_multiply safe_product safe_divide safe_subtract apply_dropout"
    ),
    "functions of one number": (
        "exp exp2 expm1 log log2 log10 sqrt sin cos tan sinh cosh tanh arcsin arccos arctan arcsinh arccosh"
        " arctanh sigmoid tanhshrink erf erfc erfcx ndtr"
    ),
    "reductions and scans": "sum mean prod logsumexp cumsum cumprod linear_recurrence",
    "products and linear systems": (
        "matmul contract linear cross_product det inv solve substitute convolve conv1d conv2d conv3d conv_transpose1d"
        " conv_transpose2d conv_transpose3d conv1d_weight conv2d_weight conv3d_weight local_conv1d local_conv2d"
    ),
    "what only moves numbers": (
        "reshape transpose swapaxes expand_dims squeeze broadcast_to concatenate stack split unstack flip roll rot90"
        " repeat diagonal diagonal_scatter scatter_diagonal tril triu block_diag getitem setitem embedding take_flat"
        " put_flat where pad_constant pad_repeated sliding_window_view unfold flip_sequences take_windows"
    ),
    "what adds numbers at places": (
        "sum_runs add_at scatter_rows add_flat bincount unpad_repeated frame_sums fold add_windows avg_pool"
        " adaptive_avg_pool sum_windows spread_windows spread_bins scatter_windows"
    ),
}
HOLOMORPHIC = frozenset(name for names in _BY_KIND.values() for name in names.split())


def is_holomorphic(op: Definition) -> bool:
    """Whether an operation may be tried with complex numbers: it is in the list, or is not the package's own."""
    return op.name in HOLOMORPHIC or not op.forward.__module__.startswith(_PACKAGE)


_PACKAGE = __name__.partition(".")[0] + "."
