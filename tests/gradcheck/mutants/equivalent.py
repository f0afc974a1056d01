"""Mechanical mutants that compute the same gradient at the points of the samples, and why."""

from __future__ import annotations

EQUIVALENT: dict[str, tuple[str, ...]] = {
    "out has the sign of x, or lies on the same side of the limit": (
        "copysign.a: out -> b",
        "elu.x: x -> out",
        "hardshrink.x: x -> out",
        "hardswish.x: x -> out",
        "hardtanh.x: x -> out",
        "leaky_relu.negative_slope: x -> out",
        "leaky_relu.x: x -> out",
        "relu.x: out -> x",
    ),
    "x lies inside the limit exactly where it is on its side of out": (
        "clip.a_max: out -> a_max",
        "clip.a_min: out -> a_min",
        "clip.x: a_max -> out",
        "clip.x: a_min -> out",
    ),
    "only the number of axes is read, which both have": (
        "conv_transpose1d.weight: x -> out",
        "conv_transpose1d.weight: x -> weight",
        "conv_transpose1d.x: weight -> out",
        "conv_transpose1d.x: weight -> x",
    ),
    "only the length, shape or dtype is read, which both have": (
        "cross_entropy._softmax_cross_entropy_gradient: sums -> exponentials",
        "cross_entropy._softmax_cross_entropy_gradient: sums -> target",
        "gru.backward: h -> scaled",
        "gru.backward: h -> weight_hh",
        "losses._squared_error_gradient: x -> target",
        "norms._power_norm_gradient: x -> out",
        "power.exponent: out -> exponent",
        "power.exponent: out -> x",
    ),
    "only NaN and infinities are told apart, which have no finite differences; tests/ops cover them": (
        *(
            f"{op}.{operand}: {change}"
            for op in ("fmax", "fmin")
            for operand in ("a", "b")
            for change in ("a -> b", "a -> out", "b -> a", "b -> out")
        ),
        "fmax.a: preference(a, b) + (isnan(b) > isnan(a)) -> preference(a, b)",
        "fmax.b: preference(b, a) + (isnan(a) > isnan(b)) -> preference(b, a)",
        "fmin.a: preference(b, a) + (isnan(b) > isnan(a)) -> preference(b, a)",
        "fmin.b: preference(a, b) + (isnan(a) > isnan(b)) -> preference(a, b)",
        "nan_to_num.x: x -> out",
        *(f"ctc_losses.log_probs: losses -> {name}" for name in ("input_lengths", "target_lengths", "paths")),
    ),
    "only the ends of the domain are told apart, where the slope is infinite; tests/ops cover them": (
        *(
            f"{op}.{operand}: {change}"
            for op, edge in (("rel_entr", "y == 0"), ("xlog1py", "y <= -1"), ("xlogy", "y <= 0"))
            for operand in ("x", "y")
            for change in (
                *("x -> y", "x -> out", "y -> x", "y -> out"),
                f"(x == 0) * ({edge}) -> x == 0",
                f"(x == 0) * ({edge}) -> {edge}",
            )
        ),
        "norms._power_norm_gradient: out -> p",
        "norms._power_norm_gradient: out -> x",
        "norms._power_norm_gradient: x -> p",
    ),
    "without ties there is one of each; at a tie every share is a subgradient": (
        "extreme_flat.values: g / ties -> g",
        "extreme_flat.x: g / ties -> g",
        "extreme_flat.x: ties -> own",
    ),
    "a short cut is not taken, and the long way gives the same": (
        "cross_entropy._softmax_cross_entropy_gradient: shape -> counted",
        "linalg._matmul_b: b_dtype -> b_ndim",
        "linalg._matmul_b: b_ndim -> b_dtype",
        "norms._power_norm_gradient: p -> axis",
        "signal._in_full: mode -> a",
        "signal._in_full: mode -> v",
        "indexing.of_last_writers: last -> shape",
    ),
    "another axis of length 1 in front, which the engine drops": (
        "indexing.with_axes: (1,) * (len(shape) - g.ndim) -> (1,)",
        "indexing.with_axes: len(shape) - g.ndim -> len(shape)",
    ),
    "a position counted from the other end": (
        "layer_norm._rows_backward: x.ndim - np.size(normalized_shape) -> -np.size(normalized_shape)",
    ),
    "the residual is the output": ("ctc_losses.log_probs: losses -> out",),
    "letters that are free anyway": (
        "linalg._contract_gradient: set(string.ascii_letters) - set(''.join(terms)) -> set(string.ascii_letters)",
    ),
}
