import numpy as np
import pytest

from autograd_lite import models


@pytest.mark.parametrize("size", [(11, 14), (16, 8)])
def test_it_learns_as_in_pytorch(trains_like_torch, size):
    torch = pytest.importorskip("torch")
    nn = torch.nn
    torch.manual_seed(0)

    class FCN(nn.Module):
        def __init__(self):
            super().__init__()
            self.stages = nn.ModuleList(
                nn.Sequential(
                    nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU(), nn.MaxPool2d(3, 2, 1)
                )
                for a, b in ((2, 4), (4, 8))
            )
            self.scores = nn.ModuleList(nn.Conv2d(channels, 3, 1) for channels in (4, 8))

        def forward(self, x):
            def enlarged(scores, like):
                return nn.functional.interpolate(scores, like.shape[2:], mode="bilinear")

            fine = self.stages[0](x)
            coarse = self.stages[1](fine)
            return enlarged(self.scores[0](fine) + enlarged(self.scores[1](coarse), fine), x)

    ours = models.FCN(3, 2, 2, 4, dtype="float64")
    trains_like_torch(ours, FCN(), np.random.default_rng(0).standard_normal((2, 2, *size)))


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (17, 40), (64, 5)])
def test_it_takes_images_of_any_size(size):
    model = models.FCN(3, 1, width=4).eval()
    assert model(np.ones((1, 1, *size), np.float32)).shape == (1, 3, *size)
