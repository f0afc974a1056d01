import numpy as np
import pytest

from autograd_lite import models


@pytest.fixture
def torch_autoencoder():
    """``torch_autoencoder(encoder, decoder)``: two lists of torch modules as a model with these parts."""
    torch = pytest.importorskip("torch")

    class Autoencoder(torch.nn.Module):
        def __init__(self, encoder, decoder):
            super().__init__()
            self.encoder, self.decoder = torch.nn.Sequential(*encoder), torch.nn.Sequential(*decoder)

        def forward(self, x):
            return self.decoder(self.encoder(x)).reshape(x.shape)

    torch.manual_seed(0)
    return Autoencoder


def test_the_dense_one_learns_as_in_pytorch(torch_autoencoder, trains_like_torch):
    nn = pytest.importorskip("torch").nn
    theirs = torch_autoencoder(
        [nn.Linear(12, 7), nn.ReLU(), nn.Linear(7, 3)],
        [nn.Linear(3, 7), nn.ReLU(), nn.Linear(7, 12)],
    )
    ours = models.DenseAutoencoder((12, 7, 3), dtype="float64")
    trains_like_torch(ours, theirs, np.random.default_rng(0).standard_normal((5, 12)))


def test_the_convolutional_one_learns_as_in_pytorch(torch_autoencoder, trains_like_torch):
    nn = pytest.importorskip("torch").nn
    theirs = torch_autoencoder(
        [nn.Conv2d(2, 4, 4, 2, 1), nn.ReLU(), nn.Conv2d(4, 3, 4, 2, 1)],
        [nn.ConvTranspose2d(3, 4, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(4, 2, 4, 2, 1)],
    )
    ours = models.ConvAutoencoder(2, 2, 4, code=3, dtype="float64")
    trains_like_torch(ours, theirs, np.random.default_rng(0).standard_normal((3, 2, 8, 12)))


def test_parts_can_be_called():
    dense, conv = models.DenseAutoencoder((12, 8, 3)), models.ConvAutoencoder(2, 3, 4, code=5)
    assert dense.encoder(np.ones((2, 12), np.float32)).shape == (2, 3)
    assert dense.decoder(np.ones((2, 3), np.float32)).shape == (2, 12)
    assert conv.encoder(np.ones((1, 2, 8, 16), np.float32)).shape == (1, 5, 1, 2)
    assert conv.decoder(np.ones((1, 5, 1, 2), np.float32)).shape == (1, 2, 8, 16)
