import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import optim


@pytest.fixture
def trains_like_torch():
    """``trains_like_torch(ours, theirs, x)``: from the same weights both models learn the same, in float64.

    ours: a Module; theirs: a torch module with the same keys, whose weights ours gets. Compared are outputs, losses and
    gradients of all steps of gradient descent, the weights and running statistics behind them, and evaluation.
    """
    torch = pytest.importorskip("torch")

    def compare(a, b):
        np.testing.assert_allclose(a.data, b.detach().numpy(), rtol=1e-9, atol=1e-9)

    def compare_all(pairs, others):
        pairs, others = list(pairs), list(others)
        assert [name for name, _ in pairs] == [name for name, _ in others]
        for (_, a), (_, b) in zip(pairs, others, strict=True):
            compare(a, b)

    def trains(ours, theirs, x, steps=5, lr=0.05):
        theirs.double()
        ours.load_state_dict(theirs.state_dict())
        optimizer, reference = optim.SGD(ours.parameters(), lr), torch.optim.SGD(theirs.parameters(), lr)
        target = np.random.default_rng(1).standard_normal(ours(x).shape)
        ours.load_state_dict(theirs.state_dict())  # the running statistics have moved
        for _ in range(steps):
            out, expected = ours(x), theirs(torch.tensor(x))
            compare(out, expected)
            loss, expected_loss = ag.mse_loss(out, target), torch.nn.functional.mse_loss(expected, torch.tensor(target))
            compare(loss, expected_loss)
            for side in (optimizer, reference):
                side.zero_grad()
            loss.backward()
            expected_loss.backward()
            gradients = [(name, parameter.grad) for name, parameter in ours.named_parameters()]
            compare_all(gradients, [(name, parameter.grad) for name, parameter in theirs.named_parameters()])
            optimizer.step()
            reference.step()
        compare_all(ours.state_dict().items(), theirs.state_dict().items())
        compare(ours.eval()(x), theirs.eval()(torch.tensor(x)))

    return trains


@pytest.fixture
def moves_like_torch():
    """``moves_like_torch(ours, theirs, *losses, *optimizers)``: one step of both, from the same loss and gradients."""

    def moves(ours, theirs, loss, their_loss, optimizer, reference):
        assert loss.item() == pytest.approx(their_loss.item(), abs=1e-8)
        for one, o in ((loss, optimizer), (their_loss, reference)):
            o.zero_grad()
            one.backward()
            o.step()
        for name, parameter in ours.named_parameters():
            np.testing.assert_allclose(parameter.grad.data, theirs.get_parameter(name).grad.numpy(), atol=1e-8)

    return moves
