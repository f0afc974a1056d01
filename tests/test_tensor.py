"""class Tensor: values, handles that move on, operators, leaving for NumPy."""

import copy
import inspect
import operator
import pickle
import re

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import core
from autograd_lite.gradcheck.samples import samples


def leaf(*values, dtype=np.float64):
    return ag.tensor(np.array(values, dtype), requires_grad=True)


# -- making tensors -------------------------------------------------------------------------------------------------


def test_numbers_and_lists_become_the_default_dtype_and_arrays_keep_theirs():
    assert ag.tensor(1).dtype == ag.tensor([1, 2]).dtype == ag.tensor([[1.5]]).dtype == np.float32
    assert ag.tensor([True, False]).dtype == np.bool_
    assert ag.tensor(np.arange(3)).dtype == np.arange(3).dtype
    assert ag.tensor(np.float64(1)).dtype == np.float64
    assert ag.tensor([1, 2], dtype="int64").dtype == np.int64
    assert ag.tensor([1j]).dtype == np.complex128
    ag.set_default_dtype(np.float64)
    try:
        assert ag.tensor([1]).dtype == ag.zeros(2).dtype == np.float64
    finally:
        ag.set_default_dtype(np.float32)
    with pytest.raises(TypeError, match="int64 is not a floating-point dtype"):
        ag.set_default_dtype("int64")


def test_tensor_copies_and_from_numpy_aliases():
    array = np.zeros(3)
    assert not np.shares_memory(ag.tensor(array).data, array)
    assert ag.from_numpy(array).data is array
    with pytest.raises(TypeError, match="list is not an ndarray"):
        ag.from_numpy([1.0])


def test_data_is_always_an_array():
    x = leaf(1.0, 2.0)
    for value in (x.sum(), x[0], ag.max(x), x.mean() * 2, ag.tensor(3.0)):
        assert type(value.data) is np.ndarray


@pytest.mark.parametrize("data", ["text", [object()], [["a"]]])
def test_what_is_not_numeric_is_refused(data):
    with pytest.raises(TypeError, match="not numeric"):
        ag.tensor(data)


def test_a_tensor_of_tensors_would_lose_their_gradient():
    x = leaf(1.0)
    for make in (lambda: ag.tensor([x, x]), lambda: ag.tensor(x)):
        with pytest.raises(TypeError, match=r"would lose its gradient.*detach\(\)"):
            make()
    np.testing.assert_array_equal(ag.tensor([ag.tensor([1.0]), ag.tensor([2.0])]).data, [[1.0], [2.0]])


def test_requires_grad():
    x = ag.zeros(3)
    assert not x.requires_grad
    assert x.requires_grad_() is x
    assert x.requires_grad
    assert x.is_leaf
    x.requires_grad = False
    assert not x.requires_grad
    with pytest.raises(TypeError, match=r"\(3,\) int64 has no derivatives.*astype"):
        ag.tensor(np.arange(3), requires_grad=True)
    y = leaf(1.0) * 2
    assert not y.is_leaf
    with pytest.raises(ValueError, match=r"use detach\(\)"):
        y.requires_grad_(False)
    assert not y.detach().requires_grad
    assert y.detach().data is y.data


# -- in-place: values stay, handles move on --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "value", "gradient"),
    [
        (lambda h: h.__iadd__(3.0), 9.0 + 3, 6.0),
        (lambda h: h.__isub__(3.0), 9.0 - 3, 6.0),
        (lambda h: h.__imul__(3.0), 27.0, 18.0),
        (lambda h: h.__itruediv__(2.0), 4.5, 3.0),
        (lambda h: h.__ipow__(2), 81.0, 4 * 27.0),
        (lambda h: h.__imod__(2), 1.0, 6.0),
    ],
)
def test_in_place_operators_move_the_handle_and_leave_the_old_value_alone(change, value, gradient):
    x = leaf(3.0)
    h = x * x
    before, array, other = h.node, h.data, h
    y = (h * 2).sum()
    assert change(h) is h
    assert h.item() == value
    assert other is h  # seen through both names
    assert array[0] == 9.0  # arrays that nodes saved are not touched
    assert h.node is not before
    assert ag.gradients(h.sum(), x, retain_graph=True)[0].item() == gradient
    assert ag.gradients(y, x)[0].item() == 12.0  # what was computed from the old value


def test_a_retained_gradient_follows_the_handle():
    x = leaf(3.0)
    h = x * x
    h.retain_grad()
    h += 1
    (h * h).sum().backward()
    assert h.grad.item() == 20.0


def test_views_do_not_follow():
    x = ag.tensor([1.0, 2.0])
    view = x[:1]
    x += 1
    assert view.item() == 1.0
    x[0] = 7
    np.testing.assert_array_equal(x.data, [7.0, 3.0])
    assert view.item() == 1.0


def test_matmul_in_place():
    x = ag.tensor(np.eye(2))
    x @= np.array([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal(x.data, [[1, 2], [3, 4]])


def test_a_leaf_changes_only_under_no_grad_and_stays_a_leaf():
    w = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"\+=: this leaf \(2,\) float64.*no_grad"):
        w += 1
    with pytest.raises(RuntimeError, match="this leaf"):
        w[0] = 5.0
    with pytest.raises(RuntimeError, match="%=: this leaf"):
        w %= 2
    with pytest.raises(RuntimeError, match="//=: this leaf"):
        w //= 2
    np.testing.assert_array_equal(w.data, [1.0, 2.0])
    (w * w).sum().backward()
    node = w.node
    with ag.no_grad():
        w -= 0.5 * w.grad
        w[1] = 7.0
    assert w.is_leaf
    assert w.node is node
    np.testing.assert_array_equal(w.data, [0.0, 7.0])
    (w * 3).sum().backward()
    np.testing.assert_array_equal(w.grad.data, [5.0, 7.0])


def test_gradient_descent_as_users_write_it():
    w = ag.tensor([5.0, -3.0], requires_grad=True)
    for _ in range(100):
        loss = ((w - ag.tensor([1.0, 2.0])) ** 2).sum()
        w.grad = None
        loss.backward()
        with ag.no_grad():
            w -= 0.1 * w.grad
    np.testing.assert_allclose(w.data, [1.0, 2.0], atol=1e-5)


def test_in_place_keeps_shape_and_dtype():
    x = ag.zeros(3)
    with pytest.raises(ValueError, match=r"result has shape \(2, 3\), the left side \(3,\)"):
        x += np.ones((2, 3))
    x += np.ones(3)
    assert x.dtype == np.float32
    n = ag.tensor(np.arange(3))
    with pytest.raises(TypeError, match=r"result is float64, the left side int64"):
        n += 0.5
    with pytest.raises(TypeError, match="gradient of value would be lost"):
        n[0] = leaf(1.0)[0]


def test_setitem_is_recorded():
    x, v = leaf(1.0, 2.0, 3.0), leaf(5.0)
    h = x * 1
    h[1] = v[0]
    (h * np.array([1.0, 10.0, 100.0])).sum().backward()
    np.testing.assert_array_equal(x.grad.data, [1.0, 0.0, 100.0])
    np.testing.assert_array_equal(v.grad.data, [10.0])


def test_of_repeated_places_the_last_value_stays_and_gets_the_gradient():
    h, v = ag.zeros(3, "float64"), leaf(1.0, 2.0, 3.0)
    h[[0, 0, 2]] = v
    np.testing.assert_array_equal(h.data, [2.0, 0.0, 3.0])
    h.sum().backward()
    np.testing.assert_array_equal(v.grad.data, [0.0, 1.0, 1.0])


INDEXES = [
    0,
    -1,
    np.int64(1),
    slice(1, None),
    slice(None, None, -1),
    (slice(None), 2),
    (..., 0),
    None,
    (0, None, ..., slice(None, None, -2)),
    [0, 2, 0],
    ([0, 2], [1, 1]),
    (slice(1), [3, 0]),
    (np.array([[0, 1], [2, 0]]), slice(None)),
    np.array([True, False, True]),
    (np.array([True, False, True]), slice(1, 3)),
    (np.array([True, False, True]), 1),
    (slice(None), np.array([True, False, False, True])),
    np.arange(12).reshape(3, 4) % 2 == 0,
    (),
    ...,
    True,
    np.array([], dtype=int),
]


@pytest.mark.parametrize("index", INDEXES, ids=repr)
def test_getitem_and_setitem_in_every_form_numpy_indexes(index):
    array = np.random.default_rng(0).standard_normal((3, 4))
    x = ag.tensor(array, requires_grad=True)
    np.testing.assert_array_equal(x[index].data, array[index])
    weights = np.random.default_rng(1).standard_normal(array[index].shape)
    (g,) = ag.gradients(x[index], x, weights)
    expected = np.zeros_like(array)
    np.add.at(expected, index, weights)
    np.testing.assert_allclose(g.data, expected)

    h, value = x * 1, ag.tensor(weights, requires_grad=True)
    h[index] = value
    written = array.copy()
    written[index] = weights
    np.testing.assert_array_equal(h.data, written)
    gx, gv = ag.gradients((h * array).sum(), [x, value])
    kept = np.ones_like(array)
    kept[index] = 0
    np.testing.assert_allclose(gx.data, array * kept)
    np.testing.assert_allclose(gv.data.sum(), (array * (1 - kept)).sum())


def test_index_with_tensors_also_inside_a_tuple():
    x = leaf(1.0, 2.0, 3.0)
    i = ag.tensor(np.array([2, 0]))
    np.testing.assert_array_equal(x[i].data, [3.0, 1.0])
    np.testing.assert_array_equal((x.reshape(1, 3))[(0, i)].data, [3.0, 1.0])
    np.testing.assert_array_equal(x[x > 1.5].data, [2.0, 3.0])


def test_a_bad_index_says_where():
    with pytest.raises(IndexError, match=r"^getitem: .*\(x \(3,\) float32, index 5\)"):
        ag.zeros(3)[5]


# -- operators with NumPy and Python on either side ------------------------------------------------------------------


@pytest.mark.parametrize("other", [2.0, np.float64(2.0), np.array([1.0, 2.0, 3.0]), np.array(2.0)], ids=repr)
@pytest.mark.parametrize(
    "function",
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * b,
        lambda a, b: a / b,
        lambda a, b: a**b,
        lambda a, b: (a < b) * 1.0,
        lambda a, b: (a >= b) * 1.0,
    ],
)
def test_scalars_and_arrays_on_either_side_of_an_operator(function, other):
    x = leaf(1.5, 2.5, 0.5)
    for left in (True, False):
        result = function(x, other) if left else function(other, x)
        expected = function(x.data, other) if left else function(other, x.data)
        assert type(result) is ag.Tensor
        np.testing.assert_allclose(result.data, expected)


def test_matmul_with_an_array_on_either_side():
    x = leaf(1.0, 2.0)
    m = np.array([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal((m @ x).data, m @ x.data)
    np.testing.assert_array_equal((x @ m).data, x.data @ m)
    assert (m @ x).requires_grad


@pytest.mark.parametrize("other", [2.0, np.array([0.7, -1.5]), ag.tensor(np.array([0.7, -1.5]))])
def test_division_with_remainder(other):
    x, value = leaf(2.5, -3.1), getattr(other, "data", other)
    np.testing.assert_array_equal((x // other).data, x.data // value)
    np.testing.assert_array_equal((x % other).data, x.data % value)
    np.testing.assert_array_equal((2.0 // x).data, 2.0 // x.data)
    np.testing.assert_array_equal((2.0 % x).data, 2.0 % x.data)
    for a, b in zip(divmod(x, other), divmod(x.data, value), strict=True):
        np.testing.assert_array_equal(a.data, b)
    (x % other).sum().backward()
    np.testing.assert_array_equal(x.grad.data, [1, 1])


def test_masks_combine():
    x = ag.tensor([0.5, -1.0, 2.0])
    np.testing.assert_array_equal(((x > 0) & (x < 1)).data, [True, False, False])
    np.testing.assert_array_equal(((x < 0) | (x > 1)).data, [False, True, True])
    np.testing.assert_array_equal(((x < 0) ^ True).data, [True, False, True])
    np.testing.assert_array_equal((True ^ (x < 0)).data, [True, False, True])
    np.testing.assert_array_equal((~(x > 0)).data, [False, True, False])
    np.testing.assert_array_equal((~ag.tensor(np.array([1, -3]))).data, [-2, 2])
    np.testing.assert_array_equal(round(x * 1.26, 1).data, np.round(x.data * np.float32(1.26), 1))


@pytest.mark.parametrize("name", ["and_", "or_", "xor", "lshift", "rshift", "floordiv", "mod"])
def test_operators_of_integers(name):
    x, y, function = np.array([5, 12, 3]), np.array([2, 1, 3]), getattr(operator, name)
    for a, b in ((ag.tensor(x), ag.tensor(y)), (ag.tensor(x), 2), (9, ag.tensor(y))):
        np.testing.assert_array_equal(function(a, b).data, function(core.raw(a), core.raw(b)))


@pytest.mark.parametrize("name", ["iand", "ior", "ixor", "ifloordiv", "imod"])
def test_integers_change_in_place_through_both_names(name):
    x, y, function = np.array([5, 12, 3]), np.array([2, 1, 3]), getattr(operator, name)
    handle = ag.tensor(x)
    assert function(handle, y) is handle
    np.testing.assert_array_equal(handle.data, function(x.copy(), y))


def test_comparisons_are_elementwise_and_tensors_hash_by_identity():
    x = ag.tensor([1.0, 2.0])
    np.testing.assert_array_equal((x == np.array([1.0, 0.0])).data, [True, False])
    np.testing.assert_array_equal((x != 2.0).data, [True, False])
    assert len({x, ag.tensor([1.0, 2.0])}) == 2
    assert 2.0 in x
    np.testing.assert_array_equal((~(x > 1.5)).data, [True, False])


# -- leaving for NumPy and Python ------------------------------------------------------------------------------------


def test_asarray_refuses_to_lose_a_gradient():
    x = leaf(1.0, 2.0)
    for leave in (np.asarray, np.array, lambda t: t.numpy(), lambda t: np.asarray(t * 2)):
        with pytest.raises(TypeError, match=r"requires a gradient.*detach\(\)\.numpy\(\)"):
            leave(x)
    np.testing.assert_array_equal(np.asarray(x.detach()), [1.0, 2.0])
    assert np.asarray(x.detach()) is x.data
    assert np.array(x.detach(), dtype="float32").dtype == np.float32


def test_item_and_python_numbers():
    assert ag.tensor([2.5]).item() == 2.5
    assert float(ag.tensor(2.5)) == 2.5
    assert int(leaf(3.0)) == 3
    assert complex(ag.tensor([1j])) == 1j
    assert [10, 20, 30][ag.tensor(np.array(1))] == 20
    assert ag.tensor([[1.0], [2.0]]).tolist() == [[1.0], [2.0]]
    assert f"{ag.tensor(0.125):.2f}" == "0.12"
    with pytest.raises(ValueError, match=r"item: the tensor has 2 elements \(2,\)"):
        ag.zeros(2).item()
    assert bool(ag.tensor(1.0))
    with pytest.raises(ValueError, match="ambiguous"):
        bool(ag.zeros(2))


def test_repr_shows_values_dtype_and_what_made_it():
    assert repr(ag.tensor([1.0, 2.5])) == "tensor([1. , 2.5], float32)"
    assert repr(leaf(1.0)) == "tensor([1.], float64, requires_grad=True)"
    assert repr(ag.tanh(leaf(0.0))) == "tensor([0.], float64, made by tanh)"
    assert "made by output 1" in repr(ag.split(leaf(1.0, 2.0), 2)[1])
    assert len(repr(ag.zeros(100_000))) < 200


def test_len_shape_and_friends():
    x = ag.zeros((2, 3))
    assert (len(x), x.shape, x.ndim, x.size, x.nbytes) == (2, (2, 3), 2, 6, 24)
    assert x.T.shape == (3, 2)
    assert ag.zeros((4, 2, 3)).mT.shape == (4, 3, 2)
    assert x.reshape(3, 2).shape == x.reshape((3, -1)).shape == (3, 2)
    assert x.transpose().shape == x.transpose(1, 0).shape == x.transpose((1, 0)).shape == (3, 2)
    assert x.flatten().shape == (6,)
    with pytest.raises(TypeError, match="unstack: a 0-d array has no axis"):
        iter(ag.tensor(1.0))


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda x: x[5], r"^getitem: .*an axis of length n has the positions"),
        (lambda x: x[np.array([True])], r"^getitem: boolean index .*; a mask must have the lengths"),
        (
            lambda x: x.reshape(4),
            r"^reshape: .*\(x \(2, 3\) float32, shape \(4,\)\); the numbers of elements must be equal",
        ),
        (lambda x: x.sum(axis=3), r"^sum: .*axis 3.*; an array with n axes has the axes -n to n - 1"),
        (
            lambda x: ag.concatenate([x, x.T]),
            r"^concatenate: .*\[\(2, 3\) float32, \(3, 2\) float32\].*; arrays may differ",
        ),
        (lambda x: ag.broadcast_to(x, (3, 3)), r"^broadcast_to: .*; from the last axis on"),
        (lambda x: x + None, r"^add: .*b None\); pass numbers, arrays or Tensors"),
        (lambda x: ag.heaviside(x), r"^heaviside\(\) missing 1 required positional argument: 'h0'"),
        (lambda x: bool(x), r"ambiguous; reduce it"),
        (lambda x: ag.tensor([[1], [2, 3]]), "pass numbers, in rows of one length"),
    ],
)
def test_common_mistakes_are_answered_with_a_fix(use, message):
    with pytest.raises((ValueError, TypeError, IndexError), match=message):
        use(ag.zeros((2, 3)))


def test_lists_of_whole_numbers_are_indices_and_targets():
    x = ag.tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
    np.testing.assert_array_equal(ag.embedding([1, 0], x).data, x.data[[1, 0]])
    assert ag.cross_entropy(x, [2, 0]).item() == ag.cross_entropy(x, np.array([2, 0])).item()
    with ag.observe(lambda call: None):  # the plain caller does the same
        np.testing.assert_array_equal(ag.embedding([1, 0], x).data, x.data[[1, 0]])
    assert (x * [1, 2, 3]).dtype == np.float64  # an operand with a gradient: numbers of the default dtype
    assert (ag.zeros(3) * [1, 2, 3]).dtype == np.float32


# -- copies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))])
def test_leaves_are_copied_whole(duplicate):
    x = leaf(1.0, 2.0)
    x.name = "x"
    (x * x).sum().backward()
    other = duplicate(x)
    assert other.requires_grad
    assert other.node is not x.node
    assert other.name == "x"
    np.testing.assert_array_equal(other.grad.data, x.grad.data)
    assert not np.shares_memory(other.data, x.data)
    (other * 3).sum().backward()
    np.testing.assert_array_equal(x.grad.data, [2.0, 4.0])
    with pytest.raises(ValueError, match="made by multiply; detach"):
        duplicate(x * 2)


def test_copy_lets_the_gradient_through():
    x = leaf(1.0)
    y = x.copy()
    assert not np.shares_memory(x.data, y.data)
    (y * 2).sum().backward()
    assert x.grad.item() == 2.0


# -- every method gives what the op gives ----------------------------------------------------------------------------


def delegating():
    """The methods whose docstring says which operation they are."""
    for name, method in vars(ag.Tensor).items():
        found = re.match(r"`ag\.(\w+)` of this tensor", getattr(method, "__doc__", None) or "")
        if found and inspect.isfunction(method):
            yield pytest.param(method, core.registry[found[1]], id=name)


@pytest.mark.parametrize(("method", "op"), list(delegating()))
def test_methods_delegate(method, op):
    """A method takes what the operation takes, in the same order and with the same defaults, and gives the same."""
    ours, theirs = list(inspect.signature(method).parameters.values())[1:], dict(op.signature.parameters)
    itself = "x" if "x" in theirs else next(iter(theirs))
    del theirs[itself]
    if method.__name__ not in ("reshape", "transpose"):  # which take lengths one by one, too
        assert [p.kind for p in ours] == [p.kind for p in theirs.values()]
        assert [p.default for p in ours] == [p.default for p in theirs.values()]
    called = 0
    for sample in samples(op):
        arguments = dict(zip(op.roles, sample.values, strict=True))
        x = arguments.pop(itself)
        if not isinstance(x, np.ndarray):
            continue
        named = {name: arguments.pop(name) for name, p in theirs.items() if p.kind is p.KEYWORD_ONLY}
        found = method(ag.Tensor(x), *arguments.values(), **named)
        for a, b in zip(*(r if isinstance(r, tuple) else (r,) for r in (found, sample.call({}))), strict=True):
            np.testing.assert_array_equal(a.data, b)
        called += 1
    assert called


def test_methods_with_arguments_delegate():
    x = ag.tensor(np.random.default_rng(0).random((3, 2)))
    np.testing.assert_array_equal(x.clip(0.2, 0.6).data, np.clip(x.data, 0.2, 0.6))
    np.testing.assert_array_equal(x.sum(axis=0, keepdims=True).data, x.data.sum(0, keepdims=True))
    np.testing.assert_array_equal(x.var(1, correction=1).data, x.data.var(1, ddof=1))
    np.testing.assert_array_equal(x.swapaxes(0, 1).data, x.data.T)
    assert x.astype("float32").dtype == np.float32
    assert x.reshape(2, 3).shape == x.reshape((2, 3)).shape == (2, 3)
    assert x.transpose(1, 0).shape == x.transpose((1, 0)).shape == x.T.shape == x.mT.shape == (2, 3)
    z = x * 1j
    np.testing.assert_array_equal(z.imag.data, x.data)
    np.testing.assert_array_equal(z.real.data, 0)
