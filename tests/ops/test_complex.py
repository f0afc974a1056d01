"""Complex numbers: arithmetic, parts, and the convention of their gradients, which is PyTorch's."""

import numpy as np
import pytest

import autograd_lite as ag

RNG = np.random.default_rng(0)
Z, W = (RNG.standard_normal(4) + 1j * RNG.standard_normal(4) for _ in range(2))
X = RNG.standard_normal(4)

FUNCTIONS = {
    "sum": (lambda z, w: z + w, lambda torch, z, w: z + w),
    "difference": (lambda z, w: z - 2j * w, lambda torch, z, w: z - 2j * w),
    "product": (lambda z, w: z * w * z, lambda torch, z, w: z * w * z),
    "quotient": (lambda z, w: z / w, lambda torch, z, w: z / w),
    "power": (lambda z, w: z**w, lambda torch, z, w: z**w),
    "power of a number": (lambda z, w: z**3 + w**-1.5, lambda torch, z, w: z**3 + w**-1.5),
    "exp": (lambda z, w: ag.exp(z * w), lambda torch, z, w: torch.exp(z * w)),
    "log": (lambda z, w: ag.log(z / w), lambda torch, z, w: torch.log(z / w)),
    "sqrt": (lambda z, w: ag.sqrt(z) + w, lambda torch, z, w: torch.sqrt(z) + w),
    "tanh": (lambda z, w: ag.tanh(z + w), lambda torch, z, w: torch.tanh(z + w)),
    "sin": (lambda z, w: ag.sin(z) * ag.cos(w), lambda torch, z, w: torch.sin(z) * torch.cos(w)),
    "abs": (lambda z, w: abs(z * w), lambda torch, z, w: torch.abs(z * w)),
    "angle": (lambda z, w: ag.angle(z * w), lambda torch, z, w: torch.angle(z * w)),
    "real": (lambda z, w: (z * w).real, lambda torch, z, w: torch.real(z * w)),
    "imag": (lambda z, w: (z * w).imag, lambda torch, z, w: torch.imag(z * w)),
    "conj": (lambda z, w: z.conj() * w, lambda torch, z, w: z.conj() * w),
    "matmul": (lambda z, w: z.reshape(2, 2) @ w.reshape(2, 2), lambda torch, z, w: z.reshape(2, 2) @ w.reshape(2, 2)),
    "mean": (lambda z, w: ag.mean(z * w), lambda torch, z, w: torch.mean(z * w)),
    "pairs": (lambda z, w: ag.view_as_real(z * w), lambda torch, z, w: torch.view_as_real(z * w)),
    "from pairs": (
        lambda z, w: ag.view_as_complex(ag.view_as_real(z) * 2) * w,
        lambda torch, z, w: torch.view_as_complex(torch.view_as_real(z) * 2) * w,
    ),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_are_pytorchs(name, agrees_with_torch):
    agrees_with_torch(*FUNCTIONS[name], Z, W)


@pytest.mark.parametrize("name", [n for n in FUNCTIONS if n not in ("pairs", "from pairs", "angle", "matmul")])
def test_a_real_operand_beside_a_complex_one_gets_a_real_gradient(name, agrees_with_torch):
    agrees_with_torch(*FUNCTIONS[name], Z, np.abs(X))
    agrees_with_torch(*FUNCTIONS[name], np.abs(X), W)


def test_the_gradient_points_uphill():
    """For L = |z|^2 it is 2 z: dL/d(Re z) + i dL/d(Im z)."""
    z = ag.tensor(Z, requires_grad=True)
    (z.real**2 + z.imag**2).sum().backward()
    np.testing.assert_allclose(z.grad.data, 2 * Z)


def test_polar_and_angle_undo_each_other(agrees_with_torch):
    np.testing.assert_allclose(ag.polar(np.abs(Z), np.angle(Z)), Z)
    agrees_with_torch(ag.polar, lambda torch, r, phi: torch.polar(r, phi), np.abs(X), X)


def test_angle():
    assert ag.angle(ag.tensor([1 + 1j]), deg=True).item() == pytest.approx(45)
    np.testing.assert_array_equal(ag.angle(np.array([-2.0, 3.0])), [np.pi, 0])
    z = ag.tensor(np.zeros(2, complex), requires_grad=True)
    ag.angle(z).sum().backward()
    np.testing.assert_array_equal(z.grad.data, [0, 0])


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_precision_stays(dtype):
    z = ag.tensor(Z.astype(dtype), requires_grad=True)
    loss = (abs(ag.exp(z) / (z + 1)) + ag.angle(z) * z.real).sum()
    loss.backward()
    assert (loss.dtype, z.grad.dtype) == (np.zeros(0, dtype).real.dtype, np.dtype(dtype))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ag.view_as_real(ag.tensor(X)), "view_as_real: real numbers have no second part"),
        (lambda: ag.view_as_complex(ag.tensor(X)), "view_as_complex: the last axis must have length 2"),
        (lambda: ag.view_as_complex(ag.tensor(Z)), "view_as_complex: the numbers are complex already"),
        (lambda: ag.polar(ag.tensor(X), ag.tensor(Z)), "polar: angle must be real"),
    ],
)
def test_errors(call, words):
    with pytest.raises((TypeError, ValueError), match=words):
        call()
