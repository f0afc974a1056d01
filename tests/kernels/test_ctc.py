"""The forward-backward algorithm against all alignments one by one."""

import numpy as np
import pytest

from autograd_lite.kernels import ctc as kernels


@pytest.mark.parametrize("blank", [0, 2])
@pytest.mark.parametrize("seed", range(4))
def test_losses_as_the_sum_over_all_alignments(seed, blank):
    rng = np.random.default_rng(seed)
    log_probs = rng.standard_normal((6, 3, 4))
    targets = rng.choice([c for c in range(4) if c != blank], (3, 3))
    targets[0] = targets[0, 0]  # repeated labels, which need a blank between them
    paths = kernels.lattice(targets, np.array([6, 5, 3]), rng.integers(0, 4, 3), blank)
    losses, _ = kernels.forward(log_probs, paths)
    np.testing.assert_allclose(losses, kernels.losses_reference(log_probs, paths), rtol=1e-12)


def test_the_gradient_is_minus_the_probability_of_each_class_at_each_frame():
    rng = np.random.default_rng(0)
    log_probs = rng.standard_normal((5, 2, 4))
    paths = kernels.lattice(np.array([[1, 1], [3, 2]]), np.array([5, 4]), np.array([2, 1]), 0)
    losses, alphas = kernels.forward(log_probs, paths)
    gradient = kernels.backward(np.ones(2), log_probs, paths, losses, alphas)
    np.testing.assert_allclose(gradient.sum(-1)[:, 0], -1)
    np.testing.assert_allclose(gradient.sum(-1)[:, 1], [-1, -1, -1, -1, 0])
    for place in [(0, 0, 1), (2, 0, 0), (3, 1, 3), (1, 1, 1)]:
        shifted = log_probs.copy()
        shifted[place] += 1e-6
        change = kernels.forward(shifted, paths)[0].sum() - losses.sum()
        np.testing.assert_allclose(gradient[place], change / 1e-6, atol=1e-5)
