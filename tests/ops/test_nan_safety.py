"""No infinite or undefined slope gets through a gradient of exactly 0: what a mask leaves out never becomes NaN.

Every elementwise operation is evaluated where slopes are dangerous, and its results are masked out. The gradients are
then exactly 0: of the results (``where(x > 0, log(x), 0)``), of those gradients, and of gradients that are masked out.
"""

import itertools

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import core
from autograd_lite.gradcheck.samples import samples

MODULES = (
    *("elementwise", "trigonometric", "exponential", "rounding", "comparison"),
    *("special", "gamma", "bessel", "activations"),
)
REAL = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, -2.5, np.pi / 2, np.inf, -np.inf]
POINTS = {
    np.float64: [*REAL, 1e300, -1e300, 1e-300, 5e-324, 1 + 1e-15],
    np.float32: [*REAL, 1e38, -1e38, 1e-38, 1e-45, 1 + 1e-6],
    np.complex128: [0, 1, -1, 1j, -1j, 0.5j, 2, -2.5, 1e300, -1e300, 1e300j, 1e-300, 1e-300j],
}

# From which size on operands are exempt. These slopes are finite wherever the operands are; to look for NaN in every
# product would cost all programs time.
EXEMPT_FROM = dict.fromkeys(("hardswish", "leaky_relu", "mish", "multiply", "silu", "softsign", "square"), np.inf)
EXEMPT_FROM["gelu"] = 1e12  # the cube in its approximation overflows
NOT_ELEMENTWISE = {"glu", "maxout", "multigammaln", "prelu"}

OPS = [
    pytest.param(op, id=name)
    for name, op in sorted(core.registry.items())
    if op.forward.__module__.startswith("autograd_lite.ops.")
    and op.forward.__module__.rpartition(".")[2] in MODULES
    and op.differentiable
    and name not in NOT_ELEMENTWISE
]


def dangerous(op, dtype):
    """Calls of the op, as in its samples, with every combination of dangerous points for its floating-point arrays."""
    points = np.array(POINTS[dtype], dtype)
    if op.name in EXEMPT_FROM:
        points = points[np.abs(points) < EXEMPT_FROM[op.name]]
    for sample in samples(op):
        if dtype is np.complex128:
            names = list(sample.variables())
        else:
            names = [name for name, x in sample.arrays().items() if x.dtype.kind == "f"]
        grid = dict(zip(names, np.array(list(itertools.product(points, repeat=len(names)))).T, strict=True))
        size = len(points) ** len(names)
        others = {name: np.resize(x, size) for name, x in sample.arrays().items() if name not in names}
        if names:
            inputs = {name: ag.Tensor(grid[name].copy(), requires_grad=name in sample.variables()) for name in names}
            yield sample, inputs, others


def masked(tensors):
    """The sum of all of them with every element masked out."""
    parts = [ag.real(ag.where(np.zeros(tensor.shape, bool), tensor, 0.0)).sum() for tensor in tensors]
    return sum(parts[1:], start=parts[0])


def with_history(tensors):
    tensors = tensors if isinstance(tensors, tuple | list) else (tensors,)
    return [tensor for tensor in tensors if tensor is not None and tensor.requires_grad]


def assert_zero(gradients, inputs, text):
    for gradient, (name, x) in zip(gradients, inputs.items(), strict=True):
        if gradient is not None:
            bad = np.flatnonzero(~(gradient.data == 0))
            at = {other: inputs[other].data[bad[:5]].tolist() for other in inputs}
            assert not bad.size, f"{text}: gradient for {name} {gradient.data[bad[:5]]} at {at}"
            assert gradient.dtype == x.dtype


@pytest.mark.parametrize("dtype", POINTS)
@pytest.mark.parametrize("op", OPS)
def test_what_is_masked_out_has_a_gradient_of_zero(op, dtype):
    for sample, inputs, others in dangerous(op, dtype):
        variables = {name: x for name, x in inputs.items() if x.requires_grad}
        with np.errstate(all="ignore"):
            try:
                outputs = with_history(sample.call({**others, **inputs}))
            except (TypeError, np.exceptions.ComplexWarning):
                assert dtype is np.complex128, "real numbers are refused"
                continue
            first = ag.gradients(masked(outputs), list(variables.values()), create_graph=True, allow_unused=True)
            assert_zero(first, variables, sample.line)
            if recorded := with_history(first):
                loss = sum(ag.real(g).sum() for g in recorded)
                second = ag.gradients(loss, list(variables.values()), retain_graph=True, allow_unused=True)
                assert_zero(second, variables, f"{sample.line}, second order")
            ones = [np.ones(output.shape, output.dtype) for output in outputs]
            first = ag.gradients(outputs, list(variables.values()), ones, create_graph=True, allow_unused=True)
            if recorded := with_history(first):
                second = ag.gradients(masked(recorded), list(variables.values()), allow_unused=True)
                assert_zero(second, variables, f"{sample.line}, a gradient that is masked out")


@pytest.mark.parametrize(
    "function",
    [
        lambda x: ag.logaddexp(x, -np.inf),
        lambda x: ag.logaddexp2(-np.inf, x),
        lambda x: ag.logsumexp(ag.stack([x, x]), 0),
        lambda x: ag.sqrt(ag.exp(x)),
        lambda x: 1 / x,
    ],
)
def test_an_infinite_slope_before_what_is_masked_out_stays_out_to_second_order(function):
    x = ag.tensor(np.array([0.0, 0.3]), requires_grad=True)
    with np.errstate(divide="ignore"):
        y = ag.where(x.data > 0, function(ag.log(x)), 0.0)
    (first,) = ag.gradients(y.sum(), [x], create_graph=True)
    (second,) = ag.gradients(first.sum(), [x])
    assert first.data[0] == second.data[0] == 0
