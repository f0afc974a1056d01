"""The engine: recording, gradients, freeing, ownership, orders, threads."""

import gc
import inspect
import sys
import threading
import weakref

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import core, recording
from autograd_lite.core import Deferred, deferred


def leaf(*values, dtype=np.float64):
    return ag.tensor(np.array(values, dtype), requires_grad=True)


def randn(*shape, seed=0, dtype=np.float64):
    return ag.tensor(np.random.default_rng(seed).standard_normal(shape).astype(dtype), requires_grad=True)


# -- gradients and backward --------------------------------------------------------------------------------------


def test_gradients_write_no_grad_and_backward_does():
    x = leaf(1.0, 2.0)
    (g,) = ag.gradients((x * x).sum(), x)
    assert x.grad is None
    np.testing.assert_array_equal(g.data, [2.0, 4.0])
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad.data, [2.0, 4.0])


def test_backward_adds_to_grad():
    x = leaf(3.0)
    for _ in range(3):
        (2 * x).sum().backward()
    assert x.grad.item() == 6.0


def test_one_tensor_used_many_times():
    x = leaf(2.0)
    y = x
    for _ in range(9):
        y = y * x
    (y + x + x * x).sum().backward()
    assert x.grad.item() == 10 * 2.0**9 + 1 + 4


def test_diamond_of_depth_forty_is_linear():
    x = leaf(1.0)
    y = x
    for _ in range(40):
        y = y + y
    y.sum().backward()
    assert x.grad.item() == 2.0**40


def test_gradient_towards_an_inner_tensor_and_what_lies_before_it():
    x = leaf(2.0)
    h = x * x
    y = (h * h).sum()
    gh, gx = ag.gradients(y, [h, x])
    assert (gh.item(), gx.item()) == (8.0, 32.0)


def test_gradients_visit_only_what_leads_to_an_input():
    visited = []

    @core.op(x=lambda g: visited.append("a") or g)
    def visited_a(x: core.Array) -> core.Array:
        return x * 1

    @core.op(x=lambda g: visited.append("b") or g)
    def visited_b(x: core.Array) -> core.Array:
        return x * 1

    try:
        a, b = leaf(1.0), leaf(1.0)
        ag.gradients((visited_a(a) + visited_b(b)).sum(), b)
        assert visited == ["b"]
    finally:
        del core.registry["visited_a"], core.registry["visited_b"]


def test_several_outputs_with_weights():
    x = leaf(1.0, 2.0)
    (g,) = ag.gradients([x * x, x], [x], [np.array([1.0, 10.0]), np.array([5.0, 5.0])])
    np.testing.assert_array_equal(g.data, [7.0, 45.0])


def test_the_same_input_or_output_twice():
    x = leaf(3.0)
    y = (x * x).sum()
    first, second = ag.gradients([y, y], [x, x])
    assert first.item() == second.item() == 12.0
    assert not np.shares_memory(first.data, second.data)


def test_backward_on_a_leaf():
    x = leaf(1.0)
    x.backward(np.array([5.0]))
    assert x.grad.item() == 5.0


def test_unused_input_is_an_error_before_anything_is_freed():
    x, z = leaf(1.0), leaf(1.0)
    y = (x * x).sum()
    with pytest.raises(ValueError, match=r"do not depend on input 1 \(1,\) float64; pass allow_unused=True"):
        ag.gradients(y, [x, z])
    assert ag.gradients(y, [x, z], allow_unused=True)[1] is None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ag.tensor([1.0]).backward(), "has no history"),
        (lambda: (leaf(1.0, 2.0) * 2).backward(), r"output 0 \(2,\) float64 is not a real scalar"),
        (lambda: (leaf(1.0, 2.0) * 2).backward(np.ones(3)), r"shape \(3,\), the output \(2,\)"),
        (lambda: ag.gradients(leaf(1.0), ag.tensor([1.0])), r"input 0 \(1,\) float32 does not require a gradient"),
        (lambda: ag.gradients([leaf(1.0)], [leaf(1.0)], [None, None]), "1 outputs but 2 grad_outputs"),
        (lambda: ag.gradients(ag.zeros((2,)), leaf(1.0)), r"^gradients: output 0 \(2,\) float32 has no history"),
    ],
)
def test_errors_name_the_rule_and_the_fix(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_grad_that_is_no_gradient_is_refused():
    x = leaf(1.0, 2.0)
    x.grad = np.ones(5)
    with pytest.raises(TypeError, match=r"\.grad was set to \(5,\) float64, the gradient is \(2,\) float64; set it to"):
        x.sum().backward()


def test_retain_grad_on_an_inner_tensor():
    x = leaf(2.0)
    h = x * x
    h.retain_grad()
    (h * 3).sum().backward()
    assert (h.grad.item(), x.grad.item()) == (3.0, 12.0)


def test_a_handle_that_moved_on_gets_no_gradient_of_its_old_value():
    x = leaf(2.0)
    h = x * x
    h.retain_grad()
    y = (h * 3).sum()
    h += 1
    y.backward()
    assert h.grad is None
    assert x.grad.item() == 12.0


# -- freeing ------------------------------------------------------------------------------------------------------


def test_second_backward_is_an_error_unless_retained():
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    with pytest.raises(RuntimeError, match=r"multiply \(2,\) float64.*already freed.*retain_graph=True"):
        y.backward()
    np.testing.assert_array_equal(x.grad.data, [4.0, 8.0])


def test_backward_lets_go_of_what_was_saved_but_not_of_the_structure():
    x = randn(4)
    y = x.tanh().sum()
    saved = weakref.ref(y.node.parents[0])
    y.backward()
    node = saved()
    assert node.saved is core.FREED
    assert (node.op.name, node.shape, node.parents[0].shape) == ("tanh", (4,), (4,))


def test_only_what_a_wanted_derivative_names_is_kept():
    x, c = randn(3), ag.tensor(np.ones(3))
    assert (x + c).node.saved == ()
    kept = dict(zip(core.registry["multiply"].saved_names, (x * c).node.saved, strict=True))
    assert kept["b"] is c.data
    assert kept["a"] is None


def test_memory_goes_with_the_last_handle_without_the_garbage_collector():
    gc.disable()
    try:
        x = randn(5)
        y = (x.tanh() * x).sum()
        array = weakref.ref(y.node.parents[0].saved[1])  # what tanh gave
        node = weakref.ref(y.node)
        del y
        assert array() is None
        assert node() is None
        leaf_ = weakref.ref(x)
        del x
        assert leaf_() is None
    finally:
        gc.enable()


@pytest.mark.slow
def test_memory_is_flat_over_a_thousand_steps_without_the_garbage_collector():
    w1, w2 = randn(8, 16, seed=1), randn(16, 3, seed=2)
    data = np.random.default_rng(3).standard_normal((4, 8))
    target = np.array([0, 1, 2, 0])

    def step():
        w1.grad = w2.grad = None
        ag.cross_entropy((data @ w1).tanh() @ w2, target).backward()
        with ag.no_grad():
            for w in (w1, w2):
                w -= 0.1 * w.grad

    gc.collect()
    gc.disable()
    try:
        for _ in range(20):
            step()
        before = len(gc.get_objects()), sys.getallocatedblocks()
        for _ in range(1000):
            step()
        after = len(gc.get_objects()), sys.getallocatedblocks()
    finally:
        gc.enable()
    assert after[0] - before[0] < 50
    assert after[1] - before[1] < 500


@pytest.mark.slow
def test_a_chain_of_a_million_nodes_forward_backward_and_freeing():
    x = leaf(0.5)
    y = x
    for _ in range(1_000_000):
        y = y + 1.0
    y.backward(np.ones(1))
    assert x.grad.item() == 1.0
    first = weakref.ref(y.node)
    del y  # frees a million nodes, one holding the next: must not recurse
    assert first() is None


# -- ownership -----------------------------------------------------------------------------------------------------


def test_gradients_handed_out_are_writable_and_share_memory_with_nothing():
    x, y = randn(3, 4), randn(3, 4, seed=1)
    z = x + y
    weight = np.ones((3, 4))
    gx, gy = ag.gradients(z, [x, y], weight)
    arrays = [gx.data, gy.data, weight, x.data, y.data]
    for i, a in enumerate(arrays):
        for b in arrays[i + 1 :]:
            assert not np.shares_memory(a, b)
    for g in (gx, gy):
        g.data[...] = 7  # writable
    np.testing.assert_array_equal(weight, 1)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.sum(),
        lambda x: x.T.reshape(-1)[3:7].sum(),
        lambda x: (x + x).sum(),
        lambda x: ag.transpose(x).mean(),
        lambda x: ag.concatenate([x, x])[1:].sum(),
        lambda x: x[0].sum() + x[0].sum(),
        lambda x: ag.add(*ag.unstack(x[:2])).sum(),
    ],
)
def test_grad_is_writable_contiguous_memory_of_its_own(function):
    x = randn(3, 4)
    y = function(x)
    y.backward(retain_graph=True)
    first = x.grad.data.copy()
    x.grad.data[...] = 100.0
    x.grad = None
    y.backward()
    np.testing.assert_array_equal(x.grad.data, first)


def test_an_array_held_elsewhere_is_copied_and_a_lonely_one_is_not():
    kept = []

    @core.op(x=lambda g: kept.append(g * 2) or kept[-1])
    def hoarder(x: core.Array) -> core.Array:
        return x * 2

    try:
        x = leaf(1.0, 2.0)
        (g,) = ag.gradients(hoarder(x), x, np.ones(2))
        assert not np.shares_memory(g.data, kept[0])
    finally:
        del core.registry["hoarder"]


def test_accumulation_never_writes_into_a_gradient_that_others_see():
    x = leaf(1.0, 2.0)
    h = x * 1.0
    y = h + h + h  # all three contributions alias the same incoming gradient
    weight = np.ones(2)
    (g,) = ag.gradients(y, x, weight)
    np.testing.assert_array_equal(g.data, 3.0)
    np.testing.assert_array_equal(weight, 1.0)


def test_a_loop_over_rows_adds_into_one_buffer(monkeypatch):
    """Linear, not quadratic: one buffer of x's size, however many rows were read."""
    x = randn(200, 3)
    y = x[0]
    for t in range(1, 200):
        y = y + x[t] * t
    made = []
    zeros = np.zeros
    monkeypatch.setattr(np, "zeros", lambda *args, **kwargs: made.append(args) or zeros(*args, **kwargs))
    y.sum().backward()
    monkeypatch.undo()
    assert len([args for args in made if args[0] == (200, 3)]) == 1
    expected = np.arange(200.0)[:, None] * np.ones((1, 3))
    expected[0] = 1
    np.testing.assert_allclose(x.grad.data, expected)


def calls_of(function):
    """How many functions, of Python and of C, are called."""
    counted = 0

    def count(frame, event, argument):
        nonlocal counted
        counted += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(None)
    return counted


def test_work_of_a_loop_over_rows_grows_linearly():
    def calls(length):
        x = randn(length, 2)
        y = sum((x[t] for t in range(1, length)), x[0])
        return calls_of(lambda: y.sum().backward())

    assert calls(400) < 2.2 * calls(200)


def test_deferred_contribution_as_first_second_and_only_one():
    x = randn(4)
    for y in (x[1], x[1] + x.sum(), x.sum() + x[1] + x[2]):
        (g,) = ag.gradients(y, x)
        assert g.shape == (4,)
    (g,) = ag.gradients(x[1] + x.sum() + x[1], x)
    np.testing.assert_array_equal(g.data, [1, 3, 1, 1])
    assert isinstance(deferred(ag.getitem, lambda *_: None, np.ones(2), 0), Deferred)


# -- broadcasting, dtypes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 1), (1, 3), (2, 3), (4, 1, 1)])
def test_gradients_fit_what_was_broadcast(shape):
    x, y = randn(*shape), randn(2, 3, seed=1)
    gx, gy = ag.gradients((x * y).sum(), [x, y])
    assert gx.shape == shape
    expected = np.broadcast_to(y.data, np.broadcast_shapes(shape, (2, 3)))
    extra = tuple(range(expected.ndim - len(shape)))
    expected = expected.sum(extra)
    expected = expected.sum(tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)
    np.testing.assert_allclose(gx.data, expected)
    assert gy.shape == (2, 3)


def test_a_gradient_has_the_dtype_of_what_it_is_the_gradient_of():
    x = ag.tensor(np.ones(3, np.float32), requires_grad=True)
    y = ag.tensor(np.ones(3, np.float64), requires_grad=True)
    z = x * y
    assert z.dtype == np.float64
    gx, gy = ag.gradients(z.sum(), [x, y])
    assert (gx.dtype, gy.dtype) == (np.float32, np.float64)


def test_python_scalars_never_promote():
    x = ag.tensor(np.ones(3, np.float32), requires_grad=True)
    y = (2.0 * x + 1) ** 2 / 3 - 1.5
    assert y.dtype == np.float32
    assert ag.gradients(y.sum(), x)[0].dtype == np.float32


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_derivative_of_the_wrong_shape_is_an_error_that_names_operation_and_argument(create_graph):
    @core.op(a=lambda g, b: g @ ag.swapaxes(b, 0, 1), b=lambda g, a: ag.swapaxes(g, 0, 1) @ a, registered=False)
    def product(a: core.Array, b: core.Array) -> core.Array:
        return a @ b

    @core.op(arrays=lambda g, i: g[:1], registered=False)
    def first(*arrays: core.Array) -> core.Array:
        return arrays[0]

    a, b = ag.ones((2, 3), requires_grad=True), ag.ones((3, 2), requires_grad=True)
    told = r"^product: the derivative for b has shape \(2, 3\), b \(3, 2\); transpose it$"
    with pytest.raises(ValueError, match=told):
        product(a, b).sum().backward(create_graph=create_graph)
    assert a.grad is None, "nothing is written if anything fails"
    told = r"^first: the derivative for arrays\[0\] has shape \(1, 3\), arrays\[0\] \(2, 3\); return one number"
    with pytest.raises(ValueError, match=told):
        first(a, b.T).sum().backward(create_graph=create_graph)


def test_complex_gradients_are_pytorchs():
    z = ag.tensor(np.array([1 + 2j, -0.5 + 1j]), requires_grad=True)
    (ag.abs(z) ** 2).sum().backward()
    np.testing.assert_allclose(z.grad.data, 2 * z.data)  # steepest ascent of |z|^2
    (g,) = ag.gradients((z * z).real.sum(), z)
    np.testing.assert_allclose(g.data, 2 * z.data.conj())
    w = ag.tensor(np.array([1.0, 2.0]), requires_grad=True)
    (g,) = ag.gradients((w * (1 + 1j)).imag.sum(), w)
    assert g.dtype == np.float64
    np.testing.assert_allclose(g.data, 1.0)


def test_complex_outputs_need_a_weight():
    z = ag.tensor(np.array([1 + 2j]), requires_grad=True)
    with pytest.raises(ValueError, match="not a real scalar"):
        (z * z).sum().backward()
    (g,) = ag.gradients(z * z, z, np.array([1 + 0j]))
    np.testing.assert_allclose(g.data, 2 * z.data.conj())


def test_complex_second_order():
    z = ag.tensor(np.array([0.3 + 0.7j]), requires_grad=True)
    (g,) = ag.gradients((ag.abs(z) ** 4).sum(), z, create_graph=True)  # 4 |z|^2 z
    (h,) = ag.gradients(g.real.sum(), z)
    x, y = z.data.real, z.data.imag
    np.testing.assert_allclose(h.data, 12 * x**2 + 4 * y**2 + 8j * x * y)


# -- higher orders --------------------------------------------------------------------------------------------------


def test_third_order_of_a_composed_function():
    x = leaf(0.3, -0.7, 1.1)
    y = ag.exp(x * x).sum()  # e^{x^2}: derivatives 2x e, (2 + 4x^2) e, (12x + 8x^3) e
    (g,) = ag.gradients(y, x, create_graph=True)
    (h,) = ag.gradients(g.sum(), x, create_graph=True)
    (k,) = ag.gradients(h.sum(), x)
    e = np.exp(x.data**2)
    np.testing.assert_allclose(g.data, 2 * x.data * e)
    np.testing.assert_allclose(h.data, (2 + 4 * x.data**2) * e)
    np.testing.assert_allclose(k.data, (12 * x.data + 8 * x.data**3) * e)


def test_backward_with_create_graph_gives_a_grad_that_can_be_differentiated():
    x = leaf(2.0)
    (x**3).sum().backward(create_graph=True)
    (g,) = ag.gradients(x.grad.sum(), x)
    assert g.item() == 12.0


def test_create_graph_works_inside_no_grad():
    x = leaf(2.0)
    y = (x**3).sum()
    with ag.no_grad():
        (g,) = ag.gradients(y, x, create_graph=True)
    assert ag.gradients(g.sum(), x)[0].item() == 12.0


def test_a_fused_op_uses_its_backward_plainly_and_its_spec_for_higher_orders():
    used = []

    def backward(g, needs, a, b):
        used.append(needs)
        return tuple(g * other if need else None for need, other in zip(needs, (b, a), strict=True))

    @core.op(spec=lambda a, b: a * b, backward=backward)
    def fused_product(a: core.Array, b: core.Array) -> core.Array:
        return np.multiply(a, b)

    try:
        x, y = leaf(3.0), leaf(5.0)
        z = fused_product(x, y).sum()
        assert [g.item() for g in ag.gradients(z, [x, y], retain_graph=True)] == [5.0, 3.0]
        assert used == [(True, True)]
        assert ag.gradients(z, [y], retain_graph=True)[0].item() == 3.0
        assert used == [(True, True), (False, True)]
        (g,) = ag.gradients(z, x, create_graph=True)
        assert used == [(True, True), (False, True)]  # the spec was replayed
        assert ag.gradients(g.sum(), y)[0].item() == 1.0
        square = fused_product(x, x).sum()  # one tensor in two places: each has a gradient of its own
        (g,) = ag.gradients(square, x, create_graph=True)
        assert g.item() == 6.0
        assert ag.gradients(g.sum(), x)[0].item() == 2.0
    finally:
        del core.registry["fused_product"]


def test_an_op_with_only_a_spec_is_differentiated_by_running_that_again():
    runs = []

    @core.op(spec=lambda a, b: runs.append(core.is_grad_enabled()) or a * b * b, registered=False)
    def replayed_product(a: core.Array, b: core.Array) -> core.Array:
        return a * b * b

    assert "replayed_product" not in core.registry
    x, y = leaf(3.0), leaf(5.0)
    z = replayed_product(x, y)
    assert runs == []
    with ag.no_grad():
        assert [g.item() for g in ag.gradients(z, [x, y], np.ones(1), retain_graph=True)] == [25.0, 30.0]
    (g,) = ag.gradients(z, y, np.ones(1), create_graph=True)
    assert [h.item() for h in ag.gradients(g, [x, y], np.ones(1))] == [10.0, 6.0]
    assert runs == [True, True]
    c = replayed_product(x, 2.0)
    assert ag.gradients(c, x, np.ones(1))[0].item() == 4.0


def test_work_of_a_recorded_backward_through_fused_ops_grows_linearly():
    def calls(length):
        y = x = randn(2)
        for _ in range(length):
            y = ag.softmax(y)
        return calls_of(lambda: ag.gradients(y.sum(), x, create_graph=True))

    assert calls(200) < 2.2 * calls(100)


# -- several outputs, sequences --------------------------------------------------------------------------------------


def test_outputs_that_nobody_used_count_as_zero():
    x = randn(6)
    first, _, third = ag.split(x, 3)
    (g,) = ag.gradients((first * third).sum(), x)
    np.testing.assert_allclose(g.data, [*x.data[4:], 0, 0, *x.data[:2]])


def test_second_order_through_several_outputs():
    x = randn(4)
    a, b = ag.split(x, 2)
    (g,) = ag.gradients((a * a * b).sum(), x, create_graph=True)
    (h,) = ag.gradients(g[:2].sum(), x)
    np.testing.assert_allclose(h.data, [*(2 * x.data[2:]), *(2 * x.data[:2])])


def test_integer_outputs_have_no_history():
    @core.op(outputs=("values", "order"), residuals=("rank",), x=lambda g, rank: g[0][rank])
    def ranked(x: core.Array) -> tuple[core.Array, core.Array]:
        order = np.argsort(x)
        return (x[order], order), np.argsort(order)

    try:
        x = leaf(3.0, 1.0, 2.0)
        values, order = ranked(x)
        assert values.requires_grad
        assert not order.requires_grad
        (g,) = ag.gradients((values * np.array([1.0, 10.0, 100.0])).sum(), x)
        np.testing.assert_array_equal(g.data, [100.0, 1.0, 10.0])
    finally:
        del core.registry["ranked"]


def test_iterating_is_one_operation():
    x = randn(3, 2)
    rows = list(x)
    assert len({row.node.parents[0] for row in rows}) == 1
    (g,) = ag.gradients((rows[0] * rows[2]).sum(), x)
    np.testing.assert_allclose(g.data, [x.data[2], [0, 0], x.data[0]])


def test_a_sequence_of_arrays_may_be_a_generator_or_a_tensor():
    x = randn(3, 2)
    y = ag.concatenate(row * 2 for row in x)
    (g,) = ag.gradients(y.sum() + ag.stack(x).sum(), x)
    np.testing.assert_array_equal(g.data, np.full((3, 2), 3.0))


# -- recording ------------------------------------------------------------------------------------------------------


def test_no_grad_and_enable_grad_nest_and_restore():
    x = leaf(1.0)
    with ag.no_grad():
        assert not (x * 2).requires_grad
        with ag.enable_grad():
            assert (x * 2).requires_grad
        assert not ag.is_grad_enabled()
    assert (x * 2).requires_grad
    with pytest.raises(KeyError), ag.no_grad():
        raise KeyError
    assert ag.is_grad_enabled()


def test_no_grad_as_a_decorator():
    @ag.no_grad()
    def double(x):
        """Doubled."""
        return x * 2

    x = leaf(1.0)
    assert not double(x).requires_grad
    assert double.__doc__ == "Doubled."
    assert (x * 2).requires_grad


def test_a_generator_cannot_be_decorated():
    with pytest.raises(TypeError, match=r"no_grad: rows is a generator.*write `with no_grad\(\):` inside"):

        @ag.no_grad()
        def rows():
            yield 1


def test_two_threads_one_recording_and_one_not():
    x = leaf(1.0)
    entered, done = threading.Event(), threading.Event()
    seen = {}

    def without():
        with ag.no_grad():
            entered.set()
            assert done.wait(10)
            seen["without"] = (x * 2).requires_grad

    thread = threading.Thread(target=without)
    thread.start()
    assert entered.wait(10)
    seen["with"] = (x * 2).requires_grad
    done.set()
    thread.join(10)
    assert seen == {"with": True, "without": False}


def test_two_threads_may_share_a_history():
    x = randn(50)
    h = x.tanh()
    results = []

    def work():
        for _ in range(50):
            results.append(ag.gradients((h * h).sum(), x, retain_graph=True)[0].data)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(results) == 150
    for result in results:
        np.testing.assert_array_equal(result, results[0])


def unannotated(x):
    return x


@pytest.mark.parametrize(
    ("define", "words"),
    [
        (lambda: ag.op(np.sin), r"op: the decorator takes its arguments by name; write @ag\.op\("),
        (
            lambda: ag.composite(np.sin),
            r"composite: the decorator takes its arguments by name; write @ag\.composite\(\)",
        ),
        (lambda: ag.op(x=lambda g: g)(unannotated), r"annotate these arguments as ag\.Array"),
        (lambda: ag.op()(lambda x: x), r"define it with def, not as a lambda"),
    ],
)
def test_common_mistakes_in_a_definition_are_answered_with_a_fix(define, words):
    with pytest.raises(TypeError, match=words):
        define()


def test_signatures_show_what_users_write():
    assert str(inspect.signature(ag.relu)) == "(x: ag.Array) -> ag.Array"


@pytest.mark.parametrize("call", [lambda: ag.tanh("text"), lambda: ag.stack(7), lambda: ag.relu([[1.0], [1.0, 2.0]])])
def test_what_no_array_can_be_made_of_is_an_error_of_the_operation(call):
    with pytest.raises((TypeError, ValueError), match=r"^(tanh|stack|relu): .*; "):
        call()
    with ag.observe(lambda call: None), pytest.raises((TypeError, ValueError), match=r"^(tanh|stack|relu): .*; "):
        call()


def test_an_observer_learns_of_operations_with_arguments_branch_and_line():
    calls = []
    x = leaf(-1.0, 2.0)
    with ag.observe(calls.append):
        assert core.position() == recording.TRACE
        y = ag.relu(x)
        z = ag.sum(y, axis=0)
    assert core.position() == recording.RECORD
    assert [call.op.name for call in calls] == ["relu", "sum"]
    assert calls[0].arguments["x"] is x
    assert calls[1].arguments == {"x": y, "axis": 0, "keepdims": False}
    assert calls[1].output is z
    np.testing.assert_array_equal(calls[0].branch, [False, True])
    assert calls[1].branch is None
    assert calls[0].line.file == __file__
    assert calls[0].line.function == "test_an_observer_learns_of_operations_with_arguments_branch_and_line"
    (g,) = ag.gradients(z, x)  # what is observed is recorded as usual
    np.testing.assert_array_equal(g.data, [0.0, 1.0])


def test_an_observer_sees_constants_and_what_no_grad_cuts_off():
    calls = []
    with ag.observe(calls.append), ag.no_grad():
        y = ag.exp(leaf(1.0)) + ag.tensor([1.0])
    assert [call.op.name for call in calls] == ["exp", "add"]
    assert not y.requires_grad


def test_an_observer_sees_the_graph_of_a_gradient():
    calls = []
    x = leaf(0.5)
    y = ag.tanh(x).sum()
    with ag.observe(calls.append):
        ag.gradients(y, x, create_graph=True)
    assert "multiply" in [call.op.name for call in calls]


# -- writing into parameters -------------------------------------------------------------------------------------


def write(w):
    w.data *= 2
    core.written(w)


def test_a_backward_through_a_saved_array_that_was_written_raises():
    w = randn(3)
    y = (w * w).sum()
    write(w)
    with pytest.raises(RuntimeError, match=r"multiply.*saved a parameter \(3,\) float64 that an optimizer has changed"):
        y.backward()
    assert w.grad is None


def test_so_does_one_through_a_saved_view():
    w, x = randn(3, 2), randn(4, 2, seed=1)
    y = (x @ w.T).sum()
    write(w)
    with pytest.raises(RuntimeError, match="changed since"):
        y.backward()


@pytest.mark.parametrize("alias", [lambda w: w.detach(), lambda w: ag.no_grad()(lambda: w[1:])()])
def test_so_does_one_through_a_constant_that_shares_the_memory(alias):
    w, q = randn(3), randn(1, seed=1)
    y = (q * alias(w)).sum()
    write(w)
    with pytest.raises(RuntimeError, match="changed since"):
        y.backward()


def test_what_saved_nothing_of_it_or_came_later_is_not_disturbed():
    w = randn(3)
    y = (w + 1).sum()
    write(w)
    y.backward()
    (w * w).sum().backward()
    np.testing.assert_allclose(w.grad.data, 1 + 2 * w.data)


def test_threads_that_run_backward_to_one_leaf_lose_nothing():
    x = leaf(0.0)

    def work():
        for _ in range(300):
            (x * 1.0).sum().backward()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert x.grad.item() == 1200.0


# -- defining ops ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("define", "message"),
    [
        (lambda: core.op(x=lambda g, nonsense: g), r"names \['nonsense'\]"),
        (lambda: core.op(y=lambda g: g), r"formulas for \['y'\]"),
        (lambda: core.op(x=lambda gradient: gradient), "must begin with"),
        (lambda: core.op(x=lambda g: g, residuals=("x",)), "both an argument and a residual"),
        (lambda: core.op(x=lambda g: g, residuals=("out",)), "has a meaning in formulas already"),
        (lambda: core.op(backward=lambda g: g), "needs a spec"),
    ],
)
def test_names_are_checked_when_an_op_is_defined(define, message):
    def bad_op(x: core.Array) -> core.Array:
        return x

    with pytest.raises(TypeError, match=message):
        define()(bad_op)
    assert "bad_op" not in core.registry


def test_an_op_of_the_library_is_not_replaced_by_accident():
    def tanh(x: core.Array) -> core.Array:
        return x

    with pytest.raises(ValueError, match=r"op tanh: autograd_lite\.ops\.elementwise defines.*another name"):
        core.op(x=lambda g: g)(tanh)
    np.testing.assert_allclose(np.tanh(leaf(1.0)).data, np.tanh(1.0))


def test_an_error_in_a_forward_names_operation_operands_and_fix():
    x, y = ag.zeros((2, 3)), ag.zeros((4,))
    with pytest.raises(
        ValueError, match=r"^add: .*broadcast \(a \(2, 3\) float32, b \(4,\) float32\); compare the shapes"
    ):
        x + y
    with pytest.raises(ValueError, match=r"^matmul: a has 3 columns, b has 4 rows \(a \(2, 3\) float32.*; transpose"):
        x @ y


def test_generated_source_shows_in_tracebacks_and_inspect():
    import linecache

    ag.multiply(2.0, 3.0)  # compiled at the first call
    file = ag.multiply.__code__.co_filename
    assert "def multiply(a, b):" in "".join(linecache.getlines(file))
