"""The mechanical mutants that no sample notices, and why: exactly these, or test_mechanical.py fails.

``x -> out #2`` is the second `x` in the text of the derivative that can be changed so.
"""

from __future__ import annotations

# The same gradient, wherever the operation has one.
EQUIVALENT: dict[str, tuple[str, ...]] = {
    "out lies on the same side of 0, or of the limit, as x": (
        "hardshrink.x: x -> out",
        "hardswish.x: x -> out #2",
        "hardswish.x: x -> out #4",
        "hardtanh.x: x -> out",
        "hardtanh.x: x -> out #2",
        "relu.x: out -> x",
    ),
    "x lies inside the limits exactly where it is on their side of out": (
        "clip.x: a_max -> out",
        "clip.x: a_min -> out",
    ),
    "out is the limit exactly where x lies beyond it, or where the limits are exchanged": (
        "clip.a_max: out -> a_max",
        "clip.a_max: out -> a_max #2",
        "clip.a_min: out -> a_min",
    ),
    "only the number of axes is read, which both have": (
        "conv_transpose1d.weight: x -> out #2",
        "conv_transpose1d.weight: x -> weight #2",
        "conv_transpose1d.x: weight -> out #2",
        "conv_transpose1d.x: weight -> x #2",
    ),
    "only the length, shape or dtype is read, which both have": (
        "cross_entropy._softmax_cross_entropy_gradient: sums -> exponentials",
        "gru.backward: h -> scaled #2",
        "gru.backward: h -> weight_hh #2",
        "losses._squared_error_gradient: x -> target",
    ),
    "an operand that only tells what a Python number beside it becomes": tuple(
        f"{op}.{operand}: x -> {other} #2"
        for op in ("rel_entr", "xlog1py", "xlogy")
        for operand in ("x", "y")
        for other in ("out", "y")
    ),
    "out is NaN only where both are": (
        "fmax.a: a -> out #2",
        "fmax.b: b -> out #2",
        "fmin.a: a -> out #2",
        "fmin.b: b -> out #2",
    ),
    "where y is at or beyond the end of its domain, out is 0 exactly where x is": (
        *(f"{op}.{operand}: x -> out" for op in ("rel_entr", "xlog1py", "xlogy") for operand in ("x", "y")),
    ),
    "a base that makes a power complex has a complex logarithm anyway": ("power.exponent: out -> exponent",),
    "the residual is the output": ("ctc_losses.log_probs: losses -> out",),
    "a short cut is not taken, and the long way gives the same": (
        "indexing.of_last_writers: last -> shape",
        "linalg._matmul_b: b_dtype -> b_ndim",
        "linalg._matmul_b: b_ndim -> b_dtype #3",
        "signal._in_full: mode -> a",
        "signal._in_full: mode -> v",
    ),
    "another axis of length 1 in front, which the engine drops": (
        "indexing.with_axes: len(shape) - g.ndim -> len(shape)",
    ),
    "a position counted from the other end": (
        "layer_norm._rows_backward: x.ndim - np.size(normalized_shape) -> -np.size(normalized_shape)",
    ),
}

# Another gradient, at points where finite differences cannot tell it from the right one.
UNTOLD: dict[str, tuple[str, ...]] = {
    "at a tie, where every share is a subgradient; tests/ops/test_scattering.py compares them with PyTorch's": (
        "extreme_flat.values: g / ties -> g",
        "extreme_flat.x: g / ties -> g",
        "extreme_flat.x: ties -> own",
    ),
    "at NaN, where there are no differences; tests/ops/test_rounding.py": ("nan_to_num.x: x -> out",),
    "where the loss is infinite; tests/ops/test_ctc.py": tuple(
        f"ctc_losses.log_probs: losses -> {name}" for name in ("input_lengths", "paths", "target_lengths")
    ),
    "where the slope is infinite, or there is no value on one side; tests/ops/test_special.py": (
        *(
            f"rel_entr.{operand}: {change}"
            for operand in ("x", "y")
            for change in ("(x == 0) * (y == 0) -> x == 0", "(x == 0) * (y == 0) -> y == 0", "x -> y")
        ),
        *(f"rel_entr.{operand}: y -> {other}" for operand in ("x", "y") for other in ("out", "x")),
        "xlog1py.y: (x == 0) * (y <= -1) -> y <= -1",
        "xlog1py.y: x -> y",
        "xlog1py.y: y -> out",
        "xlog1py.y: y -> x",
        "xlogy.y: (x == 0) * (y <= 0) -> y <= 0",
        "xlogy.y: x -> y",
    ),
}
