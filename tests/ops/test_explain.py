"""What explain_conv says is what the convolutions do."""

import threading

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.kernels import conv as kernels
from autograd_lite.kernels.conv.plan import KERNELS, refusal_of
from autograd_lite.kernels.windows import Windows


def numbers(*shape, dtype=np.float32):
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


# operation, shapes of x and weight, arguments
CALLS = [
    (ag.conv1d, (2, 4, 9), (6, 2, 3), {"stride": 2, "padding": ((1, 2),), "groups": 2}),
    (ag.conv2d, (2, 3, 9, 8), (4, 3, 3, 2), {"padding": "same"}),
    (ag.conv2d, (2, 3, 9, 8), (4, 3, 3, 2), {"stride": 3, "dilation": (1, 2)}),
    (ag.conv2d, (8, 16, 40, 40), (16, 16, 21, 21), {}),
    (ag.conv2d, (0, 3, 9, 8), (4, 3, 3, 2), {}),
    (ag.conv3d, (1, 2, 5, 4, 5), (3, 2, 2, 1, 3), {"stride": (2, 1, 1)}),
    (ag.conv_transpose1d, (2, 4, 5), (4, 3, 3), {}),
    (ag.conv_transpose2d, (2, 4, 5, 4), (4, 3, 3, 2), {"stride": 2, "padding": 1, "output_padding": 1, "groups": 2}),
    (ag.conv_transpose3d, (1, 2, 3, 2, 3), (2, 3, 2, 1, 3), {"stride": 2}),
]


@pytest.mark.parametrize(("operation", "x", "weight", "arguments"), CALLS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_describes_what_is_done(operation, x, weight, arguments, dtype, monkeypatch):
    taken = []

    def observed(problem):
        taken.append((problem, kernels_plan(problem).kernel))
        return kernels_plan(problem)

    kernels_plan = kernels.plan
    monkeypatch.setattr(kernels, "plan", observed)
    operands = [ag.tensor(numbers(*shape, dtype=dtype), requires_grad=True) for shape in (x, weight)]
    y = operation(*operands, **arguments)
    gradients = [ag.gradients(y.sum(), operand, retain_graph=True) for operand in operands]
    assert len(gradients) == 2
    monkeypatch.undo()
    transposed = "transpose" in operation.__name__
    explanation = ag.explain_conv(x, weight, **arguments, transposed=transposed, dtype=dtype)
    described = (explanation.forward, explanation.x, explanation.weight)
    assert [(problem.role, kernel) for problem, kernel in taken] == [(part.role, part.kernel) for part in described]
    for (problem, _), part in zip(taken, described, strict=True):
        assert kernels.choice(problem) == part  # the same figures: so the same problem
        assert set(part.others) == set(KERNELS) - {part.kernel}
        assert all(part.others.values())
        assert part.multiplications >= 0
        assert part.workspace >= 0


def test_it_reads_well():
    text = str(ag.explain_conv((8, 16, 64, 64), (16, 16, 21, 21)))
    assert text.startswith("conv2d of x (8, 16, 64, 64) and weight (16, 16, 21, 21), float32, stride (1, 1)")
    assert "forward: fourier: filters so large" in text
    assert "gradient for weight: " in text
    assert "not scipy: it is the reference" in text
    assert repr(ag.explain_conv((8, 16, 64, 64), (16, 16, 21, 21))) == text


@pytest.mark.parametrize("name", [name for name in KERNELS if hasattr(KERNELS[name], "cost")])
def test_kernels_state_what_they_cost(name):
    shape = conv_shape(name)
    with ag.conv_kernel(name):
        part = ag.explain_conv((4, 8, 12, 12), shape, groups=8 // shape[1]).forward
    assert part.kernel == name
    assert part.multiplications > 0
    assert part.workspace >= 0


def conv_shape(name):
    """Filters for eight channels that a kernel does: of one group, or else of as many as there are channels."""
    (n, c, *size), windows = (4, 8, 12, 12), Windows.of((3, 3))
    problem = kernels.Problem(kernels.CORRELATE, n, c, 8, tuple(size), windows, 1, np.dtype(np.float32))
    return (8, 1, 3, 3) if refusal_of(name, problem) else (8, 8, 3, 3)


def test_arrays_say_their_shapes_and_dtype():
    x, weight = ag.tensor(numbers(1, 2, 5, 5, dtype=np.float64)), numbers(3, 2, 3, 3)
    assert ag.explain_conv(x, weight) == ag.explain_conv(x.shape, weight.shape, dtype="float64")


def test_figures_of_a_known_convolution():
    with ag.conv_kernel("patches"):
        part = ag.explain_conv((2, 40, 6, 5), (50, 40, 3, 2), stride=2).forward
    assert part.multiplications == 2 * 2 * 2 * 50 * 40 * 6
    assert part.workspace == 2 * 2 * 6 * 2 * 40 * 4  # the columns that are seen, of all rows: (N, 2, 6, 2 taps, 40)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((2, 3), (4, 3, 3)), "x has 2 axes"),
        (((2, 3, 4, 4, 4, 4), (4, 3, 3, 3, 3, 3)), "x has 6 axes"),
        (((2, 3, 9, 9), (4, 2, 3, 3)), "x has 3 channels"),
        (((2, 3, 2, 2), (4, 3, 3, 3)), "result would be empty"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        ag.explain_conv(*arguments)


# -- forcing -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KERNELS)
def test_a_forced_kernel_gives_the_same_to_every_order(name):
    # A kernel may refuse shapes or dtypes: then it says so.
    shapes = (2, 3, 8, 8), (4, 3, 3, 3)
    expected, found = [], []
    for results, kernel in ((expected, "scipy"), (found, name)):
        try:
            with ag.conv_kernel(kernel):
                results += orders(*shapes, np.float32)
        except ValueError as error:
            assert f"the kernel {kernel!r} cannot do" in str(error)  # noqa: PT017
            return
    bound = 10 * getattr(KERNELS[name], "FLOAT32_BOUND", 1e-5)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a / np.abs(b).max(), b / np.abs(b).max(), rtol=0, atol=bound)


def orders(x, weight, dtype):
    """A convolution, its gradients, and gradients of those."""
    operands = [ag.tensor(numbers(*shape, dtype=dtype), requires_grad=True) for shape in (x, weight)]
    y = ag.conv2d(*operands, padding=1)
    first = ag.gradients((y**2).sum(), operands, create_graph=True)
    second = ag.gradients(sum((g**2).sum() for g in first), operands)
    return [y.data, *(g.data for g in (*first, *second))]


def test_explanations_know_what_is_forced():
    with ag.conv_kernel("scipy"):
        assert ag.explain_conv((2, 3, 8, 8), (4, 3, 3, 3)).x[:3] == ("transposed", "scipy", "it was forced")
    assert ag.explain_conv((2, 3, 8, 8), (4, 3, 3, 3)).x.kernel != "scipy"


def test_forcing_ends_with_the_block_and_nests():
    def kernel():
        return ag.explain_conv((2, 3, 8, 8), (4, 3, 3, 3)).forward.kernel

    before = kernel()
    with ag.conv_kernel("scipy"):
        with ag.conv_kernel("patches"):
            assert kernel() == "patches"
        assert kernel() == "scipy"
        with pytest.raises(ZeroDivisionError), ag.conv_kernel("patches"):
            1 / 0  # noqa: B018
        assert kernel() == "scipy"
    assert kernel() == before


def test_forcing_is_for_this_thread():
    seen = []
    with ag.conv_kernel("scipy"):
        thread = threading.Thread(
            target=lambda: seen.append(ag.explain_conv((2, 3, 8, 8), (4, 3, 3, 3)).forward.kernel)
        )
        thread.start()
        thread.join()
    assert seen != ["scipy"]


def test_a_kernel_that_cannot_do_it_says_why():
    x, weight = numbers(2, 3, 8, 8), numbers(4, 3, 3, 3)
    message = r"conv2d: the kernel 'fourier' cannot do correlate: it needs stride.*force another one"
    with ag.conv_kernel("fourier"), pytest.raises(ValueError, match=message):
        ag.conv2d(x, weight, stride=2)


def test_an_unknown_kernel():
    with (
        pytest.raises(ValueError, match=r"conv_kernel: there is no kernel 'magic'; pass one of .*scipy"),
        ag.conv_kernel("magic"),
    ):
        pass
