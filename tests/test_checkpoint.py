"""checkpoint: the same results, gradients of every order and random numbers as without it, in less memory."""

import functools
import gc
import threading
import tracemalloc
import weakref

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.core import FREED, written


def randn(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def leaf(*shape, seed=0):
    return ag.tensor(randn(*shape, seed=seed), requires_grad=True)


def plainly(f, *args, **kwargs):
    return f(*args, **kwargs)


# -- the same as without ---------------------------------------------------------------------------------------------
#
# Each takes `run`, which is `checkpoint` or a plain call, and three leaves, and returns a Tensor.


def of_an_argument(run, x, w, b):
    return run(lambda x: ag.tanh(x) * x, x)


def of_what_it_uses(run, x, w, b):
    return run(lambda: ag.tanh(x @ w + b))


def of_a_chain(run, x, w, b):
    h = x @ w
    for _ in range(3):
        h = run(lambda h: ag.tanh(h * b) + h, h)
    return h


def of_what_depends_on_each_other(run, x, w, b):
    h = ag.tanh(x @ w)
    k = h * h
    return run(lambda k: k * h + b, k) + run(lambda: (h * k).sum())


def of_the_same_twice(run, x, w, b):
    return run(lambda p, q: p * q * q * x, x, x)


def of_one_of_two(run, x, w, b):
    return run(lambda p, q: ag.exp(p), x, q=w).sum() + w.sum()


def of_trees(run, x, w, b):
    out = run(lambda p, *, k: {"y": [p["x"] @ w * k, None], "z": p["b"] ** 2}, {"x": x, "b": b}, k=3.0)
    return (out["y"][0] * out["z"]).sum()


def of_integers_and_arrays(run, x, w, b):
    rows, order = run(lambda x, i, c: (x[i] * c, ag.argmax(x)), x, np.array([1, 0, 1]), randn(4, seed=7))
    assert not order.requires_grad
    return rows * float(order.item() + 1)


def of_what_comes_through(run, x, w, b):
    same, constant, y = run(lambda x: (x, ag.tensor(randn(2)), x * w.sum()), x)
    assert not constant.requires_grad
    return same * y + constant[0]


def of_several_outputs(run, x, w, b):
    first, second = ag.split(x, 2, axis=-1)
    left, right = run(lambda x: ag.split(x * first.sum(), 2, axis=-1), second * second)
    return left * ag.exp(right)


def of_fused_operations(run, x, w, b):
    return run(lambda h: ag.softmax(h @ w) * ag.softmax(h @ w * b), x)


def inside_each_other(run, x, w, b):
    def inner(h):
        return ag.tanh(h @ w * b)

    def outer(h):
        return run(inner, h) * run(lambda: inner(x)) + run(inner, h * 2)

    return run(outer, x) + run(outer, x * x)


def of_a_gradient(run, x, w, b):
    return run(lambda x: ag.grad(lambda x: (ag.tanh(x @ w) * b).sum())(x), x)


def of_a_gradient_of_what_is_outside(run, x, w, b):
    first, second = ag.split(x @ w, [1], axis=-1)
    y = (first * first * second).sum()
    return run(lambda h: ag.gradients(y, x, create_graph=True)[0] * h, x)


def of_complex_numbers(run, x, w, b):
    z = x * (1 + 2j) + 1j
    return ag.abs(run(lambda z: z * ag.exp(z) * ag.conj(z), z) ** 2) + run(lambda z: ag.abs(z), z)


CASES = [function for name, function in list(globals().items()) if name.startswith(("of_", "inside_"))]


def two_orders(function, run):
    """The value, its gradients plainly and recorded, and the gradients of those."""
    inputs = [leaf(2, 4), leaf(4, 3, seed=1), leaf(3, seed=2)]
    y = function(run, *inputs)
    y = (y * y).sum()
    plain = ag.gradients(y, inputs, retain_graph=True, allow_unused=True)
    first = ag.gradients(y, inputs, create_graph=True, allow_unused=True)
    weighted = sum((g * g).sum() for g in first if g is not None)
    second = ag.gradients(weighted, inputs, allow_unused=True)
    return [y, *plain, *first, *second]


@pytest.mark.parametrize("function", CASES)
def test_the_same_values_and_gradients_as_without(function):
    for found, expected in zip(two_orders(function, ag.checkpoint), two_orders(function, plainly), strict=True):
        assert (found is None) is (expected is None)
        if found is not None:
            np.testing.assert_allclose(found.data, expected.data, rtol=1e-12, atol=1e-12)


def test_backward_fills_grad_of_arguments_and_of_what_is_used():
    x, w = leaf(3), leaf(3, seed=1)
    ag.checkpoint(lambda x: x * x * w, x).sum().backward()
    np.testing.assert_allclose(x.grad.data, 2 * x.data * w.data)
    np.testing.assert_allclose(w.grad.data, x.data**2)


def test_inside_of_transforms():
    x, v = randn(3), randn(3, seed=1)

    def f(x):
        return ag.checkpoint(lambda x: (x**3).sum(), x)

    np.testing.assert_allclose(ag.grad(f)(x), 3 * x**2)
    np.testing.assert_allclose(ag.hessian(f)(x), np.diag(6 * x))
    np.testing.assert_allclose(ag.hvp(f, x, v), 6 * x * v)
    np.testing.assert_allclose(ag.jvp(f, x, v)[1], 3 * x**2 @ v)
    assert ag.gradcheck(f, x, order=2)


def test_training_of_modules():
    def train(run):
        rng = np.random.default_rng(1)
        embedding, cell = nn.Embedding(7, 4, rng=rng), nn.LSTM(4, 5, rng=rng)
        block = nn.Sequential(nn.Linear(5, 6, rng=rng), nn.Tanh(), nn.Dropout(0.3, rng=rng), nn.Linear(6, 7, rng=rng))
        model = nn.Sequential(embedding, cell, block)
        optimizer = ag.optim.Adam(model.parameters(), lr=0.01)
        tokens = rng.integers(0, 7, (6, 3))
        losses = []
        for _ in range(4):
            h = run(embedding, tokens)
            h, _ = run(cell, h)
            loss = run(lambda h: ag.cross_entropy(run(block, h).reshape(-1, 7), tokens.reshape(-1)), h)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    losses = train(ag.checkpoint)
    np.testing.assert_allclose(losses, train(plainly), rtol=1e-5)
    assert len(set(losses)) == 4


def test_inside_of_a_module_as_a_function_of_its_parameters():
    class Checkpointed(nn.Module):
        def __init__(self, run):
            self.run, self.linear = run, nn.Linear(3, 3, rng=np.random.default_rng(0))

        def forward(self, x):
            return self.run(lambda x: ag.tanh(self.linear(x)), self.run(self.linear, x))

    def second_order(run):
        model = Checkpointed(run)
        own = {name: (p.data, p.node) for name, p in model.named_parameters()}
        values = {name: p.data * 2 for name, p in model.named_parameters()}
        x = randn(2, 3).astype(np.float32)

        def loss(values):
            return (ag.functional_call(model, values, x) ** 2).sum()

        product = ag.hvp(loss, values, values)
        assert own == {name: (p.data, p.node) for name, p in model.named_parameters()}
        return ag.grad(loss)(values) | {f"{name}'": value for name, value in product.items()}

    found, expected = second_order(ag.checkpoint), second_order(plainly)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-6)


def test_only_what_is_wanted_is_recomputed():
    x, w, calls = leaf(3), leaf(3, seed=1), []

    def f(h):
        calls.append(ag.is_grad_enabled())
        return h * w

    y = ag.checkpoint(f, x) + w
    assert calls == [True]
    ag.gradients((x + 1).sum() + y.sum(), w, retain_graph=True)
    with ag.no_grad():
        np.testing.assert_allclose(ag.gradients(y, x, np.ones(3))[0].data, w.data)
    assert calls == [True] * 3


def test_without_history_or_recording_it_is_a_call():
    x = leaf(3)
    with ag.no_grad():
        assert not ag.checkpoint(lambda x: x * 2, x).requires_grad
    assert not ag.checkpoint(lambda x: x * 2, ag.tensor([1.0])).requires_grad
    assert type(ag.checkpoint(np.tanh, randn(3))) is np.ndarray
    assert ag.checkpoint(lambda: None) is None


def test_the_function_cannot_move_the_tensors_of_the_caller():
    def f(h):
        h += 1
        return h * h

    x = leaf(3)
    h = x * 2
    for run in (ag.checkpoint, lambda f, h: ag.no_grad()(ag.checkpoint)(f, h)):
        y = run(f, h)
        np.testing.assert_array_equal(h.data, 2 * x.data)
        np.testing.assert_allclose(y.data, (2 * x.data + 1) ** 2)
    y = ag.checkpoint(f, h)
    h += 5  # and what the caller does afterwards is nothing to the function
    np.testing.assert_allclose(ag.gradients(y.sum(), x)[0].data, 4 * (2 * x.data + 1))


def test_a_second_backward_needs_the_graph_to_be_retained():
    x = leaf(3)
    y = ag.checkpoint(lambda x: x**3, x).sum()
    (first,) = ag.gradients(y, x, retain_graph=True)
    (second,) = ag.gradients(y, x)
    np.testing.assert_array_equal(first.data, second.data)
    with pytest.raises(RuntimeError, match=r"checkpoint.*already freed"):
        ag.gradients(y, x)


# -- random numbers ---------------------------------------------------------------------------------------------------


class Noisy(nn.Module):
    def __init__(self, rng):
        self.drop = nn.Dropout(0.5, rng=rng)

    def forward(self, x):
        return self.drop(self.drop(x) * x)


def test_masks_of_the_packages_own_generator_are_the_same():
    def f(h):
        return ag.dropout(ag.checkpoint(ag.dropout, h * h) + h, 0.3)

    results = []
    for run in (ag.checkpoint, plainly):
        ag.seed(5)
        x = leaf(40)
        y = run(f, run(f, x) + ag.dropout(x))
        ag.seed(6)  # what is drawn in between does not matter, and goes on where it was
        between = ag.default_rng().random(3)
        (g,) = ag.gradients((y * y).sum(), x)
        results.append([y.data, g.data, between, ag.default_rng().random(3)])
    for found, expected in zip(*results, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


shared = np.random.default_rng(0)


def uses_a_global(x):
    return ag.dropout(x, rng=shared) * x


GENERATORS = {
    "an argument": lambda run, x, rng: run(lambda x, rng: ag.dropout(x, rng=rng) * x, x, rng),
    "in a tree": lambda run, x, rng: run(lambda x, *, o: ag.dropout(x, rng=o["rng"][0]) * x, x, o={"rng": [rng]}),
    "a variable": lambda run, x, rng: run(lambda x: ag.dropout(x, rng=rng) * x, x),
    "a default value": lambda run, x, rng: run(lambda x, rng=rng: ag.dropout(x, rng=rng) * x, x),
    "partial": lambda run, x, rng: run(functools.partial(ag.dropout, p=0.4, rng=rng), x) * x,
    "of a module": lambda run, x, rng: run(Noisy(rng), x),
    "of a method": lambda run, x, rng: run(Noisy(rng).forward, x),
    "of a module that is used": lambda run, x, rng: (lambda noisy: run(lambda: noisy(x) * x))(Noisy(rng)),
    "a global variable": lambda run, x, rng: run(uses_a_global, x),
    "by its name": lambda run, x, rng: run(ag.dropout, x, rng=rng) * x,
}


@pytest.mark.parametrize("case", GENERATORS)
@pytest.mark.parametrize("kind", [np.random.PCG64, np.random.MT19937])
def test_generators_are_rewound_and_put_back(case, kind, monkeypatch):
    results = []
    for run in (ag.checkpoint, plainly):
        x, rng = leaf(40), np.random.Generator(kind(3))
        monkeypatch.setitem(globals(), "shared", rng)
        y = GENERATORS[case](run, x, rng)
        between = rng.random(3)
        results.append([y.data, ag.gradients(y.sum(), x)[0].data, between, rng.random(3)])
    for found, expected in zip(*results, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_generator_that_is_not_found_is_noticed():
    x, hidden = leaf(40), {"rng": [np.random.default_rng(0)]}
    y = ag.checkpoint(lambda x: ag.dropout(x, rng=hidden["rng"][0]), x)
    with pytest.raises(
        RuntimeError, match=r"<lambda>, run again for backward, has another result.*among its arguments"
    ):
        y.sum().backward()
    assert x.grad is None


# -- what has changed since --------------------------------------------------------------------------------------------


def move_on(w):
    w += 1


def replace(w):
    with ag.no_grad():
        w *= 1.0


def write(w):
    w.data *= 1.5
    written(w)


@pytest.mark.parametrize(
    ("use", "change", "message"),
    [
        (lambda w: w * 1, move_on, r"uses a Tensor \(3,\) float64 that it did not use before"),
        (lambda w: w.detach() * 1, move_on, "has another result"),
        (lambda w: w, replace, r"uses a Tensor \(3,\) float64 that has another value now"),
        (lambda w: w, write, "optimizer has changed since"),
        (lambda w: w, lambda w: w.requires_grad_(False), "does not use a Tensor that it used before"),
    ],
)
def test_what_is_used_must_not_change_before_backward(use, change, message):
    x, w = leaf(3), leaf(3, seed=1)
    used = use(w)
    y = ag.checkpoint(lambda x: x * used, x).sum()
    change(used)
    with pytest.raises(RuntimeError, match=message):
        y.backward()
    assert x.grad is None
    assert w.grad is None


def test_nor_may_an_argument_be_written():
    w = leaf(3)
    y = ag.checkpoint(lambda w: w * w, w).sum()
    write(w)
    with pytest.raises(
        RuntimeError, match=r"checkpoint.*saved a parameter \(3,\) float64 that an optimizer has changed"
    ):
        y.backward()


@pytest.mark.parametrize(
    ("results", "message"),
    [
        ([lambda x: x * 2, lambda x: x * 3], "has another result"),
        ([lambda x: x * 2, lambda x: (x * 2)[:1]], r"has another result \(1,\)"),
        ([lambda x: [x, x * 2], lambda x: [x]], "has results of another kind"),
        ([lambda x: x * 2, lambda x: 2.0], "has results of another kind"),
        ([lambda x: x * 2, lambda x: ag.tensor(x.data * 2)], "does not use a Tensor that it used before"),
    ],
)
def test_the_results_must_be_the_same(results, message):
    results, x = iter(results), leaf(3)
    y = ag.checkpoint(lambda x: next(results)(x), x)
    with pytest.raises(RuntimeError, match=message):
        (y[-1] if isinstance(y, list) else y).sum().backward()


def test_what_is_not_a_number_is_the_same_again():
    x = ag.tensor([np.nan, np.inf, 1.0], requires_grad=True)
    ag.checkpoint(lambda x: x * x, x).sum().backward()
    np.testing.assert_array_equal(x.grad.data, [np.nan, np.inf, 2.0])


# -- memory ----------------------------------------------------------------------------------------------------------


def peak(f):
    gc.collect()
    tracemalloc.start()
    try:
        f()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_deep_chain_in_segments_needs_a_fraction_of_the_memory():
    x = leaf(20_000)

    def segment(h):
        for _ in range(16):
            h = ag.tanh(h)
        return h

    def train(run):
        h = x
        for _ in range(16):
            h = run(segment, h)
        return ag.gradients(h.sum(), x)[0]

    np.testing.assert_allclose(train(ag.checkpoint).data, train(plainly).data)
    whole, segments = peak(lambda: train(plainly)), peak(lambda: train(ag.checkpoint))
    assert whole > 256 * x.nbytes
    assert segments < 0.2 * whole  # about 2 * 16 of 256 arrays


def test_what_is_inside_goes_at_once_and_all_with_the_last_handle():
    kept = []

    def f(h, w):
        y = ag.tanh(h * w)
        kept.extend([weakref.ref(h), weakref.ref(y.node), weakref.ref(y.data)])
        return y * y

    gc.collect()
    gc.disable()
    try:
        x, w = leaf(3), leaf(3, seed=1)
        y = ag.checkpoint(lambda h: f(h, w), x)
        assert [reference() for reference in kept] == [None] * 3
        node = weakref.ref(y.node.parents[0])
        y.sum().backward(retain_graph=True)
        assert [reference() for reference in kept] == [None] * 6
        y.sum().backward()
        assert node().saved is FREED
        del y
        assert node() is None
        z = ag.checkpoint(functools.partial(f, w=w), x)
        references = [weakref.ref(z), weakref.ref(z.node), weakref.ref(w)]
        del z
        assert [reference() is None for reference in references] == [True, True, False]
    finally:
        gc.enable()


def test_a_thousand_checkpoints():
    x = leaf(2)
    h = x
    for _ in range(1000):
        h = ag.checkpoint(lambda h: h * 1.0 + 0.001, h)
    for create_graph in (False, True):
        (g,) = ag.gradients(h.sum(), x, retain_graph=True, create_graph=create_graph)
        np.testing.assert_array_equal(g.data, 1.0)


# -- where it is seen --------------------------------------------------------------------------------------------------


def test_a_picture_shows_one_node():
    def block(x):
        return ag.tanh(x) * x

    x = leaf(3)
    picture = ag.draw(ag.checkpoint(block, x).sum())
    assert "checkpoint" in picture.source
    assert "f=block" in picture.source
    assert "tanh" not in picture.source


def test_a_trace_sees_what_is_inside_each_time():
    calls, x = [], leaf(3)
    with ag.observe(lambda call: calls.append(call.op.name)):
        y = ag.checkpoint(ag.tanh, x)
        assert calls == ["tanh", "checkpoint"]
        ag.gradients(y, x, np.ones(3))
    assert calls[2:] == ["alias", "tanh"]


def test_an_error_inside_of_backward_says_where():
    runs, x = iter([1, 0]), leaf(3)
    y = ag.checkpoint(lambda x: x / [1, 1, 1] if next(runs) else x @ np.ones((2, 2)), x)
    with pytest.raises(ValueError, match="matmul") as error:
        y.sum().backward()
    assert any("checkpoint" in note for note in error.value.__notes__)


def test_threads_with_one_generator_have_their_own_masks_again():
    ag.seed(0)
    failures = []

    def work():
        x = leaf(50)
        for _ in range(40):
            y = ag.checkpoint(lambda x: ag.dropout(x) * 1.0, x)
            (g,) = ag.gradients(y.sum(), x)
            if not np.allclose(g.data * x.data, y.data):
                failures.append(g)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
