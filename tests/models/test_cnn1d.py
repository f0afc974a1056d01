import numpy as np
import pytest

from autograd_lite import models


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")  # PyTorch's, which makes a copy
def test_it_learns_as_in_pytorch(trains_like_torch):
    torch = pytest.importorskip("torch")
    nn = torch.nn
    torch.manual_seed(0)

    class CNN1d(nn.Module):
        def __init__(self):
            super().__init__()
            self.features = nn.Sequential(
                *(nn.Conv1d(2, 6, 8, padding="same", bias=False), nn.BatchNorm1d(6), nn.ReLU()),
                *(nn.Conv1d(6, 5, 3, padding="same", bias=False), nn.BatchNorm1d(5), nn.ReLU()),
            )
            self.fc = nn.Linear(5, 4)

        def forward(self, x):
            return self.fc(self.features(x).mean(-1))

    ours = models.CNN1d(4, 2, (6, 5), (8, 3), dtype="float64")
    trains_like_torch(ours, CNN1d(), np.random.default_rng(0).standard_normal((3, 2, 17)))


def test_it_takes_sequences_of_any_length():
    model = models.CNN1d(4, 2, (6, 5), (8, 3)).eval()
    for length in (1, 2, 50):
        assert model(np.ones((3, 2, length), np.float32)).shape == (3, 4)
