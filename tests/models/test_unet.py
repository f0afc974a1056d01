import numpy as np
import pytest

from autograd_lite import models


@pytest.fixture
def torch_unet():
    torch = pytest.importorskip("torch")
    nn = torch.nn
    torch.manual_seed(0)

    def twice(before, after):
        one = [nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        return nn.Sequential(*one, nn.Conv2d(after, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU())

    class UNet(nn.Module):
        def __init__(self, classes, channels, depth, width):
            super().__init__()
            levels = range(depth)
            self.down = nn.ModuleList([twice(channels, width), *(twice(width << i, width << i + 1) for i in levels)])
            rising = [width << i for i in reversed(levels)]
            self.enlarge = nn.ModuleList(nn.ConvTranspose2d(2 * after, after, 2, 2) for after in rising)
            self.up = nn.ModuleList(twice(2 * after, after) for after in rising)
            self.score = nn.Conv2d(width, classes, 1)

        def forward(self, x):
            skips = []
            for i, part in enumerate(self.down):
                x = part(nn.functional.max_pool2d(x, 2) if i else x)
                skips.append(x)
            skips.pop()
            for enlarge, part in zip(self.enlarge, self.up, strict=True):
                x = part(torch.cat([skips.pop(), enlarge(x)], 1))
            return self.score(x)

    return UNet


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_it_learns_as_in_pytorch(torch_unet, trains_like_torch, depth):
    ours, theirs = models.UNet(3, 2, depth, 4, dtype="float64"), torch_unet(3, 2, depth, 4)
    trains_like_torch(ours, theirs, np.random.default_rng(0).standard_normal((2, 2, 16, 24)))


def test_a_skip_brings_fine_detail_past_the_bottom():
    model = models.UNet(1, 1, 1, 16).eval()  # wide enough for some rectifier to be open
    model.enlarge[0].weight.data[...] = 0  # nothing comes up from below
    x = np.zeros((1, 1, 8, 8), np.float32)
    before = model(x).data
    x[0, 0, 3, 4] = 5
    changed = np.argwhere((model(x).data != before)[0, 0])
    assert len(changed)
    assert (np.abs(changed - (3, 4)) <= 4).all()
