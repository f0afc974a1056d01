"""Shapes: values, views and errors are NumPy's over a table of calls, and derivatives PyTorch's."""

import time

import numpy as np
import pytest
import scipy.linalg

import autograd_lite as ag

rng = np.random.default_rng(0)
OPERANDS = {
    "s": np.array(1.5),  # one operand of each kind: no axes,
    "v": rng.standard_normal(5),
    "x": rng.standard_normal((4, 4)),
    "y": rng.standard_normal((3, 4)).astype(np.float32),
    "c": rng.standard_normal((2, 3, 4)),
    "w": rng.standard_normal((1, 3, 1, 2)),
    "e": np.zeros((0, 3)),  # no elements,
    "i": np.array([[3, 0, -2], [0, 5, 1]]),  # integers,
    "b": np.array([True, False, True]),
    "z": rng.standard_normal((2, 3)) + 1j * rng.standard_normal((2, 3)),
    "o": np.array([[0, 0, 0, 0], [0, 1.5, 0, 0], [0, 2, 3, 0]]),  # and zeros around
}

CALLS = """
reshape(c, (4, -1))
reshape(e, (3, 0, 2))
ravel(c)
ravel(c.T)
ravel(s)
transpose(c)
transpose(c, (1, -1, 0))
matrix_transpose(c)
moveaxis(c, 0, -1)
moveaxis(w, (0, -1), (2, 0))
moveaxis(w, [3, 2, 1], [0, 1, 2])
moveaxis(s, (), ())
rollaxis(c, 2)
rollaxis(c, -2, 3)
rollaxis(c, 0, -1)
rollaxis(c, 1, 1)
swapaxes(z, 0, 1)
broadcast_to(y, (2, 3, 4))
broadcast_to(i, (0, 2, 3))
broadcast_arrays(c, y, s)
broadcast_arrays(b)
expand_dims(v, (0, -1))
expand_dims(s, 0)
squeeze(w)
squeeze(w, (0, 2))
squeeze(w, -2)
atleast_1d(s)
atleast_1d(s, x, b)
atleast_2d(s, v, c)
atleast_2d(e)
atleast_3d(s, v, i, c, w)
copy(c.T)
copy(s)
flip(c)
flip(c, (0, -1))
flip(s)
fliplr(i)
flipud(v)
roll(c, 3)
roll(c, -13, 1)
roll(c, (1, -2), (0, 2))
roll(c, (1, 2), 0)
roll(v, 0)
roll(e, 2, 1)
roll(b, 1)
rot90(i)
rot90(c, -1, (2, 0))
rot90(z, 2)
rot90(e, 5)
vstack([v, v])
vstack([i, b])
vstack((x, y))
vstack(c)
hstack([s, v])
hstack([c, c[:, :1]])
hstack([i, z])
dstack([s, s])
dstack([v, v])
dstack([x, x])
column_stack([v, np.ones((5, 2)), v])
column_stack([s, s])
concatenate([x, y])
concatenate([c, s[None]], axis=None)
stack([v, v], -1)
block([v, s])
block([[x, x[:, :1]], [y, y[:, :1]]])
block([[[c]], [[c]]])
block([[s, 1.0], [2.0, s]])
block(s)
split(x, 2)
split(x, [1, 1, 6], 1)
array_split(v, 3)
array_split(c, 5, -1)
array_split(v, [2])
array_split(e, 2)
hsplit(v, [2])
hsplit(x, 2)
vsplit(x, (1, 2))
dsplit(c, 4)
append(v, s[None])
append(x, y, axis=0)
append(i, i, -1)
append(i, 7)
append(x, y)
insert(v, 2, 1.0)
insert(v, -1, v)
insert(x, 1, s)
insert(x, 1, v[:4], axis=1)
insert(x, [1], x[:, :2], axis=1)
insert(x, [3, 0, 3], y, axis=0)
insert(x, slice(0, 4, 2), x[:, :2], axis=1)
insert(x, [0, 4, -1], v[:3], axis=-1)
insert(x, [], y[:0], axis=0)
insert(x, 4, x, 1)
insert(i, 1, 2.9)
insert(c, 2, c[0, 0])
delete(v, 1)
delete(v, -5)
delete(v, [0, 0, -1])
delete(c, slice(None, None, 2), axis=1)
delete(x, np.array([True, False, True, False]), 0)
delete(x, [], 0)
delete(x, 3)
delete(i, 0, -1)
trim_zeros(o[2])
trim_zeros(o[1], "f")
trim_zeros(o[1], "B")
trim_zeros(o[0])
trim_zeros(i[0])
diag(v)
diag(v, -2)
diag(x, 1)
diag(y, -1)
diag(y, 9)
diag(v[:0])
diagflat(z, 1)
diagflat(s)
diagonal(c)
diagonal(c, 1, 2, 0)
diagonal(c, -1, axis1=-1, axis2=1)
diagonal(e)
tril(x)
tril(y, -1)
tril(c, 2)
tril(v)
tril(e)
triu(i)
triu(c, -1)
triu(z, 1)
triu(b)
repeat(c, 2)
repeat(c, 2, 1)
repeat(v, [0, 2, 0, 0, 3])
repeat(x, np.array([1, 0, 2, 0]), axis=-1)
repeat(x, [3], axis=0)
repeat(x, 0, axis=0)
repeat(s, 3)
repeat(e, 2, axis=1)
repeat(b, 2)
tile(v, 2)
tile(x, (2, 3))
tile(v, (2, 1, 2))
tile(c, 2)
tile(c, (2, 1))
tile(s, 3)
tile(s, ())
tile(e, 2)
tile(i, (0, 2))
resize(v, (3, 4))
resize(c, (5, 2))
resize(c, 3)
resize(e, (2, 2))
resize(s, 3)
meshgrid(v, x[0])
meshgrid(v, x[0], b, indexing="ij")
meshgrid(v, x[0], b, sparse=True)
meshgrid(v, s)
meshgrid(v)
kron(x, y)
kron(v, c)
kron(s, x)
kron(i, z)
kron(e, v)
vander(v)
vander(v, 0)
vander(v, 1)
vander(i[0], 4, increasing=True)
vander(z[0], 3)
sliding_window_view(v, 3)
sliding_window_view(v, 5)
sliding_window_view(c, (2, 1, 3))
sliding_window_view(c, 2, -1)
sliding_window_view(x, (2, 3), (0, 0))
sliding_window_view(i, (2, 2))
block_diag(x, y)
block_diag(v, s, i)
block_diag(z, v[:0])
""".strip().splitlines()


def numpys(name):
    """What a function of ours is called in NumPy or SciPy."""
    modules = (np, np.lib.stride_tricks, scipy.linalg)
    return next(getattr(module, name) for module in modules if hasattr(module, name))


def evaluated(line, function, operands):
    result = eval(line, {"np": np, **operands, line.partition("(")[0]: function})
    return tuple(result) if isinstance(result, tuple | list) else (result,)


def tensors():
    return {name: ag.tensor(x, requires_grad=x.dtype.kind in "fc") for name, x in OPERANDS.items()}


@pytest.mark.parametrize("line", CALLS)
def test_values_are_numpys(line):
    name = line.partition("(")[0]
    expected = evaluated(line, numpys(name), OPERANDS)
    plain = evaluated(line, getattr(ag, name), OPERANDS)
    recorded = evaluated(line, getattr(ag, name), tensors())
    assert all(isinstance(result, ag.Tensor) for result in recorded)
    for a, b, t in zip(expected, plain, recorded, strict=True):
        assert isinstance(b, np.ndarray | np.generic)
        assert (np.shape(a), np.result_type(a)) == (b.shape, b.dtype) == (t.shape, t.dtype)
        assert t.requires_grad is (t.dtype.kind in "fc")
        np.testing.assert_allclose(b, a, rtol=1e-14)
        np.testing.assert_array_equal(t.data, b)


@pytest.mark.parametrize("line", CALLS)
def test_numpys_own_functions_take_tensors(line):
    name = line.partition("(")[0]
    if not numpys(name).__module__.startswith("numpy"):
        pytest.skip("SciPy has no such protocol")
    for a, b in zip(
        evaluated(line, numpys(name), tensors()), evaluated(line, getattr(ag, name), OPERANDS), strict=True
    ):
        assert isinstance(a, ag.Tensor)
        np.testing.assert_array_equal(a.data, b)


VIEWS = """
ravel(x)
flatten(c, 1)
unflatten(x, 0, (2, 2))
moveaxis(c, 0, 1)
rollaxis(c, 2)
matrix_transpose(x)
fliplr(x)
flipud(x)
rot90(x)
diag(x, 1)
diagonal(x)
trim_zeros(o)
sliding_window_view(x, (2, 2))
atleast_3d(x)
array_split(v, 2)
hsplit(x, 2)
vsplit(x, 2)
dsplit(c, 2)
meshgrid(v, sparse=True)
""".strip().splitlines()


@pytest.mark.parametrize("line", VIEWS)
def test_what_needs_no_copy_is_a_view(line):
    for result in evaluated(line, getattr(ag, line.partition("(")[0]), OPERANDS):
        assert any(np.shares_memory(result, x) for x in OPERANDS.values())


def test_large_grids_take_no_memory():
    axis = np.arange(1e5)
    assert [grid.strides for grid in ag.meshgrid(axis, axis)] == [(0, 8), (8, 0)]
    assert ag.sliding_window_view(axis, 50_000).strides == (8, 8)


ERRORS = [
    ("flatten(c, 2, 1)", ValueError, "start_dim lies behind end_dim"),
    ("flatten(c, 3)", ValueError, "out of bounds"),
    ("unflatten(x, 0, (3, -1))", ValueError, "cannot reshape"),
    ("unflatten(s, 0, (1,))", ValueError, "out of bounds"),
    ("moveaxis(c, (0, 1), 2)", ValueError, "equally many"),
    ("moveaxis(c, (0, 0), (1, 2))", ValueError, "repeated axis"),
    ("moveaxis(c, 3, 0)", ValueError, "out of bounds"),
    ("rollaxis(c, 0, 4)", ValueError, "out of bounds"),
    ("rollaxis(c, 0, -4)", ValueError, "out of bounds"),
    ("matrix_transpose(v)", ValueError, "a matrix has two axes"),
    ("fliplr(v)", ValueError, "out of bounds"),
    ("roll(c, 1, 3)", ValueError, "out of bounds"),
    ("rot90(v)", ValueError, "."),
    ("rot90(x, 1, (0, -2))", ValueError, "must be different"),
    ("broadcast_arrays(x, v)", ValueError, "broadcast"),
    ("vstack([])", ValueError, "at least one array"),
    ("vstack([x, v])", ValueError, "concatenation axis"),
    ("block([[x], x])", ValueError, "nested equally deep"),
    ("block([[x], []])", ValueError, "none may be empty"),
    ("block([[x, y[:2]]])", ValueError, "concatenation axis"),
    ("block_diag()", ValueError, "at least one array"),
    ("array_split(v, 0)", ValueError, "one part at least"),
    ("hsplit(s, 1)", ValueError, "1 axes"),
    ("vsplit(v, 1)", ValueError, "2 axes"),
    ("dsplit(x, 1)", ValueError, "3 axes"),
    ("insert(v, 6, 1.0)", IndexError, "out of bounds"),
    ("insert(x, 0, v, axis=2)", ValueError, "out of bounds"),
    ("insert(x, 0, v, axis=0)", ValueError, "could not broadcast|remapped shapes"),
    ("insert(i, 0, v[0], 0)", TypeError, "gradient of the values would be lost"),
    ("delete(v, 5)", IndexError, "out of bounds"),
    ("delete(v, np.array([True, False]))", ValueError, "boolean"),
    ("trim_zeros(v, 'x')", ValueError, "use f, b or fb"),
    ("trim_zeros(v, 0)", ValueError, "use f, b or fb"),
    ("diag(c)", ValueError, "one axis or two"),
    ("diagonal(v)", ValueError, "at least two"),
    ("diagonal(x, 0, 1, 1)", ValueError, "cannot be the same|same"),
    ("diag_embed(x, 0, 1, 1)", ValueError, "repeated axis"),
    ("diag_embed(s)", ValueError, "one axis at least"),
    ("diagonal_scatter(i, v[:2])", TypeError, "do not fit"),
    ("diagonal_scatter(x, v)", ValueError, "broadcast"),
    ("tril(s)", ValueError, "one axis at least"),
    ("unstack(x, (1,))", TypeError, "integer"),
    ("split(v, 0)", ValueError, "one part at least"),
    ("split(v, [3, 1])", ValueError, "positions of cuts must not fall"),
    ("roll(v, 1.5, 0)", TypeError, "whole numbers"),
    ("pad(v, 1, constant_values=1j)", TypeError, "do not fit"),
    ("repeat(v, 1.5)", TypeError, "integer"),
    ("rot90(x, 0.5)", TypeError, "integer"),
    ("repeat(v, -1)", ValueError, "negative"),
    ("repeat(v, [1, 2])", ValueError, "broadcast"),
    ("tile(v, -1)", ValueError, "negative"),
    ("resize(v, (-1, 2))", ValueError, "negative"),
    ("meshgrid(v, indexing='yx')", ValueError, "use xy or ij"),
    ("vander(x)", ValueError, "use ravel"),
    ("vander(v, -1)", ValueError, "cannot be negative"),
    ("sliding_window_view(v, 6)", ValueError, "cannot be larger"),
    ("sliding_window_view(x, 2)", ValueError, "."),
    ("sliding_window_view(x, -1, 0)", ValueError, "negative"),
]


@pytest.mark.parametrize(("line", "kind", "message"), ERRORS)
def test_what_cannot_be_is_refused_with_the_operation_named(line, kind, message):
    name = line.partition("(")[0]
    with pytest.raises(kind, match=f"^\\w+: .*({message})"):
        evaluated(line, getattr(ag, name), tensors())


# -- agreement with PyTorch -------------------------------------------------------------------------------------

X, Y, C = OPERANDS["x"], OPERANDS["x"][:3] + 1, OPERANDS["c"]
AGAINST_TORCH = {
    "flatten": (lambda x: ag.flatten(x, 1), lambda t, x: x.flatten(1), (C,)),
    "unflatten": (lambda x: ag.unflatten(x, -1, (2, -1)), lambda t, x: x.unflatten(-1, (2, -1)), (C,)),
    "moveaxis": (lambda x: ag.moveaxis(x, (0, 2), (2, 1)), lambda t, x: x.moveaxis((0, 2), (2, 1)), (C,)),
    "roll": (lambda x: ag.roll(x, (1, -2), (0, 2)), lambda t, x: x.roll((1, -2), (0, 2)), (C,)),
    "roll flattened": (lambda x: ag.roll(x, -5), lambda t, x: x.roll(-5), (C,)),
    "rot90": (lambda x: ag.rot90(x, -1, (2, 0)), lambda t, x: t.rot90(x, -1, (2, 0)), (C,)),
    "tile": (lambda x: ag.tile(x, (2, 1, 3)), lambda t, x: x.tile((2, 1, 3)), (X,)),
    "repeat": (lambda x: ag.repeat(x, 3, 1), lambda t, x: x.repeat_interleave(3, 1), (C,)),
    "repeat by counts": (
        lambda x: ag.repeat(x, [2, 0, 1, 3], 0),
        lambda t, x: x.repeat_interleave(t.tensor([2, 0, 1, 3]), 0),
        (X,),
    ),
    "tril": (lambda x: ag.tril(x, -1), lambda t, x: x.tril(-1), (C,)),
    "triu": (lambda x: ag.triu(x, 1), lambda t, x: x.triu(1), (C,)),
    "diag": (lambda x: ag.diag(x, 1), lambda t, x: x.diag(1), (X[0],)),
    "diag of a matrix": (lambda x: ag.diag(x, -1), lambda t, x: x.diag(-1), (X,)),
    "diagflat": (lambda x: ag.diagflat(x, -1), lambda t, x: t.diagflat(x, -1), (Y,)),
    "diagonal": (lambda x: ag.diagonal(x, 1, 2, 0), lambda t, x: x.diagonal(1, 2, 0), (C,)),
    "diag_embed": (lambda x: ag.diag_embed(x, -1, 0, 2), lambda t, x: t.diag_embed(x, -1, 0, 2), (Y,)),
    "diagonal_scatter": (
        lambda x, y: ag.diagonal_scatter(x, y, 1),
        lambda t, x, y: x.diagonal_scatter(y, 1),
        (X, X[0, :3]),
    ),
    "windows": (
        lambda x: ag.sliding_window_view(x, (3, 2), (2, 0)),
        lambda t, x: x.unfold(2, 3, 1).unfold(0, 2, 1),
        (C,),
    ),
    "kron": (lambda x, y: ag.kron(x, y), lambda t, x, y: t.kron(x, y), (Y, C)),
    "block_diag": (lambda x, y, z: ag.block_diag(x, y, z), lambda t, x, y, z: t.block_diag(x, y, z), (X, Y, X[0])),
    "meshgrid": (
        lambda x, y: ag.meshgrid(x, y, indexing="ij"),
        lambda t, x, y: t.meshgrid(x, y, indexing="ij"),
        (X[0], Y[0]),
    ),
    "vander": (lambda x: ag.vander(x, 4, True), lambda t, x: x[:, None] ** t.arange(4), (X[0],)),
    "vstack": (lambda x, y: ag.vstack([x, y, x[0]]), lambda t, x, y: t.vstack([x, y, x[0]]), (X, Y)),
    "column_stack": (lambda x, y: ag.column_stack([x, y]), lambda t, x, y: t.column_stack([x, y]), (X, X[0])),
    "array_split": (lambda x: ag.array_split(x, 3), lambda t, x: t.tensor_split(x, 3), (X,)),
    "atleast_3d": (lambda x, y: ag.atleast_3d(x, y), lambda t, x, y: t.atleast_3d(x, y), (X, X[0])),
    "broadcast_arrays": (
        lambda x, y: ag.broadcast_arrays(x, y),
        lambda t, x, y: t.broadcast_tensors(x, y),
        (X, C[:, :1]),
    ),
}


@pytest.mark.parametrize("case", AGAINST_TORCH)
@pytest.mark.parametrize("number", [float, complex])
def test_agrees_with_torch(agrees_with_torch, case, number):
    function, theirs, operands = AGAINST_TORCH[case]
    agrees_with_torch(
        function, theirs, *(x * number(1.5) + (x[::-1] * 1j if number is complex else 0) for x in operands)
    )


# -- numbers of every type ----------------------------------------------------------------------------------------

CALLS_BY_SCALARS = [
    ("roll", (np.uint8(3),), 3),
    ("roll", (True,), 1),
    ("rot90", (np.uint8(1),), 1),
    ("sliding_window_view", (np.int64(2), 0), 2),
    ("repeat", (np.int8(2),), 2),
    ("repeat", (True,), 1),
]


@pytest.mark.parametrize(("name", "arguments", "number"), CALLS_BY_SCALARS)
def test_numbers_of_every_type_have_the_gradient_of_pythons(name, arguments, number):
    x, function = ag.tensor(np.arange(6.0).reshape(3, 2), requires_grad=True), getattr(ag, name)

    def slope(*given):
        out = function(x, *given)
        return ag.gradients((out * np.arange(out.size).reshape(out.shape)).sum(), x)[0].tolist()

    assert slope(*arguments) == slope(number, *arguments[1:])


def test_lengths_and_axes_may_be_single_numbers():
    x = ag.tensor(np.arange(3.0), requires_grad=True)
    assert ag.broadcast_to(x, np.int64(3)).shape == (3,)
    assert ag.gradients(ag.transpose(x, 0).sum(), x)[0].tolist() == [1, 1, 1]


def test_half_precision_is_repeated():
    x = ag.tensor(np.ones((3, 2), np.float16), requires_grad=True)
    (g,) = ag.gradients(ag.repeat(x, [1, 2, 0], 0).sum(), x)
    assert (g.tolist(), g.dtype) == ([[1, 1], [2, 2], [0, 0]], np.float16)


def test_python_numbers_do_not_promote():
    x = np.ones(1, np.float32)
    for joined in (ag.stack([x[0], 1.0]), ag.hstack([x, 1.0]), ag.vstack([x, 1.0]), ag.dstack([x, 1.0])):
        assert joined.dtype == np.float32


def test_values_on_a_diagonal_may_have_more_axes_in_front():
    src = ag.tensor(np.ones((1, 2)), requires_grad=True)
    (g,) = ag.gradients(ag.diagonal_scatter(np.zeros((2, 2)), src).sum(), src)
    assert g.tolist() == [[1, 1]]


@pytest.mark.parametrize(("join", "number"), [(ag.concatenate, 6000), (lambda parts: ag.block_diag(*parts), 1000)])
def test_joining_many_takes_time_in_proportion(join, number):
    parts = [ag.tensor(np.ones(1), requires_grad=True) for _ in range(number)]
    start = time.process_time()
    join(parts).sum().backward()
    assert time.process_time() - start < 0.5  # with a sum over all that precede for each part it is 1 to 2 s
    assert all(part.grad.tolist() == [1] for part in parts)
