"""Normalization of channels as PyTorch's functions have it."""

import numpy as np
import pytest

import autograd_lite as ag

SHAPES = [(4, 3), (4, 3, 5), (2, 3, 4, 5), (2, 3, 2, 3, 2)]


def operands(shape):
    rng = np.random.default_rng(0)
    return rng.standard_normal(shape), *(rng.uniform(0.5, 2, shape[1]) for _ in range(4))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_values_gradients_and_running_statistics_as_pytorchs(shape, training):
    torch = pytest.importorskip("torch")
    ours = [ag.tensor(v, requires_grad=i in (0, 3, 4)) for i, v in enumerate(operands(shape))]
    theirs = [torch.tensor(v, requires_grad=i in (0, 3, 4)) for i, v in enumerate(operands(shape))]
    out = ag.batch_norm(*ours, training=training, momentum=0.3, eps=1e-3)
    expected = torch.nn.functional.batch_norm(*theirs, training=training, momentum=0.3, eps=1e-3)
    (out * out * out).sum().backward()
    (expected * expected * expected).sum().backward()
    np.testing.assert_allclose(out.data, expected.detach().numpy(), atol=1e-12)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.data, b.detach().numpy(), atol=1e-12)
        if a.requires_grad:
            np.testing.assert_allclose(a.grad.data, b.grad.numpy(), atol=1e-10)


@pytest.mark.parametrize("shape", SHAPES)
def test_training_gives_mean_0_and_variance_1(shape):
    out = ag.batch_norm(operands(shape)[0], training=True, eps=0.0)
    axes = (0, *range(2, len(shape)))
    np.testing.assert_allclose(out.mean(axes), 0, atol=1e-12)
    np.testing.assert_allclose(out.var(axes), 1, rtol=1e-12)


def test_the_running_statistics_of_an_old_graph_stay():
    """A Tensor moves on to a new array: what a graph saved of the old one is not written into."""
    mean, var = ag.zeros(3), ag.ones(3)
    before = mean.data
    ag.batch_norm(ag.tensor(operands((5, 3))[0]), mean, var, training=True)
    assert mean.data is not before
    assert not before.any()
    assert mean.data.dtype == np.float32
    assert not mean.requires_grad


def test_running_statistics_that_are_arrays_are_written_into():
    mean, var = np.zeros(3), np.ones(3)
    x = operands((5, 3))[0]
    ag.batch_norm(x, mean, var, training=True, momentum=1.0)
    np.testing.assert_allclose(mean, x.mean(0))
    np.testing.assert_allclose(var, x.var(0, ddof=1))


def test_an_empty_batch_leaves_the_running_statistics_alone():
    mean, var, weight = ag.zeros(3), ag.ones(3), ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    x = ag.Tensor(np.zeros((0, 3, 2), np.float32), requires_grad=True)
    for training in (True, False):
        out = ag.batch_norm(x, mean, var, weight, training=training)
        assert out.shape == (0, 3, 2)
        out.sum().backward()
    assert weight.grad.tolist() == [0, 0, 0]
    assert x.grad.shape == (0, 3, 2)
    assert mean.tolist() == [0, 0, 0]
    assert var.tolist() == [1, 1, 1]


def test_the_statistics_have_gradients_of_their_own():
    x = ag.tensor(operands((4, 2, 3))[0], requires_grad=True)
    _, mean, var = ag.normalize_batch(x)
    found = ag.gradients((mean * var).sum(), x)[0]
    y = ag.tensor(x.data, requires_grad=True)
    expected = ag.gradients((y.mean((0, 2)) * y.var((0, 2))).sum(), y)[0]
    np.testing.assert_allclose(found.data, expected.data, atol=1e-12)


def test_errors():
    x = np.ones((4, 3))
    with pytest.raises(ValueError, match="weight must have one number for each of the 3 channels"):
        ag.batch_norm(x, weight=np.ones(2), training=True)
    with pytest.raises(ValueError, match="running_mean and running_var are missing"):
        ag.batch_norm(x)
    with pytest.raises(ValueError, match="one number in each channel"):
        ag.batch_norm(x[:1], training=True)
    with pytest.raises(ValueError, match=r"x must be \(N, C\)"):
        ag.batch_norm(x[0], training=True)
    with pytest.raises(ValueError, match="normalize_batch: x is empty"):
        ag.normalize_batch(x[:0])
    with pytest.raises(TypeError, match="must be real"):
        ag.normalize_batch(x * 1j)


@pytest.mark.parametrize(
    ("error", "spread"),
    [(TypeError, np.ones(2, int)), (TypeError, [1.0, 1.0]), (ValueError, np.broadcast_to(1.0, (2,)))],
)
def test_running_statistics_move_together_or_not_at_all(error, spread):
    center = np.zeros(2)
    with pytest.raises(error, match="running statistic"):
        ag.batch_norm(np.ones((3, 2)), center, spread, training=True)
    assert not center.any()


def test_nested_lists_are_taken():
    out = ag.batch_norm([[1.0, 2.0], [3.0, 6.0]], [1.0, 2.0], [4.0, 4.0], eps=0.0)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, [[0, 0], [1, 2]])
    np.testing.assert_allclose(ag.batch_norm([[1.0, 2.0], [3.0, 6.0]], training=True, eps=0.0), [[-1, -1], [1, 1]])


@pytest.mark.parametrize("shape", SHAPES)
def test_evaluation_to_second_order_as_pytorchs(shape, agrees_with_torch):
    x, *vectors = operands(shape)
    agrees_with_torch(
        lambda x, *v: ag.batch_norm(x, *v, eps=1e-3),
        lambda torch, x, *v: (
            torch.nn.functional.batch_norm(x, v[0].detach(), v[1].detach(), *v[2:], eps=1e-3)
            + 0 * (v[0].sum() + v[1].sum())
        ),
        x,
        *vectors,
        order=0,
    )
    agrees_with_torch(
        lambda x, *v: ag.batch_norm(x, *vectors[:2], *v, eps=1e-3),
        lambda torch, x, *v: torch.nn.functional.batch_norm(x, *map(torch.tensor, vectors[:2]), *v, eps=1e-3),
        x,
        *vectors[2:],
    )


@pytest.mark.parametrize("affine", [False, True])
@pytest.mark.parametrize("groups", [1, 2, 6])
@pytest.mark.parametrize("shape", [(3, 6, 4), (2, 6), (2, 6, 2, 3)])
def test_groups_as_pytorchs(shape, groups, affine, agrees_with_torch):
    if groups == shape[1] and len(shape) == 2:
        return  # single numbers have no variance
    x, *vectors = operands(shape)
    agrees_with_torch(
        lambda x, *v: ag.group_norm(x, groups, *v, eps=1e-3),
        lambda torch, x, *v: torch.nn.functional.group_norm(x, groups, *v, eps=1e-3),
        x,
        *(vectors[:2] if affine else []),
    )


@pytest.mark.parametrize("use_input_stats", [True, False])
@pytest.mark.parametrize("shape", [(4, 3, 5), (2, 3, 4, 5)])
def test_instances_and_their_running_statistics_as_pytorchs(shape, use_input_stats, agrees_with_torch):
    torch = pytest.importorskip("torch")
    x, mean, var, *vectors = operands(shape)
    ours, theirs = [mean.copy(), var.copy()], [torch.tensor(mean), torch.tensor(var)]
    options = {"use_input_stats": use_input_stats, "momentum": 0.3, "eps": 1e-3}
    agrees_with_torch(
        lambda x, *v: ag.instance_norm(x, *ours, *v, **options),
        lambda torch, x, *v: torch.nn.functional.instance_norm(x, *theirs, *v, **options),
        x,
        *vectors,
    )
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b.numpy(), rtol=1e-12)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 9])
@pytest.mark.parametrize("shape", [(2, 5, 3), (2, 5, 2, 3)])
def test_local_responses_as_pytorchs(shape, size, agrees_with_torch):
    agrees_with_torch(
        lambda x: ag.local_response_norm(x, size, 0.5, 0.6, 2.0),
        lambda torch, x: torch.nn.functional.local_response_norm(x, size, 0.5, 0.6, 2.0),
        operands(shape)[0],
    )


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("3 channels cannot be 2 groups", lambda x: ag.group_norm(x, 2)),
        ("weight must have one number for each of the 3", lambda x: ag.group_norm(x, 3, np.ones(2))),
        ("one number in each channel of an image", lambda x: ag.instance_norm(x)),
        ("running_mean and running_var are missing", lambda x: ag.instance_norm(x, use_input_stats=False)),
        ("size must be at least 1", lambda x: ag.local_response_norm(x, 0)),
        (r"x must be \(N, C\)", lambda x: ag.local_response_norm(x[0], 2)),
        ("scale must have one number", lambda x: ag.channel_affine(x, np.ones(2), np.ones(3))),
    ],
)
def test_errors_of_the_others(words, call):
    with pytest.raises(ValueError, match=words):
        call(np.ones((4, 3)))
