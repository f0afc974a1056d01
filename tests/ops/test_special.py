"""Error functions, logits and entropies: SciPy's values, PyTorch's derivatives, precision in the tails, zeros."""

import subprocess
import sys

import numpy as np
import pytest
import scipy.special

import autograd_lite as ag

SPREAD = np.array([-30.0, -5.0, -1.5, -0.3, 0.0, 1e-3, 0.4, 1.0, 2.5, 8.0, 30.0, np.inf, np.nan])
PROBABILITIES = np.array([0.0, 1e-30, 1e-3, 0.25, 0.5, 0.9, 1.0, -0.5, 1.5, np.nan])
PAIRS = np.array([0.0, 1e-30, 0.5, 2.0, 1e10, -1.0, np.nan])


def derivatives(function, x):
    """The values, slopes and curvatures of an elementwise function."""
    x = ag.tensor(x, requires_grad=True)
    y = function(x)
    (first,) = ag.gradients(y.sum(), x, create_graph=True)
    (second,) = ag.gradients(first.sum(), x)
    return [y.data, first.data, second.data]


# -- values --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("names", "x"),
    [
        (("erf", "erfc", "erfcx", "ndtr", "log_ndtr"), SPREAD),
        (("erfinv", "erfcinv", "ndtri", "logit", "entr"), PROBABILITIES),
    ],
)
def test_values_are_those_of_scipy_and_its_ufuncs_take_tensors(names, x, dtype):
    x = x.astype(dtype)
    for name in names:
        theirs = getattr(scipy.special, name)
        for found in (getattr(ag, name)(x), getattr(ag, name)(ag.tensor(x)).data, theirs(ag.tensor(x)).data):
            assert found.dtype == dtype
            np.testing.assert_array_equal(found, theirs(x), err_msg=name)


@pytest.mark.parametrize("name", ["xlogy", "xlog1py", "rel_entr"])
def test_values_of_two_operands_are_those_of_scipy(name):
    x, y = PAIRS[:, None], PAIRS
    theirs = getattr(scipy.special, name)
    for found in (getattr(ag, name)(x, y), theirs(ag.tensor(x), y).data):
        np.testing.assert_array_equal(found, theirs(x, y))


def test_expit_is_sigmoid():
    x = np.array([-1000.0, -3.0, 0.0, 3.0, 1000.0])
    for found in (ag.expit(x), scipy.special.expit(ag.tensor(x)).data):
        np.testing.assert_array_equal(found, ag.sigmoid(x))


def test_importing_the_package_does_not_load_scipy_special():
    program = "import sys, autograd_lite; sys.exit('scipy.special' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


# -- derivatives ---------------------------------------------------------------------------------------------------

# Values, slopes and curvatures, computed with 80 digits.
PRECISE = {
    "erfcx": {
        -3.0: (16205.988853999587, -97237.061503164615, 615834.34672698686),
        0.5: (0.61569034419292587, -0.5126888229025867, 0.71869186548326505),
        2.5: (0.21080636406114358, -0.074347346789794671, 0.049875994173313808),
        30.0: (0.018795888861416751, -0.00062583541050748407, 4.1653092384458876e-5),
        1e4: (5.6418958072680841e-5, -5.6418957508491275e-9, 1.1283791332441388e-12),
    },
    "log_ndtr": {
        -1e4: (-50000010.129278915, 10000.000099999998, -0.9999999900000006),
        -40.0: (-804.60844201375379, 40.024968847207264, -0.99937733162140861),
        -1.5: (-2.7059444008238898, 1.9386771666225432, -0.8504534064497973),
        0.0: (-0.69314718055994531, 0.79788456080286536, -0.63661977236758134),
        0.75: (-0.25699426683836524, 0.38938205673592702, -0.44365492865984596),
        6.0: (-9.8658764552437573e-10, 6.0758828558176764e-9, -3.6455297171822411e-8),
        1e4: (0.0, 0.0, 0.0),
    },
}


@pytest.mark.parametrize(("dtype", "rtol"), [(np.float32, 4e-6), (np.float64, 2e-14)])
@pytest.mark.parametrize("name", list(PRECISE))
def test_tails_keep_their_precision_to_second_order(name, dtype, rtol):
    x = np.array(list(PRECISE[name]), dtype)
    found = np.stack(derivatives(getattr(ag, name), x), axis=1)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, list(PRECISE[name].values()), rtol=rtol)


@pytest.mark.parametrize(
    ("name", "x"),
    [
        ("erf", SPREAD[:11]),
        ("erfc", SPREAD[:11]),
        ("erfcx", SPREAD[1:10]),
        ("erfinv", np.array([-0.999, -0.5, 0.0, 0.3, 0.999])),
        ("ndtr", SPREAD[:11]),
        ("ndtri", PROBABILITIES[2:6]),
        ("log_ndtr", SPREAD[:10]),
        ("logit", PROBABILITIES[2:6]),
        ("expit", SPREAD[:11]),
        ("entr", PROBABILITIES[2:7]),
    ],
)
def test_derivatives_are_those_of_pytorch(name, x, agrees_with_torch):
    agrees_with_torch(getattr(ag, name), lambda torch, x: getattr(torch.special, name)(x), x, rtol=1e-7)


@pytest.mark.parametrize("name", ["xlogy", "xlog1py"])
def test_derivatives_of_two_operands_are_those_of_pytorch(name, agrees_with_torch):
    x, y = np.array([[-2.0], [0.0], [0.5]]), np.array([1e-3, 0.5, 1.0, 7.0])
    agrees_with_torch(getattr(ag, name), lambda torch, x, y: getattr(torch.special, name)(x, y), x, y)


@pytest.mark.parametrize(
    ("function", "values", "others"),
    [
        (ag.xlogy, (0.0, 0.0, 0.0), (0.0, -1.0, 2.0)),
        (ag.xlog1py, (0.0, 0.0, 0.0), (-1.0, -2.0, 1.0)),
        (ag.rel_entr, (0.0, 2.0, 2.0), (0.0, 2.0, 2.0)),
    ],
)
def test_both_gradients_are_zero_where_no_slope_can_be_told(function, values, others):
    x, y = (ag.tensor(np.array(v), requires_grad=True) for v in (values, others))
    for_x, for_y = (g.data for g in ag.gradients(function(x, y).sum(), [x, y], create_graph=True))
    assert for_x[0] == for_y[0] == 0
    assert np.isfinite([for_x, for_y]).all()


@pytest.mark.parametrize(("function", "y"), [(ag.xlogy, 0.0), (ag.xlog1py, -1.0), (ag.rel_entr, 0.0)])
def test_where_no_slope_can_be_told_none_of_second_order_is_wrong(function, y):
    report = ag.gradgradcheck(lambda x, y: function(x, y).sum(), np.zeros(2), np.full(2, y), raise_exception=False)
    assert not report.failures
    assert {entry.analytic for entry in report.entries} == {0}
    for entry in report.entries:
        assert entry.ok or "there is no second derivative" in entry.note or "No step gives" in entry.note


@pytest.mark.parametrize(
    ("function", "edge"),
    [
        (ag.erfinv, 1.0),
        (ag.erfinv, -1.0),
        (ag.erfcinv, 0.0),
        (ag.erfcinv, 2.0),
        (ag.ndtri, 0.0),
        (ag.ndtri, 1.0),
        (ag.logit, 0.0),
        (ag.logit, 1.0),
        (ag.entr, 0.0),
        (lambda x: ag.xlogy(1.0, x), 0.0),
        (lambda x: ag.xlog1py(1.0, x), -1.0),
        (lambda x: ag.rel_entr(x, 1.0), 0.0),
    ],
)
def test_an_infinite_slope_is_infinite_unless_nothing_comes_in(function, edge):
    x = ag.tensor(np.array([edge, 0.5, edge]), requires_grad=True)
    with np.errstate(divide="ignore"):
        (found,) = ag.gradients(function(x), x, np.array([0.0, 1.0, 1.0]))
    assert found.data[0] == 0
    assert np.isfinite(found.data[1])
    assert np.isinf(found.data[2])


@pytest.mark.parametrize("name", ["log_ndtr", "xlogy", "xlog1py", "logit", "erfinv", "ndtri", "entr"])
def test_complex_numbers_are_refused_where_there_is_no_derivative(name):
    function = getattr(ag, name)
    with pytest.raises(TypeError, match=name):
        function(*[np.array([0.5 + 1j])] * len(function.op.arrays))
