import numpy as np
import pytest

from autograd_lite import models

# torchvision's GoogLeNet: channels in, of the 1x1, the 3x3 (reduced, out), the second 3x3 (reduced, out), the pooled.
MODULES = {
    "inception3a": (192, 64, 96, 128, 16, 32, 32),
    "inception3b": (256, 128, 128, 192, 32, 96, 64),
    "inception4a": (480, 192, 96, 208, 16, 48, 64),
    "inception4b": (512, 160, 112, 224, 24, 64, 64),
    "inception4c": (512, 128, 128, 256, 24, 64, 64),
    "inception4d": (512, 112, 144, 288, 32, 64, 64),
    "inception4e": (528, 256, 160, 320, 32, 128, 128),
    "inception5a": (832, 256, 160, 320, 32, 128, 128),
    "inception5b": (832, 384, 192, 384, 48, 128, 128),
}


@pytest.fixture
def theirs():
    """torchvision's Inception module and GoogLeNet, its names and their order."""
    torch = pytest.importorskip("torch")
    nn = torch.nn
    torch.manual_seed(0)

    class BasicConv2d(nn.Module):
        def __init__(self, before, after, kernel_size, stride=1):
            super().__init__()
            self.conv = nn.Conv2d(before, after, kernel_size, stride, kernel_size // 2, bias=False)
            self.bn = nn.BatchNorm2d(after, eps=0.001)

        def forward(self, x):
            return torch.relu(self.bn(self.conv(x)))

    class Inception(nn.Module):
        def __init__(self, before, out1, reduce3, out3, reduce5, out5, pooled):
            super().__init__()
            self.branch1 = BasicConv2d(before, out1, 1)
            self.branch2 = nn.Sequential(BasicConv2d(before, reduce3, 1), BasicConv2d(reduce3, out3, 3))
            self.branch3 = nn.Sequential(BasicConv2d(before, reduce5, 1), BasicConv2d(reduce5, out5, 3))
            self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1, ceil_mode=True), BasicConv2d(before, pooled, 1))

        def forward(self, x):
            return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)

    class GoogLeNet(nn.Module):
        def __init__(self, classes):
            super().__init__()
            self.conv1 = BasicConv2d(3, 64, 7, 2)
            self.conv2 = BasicConv2d(64, 64, 1)
            self.conv3 = BasicConv2d(64, 192, 3)
            for name, channels in MODULES.items():
                self.add_module(name, Inception(*channels))
            self.fc = nn.Linear(1024, classes)

        def forward(self, x):
            pool = torch.nn.functional.max_pool2d
            x = pool(self.conv1(x), 3, 2, ceil_mode=True)
            x = pool(self.conv3(self.conv2(x)), 3, 2, ceil_mode=True)
            x = pool(self.inception3b(self.inception3a(x)), 3, 2, ceil_mode=True)
            x = self.inception4d(self.inception4c(self.inception4b(self.inception4a(x))))
            x = pool(self.inception4e(x), 2, 2, ceil_mode=True)
            return self.fc(self.inception5b(self.inception5a(x)).mean((2, 3)))

    return {"Inception": Inception, "GoogLeNet": GoogLeNet}


def test_a_module_learns_as_in_pytorch(theirs, trains_like_torch):
    channels = (6, 4, 3, 5, 2, 3, 4)
    ours = models.Inception(*channels, dtype="float64")
    x = np.random.default_rng(0).standard_normal((3, 6, 7, 9))
    assert ours(x).shape == (3, 16, 7, 9)
    trains_like_torch(ours, theirs["Inception"](*channels), x)


def test_googlenet_with_weights_of_pytorch_gives_the_same_logits(theirs):
    torch = pytest.importorskip("torch")
    reference, ours = theirs["GoogLeNet"](10).double().eval(), models.GoogLeNet(10, dtype="float64").eval()
    assert list(ours.state_dict()) == list(reference.state_dict())
    ours.load_state_dict(reference.state_dict())
    x = np.random.default_rng(0).standard_normal((2, 3, 75, 64))
    expected = reference(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(ours(x).data, expected, rtol=1e-9, atol=1e-9)
