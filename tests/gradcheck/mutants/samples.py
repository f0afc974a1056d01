"""Samples besides those of the docstrings: each shows a change of a derivative that none of them shows."""

from __future__ import annotations

FURTHER: dict[str, tuple[str, ...]] = {
    "clip": (
        "clip(np.array([-2.0, 0, 2]), np.full(3, -1.0), np.full(3, 1.0))",
        "clip(np.array([-2.0, 0, 2]), np.full(3, 1.0), np.full(3, -1.0))",  # the limits exchanged
        "clip(np.array([-2.0, 0, 2]), np.full(3, -3.0), np.full(3, -2.5))",
    ),
    "contract": ("contract('AA,b->b', randn(2, 2), randn(2))",),  # the letter that comes first of all is taken
    "copysign": ("copysign(randn(3), np.array([0.0, -0.0, 1.0]))",),
    "elu": ("elu(distinct(4), -0.5)",),
    "fmax": ("fmax(randn(2), np.array([np.nan, 0]))", "fmax(np.array([np.nan, 0]), randn(2))"),
    "fmin": ("fmin(randn(2), np.array([np.nan, 0]))", "fmin(np.array([np.nan, 0]), randn(2))"),
    "leaky_relu": ("leaky_relu(distinct(4), np.array(-0.5))",),
    "power": ("power(-positive(2), np.array([2 + 1j, 1 - 1j]))",),
    "power_norm": (
        "power_norm(randn(2, 2), 3.0, axis=1)",
        "power_norm(randn(1, 1, 2), 3.0, axis=2)",
        "power_norm(np.zeros(2), 2.0)",
        "power_norm(np.array([0, 1.0, -2.0]), 2.0)",
        "power_norm(np.array([0, 1.0 - 2.0j]), 3.5)",
    ),
    "rel_entr": ("rel_entr(np.array([0, 1.0]), positive(2))", "rel_entr(positive(2), np.array([0, 1.0]))"),
    "setitem": ("setitem(randn(3), slice(2), randn(1, 1, 2))",),
    "softmax_cross_entropy": ("softmax_cross_entropy(randn(3, 4), np.array([0, 1, 3]), 1)",),
    "xlog1py": ("xlog1py(np.array([0, 1.0]), positive(2))", "xlog1py(np.array([0, 1.0]), np.array([-2.0, 2.0]))"),
    "xlogy": ("xlogy(np.array([0, 1.0]), positive(2))", "xlogy(np.array([0, 1.0]), np.array([-1.0, 2.0]))"),
}
