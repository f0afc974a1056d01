import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import data, models, optim
from autograd_lite.models.transformer_lm import TransformerLM

TEXT = "to be, or not to be: that is the question. " * 20
VOCABULARY = data.Vocabulary(TEXT)
V = len(VOCABULARY)


def model(**options):
    sizes = {"context": 12, "d_model": 16, "nhead": 2, "num_layers": 2, "rng": np.random.default_rng(0)}
    return TransformerLM(V, **sizes | options)


def random_ids(*shape):
    return np.random.default_rng(1).integers(0, V, shape)


@pytest.mark.parametrize("tied", [True, False])
def test_it_learns_a_text(tied):
    language_model, losses = model(tied=tied), []
    optimizer = optim.Adam(language_model.parameters(), lr=0.01)
    for _ in range(5):
        for inputs, targets in data.text_batches(VOCABULARY.encode(TEXT), 4, 12):
            loss = ag.cross_entropy(language_model(inputs).reshape(-1, V), targets.reshape(-1))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert losses[0] == pytest.approx(np.log(V), abs=0.4)
    assert losses[-1] < losses[0] - 1


def test_number_of_parameters():
    d, layer = 16, 12 * 16**2 + 13 * 16  # four projections and two dense layers of 4 d units; biases and norms
    for tied, tables in ((True, V + 12), (False, 2 * V + 12)):
        assert sum(p.size for p in model(tied=tied).parameters()) == tables * d + 2 * layer + 2 * d


def test_a_step_depends_on_itself_and_those_before():
    language_model, ids = model(dtype="float64"), random_ids(6, 2)
    changed = ids.copy()
    changed[3, 0] = (ids[3, 0] + 1) % V
    same = np.isclose(language_model(ids).data, language_model(changed).data, rtol=0, atol=1e-13).all(-1)
    np.testing.assert_array_equal(same.T, [[True, True, True, False, False, False], [True] * 6])


def test_bits_are_those_of_the_pieces_whatever_the_mode():
    language_model, ids = model(dropout=0.5, dtype="float64"), random_ids(49)
    pieces = ids[:-1].reshape(4, 12).T, ids[1:].reshape(4, 12).T
    nats = models.token_loss(language_model.eval()(pieces[0]), pieces[1]).item()
    language_model.train()
    for streams in (4, 2, 1):
        assert language_model.bits_per_token(ids, streams) == pytest.approx(nats / np.log(2))
    assert language_model.perplexity(ids, streams=4) == pytest.approx(np.exp(nats))
    assert language_model.bits_per_token(ids, 4, length=1) != pytest.approx(nats / np.log(2))
    assert language_model.training
    with pytest.raises(ValueError, match="the model sees 12"):
        language_model.bits_per_token(ids, 1, length=13)


@pytest.mark.parametrize("tied", [True, False])
def test_it_trains_as_in_pytorch(tied, moves_like_torch):
    torch = pytest.importorskip("torch")

    class Twin(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens, self.positions = torch.nn.Embedding(V, 16), torch.nn.Embedding(12, 16)
            self.layers = torch.nn.ModuleList(
                torch.nn.TransformerEncoderLayer(16, 2, 64, 0.0, "gelu", norm_first=True) for _ in range(2)
            )
            self.norm, self.output = torch.nn.LayerNorm(16), torch.nn.Linear(16, V, bias=False)
            if tied:
                self.output.weight = self.tokens.weight

        def forward(self, ids):
            x = self.tokens(ids) + self.positions(torch.arange(len(ids))[:, None])
            hidden = torch.nn.Transformer.generate_square_subsequent_mask(len(ids), dtype=torch.float64)
            for layer in self.layers:
                x = layer(x, hidden)
            return self.output(self.norm(x))

    theirs, ours = Twin().double(), model(tied=tied, dtype="float64")
    theirs.load_state_dict({key: torch.tensor(value) for key, value in ours.state_dict().items()})
    optimizer, reference = optim.Adam(ours.parameters(), 0.01), torch.optim.Adam(theirs.parameters(), 0.01)
    for inputs, targets in data.text_batches(VOCABULARY.encode(TEXT), 6, 12):
        logits, expected = ours(inputs), theirs(torch.tensor(inputs))
        np.testing.assert_allclose(logits.data, expected.detach().numpy(), rtol=1e-8, atol=1e-8)
        loss = models.token_loss(logits, targets)
        their_loss = torch.nn.functional.cross_entropy(expected.reshape(-1, V), torch.tensor(targets).reshape(-1))
        moves_like_torch(ours, theirs, loss, their_loss, optimizer, reference)


class TestGenerating:
    def test_is_deterministic_by_seed(self):
        language_model = model()
        one, two, other = (language_model.generate([1, 2], 30, rng=np.random.default_rng(s)) for s in (1, 1, 2))
        assert (one == two).all()
        assert (one != other).any()
        assert one.shape == (30,)

    def test_without_temperature_the_likeliest_token_given_the_context_is_taken(self):
        language_model, prompt = model(), random_ids(14)
        written = language_model.generate(prompt, 5, temperature=0)
        tokens = list(prompt)
        for token in written:
            logits = language_model(np.array(tokens[-12:])[:, None]).data[-1, 0]
            assert token == np.argmax(logits)
            tokens.append(token)
        assert (language_model.generate(prompt, 5, temperature=9, top_k=1) == written).all()

    def test_no_dropout_and_the_mode_stays(self):
        language_model = model(dropout=0.5)
        one, two = (language_model.generate([1], 10, temperature=0) for _ in range(2))
        assert (one == two).all()
        assert language_model.training


def test_errors():
    with pytest.raises(ValueError, match="ids has 13 steps, the model sees 12"):
        model()(random_ids(13, 1))
    with pytest.raises(ValueError, match="do not divide into 5 heads"):
        model(nhead=5)
    with pytest.raises(ValueError, match="there must be a token to begin with"):
        model().generate([], 3)
