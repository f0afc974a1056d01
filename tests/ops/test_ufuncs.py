"""What NumPy has under the same name gives the same, to the bit, in every dtype and for special values."""

import numpy as np
import pytest

import autograd_lite as ag

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.7, 1e30, -1e-30, np.inf, -np.inf, np.nan]
PARTS = [0.0, -0.0, 1.5, -2.0, np.inf, np.nan]
OPERANDS = {
    "float64": np.array(SPECIAL),
    "float32": np.array(SPECIAL, np.float32),
    "float16": np.array([0.0, -0.0, 1.0, -0.5, 3.7, np.inf, np.nan], np.float16),
    "int64": np.array([-3, -1, 0, 1, 2, 7]),
    "uint8": np.array([0, 1, 2, 7, 255], np.uint8),
    "bool": np.array([False, True]),
    "complex128": np.array([complex(re, im) for re in PARTS for im in PARTS]),
    "complex64": np.array([0, 1, -2, 0.5j, 1 - 2j, np.nan], np.complex64),
}
UNARY = [
    "abs",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctanh",
    "bitwise_count",
    "cbrt",
    "ceil",
    "conj",
    "cos",
    "cosh",
    "deg2rad",
    "exp",
    "exp2",
    "expm1",
    "fabs",
    "floor",
    "frexp",
    "invert",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "log",
    "log10",
    "log1p",
    "log2",
    "logical_not",
    "modf",
    "nan_to_num",
    "negative",
    "positive",
    "rad2deg",
    "reciprocal",
    "rint",
    "round",
    "sign",
    "signbit",
    "sin",
    "sinc",
    "sinh",
    "spacing",
    "sqrt",
    "square",
    "tan",
    "tanh",
    "trunc",
]
BINARY = [
    "add",
    "arctan2",
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
    "copysign",
    "divide",
    "divmod",
    "equal",
    "float_power",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "gcd",
    "greater",
    "greater_equal",
    "heaviside",
    "hypot",
    "isclose",
    "lcm",
    "ldexp",
    "left_shift",
    "less",
    "less_equal",
    "logaddexp",
    "logaddexp2",
    "logical_and",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "multiply",
    "nextafter",
    "not_equal",
    "power",
    "remainder",
    "right_shift",
    "subtract",
]


def assert_same(ours, theirs, *operands):
    """Both give the same, for arrays and for Tensors, or both refuse."""
    try:
        expected = theirs(*operands)
    except (TypeError, ValueError):
        with pytest.raises((TypeError, ValueError)):
            ours(*operands)
        return
    results = ours(*operands), ours(*map(ag.Tensor, operands)), ours(ag.Tensor(operands[0]), *operands[1:])
    for found in results:
        several = isinstance(expected, tuple)
        for a, b in zip(found if several else [found], expected if several else [expected], strict=True):
            a = a.data if isinstance(a, ag.Tensor) else a
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)
            if b.dtype.kind == "f":
                np.testing.assert_array_equal(np.signbit(a[b == 0]), np.signbit(b[b == 0]))


@pytest.mark.parametrize("dtype", OPERANDS)
@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_argument(name, dtype):
    if name == "sign" and dtype.startswith("complex"):
        pytest.skip("sign refuses complex numbers, whose sign has a gradient")
    with np.errstate(all="ignore"):
        assert_same(getattr(ag, name), getattr(np, name), OPERANDS[dtype])


@pytest.mark.parametrize("dtypes", [(a, a) for a in OPERANDS] + [("float32", "float64"), ("float32", "int64")])
@pytest.mark.parametrize("name", BINARY)
def test_functions_of_two_arguments(name, dtypes):
    a, b = (OPERANDS[dtype] for dtype in dtypes)
    with np.errstate(all="ignore"):
        assert_same(getattr(ag, name), getattr(np, name), a[:, None], b)


OPTIONS = [
    ("clip", (np.array(SPECIAL), -1.0, 2.0), {}),
    ("clip", (np.array(SPECIAL), None, np.float32(2)), {}),
    ("isclose", (np.array(SPECIAL), np.array(SPECIAL)[::-1], 0.1, 0.2, True), {}),
    ("nan_to_num", (np.array(SPECIAL),), {"nan": 1.0, "posinf": 2.0, "neginf": 3.0}),
    ("round", (np.array(SPECIAL), 1), {}),
    ("round", (np.array([15, 25, -5]), -1), {}),
    ("unwrap", (np.array([[0.0, 4.0, -3.0], [6.0, 1.0, 9.0]]),), {}),
    ("unwrap", (np.array([[0.0, 4.0, -3.0], [6.0, 1.0, 9.0]]), 3.0, 0), {"period": 5.0}),
]


@pytest.mark.parametrize(("name", "args", "kwargs"), OPTIONS)
def test_options(name, args, kwargs):
    found = getattr(ag, name)(*args, **kwargs)
    np.testing.assert_array_equal(found, getattr(np, name)(*args, **kwargs))
