"""The fused recurrent operations: against the loops over plain cells, in three orders; memory and errors."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.core import registry

GATES = {"rnn": 1, "gru": 3, "lstm": 4}


def operands(name, *, bias=True, dtype="float64", steps=4, batch=3, inputs=2, units=5):
    rng = np.random.default_rng(0)
    rows = GATES[name] * units
    shapes = [(steps, batch, inputs), *[(batch, units)] * (2 if name == "lstm" else 1), (rows, inputs), (rows, units)]
    shapes += [(rows,), (rows,)] if bias else []
    return [ag.tensor(rng.standard_normal(shape).astype(dtype), requires_grad=True) for shape in shapes]


def weighted(outputs):
    rng = np.random.default_rng(1)
    return sum((out * rng.standard_normal(out.shape).astype(out.dtype)).sum() for out in outputs)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("name", GATES)
class TestAgainstTheLoop:
    def test_values_and_gradients(self, name, bias):
        op, args = registry[name], operands(name, bias=bias)
        fused, loop = op.function(*args), op.spec(*args)
        for a, b in zip(fused, loop, strict=True):
            np.testing.assert_allclose(a.data, b.data, rtol=0, atol=1e-13)
        pairs = zip(ag.gradients(weighted(fused), args), ag.gradients(weighted(loop), args), strict=True)
        for a, b in pairs:
            np.testing.assert_allclose(a.data, b.data, rtol=1e-10, atol=1e-12)

    def test_second_order(self, name, bias):
        op, args = registry[name], operands(name, bias=bias, steps=3, units=3)
        second = []
        for function in (op.function, op.spec):
            first = ag.gradients(weighted(function(*args)), args, create_graph=True)
            second.append(ag.gradients(sum((g * g).sum() for g in first), args))
        for a, b in zip(*second, strict=True):
            np.testing.assert_allclose(a.data, b.data, rtol=1e-10, atol=1e-10)

    def test_each_output_alone(self, name, bias):
        op, args = registry[name], operands(name, bias=bias)
        for number in range(len(op.outputs)):
            fused, loop = op.function(*args)[number], op.spec(*args)[number]
            found = ag.gradients((fused * fused).sum(), args, allow_unused=True)
            expected = ag.gradients((loop * loop).sum(), args, allow_unused=True)
            for a, b in zip(found, expected, strict=True):
                np.testing.assert_allclose(a.data, b.data, rtol=1e-10, atol=1e-12)

    def test_float32(self, name, bias):
        op, args = registry[name], operands(name, bias=bias, dtype="float32")
        fused, loop = op.function(*args), op.spec(*args)
        pairs = zip(
            [*fused, *ag.gradients(weighted(fused), args)], [*loop, *ag.gradients(weighted(loop), args)], strict=True
        )
        for a, b in pairs:
            assert a.dtype == np.float32
            np.testing.assert_allclose(a.data, b.data, rtol=1e-4, atol=1e-5)


def test_relu():
    args = operands("rnn")
    fused, loop = ag.rnn(*args, "relu"), registry["rnn"].spec(*args, "relu")
    pairs = zip(ag.gradients(weighted(fused), args), ag.gradients(weighted(loop), args), strict=True)
    for a, b in pairs:
        np.testing.assert_allclose(a.data, b.data, rtol=1e-10, atol=1e-12)


def gradients_of(function, args, **options):
    outputs = function(*args, **options)
    return [*outputs, *ag.gradients(weighted(outputs), args)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", GATES)
class TestShapes:
    @pytest.mark.parametrize(
        "sizes", [(1, 3, 2, 5), (4, 1, 2, 5), (4, 3, 1, 5), (4, 3, 2, 1), (1, 1, 1, 1), (3, 5, 0, 4)]
    )
    def test_of_length_one(self, name, dtype, sizes):
        args = operands(name, dtype=dtype, **dict(zip(("steps", "batch", "inputs", "units"), sizes, strict=True)))
        self.check(name, args, dtype)

    def test_larger_than_a_block(self, name, dtype):
        args = operands(name, dtype=dtype, steps=5, batch=17, inputs=33, units=150)
        self.check(name, [ag.tensor(arg.data * 0.1, requires_grad=True) for arg in args], dtype)

    def test_of_views(self, name, dtype):
        x, *rest = operands(name, dtype=dtype)
        for view in (x.data.swapaxes(0, 1).copy().swapaxes(0, 1), x.data[::-1], x.data[..., ::-1]):
            self.check(name, [ag.from_numpy(view).requires_grad_(), *rest], dtype)
        turned = [ag.from_numpy(arg.data.T.copy().T).requires_grad_() for arg in rest]
        self.check(name, [x, *turned], dtype)

    def check(self, name, args, dtype, **options):
        op, tolerance = registry[name], {"float32": 1e-4, "float64": 1e-11}[dtype]
        pairs = zip(gradients_of(op.function, args, **options), gradients_of(op.spec, args, **options), strict=True)
        for a, b in pairs:
            assert a.dtype == dtype
            np.testing.assert_allclose(a.data, b.data, rtol=tolerance, atol=tolerance)

    @pytest.mark.parametrize("lengths", [[4, 4, 4], [4, 2, 1], [1, 3, 2], [2, 2, 2]])
    def test_of_sequences_of_different_lengths(self, name, dtype, lengths):
        self.check(name, operands(name, dtype=dtype), dtype, lengths=lengths)
        if name == "rnn":
            self.check(name, operands(name, dtype=dtype), dtype, nonlinearity="relu", lengths=lengths)


@pytest.mark.parametrize("name", GATES)
class TestLengths:
    def test_each_sequence_is_what_it_is_alone(self, name):
        function, (x, *rest), states = registry[name].function, operands(name), 2 if name == "lstm" else 1
        lengths = np.array([2, 4, 3])
        x.data[2:, 0] = x.data[3:, 2] = np.nan  # must not matter
        out, *last = function(x, *rest, lengths=lengths)
        found = ag.gradients(weighted([out, *last]), [x, *rest])
        assert all(np.isfinite(g.data).all() for g in found)
        for b, length in enumerate(lengths):
            alone, *ends = function(x[:length, b : b + 1], *(s[b : b + 1] for s in rest[:states]), *rest[states:])
            np.testing.assert_allclose(out.data[:length, b : b + 1], alone.data, rtol=1e-12)
            assert not out.data[length:, b].any()
            assert not found[0].data[length:, b].any()
            for part, end in zip(last, ends, strict=True):
                np.testing.assert_allclose(part.data[b : b + 1], end.data, rtol=1e-12)

    def test_second_order(self, name):
        op, args, second = registry[name], operands(name, steps=3, units=3), []
        for function in (op.function, op.spec):
            first = ag.gradients(weighted(function(*args, lengths=[1, 3, 2])), args, create_graph=True)
            second.append(ag.gradients(sum((g * g).sum() for g in first), args))
        for a, b in zip(*second, strict=True):
            np.testing.assert_allclose(a.data, b.data, rtol=1e-10, atol=1e-10)

    def test_errors(self, name):
        function, args = registry[name].function, operands(name)
        with pytest.raises(ValueError, match=r"lengths run from 0 to 3, a sequence has 1 to T = 4 steps .*; leave"):
            function(*args, lengths=[0, 3, 2])
        with pytest.raises(ValueError, match="lengths run from 1 to 5"):
            function(*args, lengths=[1, 5, 2])
        with pytest.raises(ValueError, match=r"lengths \(2,\) must be \(3,\)"):
            function(*args, lengths=[1, 2])
        with pytest.raises(TypeError, match="lengths must be integers, not float64"):
            function(*args, lengths=[1.0, 2, 3])


def test_flipped_sequences():
    x = np.arange(6).reshape(3, 2)
    np.testing.assert_array_equal(ag.flip_sequences(x, [2, 3]), [[2, 5], [0, 3], [4, 1]])
    np.testing.assert_array_equal(ag.flip_sequences(ag.flip_sequences(x, [2, 3]), [2, 3]), x)


@pytest.mark.parametrize("name", GATES)
def test_only_what_is_wanted(name):
    args = operands(name)
    for wanted in range(len(args)):
        constants = [arg if i == wanted else arg.detach() for i, arg in enumerate(args)]
        (found,) = ag.gradients(weighted(registry[name].function(*constants)), [args[wanted]])
        (expected,) = ag.gradients(weighted(registry[name].spec(*constants)), [args[wanted]])
        np.testing.assert_allclose(found.data, expected.data, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", GATES)
def test_raw_arrays_and_mixed_dtypes(name):
    args = [arg.data for arg in operands(name)]
    outs = registry[name].function(*args)
    assert all(type(out) is np.ndarray for out in outs)
    mixed = registry[name].function(args[0].astype(np.float32), *args[1:])
    assert all(out.dtype == np.float64 for out in mixed)
    np.testing.assert_allclose(mixed[0], outs[0], atol=1e-5)


@pytest.mark.parametrize("name", GATES)
def test_operands_are_not_written_into(name):
    args = operands(name)
    before = [arg.data.copy() for arg in args]
    weighted(registry[name].function(*args)).backward()
    assert all(np.array_equal(arg.data, old) for arg, old in zip(args, before, strict=True))


@pytest.mark.parametrize("name", GATES)
def test_a_backward_can_be_repeated(name):
    args = operands(name)
    loss = weighted(registry[name].function(*args))
    first = ag.gradients(loss, args, retain_graph=True)
    second = ag.gradients(loss, args)
    assert all(np.array_equal(a.data, b.data) for a, b in zip(first, second, strict=True))


def test_large_inputs_do_not_overflow():
    for dtype in ("float32", "float64"):
        args = [ag.tensor(arg.data * 1000, requires_grad=True) for arg in operands("lstm", dtype=dtype)]
        outs = ag.lstm(*args)
        assert all(np.isfinite(out.data).all() for out in (*outs, *ag.gradients(weighted(outs), args)))


class TestErrors:
    def test_shapes(self):
        x, h, c, *weights = operands("lstm")
        with pytest.raises(ValueError, match=r"lstm: a state must be \(B, H\), here \(3, 5\) .*c \(1, 5\) float64"):
            ag.lstm(x, h, c[:1], *weights)
        with pytest.raises(ValueError, match="at least one step"):
            ag.lstm(x[:0], h, c, *weights)
        with pytest.raises(ValueError, match=r"\(T, B, I\)"):
            ag.lstm(x[0], h, c, *weights)
        with pytest.raises(ValueError, match=r"weight_ih must be \(20, 2\)"):
            ag.lstm(x, h, c, weights[0][:5], *weights[1:])
        with pytest.raises(ValueError, match=r"a bias must be \(20,\)"):
            ag.lstm(x, h, c, *weights[:3], weights[3][:5])

    def test_nonlinearity(self):
        with pytest.raises(ValueError, match="rnn: nonlinearity 'sine' is not known"):
            ag.rnn(*operands("rnn"), "sine")
        x, *rest = operands("rnn")
        with pytest.raises(ValueError, match="rnn_cell: nonlinearity 'sine' is not known"):
            ag.rnn_cell(x[0], *rest, "sine")

    def test_complex_numbers(self):
        with pytest.raises(TypeError, match="real"):
            ag.gru(*(arg.data + 0j for arg in operands("gru")))
