import numpy as np
import pytest

from autograd_lite import models
from autograd_lite.models.resnet import BasicBlock, PaddedShortcut


@pytest.fixture
def torch_resnet():
    """torchvision's ResNet, its names and their order, with random weights and running statistics."""
    torch = pytest.importorskip("torch")
    nn = torch.nn

    class Block(nn.Module):
        """`sizes`: of the filters, two in a basic block and three in a bottleneck."""

        def __init__(self, before, channels, stride, sizes):
            super().__init__()
            after = channels * (1 if len(sizes) == 2 else 4)
            counts = [before, *[channels] * (len(sizes) - 1), after]
            strides = [stride, 1] if len(sizes) == 2 else [1, stride, 1]
            for i, (size, step) in enumerate(zip(sizes, strides, strict=True)):
                conv = nn.Conv2d(counts[i], counts[i + 1], size, step, size // 2, bias=False)
                self.add_module(f"conv{i + 1}", conv)
                self.add_module(f"bn{i + 1}", nn.BatchNorm2d(counts[i + 1]))
            self.downsample = None
            if (before, stride) != (after, 1):
                self.downsample = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))
            self.count = len(sizes)

        def forward(self, x):
            out = x
            for i in range(1, self.count + 1):
                out = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(out))
                out = torch.relu(out) if i < self.count else out
            return torch.relu(out + (x if self.downsample is None else self.downsample(x)))

    class ResNet(nn.Module):
        def __init__(self, depths, classes, channels, width, bottleneck=False):
            super().__init__()
            sizes, expansion = ((1, 3, 1), 4) if bottleneck else ((3, 3), 1)
            self.conv1 = nn.Conv2d(channels, width, 7, 2, 3, bias=False)
            self.bn1 = nn.BatchNorm2d(width)
            self.maxpool = nn.MaxPool2d(3, 2, 1)
            before = width
            for i, depth in enumerate(depths):
                blocks = []
                for j in range(depth):
                    blocks.append(Block(before, width * 2**i, 2 if i and not j else 1, sizes))
                    before = expansion * width * 2**i
                self.add_module(f"layer{i + 1}", nn.Sequential(*blocks))
            self.fc = nn.Linear(before, classes)

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


@pytest.mark.parametrize("bottleneck", [False, True])
def test_it_learns_as_in_pytorch(torch_resnet, trains_like_torch, bottleneck):
    arguments = (1, 2, 1, 1), 5, 2, 4, bottleneck
    theirs, ours = torch_resnet(*arguments), models.ResNet(*arguments, dtype="float64")
    trains_like_torch(ours, theirs.train(), np.random.default_rng(0).standard_normal((4, 2, 64, 48)))


def test_resnet_50_has_as_many_parameters_as_published():
    assert sum(p.size for p in models.ResNet((3, 4, 6, 3), bottleneck=True).parameters()) == 25_557_032


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
