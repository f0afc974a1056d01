import numpy as np
import pytest

from autograd_lite import models
from autograd_lite.models.resnet import BasicBlock, PaddedShortcut


@pytest.fixture
def torch_resnet():
    """torchvision's ResNet of basic blocks, its names and their order, with random weights and running statistics."""
    torch = pytest.importorskip("torch")
    nn = torch.nn

    class BasicBlock(nn.Module):
        def __init__(self, before, after, stride):
            super().__init__()
            self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(after)
            self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(after)
            self.downsample = None
            if stride != 1:
                self.downsample = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

        def forward(self, x):
            out = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
            return torch.relu(out + (x if self.downsample is None else self.downsample(x)))

    class ResNet(nn.Module):
        def __init__(self, depths, classes, channels, width):
            super().__init__()
            self.conv1 = nn.Conv2d(channels, width, 7, 2, 3, bias=False)
            self.bn1 = nn.BatchNorm2d(width)
            self.maxpool = nn.MaxPool2d(3, 2, 1)
            for i, depth in enumerate(depths):
                after = width * 2**i
                first = BasicBlock(after // 2, after, 2) if i else BasicBlock(after, after, 1)
                layer = nn.Sequential(first, *(BasicBlock(after, after, 1) for _ in range(depth - 1)))
                self.add_module(f"layer{i + 1}", layer)
            self.fc = nn.Linear(8 * width, classes)

        def forward(self, x):
            x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
            x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
            return self.fc(x.mean((2, 3)))

    def build(*arguments):
        torch.manual_seed(0)
        model = ResNet(*arguments)
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                for values, low in ((module.weight, 0.5), (module.bias, -0.5), (module.running_var, 0.5)):
                    nn.init.uniform_(values, low, low + 1)
                nn.init.normal_(module.running_mean)
        return model.eval()

    return build


def test_a_state_dict_of_pytorch_gives_the_same_logits(torch_resnet):
    theirs, ours = torch_resnet((2, 2, 2, 2), 1000, 3, 64), models.ResNet().eval()
    state = theirs.state_dict()
    assert list(ours.state_dict()) == list(state)
    assert len(state) == 122
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).standard_normal((2, 3, 96, 80), np.float32)
    with torch.no_grad():
        expected = theirs(torch.tensor(x)).numpy()
    assert ours.load_state_dict(state) == ([], [])
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(ours(x).data, expected, rtol=1e-4, atol=1e-4)


def test_weights_move_to_pytorch_too(torch_resnet):
    torch = pytest.importorskip("torch")
    theirs, ours = torch_resnet((1, 1, 1, 1), 10, 1, 4), models.ResNet((1, 1, 1, 1), 10, 1, 4).eval()
    theirs.load_state_dict({key: torch.tensor(value) for key, value in ours.state_dict().items()})
    x = np.random.default_rng(0).standard_normal((2, 1, 40, 40), np.float32)
    np.testing.assert_allclose(ours(x).data, theirs(torch.tensor(x)).detach().numpy(), rtol=1e-4, atol=1e-4)


def test_it_learns_as_in_pytorch(torch_resnet, trains_like_torch):
    theirs, ours = torch_resnet((1, 2, 1, 1), 5, 2, 4), models.ResNet((1, 2, 1, 1), 5, 2, 4, dtype="float64")
    trains_like_torch(ours, theirs.train(), np.random.default_rng(0).standard_normal((4, 2, 64, 48)))


def test_the_shortcut_without_parameters():
    x = np.arange(2 * 3 * 5 * 4, dtype=float).reshape(2, 3, 5, 4)
    y = PaddedShortcut(3, 6)(x)
    assert y.shape == (2, 6, 3, 2)
    np.testing.assert_array_equal(y[:, :3], x[:, :, ::2, ::2])
    assert not y[:, 3:].any()


def test_a_block_that_adds_nothing_passes_what_is_positive():
    block = BasicBlock(3, 3).eval()
    block.bn2.weight.data[...] = 0
    x = np.random.default_rng(0).standard_normal((2, 3, 5, 5), np.float32)
    np.testing.assert_array_equal(block(x).data, np.maximum(x, 0))


def test_the_small_one_has_6_n_plus_2_layers():
    for blocks in (1, 3):
        weights = [key for key, p in models.SmallResNet(blocks).named_parameters() if p.ndim > 1]
        assert len(weights) == 6 * blocks + 2
