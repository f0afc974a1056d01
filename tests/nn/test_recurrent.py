"""The loop that unrolls any cell: against the fused layers, with cells of one's own, both ways, masked."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def assert_close(a, b):
    np.testing.assert_allclose(ag.core.raw(a), ag.core.raw(b), rtol=1e-12, atol=1e-14)


class Leaky(nn.Module):
    """A cell of a user: an average that forgets."""

    def __init__(self):
        self.rate = nn.Parameter(np.array(0.25))

    def forward(self, x, state=None):
        return x * self.rate if state is None else state + (x - state) * self.rate


@pytest.mark.parametrize("name", ["RNN", "GRU", "LSTM"])
def test_the_loop_over_a_cell_is_the_fused_layer(name):
    layer, loop = both(name)
    x = numbers(3, 2, 4)
    (out, last), (out_loop, last_loop) = layer(x), loop(x)
    assert_close(out, out_loop)
    if name == "LSTM":
        assert_close(last[0], ag.stack([h for h, _ in last_loop]))
        assert_close(last[1], ag.stack([c for _, c in last_loop]))
    else:
        assert_close(last, ag.stack(last_loop))
    assert len(list(loop.parameters())) == 16
    assert next(iter(loop.state_dict())) == "layers.0.0.weight_ih"


def test_a_cell_of_ones_own():
    model = nn.Recurrent(Leaky())
    x = numbers(4, 3, 2)
    out, (state,) = model(x)
    expected, y = [], np.zeros((3, 2))
    for x_t in x:
        y = y + (x_t - y) * 0.25
        expected.append(y)
    assert_close(out, np.stack(expected))
    assert_close(state, y)
    out.sum().backward()
    assert model.layers[0][0].rate.grad is not None
    assert model.layers[0][0].rate.name == "layers.0.0.rate"


def test_backward_in_time_gives_outputs_in_the_order_of_x():
    x = numbers(4, 3, 2)
    out, state = nn.unroll(Leaky(), x, reverse=True)
    expected, last = nn.unroll(Leaky(), x[::-1])
    assert_close(out, expected[::-1])
    assert_close(state, last)


def test_two_halves_are_the_whole_if_the_state_is_passed_on():
    cell, x = nn.LSTMCell(2, 3, dtype="float64"), numbers(6, 2, 2)
    whole, last = nn.unroll(cell, x)
    first, state = nn.unroll(cell, x[:4])
    second, state = nn.unroll(cell, x[4:], state)
    assert_close(whole, ag.concatenate([first, second]))
    assert_close(last[1], state[1])


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("name", ["GRUCell", "LSTMCell"])
def test_a_mask_lets_sequences_of_different_lengths_share_a_batch(name, reverse):
    cell = getattr(nn, name)(2, 3, dtype="float64")
    x, lengths = numbers(5, 2, 2), (5, 3)
    mask = np.arange(5)[:, None] < np.array(lengths)
    _, state = nn.unroll(cell, x, mask=mask, reverse=reverse)
    for b, length in enumerate(lengths):
        _, alone = nn.unroll(cell, x[:length, b : b + 1], reverse=reverse)
        for part, expected in zip(*(s if isinstance(s, tuple) else (s,) for s in (state, alone)), strict=True):
            assert_close(part[b], expected[0])
    with pytest.raises(ValueError, match=r"the mask is \(5,\)"):
        nn.unroll(cell, x, mask=mask[:, 0])


@pytest.mark.parametrize("name", ["RNN", "GRU", "LSTM"])
class TestLengths:
    def test_the_layer_is_the_loop(self, name):
        layer, loop = both(name)
        x, lengths = numbers(5, 3, 4), [3, 5, 1]
        (out, last), (out_loop, last_loop) = layer(x, lengths=lengths), loop(x, lengths=lengths)
        assert_close(out, out_loop)
        for part, expected in zip(parts_of(name, last), parts_of(name, last_loop, listed=True), strict=True):
            assert_close(part, expected)

    def test_each_sequence_is_what_it_is_alone(self, name):
        layer, _ = both(name)
        sequences = [numbers(length, 4, seed=length) for length in (3, 5, 1)]
        padded = nn.pad_sequence(sequences, padding_value=np.nan)
        out, last = layer(padded, lengths=[3, 5, 1])
        for b, sequence in enumerate(sequences):
            alone, end = layer(sequence)
            assert_close(out[: len(sequence), b], alone)
            assert not out.data[len(sequence) :, b].any()
            for part, expected in zip(parts_of(name, last), parts_of(name, end), strict=True):
                assert_close(part[:, b], expected)

    def test_batch_first(self, name):
        layer, _ = both(name)
        x, lengths = numbers(5, 3, 4), ag.tensor(np.array([3, 5, 1]))
        expected = layer(x, lengths=lengths)[0]
        layer.batch_first = True
        assert_close(layer(x.swapaxes(0, 1), lengths=lengths)[0], expected.swapaxes(0, 1))

    def test_errors(self, name):
        layer, loop = both(name)
        x = numbers(5, 3, 4)
        with pytest.raises(ValueError, match=f"{name}: lengths run from 0 to 5, a sequence has 1 to T = 5 steps; "):
            layer(x, lengths=[0, 5, 1])
        with pytest.raises(ValueError, match=r"unroll: lengths \(2,\) must be \(3,\)"):
            loop(x, lengths=[5, 1])
        with pytest.raises(ValueError, match="pass one of the two"):
            loop(x, lengths=[5, 1, 1], mask=np.ones((5, 3), bool))


def both(name):
    """Two layers in both directions, fused, and the same as a loop over cells."""
    layer = getattr(nn, name)(4, 5, num_layers=2, bidirectional=True, dtype="float64")
    state, cells = layer.state_dict(), []
    for suffix, inputs in (("l0", 4), ("l0_reverse", 4), ("l1", 10), ("l1_reverse", 10)):
        cell = getattr(nn, f"{name}Cell")(inputs, 5, dtype="float64")
        cell.load_state_dict({key: state[f"{key}_{suffix}"] for key in cell.state_dict()})
        cells.append(cell)
    return layer, nn.Recurrent((cells[0], cells[1]), (cells[2], cells[3]))


def parts_of(name, state, listed=False):
    """The parts of a last state, stacked over layers."""
    if name != "LSTM":
        return [ag.stack(state) if listed else state]
    return [ag.stack(part) for part in zip(*state, strict=True)] if listed else list(state)


class TestProjection:
    def layer(self, **options):
        return nn.LSTM(4, 5, proj_size=2, dtype="float64", rng=np.random.default_rng(0), **options)

    def test_states_and_lengths_are_pytorchs(self):
        torch = pytest.importorskip("torch")
        ours, theirs = self.layer(), torch.nn.LSTM(4, 5, proj_size=2).double()
        theirs.load_state_dict({key: torch.tensor(value) for key, value in ours.state_dict().items()})
        x, state, lengths = numbers(6, 3, 4), (numbers(1, 3, 2), numbers(1, 3, 5)), [6, 4, 1]
        packed = torch.nn.utils.rnn.pack_padded_sequence(torch.tensor(x), lengths)
        packed, last_theirs = theirs(packed, tuple(map(torch.tensor, state)))
        expected, _ = torch.nn.utils.rnn.pad_packed_sequence(packed)
        out, last = ours(x, state, lengths=lengths)
        for a, b in zip((out, *last), (expected, *last_theirs), strict=True):
            np.testing.assert_allclose(a.data, b.detach().numpy(), rtol=1e-10, atol=1e-12)
        (out**2).sum().backward()
        (expected**2).sum().backward()
        for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
            np.testing.assert_allclose(p.grad.data, q.grad.numpy(), rtol=1e-9, atol=1e-11)

    def test_without_a_batch(self):
        out, (h, c) = self.layer(bidirectional=True)(numbers(6, 4))
        assert (out.shape, h.shape, c.shape) == ((6, 4), (2, 2), (2, 5))

    def test_errors(self):
        with pytest.raises(ValueError, match="proj_size is 5, it must be smaller than hidden_size 5"):
            nn.LSTM(4, 5, proj_size=5)
        with pytest.raises(ValueError, match="GRU: proj_size is 3, it is for LSTM only"):
            nn.GRU(4, 5, proj_size=3)
        with pytest.raises(ValueError, match=r"h is \(1, 3, 5\).*B, proj_size\) \(1, 3, 2\)"):
            self.layer()(numbers(6, 3, 4), (numbers(1, 3, 5), numbers(1, 3, 5)))
        assert repr(self.layer()) == "LSTM(4, 5, proj_size=2)"


class TestTruncatedBackPropagation:
    @pytest.mark.parametrize("name", ["RNN", "GRU", "LSTM"])
    def test_the_gradient_is_cut_and_the_values_are_not(self, name):
        layer = getattr(nn, name)(2, 3, dtype="float64")
        first, second = (ag.tensor(numbers(4, 2, 2, seed=seed), requires_grad=True) for seed in (0, 1))
        whole, _ = layer(ag.concatenate([first, second]))
        before, state = layer(first)
        after, _ = layer(second, nn.detached(state))
        assert_close(ag.concatenate([before, after]), whole)
        assert ag.gradients(after.sum(), [first, second], allow_unused=True)[0] is None
        assert ag.gradients(whole[4:].sum(), [first])[0].data.any()

    def test_of_any_state(self):
        x = ag.tensor([1.0], requires_grad=True)
        tree = nn.detached([x * 2, (x * 3, x * 4)])
        assert isinstance(tree, list)
        assert isinstance(tree[1], tuple)
        assert not any(part.requires_grad for part in (tree[0], *tree[1]))

    def test_chunks_of_a_recurrent_loop(self):
        loop, x = nn.Recurrent(nn.LSTMCell(2, 3, dtype="float64")), numbers(6, 2, 2)
        whole, _ = loop(x)
        first, state = loop(x[:4])
        second, _ = loop(x[4:], nn.detached(state))
        assert_close(ag.concatenate([first, second]), whole)


def test_padded_sequences():
    sequences = [ag.tensor(numbers(length, 2), requires_grad=True) for length in (1, 3)]
    batch = nn.pad_sequence(sequences, padding_value=7.0)
    assert batch.shape == (3, 2, 2)
    assert (batch.data[1:, 0] == 7).all()
    assert_close(batch[:, 1], sequences[1])
    assert_close(nn.pad_sequence(sequences, batch_first=True)[1], sequences[1])
    assert all((g.data == 1).all() for g in ag.gradients(batch.sum(), sequences))
    with pytest.raises(ValueError, match="no sequences"):
        nn.pad_sequence([])


def test_batch_first():
    model, x = nn.Recurrent(Leaky()), numbers(4, 3, 2)
    other = nn.Recurrent(*model.layers, batch_first=True)
    assert_close(other(x.swapaxes(0, 1))[0], model(x)[0].swapaxes(0, 1))


def test_nothing_to_do():
    with pytest.raises(ValueError, match="no cells"):
        nn.Recurrent()
    with pytest.raises(ValueError, match="no steps"):
        nn.unroll(Leaky(), numbers(0, 2, 2))


LAYERS = ["RNN", "LSTM", "GRU"]


class TestErrors:
    @pytest.mark.parametrize("name", LAYERS)
    def test_a_state_of_another_dtype_is_refused(self, name):
        x, zeros = np.ones((5, 3, 4), np.float32), np.zeros((1, 3, 2))
        what = "h" if name == "LSTM" else "state"
        both = (lambda state: (state, state)) if name == "LSTM" else lambda state: state
        with pytest.raises(
            TypeError, match=rf"{name}: {what} \(1, 3, 2\) is float64, .*pass {what}.astype\('float32'\)"
        ):
            getattr(nn, name)(4, 2)(x, both(zeros))
        with pytest.raises(TypeError, match=rf"{name}Cell: {what} \(3, 2\) is float64, .*pass {what}.astype"):
            getattr(nn, name + "Cell")(4, 2)(x[0], both(zeros[0]))
        assert getattr(nn, name)(4, 2)(x, both(zeros.tolist()))[0].dtype == np.float32

    def test_the_cells_of_the_state_are_checked_too(self):
        x, h = np.ones((5, 3, 4), np.float32), np.zeros((1, 3, 2), np.float32)
        with pytest.raises(TypeError, match=r"LSTM: c \(1, 3, 2\) is float64"):
            nn.LSTM(4, 2)(x, (h, h.astype(np.float64)))
        with pytest.raises(ValueError, match=r"LSTM: the initial c is \(1, 1, 2\)"):
            nn.LSTM(4, 2)(x, (h, h[:, :1]))
        with pytest.raises(ValueError, match=r"LSTMCell: .* hidden_size 2, c has 1 features \(c \(3, 1\)\); "):
            nn.LSTMCell(4, 2)(x[0], (h[0], h[0, :, :1]))

    @pytest.mark.parametrize("state", [np.zeros((2, 3, 2), np.float32), (np.zeros((1, 3, 2), np.float32),)])
    def test_a_long_short_term_memory_has_two_parts(self, state):
        x = np.ones((5, 3, 4), np.float32)
        with pytest.raises(TypeError, match=r"LSTM: the state is .* pass a tuple \(h, c\)"):
            nn.LSTM(4, 2)(x, state)
        with pytest.raises(TypeError, match=r"LSTMCell: the state is .* pass a tuple \(h, c\)"):
            nn.LSTMCell(4, 2)(x[0], state)

    @pytest.mark.parametrize("name", LAYERS)
    def test_an_input_of_other_features(self, name):
        rule = r"the layer was made for input_size 4, x has 7 features"
        with pytest.raises(ValueError, match=rf"{name}: {rule} \(x \(5, 3, 7\)\); "):
            getattr(nn, name)(4, 2)(np.ones((5, 3, 7), np.float32))
        with pytest.raises(ValueError, match=rf"{name}Cell: {rule} \(x \(3, 7\)\); "):
            getattr(nn, name + "Cell")(4, 2)(np.ones((3, 7), np.float32))

    @pytest.mark.parametrize(("batch_first", "shape"), [(False, (0, 3, 4)), (True, (3, 0, 4)), (True, (0, 4))])
    def test_an_empty_sequence(self, batch_first, shape):
        with pytest.raises(ValueError, match=r"GRU: the sequence is empty, T = 0 \(x \(.*; "):
            nn.GRU(4, 2, batch_first=batch_first)(np.ones(shape, np.float32))

    def test_other_axes(self):
        with pytest.raises(ValueError, match=r"GRU: x must be \(T, B, I\), .*\(x \(4,\)\); "):
            nn.GRU(4, 2)(np.ones(4, np.float32))
