import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import data, optim
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


def test_as_the_same_model_of_pytorchs_parts():
    torch = pytest.importorskip("torch")
    ours, ids = model(dtype="float64"), random_ids(5, 3)
    state = {key: torch.tensor(value) for key, value in ours.state_dict().items()}
    x = state["tokens.weight"][torch.tensor(ids)] + state["positions.weight"][:5, None]
    hidden = torch.nn.Transformer.generate_square_subsequent_mask(5, dtype=torch.float64)
    for i in range(2):
        layer = torch.nn.TransformerEncoderLayer(16, 2, 64, 0.0, "gelu", norm_first=True, dtype=torch.float64)
        part = f"layers.{i}."
        layer.load_state_dict({key.removeprefix(part): v for key, v in state.items() if key.startswith(part)})
        x = layer(x, hidden)
    x = torch.nn.functional.layer_norm(x, (16,), state["norm.weight"], state["norm.bias"])
    np.testing.assert_allclose(ours(ids).data, (x @ state["tokens.weight"].T).detach().numpy(), rtol=1e-10, atol=1e-12)


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
