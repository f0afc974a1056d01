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
