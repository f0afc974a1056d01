"""The pictures of docs/gallery.md: each function's text stands above its picture, its code beside it.

`python docs/make_pictures.py` makes the page and the pictures. The code is complete but for these imports.
"""

import numpy as np

import autograd_lite as ag
from autograd_lite import models, nn


def product():
    """# f = (x + y) z

    The first expression of every lecture on back-propagation. Forward gives each node its value, backward its gradient:
    a sum hands on what arrives, a product multiplies it with the other factor.
    """
    x, y, z = (ag.tensor(value, requires_grad=True) for value in (-2.0, 5.0, -4.0))
    q = ag.name(x + y, "q")
    f = q * z
    return ag.draw(f, names={"x": x, "y": y, "z": z, "f": f}, detail="values", rankdir="LR")


def neuron():
    """# A neuron: 1 / (1 + exp(-(w0 x0 + w1 x1 + w2)))

    The second one, written in its smallest steps.
    """

    def f(w0, x0, w1, x1, w2):
        return 1.0 / (1.0 + ag.exp(-(w0 * x0 + w1 * x1 + w2)))

    inputs = [ag.tensor(value, requires_grad=True) for value in (2.0, -1.0, -3.0, -2.0, -3.0)]
    return ag.draw(f, *inputs, detail="values")


def two_layers():
    """# Two layers and their chain rule

    At each edge stands what flows back along it, in terms of the gradient `g` that arrives at its end.
    """

    def loss(x, w1, b1, w2, b2, y):
        h = ag.name(ag.tanh(x @ w1 + b1), "h")
        p = ag.name(ag.sigmoid(h @ w2 + b2), "p")
        return ag.name(ag.mean((p - y) ** 2), "loss")

    rng = np.random.default_rng(0)
    x, *parameters = (rng.standard_normal(shape, np.float32) for shape in [(8, 4), (4, 9), (9,), (9, 1), (1,)])
    parameters = [ag.tensor(parameter, requires_grad=True) for parameter in parameters]
    y = rng.integers(0, 2, (8, 1)).astype(np.float32)
    return ag.draw(loss, x, *parameters, y, detail="values")


def both_passes():
    """# Forward and backward side by side

    `graph="both"` draws the operations of the backward pass, too, and what they need of the forward pass: `"backward"`
    draws them alone.
    """

    def f(x, w):
        return ag.name(ag.tanh(x @ w), "f")

    return ag.draw(f, ag.ones((2, 3), requires_grad=True), ag.ones((3, 4), requires_grad=True), graph="both")


def lenet():
    """# LeNet-5, Module by Module

    `depth=1` draws each layer as one node. `depth=0` would draw the whole network as one.
    """
    return ag.draw(models.LeNet5(), (1, 1, 32, 32), depth=1)


def residual_block():
    """# A block of ResNet

    Modules stand around what they compute, with their parameters.
    """
    block = models.resnet.BasicBlock(64, 64)
    return ag.draw(block, (1, 64, 56, 56))


def lstm_cell():
    """# An LSTM's cell

    The gates have names, so their places in the picture are those of the equations.
    """

    def cell(x, h, c, w, u, b):
        i, f, g, o = ag.split(x @ w + h @ u + b, 4, axis=-1)
        i, f, o = ag.name(ag.sigmoid(i), "i"), ag.name(ag.sigmoid(f), "f"), ag.name(ag.sigmoid(o), "o")
        g = ag.name(ag.tanh(g), "g")
        c = ag.name(f * c + i * g, "c'")
        return ag.name(o * ag.tanh(c), "h'"), c

    shapes = [(1, 16), (1, 32), (1, 32), (16, 128), (32, 128), (128,)]
    return ag.draw(cell, *(ag.zeros(shape, requires_grad=True) for shape in shapes))


class RNNLM(nn.Module):
    """A language model: which character comes next?"""

    def __init__(self, characters=65, size=128):
        self.embedding = nn.Embedding(characters, size)
        self.cell = nn.RNNCell(size, size)
        self.output = nn.Linear(size, characters)

    def forward(self, ids):
        """Logits for each step of `ids`."""
        h, states = ag.zeros((ids.shape[1], self.cell.hidden_size)), []
        for x in self.embedding(ids):
            h = self.cell(x, h)
            states.append(h)
        return self.output(ag.stack(states))


def unrolled():
    """# A recurrent language model, unrolled

    Three steps, `roll=False`: the weights are used at each.
    """
    return ag.draw(RNNLM(), ag.zeros((3, 1), dtype=int), depth=1, roll=False)


def rolled():
    """# The same, rolled up

    What repeats is drawn once, and what goes from step to step as a loop: 1,000 steps are no more than three.
    """
    return ag.draw(RNNLM(), ag.zeros((1000, 1), dtype=int), depth=1)


def translator():
    """# An encoder and a decoder with attention"""
    model = models.Seq2Seq(20, 20, start=0, end=1)
    return ag.draw(model, np.zeros((7, 1), int), np.zeros((5, 1), int), depth=1)


def unet():
    """# U-Net

    Down, up again, and across: each of the edges on the side is a skip connection.
    """
    return ag.draw(models.UNet(depth=3, width=16), (1, 1, 64, 64), depth=1)


def double_backward():
    """# The backward of a backward

    Gradients are computed by operations as well, so they have a graph of their own: tanh, its first derivative, and its
    second one.
    """

    def derivatives(x):
        y = ag.name(ag.tanh(x), "y")
        (first,) = ag.gradients(y, x, create_graph=True)
        (second,) = ag.gradients(first, x, create_graph=True)
        return ag.name(first, "dy/dx"), ag.name(second, "d2y/dx2")

    return ag.draw(derivatives, ag.tensor(0.5, requires_grad=True), detail="values")


def difference():
    """# What has changed

    `ag.draw_diff` draws two graphs as one: what is new (+), what is gone (-), and what has another shape, type or
    parameters (~). Printed, it tells the same in words. `ag.assert_graph_equal` compares a graph with a file, in tests.
    """

    def network(width, activation):
        return nn.Sequential(nn.Linear(4, width), activation, nn.Linear(width, 3))

    before, after = network(8, nn.Tanh()), network(16, nn.ReLU())
    return ag.draw_diff((before, (1, 4)), (after, (1, 4)), rankdir="LR")


def trouble():
    """# Where a NaN comes from

    `detail="values"` marks what went wrong: filled red where the value is NaN or infinite, framed red where the
    gradient is, grey where the gradient is zero.
    """

    def f(x):
        p = ag.name(ag.relu(x), "p")
        return ag.sum(p * ag.log(p))  # 0 log 0 is NaN; ag.xlogy(p, p) is 0

    return ag.draw(f, ag.tensor([-1.0, 0.5, 2.0], requires_grad=True), detail="values")


PICTURES = [
    *(product, neuron, two_layers, both_passes, double_backward, trouble),
    *(lenet, residual_block, unet, lstm_cell, unrolled, rolled, translator, difference),
]
