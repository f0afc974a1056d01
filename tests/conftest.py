"""Two test processes share two cores: each gets one thread for matrix products, or they wait for each other."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is loaded, which happens after this

import numpy as np
import pytest

import autograd_lite as ag


@pytest.fixture(autouse=True)
def the_same_numbers_each_time():
    """What draws from the default generator, as the weights of a layer made without one, is the same in every run."""
    ag.seed(int(os.environ.get("AUTOGRAD_LITE_TEST_SEED", "0")))  # another one shows what a test owes to its seed


@pytest.fixture
def registry():
    """The registry of operations, which forgets those that a test defines."""
    before = dict(ag.core.registry)
    yield ag.core.registry
    ag.core.registry.clear()
    ag.core.registry.update(before)


@pytest.fixture
def agrees_with_torch():
    """``agrees_with_torch(ours, theirs, *operands)``: values, gradients and second-order gradients are PyTorch's.

    `ours` takes Tensors, `theirs` PyTorch and its tensors: ``lambda torch, x: torch.sinc(x)``; both may return a tuple.
    Arrays of integers and booleans among the operands are constants. Skips the test where PyTorch is not installed.
    """
    torch = pytest.importorskip("torch")

    def scalar(outputs, weigh):
        """A real number with a second derivative: the weighted squares of the parts of all inexact outputs."""
        total = 0.0
        for seed, output in enumerate(outputs):
            parts = (output.real, output.imag) if is_complex(output) else (output,)
            for part in parts:
                w = np.random.default_rng(seed).uniform(0.5, 1.5, tuple(part.shape))
                total = total + (part * weigh(w) + part * part).sum()
        return total

    def is_complex(x):
        return "complex" in str(x.dtype)

    def inexact(result):
        outputs = result if isinstance(result, tuple | list) else (result,)
        return [x for x in outputs if "float" in str(x.dtype) or is_complex(x)]

    def compare(ours, theirs, rtol, atol):
        for a, b in zip(ours, theirs, strict=True):
            a = 0.0 if a is None else a.data
            b = 0.0 if b is None else b.detach().resolve_conj().resolve_neg().numpy()
            np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)

    def agrees(ours, theirs, *operands, rtol=1e-9, atol=1e-9, order=2):
        variable = [np.asarray(x).dtype.kind in "fc" for x in operands]
        a = [ag.tensor(x, requires_grad=v) for x, v in zip(operands, variable, strict=True)]
        b = [torch.tensor(np.asarray(x), requires_grad=v) for x, v in zip(operands, variable, strict=True)]
        result, reference = ours(*a), theirs(torch, *b)
        compare(*(r if isinstance(r, tuple | list) else (r,) for r in (result, reference)), rtol, atol)
        a, b = ([x for x, v in zip(side, variable, strict=True) if v] for side in (a, b))
        loss, expected_loss = scalar(inexact(result), np.asarray), scalar(inexact(reference), torch.tensor)
        if order == 0:
            return
        first = ag.gradients(loss, a, create_graph=order > 1, allow_unused=True)
        expected = torch.autograd.grad(expected_loss, b, create_graph=order > 1, allow_unused=True)
        compare(first, expected, rtol, atol)
        if order == 1:
            return
        loss = scalar([g for g in first if g is not None], np.asarray)
        expected_loss = scalar([g for g in expected if g is not None], torch.tensor)
        second = ag.gradients(loss, a, allow_unused=True)
        compare(second, torch.autograd.grad(expected_loss, b, allow_unused=True), rtol, atol)

    return agrees
