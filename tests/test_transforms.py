"""grad and its relatives: against closed forms, each other, finite differences of every operation, and PyTorch."""

import gc
import threading
import weakref
from collections import OrderedDict, namedtuple
from functools import partial

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import core, nn
from autograd_lite.gradcheck.samples import samples
from autograd_lite.transforms import (
    elementwise_grad,
    functional_call,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    trees,
    value_and_grad,
    vjp,
)

Pair = namedtuple("Pair", "left right")
DIFFERENTIABLE = {
    name: op
    for name, op in sorted(core.registry.items())
    if op.differentiable and op.forward.__module__.startswith("autograd_lite.")
}


def randn(*shape, seed=0, dtype=np.float64):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def assert_trees_close(found, expected, rtol=1e-9, atol=1e-11):
    pairs = zip(trees.leaves(expected), trees.leaves(found), strict=True)
    for a, b in pairs:
        a, b = (np.asarray(x.data if isinstance(x, ag.Tensor) else x) for x in (a, b))
        assert a.shape == b.shape
        np.testing.assert_allclose(b, a, rtol=rtol, atol=atol)
    assert trees.map_leaves(lambda _: 0, found) == trees.map_leaves(lambda _: 0, expected)


X, V, M = randn(3), randn(3, seed=1), randn(2, 3, seed=2)


# -- closed forms ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (lambda: grad(lambda x: (x**3).sum())(X), 3 * X**2),
        (lambda: grad(lambda a, b: (a * b).sum(), argnums=1)(X, V), X),
        (lambda: grad(lambda a, b: (a * b).sum(), argnums=-1)(X, V), X),
        (lambda: grad(lambda a, b: (a * b).sum(), argnums=(1, 0))(X, V), (X, V)),
        (lambda: grad(lambda x, power: (x**power).sum())(X, power=2), 2 * X),
        (lambda: grad(lambda x: (2 * x.sum(), {"n": 3}), has_aux=True)(X), (np.full(3, 2.0), {"n": 3})),
        (lambda: value_and_grad(lambda x: (x * x).sum())(X), ((X * X).sum(), 2 * X)),
        (lambda: value_and_grad(lambda x: (x.sum(), x), has_aux=True)(X), ((X.sum(), X), np.ones(3))),
        (lambda: elementwise_grad(lambda x: x**3)(X), 3 * X**2),
        (lambda: elementwise_grad(elementwise_grad(lambda x: x**3))(X), 6 * X),
        (lambda: elementwise_grad(lambda a, b: a * b, argnums=(0, 1))(M, V), (np.tile(V, (2, 1)), M.sum(0))),
        (lambda: vjp(lambda x: M @ x, X)[1](np.array([1.0, 2.0])), (M.T @ [1.0, 2.0],)),
        (lambda: jvp(lambda x: M @ x, X, V), (M @ X, M @ V)),
        (lambda: jvp(lambda a, b: (a * b, a), (X, V), (V, None)), ((X * V, X), (V * V, V))),
        (lambda: hvp(lambda x: (x**3).sum(), X, V), 6 * X * V),
        (lambda: hvp(lambda a, b: (a * a * b).sum(), (X, V), (V, X)), (2 * V * V + 2 * X * X, 2 * X * V)),
        (lambda: jacobian(lambda x: M @ x)(X), M),
        (lambda: jacobian(lambda x: ag.tanh(x).sum())(X), 1 - np.tanh(X) ** 2),
        (lambda: jacobian(lambda a, b: a * b, argnums=(0, 1))(X, V), (np.diag(V), np.diag(X))),
        (lambda: hessian(lambda x: (x**3).sum())(X), np.diag(6 * X)),
        (
            lambda: hessian(lambda a, b: (a * a * b).sum(), argnums=(0, 1))(X, V),
            ((np.diag(2 * V), np.diag(2 * X)), (np.diag(2 * X), np.zeros((3, 3)))),
        ),
        (lambda: hessian(lambda p: (p["a"] * p["b"]).sum())({"a": X, "b": V})["a"]["b"], np.eye(3)),
    ],
)
def test_closed_forms(found, expected):
    assert_trees_close(found(), expected)


def test_any_number_of_grads():
    f, expected = (lambda x: x**6), [6, 30, 120, 360, 720, 720]
    for power, factor in zip(range(5, -1, -1), expected, strict=True):
        f = grad(f)
        np.testing.assert_allclose(f(np.array(1.5)), factor * 1.5**power)


def test_transforms_of_transforms():
    def f(x):
        return (ag.exp(x) * x[::-1]).sum()

    expected = hessian(f)(X)
    np.testing.assert_allclose(expected, expected.T)
    np.testing.assert_allclose(jacobian(jacobian(f, mode="forward"), mode="forward")(X), expected)
    np.testing.assert_allclose(jacobian(grad(f), mode="forward")(X), expected)
    np.testing.assert_allclose(jvp(grad(f), X, V)[1], expected @ V)
    np.testing.assert_allclose(grad(lambda x: jvp(f, x, V)[1])(X), expected @ V)
    np.testing.assert_allclose(grad(lambda x: (vjp(f, x)[1](1.0)[0] * V).sum())(X), expected @ V)
    np.testing.assert_allclose(jvp(lambda x: jvp(f, x, V)[1], X, V)[1], V @ expected @ V)
    third = jacobian(hessian(f))(X)
    np.testing.assert_allclose(grad(lambda x: (hvp(f, x, V) * X).sum())(X), np.einsum("ijk,j,k", third, V, X))
    np.testing.assert_allclose(np.einsum("ijk->kji", third), third, atol=1e-12)


# -- what may come in, and what comes out ---------------------------------------------------------------------------


def test_trees_of_every_kind():
    tree = OrderedDict(
        b=Pair(X, [V, None]),
        a=({"w": M}, ()),
    )

    def f(p):
        return (p["b"].left * p["b"].right[0]).sum() + (p["a"][0]["w"] ** 2).sum()

    found = grad(f)(tree)
    assert isinstance(found, OrderedDict)
    assert list(found) == ["b", "a"]
    assert isinstance(found["b"], Pair)
    assert_trees_close(found, OrderedDict(b=Pair(V, [X, None]), a=({"w": 2 * M}, ())))
    value, derivative = jvp(lambda p: {"out": p["b"].left}, (tree,), (tree,))
    assert_trees_close((value, derivative), ({"out": X}, {"out": X}))
    assert_trees_close(jvp(lambda p: p.left * 2, Pair(X, V), Pair(V, None)), (2 * X, 2 * V))
    blocks = jacobian(lambda p: [p["b"].left, None])(tree)
    assert blocks[1] is None
    np.testing.assert_array_equal(blocks[0]["b"].left, np.eye(3))
    assert blocks[0]["a"][0]["w"].shape == (3, 2, 3)


def test_arrays_for_arrays_and_tensors_for_tensors():
    f = grad(lambda a, b: (a * b).sum(), argnums=(0, 1))
    assert all(type(g) is np.ndarray for g in f(X, V))
    assert all(isinstance(g, ag.Tensor) and not g.requires_grad for g in f(X, ag.tensor(V)))
    assert isinstance(jvp(ag.tanh, X, ag.tensor(V))[0], ag.Tensor)
    assert type(jvp(ag.tanh, X, V)[0]) is np.ndarray
    assert isinstance(vjp(ag.tanh, ag.tensor(X))[1](X)[0], ag.Tensor)
    assert isinstance(jacobian(ag.tanh)(ag.tensor(X)), ag.Tensor)


def test_numbers_have_the_default_dtype_and_arrays_their_own():
    assert grad(lambda x: x * x)(3.0) == 6.0
    assert grad(lambda x: x * x)(3).dtype == np.float32
    ag.set_default_dtype("float64")
    try:
        assert grad(lambda x: x * x)(3.0).dtype == np.float64
    finally:
        ag.set_default_dtype("float32")
    narrow = X.astype(np.float32)
    f = jacobian(lambda x: x.astype("float64") ** 2, mode="forward")
    assert {d.dtype for d in (grad(lambda x: x.sum())(narrow), f(narrow), hessian(ag.logsumexp)(narrow))} == {
        np.dtype(np.float32)
    }
    assert grad(lambda x: x * x)(np.float64(2)).dtype == np.float64


def test_what_f_does_not_depend_on_has_zeros():
    assert_trees_close(grad(lambda a, b: a.sum(), argnums=(0, 1))(X, M), (np.ones(3), np.zeros((2, 3))))
    assert_trees_close(grad(lambda x: 3.0)(X), np.zeros(3))
    assert_trees_close(vjp(lambda x: (x, 2.0), X)[1]((None, None)), (np.zeros(3),))
    assert_trees_close(jvp(lambda x: (x, 2.0), X, None), ((X, 2.0), (np.zeros(3), np.zeros((), np.float32))))
    assert_trees_close(jacobian(lambda x: V)(X), np.zeros((3, 3)))
    assert_trees_close(hessian(lambda x: x.sum())(X), np.zeros((3, 3)))


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_jacobians_of_what_is_empty(mode):
    assert jacobian(lambda x: x[:0], mode=mode)(X).shape == (0, 3)
    assert jacobian(lambda x: x.sum() + V, mode=mode)(X[:0]).shape == (3, 0)
    assert jacobian(lambda x: (), mode=mode)(X) == ()


def test_outputs_of_integers_have_derivatives_of_zero():
    value, derivative = jvp(lambda x: (x * 2, ag.argmax(x)), X, V)
    assert (derivative[1].dtype, derivative[1].item()) == (value[1].dtype, 0)
    assert_trees_close(vjp(lambda x: (x * 2, ag.argmax(x)), X)[1]((V, 7)), (2 * V,))


def test_vjp_may_be_used_again_and_for_many_products_with_one_hessian():
    value, pull, aux = vjp(lambda x: (ag.tanh(x), "aux"), X, has_aux=True)
    assert aux == "aux"
    for weight in (V, X, V):
        np.testing.assert_allclose(pull(weight)[0], weight * (1 - value**2))
    gradient, product = vjp(grad(lambda x: (x**3).sum()), X)
    np.testing.assert_allclose(gradient, 3 * X**2)
    np.testing.assert_allclose([product(e)[0] for e in np.eye(3)], np.diag(6 * X))


@pytest.mark.parametrize("mode", ["auto", "reverse", "forward"])
def test_every_mode_gives_the_same_jacobian(mode):
    def f(p, w):
        return {"h": ag.tanh(w @ p["x"]), "s": (p["x"] * p["y"]).sum()}

    p = {"x": X, "y": V}
    found = jacobian(f, argnums=(0, 1), mode=mode)(p, M)
    h = np.tanh(M @ X)
    np.testing.assert_allclose(found["h"][0]["x"], (1 - h**2)[:, None] * M)
    np.testing.assert_allclose(found["h"][1], np.einsum("i,ij,k->ijk", 1 - h**2, np.eye(2), X))
    assert_trees_close(found["s"], ({"x": V, "y": X}, np.zeros((2, 3))))


def test_auto_takes_the_cheaper_mode(monkeypatch):
    calls = []
    gradients = core.gradients
    monkeypatch.setattr(
        "autograd_lite.transforms.evaluation.gradients", lambda *a, **k: calls.append(1) or gradients(*a, **k)
    )
    tall = jacobian(lambda x: ag.concatenate([x * i for i in range(40)]))(X)
    assert (tall.shape, len(calls)) == ((120, 3), 4)
    calls.clear()
    assert jacobian(lambda x: x[:2])(X).shape == (2, 3)
    assert len(calls) == 2


def test_the_function_keeps_its_name_and_its_signature():
    def loss(weights, data):
        """What to minimize."""
        return (weights * data).sum()

    assert (grad(loss).__name__, jacobian(loss).__doc__) == ("loss", "What to minimize.")
    np.testing.assert_array_equal(grad(partial(loss, data=V))(X), V)
    assert not hasattr(grad(ag.tanh), "op")


# -- among ordinary recorded code ------------------------------------------------------------------------------------


def test_gradients_flow_to_arguments_that_require_them():
    x = ag.tensor(X, requires_grad=True)
    h = x * 2
    g = grad(lambda h: (h**3).sum())(h)
    assert_trees_close(ag.gradients(g.sum(), x, retain_graph=True)[0], 6 * (2 * X) * 2)
    value, derivative = jvp(lambda h: h**3, h, h)
    assert_trees_close(ag.gradients((derivative + value).sum(), x)[0], 4 * 3 * (2 * X) ** 2 * 2)
    block = jacobian(lambda h: h**2)(x)
    assert_trees_close(ag.gradients(block.sum(), x)[0], np.full(3, 2.0))
    assert x.grad is None


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_gradients_flow_to_what_the_function_uses(mode):
    w = ag.tensor(V, requires_grad=True)
    for found, expected in [
        (grad(lambda x: (w * x * x).sum())(X), 2 * X),
        (grad(lambda x, w: (w * x * x).sum())(X, w), 2 * X),
        (vjp(lambda x: w * x, X)[1](X)[0], X),
        (jvp(lambda x: w * x, X, X)[1], X),
        (jacobian(lambda x: w * x, mode=mode)(X), np.ones(3)),
        (hvp(lambda x: (w * x * x).sum(), X, X), 2 * X),
        (value_and_grad(lambda x: (x.sum(), w * x), has_aux=True)(X)[0][1], X),
    ]:
        assert_trees_close(ag.gradients(found.sum(), w)[0], expected)


def test_gradients_flow_to_tensors_whose_leaf_is_gone():
    h = ag.tensor(V, requires_grad=True) * 1
    g = grad(lambda x: (h * x).sum())(X)
    assert_trees_close(ag.gradients((g * g).sum(), h)[0], 2 * V)


def test_gradients_flow_to_weights():
    w, t = ag.tensor(V, requires_grad=True), ag.tensor(X, requires_grad=True)
    assert_trees_close(ag.gradients(vjp(lambda x: x**2, X)[1](w)[0].sum(), w)[0], 2 * X)
    assert_trees_close(ag.gradients(jvp(lambda x: x**2, V, t)[1].sum(), t)[0], 2 * V)


def test_a_plain_grad_records_no_gradient(monkeypatch):
    created = []
    gradients = core.gradients
    monkeypatch.setattr(
        "autograd_lite.transforms.evaluation.gradients",
        lambda *a, **k: created.append(k["create_graph"]) or gradients(*a, **k),
    )
    w = ag.tensor(V, requires_grad=True)
    grad(lambda x: (x * x).sum())(X)
    with ag.no_grad():
        assert type(grad(lambda x: (x * w).sum())(X)) is np.ndarray
        assert not grad(lambda x: (x * w).sum())(w).requires_grad
    assert created == [False] * 3
    inner = grad(lambda x: jvp(ag.tanh, x, V)[1].sum())  # a variable of what is over keeps nothing going
    created.clear()
    assert type(inner(X)) is np.ndarray
    assert created == [True, True, False]  # towards the dummy, along the tangent, and the outer one


def test_no_grad_inside_the_function_cuts_and_outside_does_not():
    def f(x):
        with ag.no_grad():
            c = x * x
        return (c * x).sum()

    np.testing.assert_allclose(grad(f)(X), X**2)
    with ag.no_grad():
        np.testing.assert_allclose(hessian(lambda x: (x**3).sum())(X), np.diag(6 * X))
        assert not ag.is_grad_enabled()


def test_nothing_is_left_behind():
    kept = []

    def f(x):
        y = ag.tanh(x)
        kept.append((weakref.ref(x), weakref.ref(y), weakref.ref(y.node)))
        return (y * y).sum()

    gc.collect()
    gc.disable()
    try:
        for transform in (grad(f), value_and_grad(f), hessian(f), jacobian(f, mode="forward")):
            transform(X)
        hvp(f, X, V)
        jvp(f, X, V)
        _, pull = vjp(f, X)
        pull(1.0)
        del pull
        assert len(kept) == 7
        assert all(reference() is None for references in kept for reference in references)
    finally:
        gc.enable()


def test_threads_do_not_disturb_each_other():
    results = []

    def work(number):
        x = randn(20, seed=number)
        for _ in range(20):
            results.append(np.abs(hessian(lambda x: (x**3).sum())(x) - np.diag(6 * x)).max() < 1e-12)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == [True] * 80


def test_where_one_result_has_a_history_all_are_tensors():
    w, a, b = ag.tensor(np.array([2.0]), requires_grad=True), np.array([3.0]), np.array([4.0])

    def f(a, b):
        return (w * a + b).sum()

    results = ag.grad(f, (0, 1))(a, b)
    results += ag.vjp(f, a, b)[1](1.0) + ag.jvp(f, (a, b), (a, b)) + ag.jacobian(f, (0, 1))(a, b)
    assert all(isinstance(result, ag.Tensor) for result in results)


# -- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: grad(lambda x: x)(X),
            ValueError,
            r"^grad: .*scalar, not \(3,\) float64; reduce it.*jacobian, vjp or el",
        ),
        (lambda: hessian(lambda x: x)(X), ValueError, r"^hessian: the function must return a scalar, not \(3,\)"),
        (lambda: hvp(lambda x: x, X, X), ValueError, "^hvp: the function must return a scalar"),
        (lambda: grad(lambda x: (x.sum(), x))(X), TypeError, "not a tuple.*has_aux=True"),
        (lambda: grad(lambda x: x.sum(), has_aux=True)(X), TypeError, r"must return \(value, aux\), not \(\) float64"),
        (lambda: grad(lambda x: (x * 1j).sum())(X), TypeError, r"real scalar, not \(\) complex128; return its \.real"),
        (lambda: grad(ag.argmax)(X), TypeError, r"real scalar, not \(\) int64; return a floating"),
        (
            lambda: grad(lambda x: x.sum())(np.arange(3)),
            TypeError,
            r"grad: argument 0 \(3,\) is int64.*astype\('float32'",
        ),
        (lambda: grad(lambda p: p)({"n": [X, True]}), TypeError, r"argument 0\['n'\]\[1\] \(\) is bool"),
        (
            lambda: grad(lambda x: x, argnums=1)(X),
            ValueError,
            "argnums=1, but the function is called with 1 positional",
        ),
        (lambda: grad(lambda x, y: x, argnums=(0, -2))(X, X), ValueError, "has an argument twice"),
        (lambda: vjp(ag.tanh, X)[1](M), ValueError, r"vjp: cotangent has shape \(2, 3\), there must be \(3,\)"),
        (lambda: vjp(ag.tanh, X)[1](X * 1j), TypeError, r"vjp: cotangent is complex128, there must be float64"),
        (lambda: vjp(lambda x: (x, x), X)[1](X), ValueError, "cotangent is one ndarray, there must be a tuple of 2"),
        (
            lambda: vjp(lambda x: {"a": x}, X)[1]({"b": X}),
            ValueError,
            "the keys 'b', there must be a dict with the keys 'a'",
        ),
        (lambda: jvp(ag.tanh, X, M), ValueError, r"jvp: tangent\[0\] has shape \(2, 3\), there must be \(3,\)"),
        (lambda: jvp(ag.add, (X, X), (X,)), ValueError, "tangent is a tuple of 1, there must be a tuple of 2"),
        (
            lambda: jvp(lambda p: p[0], ([X, None],), ([X, X],)),
            ValueError,
            r"tangent\[0\]\[1\] is ndarray, there must be None",
        ),
        (
            lambda: jacobian(ag.tanh, mode="sideways"),
            ValueError,
            "no mode 'sideways'; use one of auto, reverse, forward",
        ),
        (lambda: jacobian(ag.tanh)(X + 0j), TypeError, r"an argument \(3,\) complex128 is complex; pass real and imag"),
        (lambda: jacobian(ag.tanh, holomorphic=True)(X), TypeError, "is not complex, but holomorphic=True"),
        (lambda: grad(lambda x: x)("text"), TypeError, "'text' is not numeric"),
    ],
)
def test_errors_name_the_rule_and_the_fix(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


# -- complex numbers -------------------------------------------------------------------------------------------------

Z = randn(3) + 1j * randn(3, seed=3)
D = randn(3, seed=4) + 1j * randn(3, seed=5)


def test_the_gradient_for_complex_arguments_is_the_engines():
    np.testing.assert_allclose(grad(lambda z: (ag.abs(z) ** 2).sum())(Z), 2 * Z)
    np.testing.assert_allclose(hvp(lambda z: (ag.abs(z) ** 2).sum(), Z, D), 2 * D)


def test_vjp_is_the_adjoint_and_jvp_the_derivative_along_a_direction():
    np.testing.assert_allclose(jvp(lambda z: z**3, Z, D)[1], 3 * Z**2 * D)
    np.testing.assert_allclose(vjp(lambda z: z**3, Z)[1](D)[0], np.conj(3 * Z**2) * D)
    np.testing.assert_allclose(jvp(ag.conj, Z, D)[1], D.conj())
    np.testing.assert_allclose(jvp(lambda z: z * z.conj(), Z, D)[1], 2 * (Z.conj() * D).real, atol=1e-12)


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_complex_jacobians(mode):
    np.testing.assert_allclose(jacobian(lambda z: z**3, mode=mode, holomorphic=True)(Z), np.diag(3 * Z**2))
    np.testing.assert_allclose(jacobian(lambda x: x**2 * (1 + 2j), mode=mode)(X), np.diag(2 * X * (1 + 2j)))
    assert jacobian(lambda x: x * 1j, mode=mode)(X.astype(np.float32)).dtype == np.complex64


# -- every operation -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("op", list(DIFFERENTIABLE.values()), ids=list(DIFFERENTIABLE))
def test_jvp_of_every_operation(op):
    """It is adjoint to vjp, and agrees with finite differences along the direction."""
    for number, sample in enumerate(samples(op)):
        names, arrays = list(sample.variables()), list(sample.variables().values())
        if not arrays or any(x.size == 0 for x in arrays):
            continue
        rng = np.random.default_rng(number)

        def f(*values, sample=sample, names=names):
            return sample.call(dict(zip(names, values, strict=True)))

        along = [random_like(x, rng) for x in arrays]
        value, derivative = jvp(f, tuple(arrays), tuple(along))
        weights = trees.map_leaves(lambda y, rng=rng: random_like(np.asarray(y), rng), value)
        (_, pull) = vjp(f, *arrays)
        assert_close(inner(weights, derivative), inner(pull(weights), along), 1e-9, sample.line)
        step = 1e-5
        ahead, behind = (f(*(x + s * v for x, v in zip(arrays, along, strict=True))) for s in (step, -step))
        for after, before, slope in zip(*map(inexact, (ahead, behind, derivative)), strict=True):
            assert_close(slope, (after - before) / (2 * step), 1e-6, sample.line)


def random_like(x, rng):
    if x.dtype.kind not in "fc":
        return np.zeros(x.shape)
    return rng.standard_normal(x.shape) + (1j * rng.standard_normal(x.shape) if x.dtype.kind == "c" else 0)


def inexact(tree):
    return [np.asarray(y) for y in trees.leaves(tree) if np.asarray(y).dtype.kind in "fc"]


def inner(a, b):
    return sum(np.vdot(x, y).real for x, y in zip(trees.leaves(a), trees.leaves(b), strict=True))


def assert_close(found, expected, tolerance, line):
    scale = max(1.0, np.abs(expected).max(initial=0.0))
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * scale, err_msg=line)


# -- PyTorch ---------------------------------------------------------------------------------------------------------


TORCH_WARNS = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch.func, of parts of torch


def mlp(lib, p, x):
    return lib.tanh(x @ p["w1"]) @ p["w2"]


@TORCH_WARNS
@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_torch_func(seed):
    torch = pytest.importorskip("torch")
    p = {"w1": randn(3, 4, seed=seed), "w2": randn(4, 2, seed=seed + 1)}
    x, v, u = (randn(5, n, seed=seed + i) for i, n in ((2, 3), (3, 3), (4, 2)))
    tangents = {"w1": randn(3, 4, seed=9), "w2": randn(4, 2, seed=10)}
    func, to_torch = torch.func, partial(trees.map_leaves, torch.tensor)

    def loss(lib, p, x):
        return (mlp(lib, p, x) ** 2).sum()

    def equal(ours, theirs):
        assert_trees_close(ours, trees.map_leaves(lambda t: t.numpy(), theirs))

    q, y = to_torch(p), torch.tensor(x)
    ours, theirs = partial(loss, ag), partial(loss, torch)
    equal(grad(ours, argnums=(0, 1))(p, x), func.grad(theirs, argnums=(0, 1))(q, y))
    equal(jvp(partial(mlp, ag), (p, x), (tangents, v)), func.jvp(partial(mlp, torch), (q, y), to_torch((tangents, v))))
    equal(vjp(partial(mlp, ag), p, x)[1](u), func.vjp(partial(mlp, torch), q, y)[1](torch.tensor(u)))
    equal(jacobian(partial(mlp, ag))(p, x), func.jacrev(partial(mlp, torch))(q, y))
    equal(hessian(ours, argnums=(0, 1))(p, x), func.hessian(theirs, argnums=(0, 1))(q, y))
    equal(
        hvp(ours, (p, x), (tangents, v)),
        func.jvp(func.grad(theirs, argnums=(0, 1)), (q, y), to_torch((tangents, v)))[1],
    )


@TORCH_WARNS
def test_complex_derivatives_agree_with_torch_func():
    torch = pytest.importorskip("torch")
    func = torch.func

    def f(z):
        return z * z.conj() * z + 2j * z

    z, d = torch.tensor(Z), torch.tensor(D)
    np.testing.assert_allclose(jvp(f, Z, D)[1], func.jvp(f, (z,), (d,))[1].resolve_conj().numpy())
    np.testing.assert_allclose(vjp(f, Z)[1](D)[0], func.vjp(f, z)[1](d)[0].resolve_conj().numpy())


# -- modules ---------------------------------------------------------------------------------------------------------


def test_a_module_as_a_function_of_its_parameters():
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    x = randn(5, 3, dtype=np.float32)
    before = {name: (p.data, p.node) for name, p in model.named_parameters()}
    values = {name: p.data * 2 for name, p in model.named_parameters()}

    def loss(values, x):
        return (functional_call(model, values, x) ** 2).sum()

    found = grad(loss)(values, x)
    assert {name: (p.data, p.node) for name, p in model.named_parameters()} == before
    with ag.no_grad():
        for parameter in model.parameters():
            parameter *= 2
    (model(x) ** 2).sum().backward()
    assert_trees_close(found, {name: p.grad for name, p in model.named_parameters()}, rtol=1e-5, atol=1e-5)
    some = functional_call(model, {"2.bias": np.ones(2, np.float32)}, x) - model(x)
    np.testing.assert_allclose(some.data - (1 - model.state_dict()["2.bias"]), 0, atol=1e-5)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"weights": np.ones((2, 3))}, r"no parameter 'weights'; those of the module are \['weight', 'bias'\]"),
        ({"weight": np.ones((2, 3))}, r"weight is \(2, 3\) float64, the parameter \(2, 3\) float32; pass one like it"),
    ],
)
def test_a_module_refuses_values_that_are_none_of_its_parameters(values, message):
    with pytest.raises(ValueError, match=message):
        functional_call(nn.Linear(3, 2), values, randn(1, 3))


# -- operations of the user ------------------------------------------------------------------------------------------


def test_an_operation_of_the_user_has_derivatives_of_every_kind():
    @ag.op(x=lambda g, out: g * out * (1 - out))
    def own_logistic(x: ag.Array) -> ag.Array:
        """1 / (1 + e**-x), elementwise."""
        return 1 / (1 + np.exp(-x))

    try:
        s = 1 / (1 + np.exp(-X))
        assert_trees_close(grad(lambda x: own_logistic(x).sum())(X), s * (1 - s))
        assert_trees_close(jvp(own_logistic, X, V), (s, s * (1 - s) * V))
        assert_trees_close(hessian(lambda x: own_logistic(x).sum())(X), np.diag(s * (1 - s) * (1 - 2 * s)))
        assert ag.gradgradcheck(own_logistic, X)
    finally:
        del core.registry["own_logistic"]


@pytest.mark.parametrize("name", ["grad", "value_and_grad", "elementwise_grad", "jacobian", "hessian"])
def test_an_argument_in_the_place_of_positions_is_refused_at_once(name):
    with pytest.raises(TypeError, match=rf"{name}: argnums is \(2,\) float64; .*ag\.{name}\(f\)\(x\)"):
        getattr(ag, name)(ag.sum, np.ones(2))
