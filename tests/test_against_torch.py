"""Values, gradients and second-order gradients of the first operations against PyTorch, where it is installed."""

import numpy as np
import pytest

import autograd_lite as ag

torch = pytest.importorskip("torch")
F = torch.nn.functional


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


X, Y, P = numbers(3, 4), numbers(4, seed=1), np.abs(numbers(3, 4, seed=2)) + 0.3
M, V, T3 = numbers(4, 5, seed=3), numbers(4, seed=4), numbers(2, 3, 4, seed=5)
TIES = np.array([[1.0, 2.0, 2.0], [3.0, 3.0, 3.0]])

# (operation here, the same in PyTorch, operands)
CASES = {
    "add": (ag.add, torch.add, (X, Y)),
    "subtract": (ag.subtract, torch.sub, (X, Y)),
    "multiply": (ag.multiply, torch.mul, (X, Y)),
    "divide": (ag.divide, torch.div, (X, P)),
    "power": (ag.power, torch.pow, (P, Y)),
    "power of a scalar": (lambda x: x**3, lambda x: x**3, (X,)),
    "scalar to a power": (lambda x: 2**x, lambda x: 2**x, (X,)),
    "exp": (ag.exp, torch.exp, (X,)),
    "log": (ag.log, torch.log, (P,)),
    "sqrt": (ag.sqrt, torch.sqrt, (P,)),
    "square": (ag.square, torch.square, (X,)),
    "abs": (ag.abs, torch.abs, (X,)),
    "tanh": (ag.tanh, torch.tanh, (X,)),
    "sigmoid": (ag.sigmoid, torch.sigmoid, (30 * X,)),
    "relu": (ag.relu, torch.relu, (X,)),
    "relu at 0": (ag.relu, torch.relu, (np.zeros(3),)),
    "abs at 0": (ag.abs, torch.abs, (np.zeros(3),)),
    "maximum": (ag.maximum, torch.maximum, (X, numbers(3, 4, seed=9))),
    "maximum at a tie": (ag.maximum, torch.maximum, (X, X.copy())),
    "minimum": (ag.minimum, torch.minimum, (X, numbers(3, 4, seed=9))),
    "where": (lambda x, y: ag.where(X > 0, x, y), lambda x, y: torch.where(torch.tensor(X > 0), x, y), (X, Y)),
    "clip": (lambda x: ag.clip(x, -0.5, 0.5), lambda x: torch.clip(x, -0.5, 0.5), (X,)),
    "clip on a limit": (lambda x: ag.clip(x, 1.0, 3.0), lambda x: torch.clip(x, 1.0, 3.0), (TIES,)),
    "sum": (lambda x: ag.sum(x, (0, 2)), lambda x: torch.sum(x, (0, 2)), (T3,)),
    "mean": (lambda x: ag.mean(x, -1, keepdims=True), lambda x: torch.mean(x, -1, keepdim=True), (T3,)),
    "var": (lambda x: ag.var(x, 1, correction=1), lambda x: torch.var(x, 1), (T3,)),
    "max": (lambda x: ag.max(x, (0, 1)), lambda x: torch.amax(x, (0, 1)), (T3,)),
    "max at ties": (lambda x: ag.max(x, 1), lambda x: torch.amax(x, 1), (TIES,)),
    "min at ties": (lambda x: ag.min(x), lambda x: torch.amin(x), (TIES,)),
    "logsumexp": (lambda x: ag.logsumexp(x, 1), lambda x: torch.logsumexp(x, 1), (500 * T3,)),
    "reshape": (lambda x: ag.reshape(x, (4, -1)), lambda x: torch.reshape(x, (4, -1)), (T3,)),
    "transpose": (lambda x: ag.transpose(x, (2, 0, 1)), lambda x: torch.permute(x, (2, 0, 1)), (T3,)),
    "concatenate": (lambda a, b: ag.concatenate([a, b], 1), lambda a, b: torch.cat([a, b], 1), (X, P)),
    "stack": (lambda a, b: ag.stack([a, b], -1), lambda a, b: torch.stack([a, b], -1), (X, P)),
    "split": (lambda x: ag.split(x, 2, 1)[1], lambda x: torch.split(x, 2, 1)[1], (X,)),
    "flip": (lambda x: ag.flip(x, 1), lambda x: torch.flip(x, (1,)), (X,)),
    "pad": (lambda x: ag.pad(x, ((1, 2), (0, 3))), lambda x: F.pad(x, (0, 3, 1, 2)), (X,)),
    "matmul": (ag.matmul, torch.matmul, (X, M)),
    "matmul of a batch": (ag.matmul, torch.matmul, (T3, M)),
    "matmul of two batches": (ag.matmul, torch.matmul, (T3, numbers(2, 4, 3, seed=6))),
    "matmul with broadcasting": (ag.matmul, torch.matmul, (numbers(2, 1, 3, 4), numbers(5, 4, 2, seed=6))),
    "vector times matrix": (ag.matmul, torch.matmul, (V, M)),
    "matrix times vector": (ag.matmul, torch.matmul, (T3, V)),
    "vector times vector": (ag.matmul, torch.matmul, (V, Y)),
    "vector times batch": (ag.matmul, torch.matmul, (V, numbers(2, 4, 3, seed=6))),
    "einsum": (lambda a, b: ag.einsum("ij,jk->ki", a, b), lambda a, b: torch.einsum("ij,jk->ki", a, b), (X, M)),
    "einsum, diagonal": (lambda a: ag.einsum("ii->i", a), lambda a: torch.einsum("ii->i", a), (X[:, :3].copy(),)),
    "einsum, ellipsis": (
        lambda a, b: ag.einsum("...i,ij->...j", a, b),
        lambda a, b: torch.einsum("...i,ij->...j", a, b),
        (T3, M),
    ),
    "softmax": (lambda x: ag.softmax(x, 1), lambda x: torch.softmax(x, 1), (T3,)),
    "log_softmax": (lambda x: ag.log_softmax(x, 0), lambda x: torch.log_softmax(x, 0), (100 * T3,)),
}


def scalar(result, weights):
    return (result * weights + result * result).sum()


@pytest.mark.parametrize("name", CASES)
def test_value_gradient_and_second_order(name):
    ours, theirs, operands = CASES[name]
    a = [ag.tensor(x, requires_grad=True) for x in operands]
    b = [torch.tensor(x, requires_grad=True) for x in operands]
    result, reference = ours(*a), theirs(*b)
    np.testing.assert_allclose(result.data, reference.detach().numpy(), rtol=1e-12, atol=1e-12)
    weights = numbers(*result.shape, seed=20)
    first = ag.gradients(scalar(result, weights), a, create_graph=True)
    expected = torch.autograd.grad(scalar(reference, torch.tensor(weights)), b, create_graph=True)
    compare(first, expected)
    second = ag.gradients(sum((g * g).sum() for g in first), a, allow_unused=True)
    compare(second, torch.autograd.grad(sum((g * g).sum() for g in expected), b, allow_unused=True))


def compare(ours, theirs):
    for a, b in zip(ours, theirs, strict=True):
        a = 0.0 if a is None else a.data
        b = 0.0 if b is None else b.detach().resolve_conj().numpy()
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("shape", [(5, 4), (5, 4, 3), (4,)])
def test_cross_entropy(shape, reduction):
    logits = numbers(*shape)
    target = np.random.default_rng(1).integers(0, 4, shape[:1] + shape[2:] if len(shape) > 1 else ())
    if len(shape) > 1:
        target.flat[0] = -100
    a, b = ag.tensor(logits, requires_grad=True), torch.tensor(logits, requires_grad=True)
    ours = ag.cross_entropy(a, target, reduction=reduction)
    theirs = F.cross_entropy(b, torch.tensor(target), reduction=reduction)
    np.testing.assert_allclose(ours.data, theirs.detach().numpy(), rtol=1e-12)
    first = ag.gradients((ours * ours).sum(), a, create_graph=True)
    expected = torch.autograd.grad((theirs * theirs).sum(), b, create_graph=True)
    compare(first, expected)
    compare(ag.gradients((first[0] ** 2).sum(), a), torch.autograd.grad((expected[0] ** 2).sum(), b))


# -- convolutions --------------------------------------------------------------------------------------------------

CONV_SIZES, CONV_KERNEL = {1: (9,), 2: (9, 8), 3: (5, 6, 7)}, (2, 3, 2)
# Arguments after the bias, by position, for three axes: fewer take the last ones.
CONV = [
    (),
    (1, 1, 1, 2),
    ((1, 2, 1), (0, 1, 0), (2, 1, 3), 1),
    ((2, 1, 2), 0, 1, 4),
    (1, "same", (1, 2, 1)),
    (1, "valid"),
    (3, (1, 0, 1), 1, 2),
]
CONV_TRANSPOSE = [
    (),
    (2, 1, 1),
    ((1, 2, 3), (0, 1, 0), (0, 1, 2), 2),
    (2, 1, 0, 1, (2, 1, 2)),
    (1, 1, 1, 2, 3),
    ((3, 1, 2), 2, (0, 2, 1), 1, 3),
    (2, 0, 1, 4),
]


@pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")  # PyTorch's, that it may copy
@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize(
    ("name", "positions"), [*(("conv", p) for p in CONV), *(("conv_transpose", p) for p in CONV_TRANSPOSE)]
)
def test_convolutions(name, positions, axes):
    groups = next(iter(positions[3:4]), 1)
    positions = [value[-axes:] if isinstance(value, tuple) else value for value in positions]
    outer, inner = (8, 4) if name == "conv" else (4, 8)
    kernel = CONV_KERNEL[-axes:]
    shapes = (2, 4, *CONV_SIZES[axes]), (outer, inner // groups, *kernel), (8,)
    ours, theirs = getattr(ag, f"{name}{axes}d"), getattr(F, f"{name}{axes}d")
    a = [ag.tensor(numbers(*shape, seed=seed), requires_grad=True) for seed, shape in enumerate(shapes)]
    b = [torch.tensor(x.data, requires_grad=True) for x in a]
    y, z = ours(*a, *positions), theirs(*b, *positions)
    np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=0, atol=1e-12)
    first = ag.gradients((y**3).sum(), a, create_graph=True)
    expected = torch.autograd.grad((z**3).sum(), b, create_graph=True)
    second = ag.gradients(sum((g**2).sum() for g in first), a)
    expected_second = torch.autograd.grad(sum((g**2).sum() for g in expected), b)
    for mine, other in zip([*first, *second], [*expected, *expected_second], strict=True):
        scale = other.abs().max().item()
        np.testing.assert_allclose(mine.data / scale, other.detach().numpy() / scale, rtol=0, atol=1e-11)


@pytest.mark.parametrize("positions", [(2,), ((3, 2), (1, 2), (2, 0), (2, 3)), (3, 2, 1, 1)])
def test_unfold_and_fold(positions):
    x = numbers(2, 3, 7, 8)
    a, b = ag.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, z = ag.unfold(a, *positions), F.unfold(b, *positions)
    np.testing.assert_array_equal(y.data, z.detach().numpy())
    y, z = ag.fold(y**2, (7, 8), *positions), F.fold(z**2, (7, 8), *positions)
    np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-12)
    compare(ag.gradients((y**2).sum(), a), torch.autograd.grad((z**2).sum(), b))


# -- pooling -------------------------------------------------------------------------------------------------------

POOL_SIZES = {1: (11,), 2: (7, 8), 3: (5, 6, 7)}
# Arguments by position, for three axes as above; the last one of a maximum asks for indices.
POOLING = [
    ("max_pool", (2, None, 0, 1, False, True)),
    ("max_pool", (3, 2, 1, 1, False, True)),
    ("max_pool", ((1, 3, 2), (2, 1, 3), (0, 1, 1), (2, 1, 2), True, True)),
    ("max_pool", (2, 3, 1, 2, True, True)),  # some windows would begin in the padding behind
    ("max_pool", (2, 1, 1, 3, False, True)),
    ("avg_pool", (2,)),
    ("avg_pool", (3, 2, 1, True)),
    ("avg_pool", (3, 2, 1, True, False)),
    ("avg_pool", ((1, 3, 2), (2, 1, 3), (0, 1, 1), False, False)),
    ("lp_pool", (2, 2)),
    ("lp_pool", (4, 3, 2, True)),
    ("lp_pool", (np.inf, 3, 2, True)),
    ("lp_pool", (1, (1, 3, 2), None, True)),
    ("adaptive_avg_pool", (1,)),
    ("adaptive_avg_pool", ((2, 9, 3),)),
    ("adaptive_max_pool", (1, True)),
    ("adaptive_max_pool", ((2, 9, 3), True)),
]


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize(("name", "positions"), POOLING)
def test_pooling(name, positions, axes, ties):
    x = numbers(2, 3, *POOL_SIZES[axes])
    positions = [value[-axes:] if isinstance(value, tuple) else value for value in positions]
    positions = [value[0] if isinstance(value, tuple) and axes == 1 else value for value in positions]
    compare_pools(getattr(ag, f"{name}{axes}d"), getattr(F, f"{name}{axes}d"), np.round(x) if ties else x, positions)


@pytest.mark.parametrize("norm_type", [3, 1.5])
def test_norms_of_positive_numbers(norm_type):
    compare_pools(ag.lp_pool2d, F.lp_pool2d, np.abs(numbers(2, 3, 7, 8)), (norm_type, 3, 2, True))


@pytest.mark.parametrize("axes", [2, 3])
def test_a_divisor_of_ones_own(axes):
    x = numbers(2, 3, *POOL_SIZES[axes])
    compare_pools(getattr(ag, f"avg_pool{axes}d"), getattr(F, f"avg_pool{axes}d"), x, (3, 2, 1, True, True, 5))


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("output_size", [None, POOL_SIZES, {axes: (2, 3, *size) for axes, size in POOL_SIZES.items()}])
def test_unpooling(output_size, axes):
    x = torch.tensor(numbers(2, 3, *((6,) * axes if output_size is None else POOL_SIZES[axes])))
    x, indices = getattr(F, f"max_pool{axes}d")(x, 2, return_indices=True)
    ours, theirs = getattr(ag, f"max_unpool{axes}d"), getattr(F, f"max_unpool{axes}d")
    positions = (2, 2, 0, output_size and output_size[axes])
    compare_pools(
        lambda x, *p: ours(x, indices.numpy(), *p), lambda x, *p: theirs(x, indices, *p), x.numpy(), positions
    )


def compare_pools(ours, theirs, x, positions):
    """Values, indices, gradients, and gradients of a function of the gradients."""
    a, b = ag.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, z = ours(a, *positions), theirs(b, *positions)
    if isinstance(z, tuple):
        (y, indices), (z, other) = y, z
        assert indices.dtype == np.int64
        np.testing.assert_array_equal(indices.data, other.numpy())
    np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-12, atol=1e-14)
    y, z = (y[np.isfinite(y.data)], z[torch.isfinite(z)])  # a window may lie beside the image
    first = ag.gradients((y**3).sum(), a, create_graph=True)
    expected = torch.autograd.grad((z**3).sum(), b, create_graph=True)
    compare(first, expected)
    compare(ag.gradients((first[0] ** 2).sum(), a), torch.autograd.grad((expected[0] ** 2).sum(), b))


def test_embedding():
    table, indices = numbers(6, 3), np.array([[0, 5], [5, 2]])
    a, b = ag.tensor(table, requires_grad=True), torch.tensor(table, requires_grad=True)
    ours, theirs = ag.embedding(indices, a), F.embedding(torch.tensor(indices), b)
    np.testing.assert_array_equal(ours.data, theirs.detach().numpy())
    compare(ag.gradients((ours**3).sum(), a), torch.autograd.grad((theirs**3).sum(), b))


def test_complex_convention():
    z, w = numbers(3) + 1j * numbers(3, seed=1), numbers(3, seed=2) + 0.5j
    functions = {
        "abs": (lambda z, w: abs(z * w), lambda z, w: torch.abs(z * w)),
        "product": (lambda z, w: (z * w * z).real, lambda z, w: torch.real(z * w * z)),
        "quotient": (lambda z, w: (z / w).imag, lambda z, w: torch.imag(z / w)),
        "conj": (lambda z, w: (z.conj() * w).real, lambda z, w: torch.real(z.conj() * w)),
        "exp": (lambda z, w: (z.exp() + w**2).imag, lambda z, w: torch.imag(z.exp() + w**2)),
    }
    for ours, theirs in functions.values():
        a = [ag.tensor(x, requires_grad=True) for x in (z, w)]
        b = [torch.tensor(x, requires_grad=True) for x in (z, w)]
        compare(ag.gradients(ours(*a).sum(), a), torch.autograd.grad(theirs(*b).sum(), b))


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("name", ["RNN", "GRU", "LSTM"])
def test_recurrent_layers_over_sequences_of_different_lengths(name, bidirectional):
    options = {"num_layers": 2, "bidirectional": bidirectional}
    ours = getattr(ag.nn, name)(3, 4, dtype="float64", rng=np.random.default_rng(0), **options)
    theirs = getattr(torch.nn, name)(3, 4, dtype=torch.float64, **options)
    theirs.load_state_dict({key: torch.tensor(value) for key, value in ours.state_dict().items()})
    x, lengths = numbers(5, 4, 3), [2, 5, 1, 5]
    a, b = ag.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    packed = torch.nn.utils.rnn.pack_padded_sequence(b, torch.tensor(lengths), enforce_sorted=False)
    (out, state), (packed_out, expected_state) = ours(a, lengths=lengths), theirs(packed)
    expected, _ = torch.nn.utils.rnn.pad_packed_sequence(packed_out)
    compare([out], [expected])
    states = list(zip(state, expected_state, strict=True)) if name == "LSTM" else [(state, expected_state)]
    compare(*zip(*states, strict=True))
    weights = [numbers(*part.shape, seed=i) for i, part in enumerate([out, *(part for part, _ in states)])]
    loss = sum((part * w).sum() for part, w in zip([out, *(s for s, _ in states)], weights, strict=True))
    parts = [expected, *(s for _, s in states)]
    reference = sum((part * torch.tensor(w)).sum() for part, w in zip(parts, weights, strict=True))
    named = dict(theirs.named_parameters())
    of_parameters = [named[key] for key in ours.state_dict()]
    compare(ag.gradients(loss, [a, *ours.parameters()]), torch.autograd.grad(reference, [b, *of_parameters]))
