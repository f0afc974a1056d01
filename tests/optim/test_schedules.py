"""Schedules against PyTorch's, at every step; what they are made of; their state and errors."""

import math
import warnings

import numpy as np
import pytest

from autograd_lite import nn, optim

SCHEDULES = [
    ("StepLR", (7,), {}),
    ("StepLR", (3,), {"gamma": 0.5}),
    ("MultiStepLR", ([4, 9, 9, 20],), {"gamma": 0.3}),
    ("ConstantLR", (), {}),
    ("ConstantLR", (0.5, 12), {}),
    ("LinearLR", (), {}),
    ("LinearLR", (0.2, 0.6, 17), {}),
    ("LinearLR", (1.0, 0.0, 10), {}),
    ("ExponentialLR", (0.9,), {}),
    ("PolynomialLR", (20,), {}),
    ("PolynomialLR", (20, 2.5), {}),
    ("CosineAnnealingLR", (10,), {}),
    ("CosineAnnealingLR", (13,), {"eta_min": 0.01}),
    ("CosineAnnealingWarmRestarts", (5,), {}),
    ("CosineAnnealingWarmRestarts", (4, 2), {"eta_min": 0.01}),
    ("LambdaLR", (lambda step: 1 / (1 + step),), {}),
    ("LambdaLR", ([lambda step: 0.9**step, math.cos],), {}),
    ("MultiplicativeLR", (lambda step: 1 - 0.01 * step,), {}),
    ("OneCycleLR", (1.0, 51), {}),
    ("OneCycleLR", (0.5,), {"epochs": 6, "steps_per_epoch": 10, "anneal_strategy": "linear", "pct_start": 0.4}),
    ("OneCycleLR", ([1.0, 2.0], 60), {"three_phase": True, "base_momentum": 0.7, "div_factor": 10.0}),
    ("OneCycleLR", (1.0, 51), {"cycle_momentum": False, "final_div_factor": 100.0}),
    ("OneCycleLR", (1.0, 51), {"pct_start": 0.0}),
    ("CyclicLR", (0.01, 0.1, 6), {}),
    ("CyclicLR", ([0.01, 0.02], [0.1, 0.3], 6, 3), {"mode": "triangular2", "cycle_momentum": False}),
    ("CyclicLR", (0.01, 0.1, 6), {"mode": "exp_range", "gamma": 0.98, "max_momentum": 0.99}),
    ("CyclicLR", (0.01, 0.1, 6), {"scale_fn": lambda x: 0.5 ** (x / 10), "scale_mode": "iterations"}),
]
NAMES = [f"{name}-{number}" for number, (name, _, _) in enumerate(SCHEDULES)]


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def optimizer_of(module, parameter, name="SGD"):
    """With two groups, whose learning rates differ; `parameter` makes a new one."""
    options = {"momentum": 0.9} if name == "SGD" else {}
    groups = [{"params": [parameter()]}, {"params": [parameter()], "lr": 0.3}]
    return getattr(module, name)(groups, lr=0.1, **options)


def ours(name="SGD"):
    return optimizer_of(optim, lambda: nn.Parameter(np.ones(2)), name)


def theirs(torch, name="SGD"):
    return optimizer_of(torch.optim, lambda: torch.ones(2, requires_grad=True), name)


def trajectory(optimizer, schedule, steps=50, measured=None):
    """Learning rates and momenta before every step."""
    found = []
    for step in range(steps):
        found.append([[g["lr"], g.get("momentum", 0), *g.get("betas", ())] for g in optimizer.param_groups])
        optimizer.step()
        schedule.step(*(() if measured is None else (measured[step],)))
    return np.array(found, float)


def compare(torch, make, steps=50, name="SGD", measured=None):
    """`make` gives a schedule of an optimizer, with the classes of a module."""
    mine, reference = ours(name), theirs(torch, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns where several schedules are made of one optimizer
        expected = trajectory(reference, make(torch.optim.lr_scheduler, reference), steps, measured)
    found = trajectory(mine, make(optim, mine), steps, measured)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-13)
    assert len(np.unique(found)) > 3


@pytest.mark.parametrize(("name", "args", "options"), SCHEDULES, ids=NAMES)
@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_as_pytorchs(torch, name, args, options, optimizer):
    compare(torch, lambda module, o: getattr(module, name)(o, *args, **options), name=optimizer)


@pytest.mark.parametrize(
    "options",
    [
        {"patience": 3},
        {"patience": 2, "threshold": 0.05, "threshold_mode": "abs", "factor": 0.5},
        {"mode": "max", "patience": 1, "cooldown": 4, "min_lr": [0.01, 0.02]},
        {"mode": "max", "threshold_mode": "abs", "patience": 0, "eps": 1e-3},
    ],
)
def test_plateau_as_pytorchs(torch, options):
    measured = np.cumsum(np.random.default_rng(0).standard_normal(50)) / 5 + 2
    compare(torch, lambda module, o: module.ReduceLROnPlateau(o, **options), measured=measured)


COMBINED = {
    "warm-up, then cosine": lambda m, o: m.SequentialLR(
        o, [m.LinearLR(o, 0.1, total_iters=5), m.CosineAnnealingLR(o, 30)], [5]
    ),
    "three": lambda m, o: m.SequentialLR(
        o, [m.ConstantLR(o, 0.1, 20), m.ExponentialLR(o, 0.9), m.StepLR(o, 4)], [10, 20]
    ),
    "polynomial, restarts": lambda m, o: m.SequentialLR(
        o, [m.PolynomialLR(o, 9), m.CosineAnnealingWarmRestarts(o, 6)], [12]
    ),
    "milestones, lambda": lambda m, o: m.SequentialLR(
        o, [m.MultiStepLR(o, [3, 5]), m.LambdaLR(o, lambda step: 1 / (step + 1))], [8]
    ),
    "chained": lambda m, o: m.ChainedScheduler([m.ConstantLR(o, 0.1, 8), m.ExponentialLR(o, 0.95)]),
    "chained three": lambda m, o: m.ChainedScheduler(
        [m.LinearLR(o, 0.3, total_iters=10), m.CosineAnnealingLR(o, 100), m.MultiplicativeLR(o, lambda step: 0.98)]
    ),
    "a chain first": lambda m, o: m.SequentialLR(
        o, [m.ChainedScheduler([m.ConstantLR(o, 0.5, 3), m.StepLR(o, 4)]), m.ExponentialLR(o, 0.9)], [15]
    ),
}


@pytest.mark.parametrize("name", COMBINED)
def test_combined_as_pytorchs(torch, name):
    compare(torch, COMBINED[name])


def test_a_chain_and_a_sequence_may_come_later_in_a_sequence():
    optimizer = ours()
    inner = optim.SequentialLR(optimizer, [optim.WarmUp(optimizer, 2), optim.ExponentialLR(optimizer, 0.5)], [2])
    chain = optim.ChainedScheduler([optim.ConstantLR(optimizer, 0.5, 1), optim.ExponentialLR(optimizer, 0.1)])
    schedule = optim.SequentialLR(optimizer, [optim.ConstantLR(optimizer, 0.1, 99), inner, chain], [2, 6])
    found = trajectory(optimizer, schedule, 9)[:, 0, 0] / 0.1
    np.testing.assert_allclose(found, [0.1, 0.1, 0.5, 1, 1, 0.5, 0.5, 0.1, 0.01])


def test_warm_up():
    optimizer = ours()
    found = trajectory(optimizer, optim.WarmUp(optimizer, 4), 6)[:, 0, 0]
    np.testing.assert_allclose(found, [0.025, 0.05, 0.075, 0.1, 0.1, 0.1])
    assert optim.WarmUp(ours(), 1).get_last_lr() == [0.1, 0.3]


EVERY = {
    **{
        name: lambda m, o, c=case: getattr(m, c[0])(o, *c[1], **c[2])
        for name, case in zip(NAMES, SCHEDULES, strict=True)
    },
    **COMBINED,
}


@pytest.mark.parametrize("name", EVERY)
def test_a_state_resumes_exactly(name):
    optimizer = ours()
    schedule = EVERY[name](optim, optimizer)
    trajectory(optimizer, schedule, 13)
    saved, groups = schedule.state_dict(), optimizer.state_dict()
    expected = trajectory(optimizer, schedule, 20)
    other = ours()
    resumed = EVERY[name](optim, other)
    resumed.load_state_dict(saved)
    other.load_state_dict(groups)
    assert np.array_equal(trajectory(other, resumed, 20), expected)


def test_a_plateau_resumes():
    optimizer = ours()
    schedule = optim.ReduceLROnPlateau(optimizer, patience=2)
    trajectory(optimizer, schedule, 2, [1.0, 1.0])
    resumed = optim.ReduceLROnPlateau(optimizer, patience=2)
    resumed.load_state_dict(schedule.state_dict())
    trajectory(optimizer, resumed, 2, [1.0, 1.0])
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.01)


def test_a_schedule_of_ones_own():
    class Halved(optim.LRScheduler):
        def get_lr(self):
            return [base / 2**self.last_epoch for base in self.base_lrs]

    optimizer = ours()
    assert trajectory(optimizer, Halved(optimizer), 3)[:, 0, 0].tolist() == [0.1, 0.05, 0.025]
    assert "last_epoch=0" in repr(optim.StepLR(ours(), 3))


def grown():
    """A schedule whose optimizer has got one more group."""
    optimizer = ours()
    schedule = optim.StepLR(optimizer, 3)
    optimizer.add_param_group({"params": [nn.Parameter(np.ones(1))]})
    return schedule


def exhausted():
    schedule = optim.OneCycleLR(ours(), 1.0, 2)
    for _ in range(3):
        schedule.step()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: optim.StepLR(ours(), 0), ValueError, "StepLR: step_size = 0; "),
        (lambda: optim.StepLR(nn.Linear(1, 1), 3), TypeError, "StepLR: the optimizer is a Linear; "),
        (lambda: optim.ConstantLR(ours(), 0), ValueError, "ConstantLR: factor = 0; "),
        (lambda: optim.LinearLR(ours(), 0), ValueError, "LinearLR: start_factor = 0 "),
        (lambda: optim.LinearLR(ours(), total_iters=0), ValueError, "LinearLR: total_iters = 0; "),
        (lambda: optim.CosineAnnealingLR(ours(), 0), ValueError, "T_max = 0; "),
        (lambda: optim.CosineAnnealingWarmRestarts(ours(), 3, 1.5), ValueError, "T_mult = 1.5; "),
        (lambda: optim.LambdaLR(ours(), 0.5), TypeError, "LambdaLR: lr_lambda is 0.5; pass a function"),
        (lambda: optim.LambdaLR(ours(), [abs]), ValueError, "LambdaLR: lr_lambda has 1 values, the optimizer 2"),
        (lambda: optim.OneCycleLR(ours(), 1.0), ValueError, "OneCycleLR: how many steps"),
        (lambda: optim.OneCycleLR(ours(), 1.0, 9, pct_start=2), ValueError, "pct_start = 2; "),
        (lambda: optim.OneCycleLR(ours(), 1.0, 9, anneal_strategy="step"), ValueError, "anneal_strategy = 'step'; "),
        (lambda: optim.OneCycleLR(ours("Adagrad"), 1.0, 9), ValueError, "a Adagrad has neither momentum nor betas; "),
        (exhausted, ValueError, "OneCycleLR: step 3 of 2; "),
        (lambda: optim.CyclicLR(ours(), 0.1, 1.0, mode="square"), ValueError, "CyclicLR: mode = 'square'; "),
        (lambda: optim.ReduceLROnPlateau(ours(), factor=1.0), ValueError, "factor = 1.0; "),
        (lambda: optim.ReduceLROnPlateau(ours(), mode="least"), ValueError, "mode = 'least' "),
        (lambda: optim.ChainedScheduler([]), ValueError, "ChainedScheduler: there are no schedulers; "),
        (lambda: optim.ChainedScheduler([optim.ReduceLROnPlateau(ours())]), TypeError, "a ReduceLROnPlateau has no"),
        (
            lambda: optim.ChainedScheduler([optim.StepLR(ours(), 1), optim.StepLR(ours(), 1)]),
            ValueError,
            "of several optimizers; ",
        ),
        (lambda: optim.SequentialLR(ours(), [], [1]), ValueError, "0 schedules and 1 milestones; "),
        (lambda: grown().step(), ValueError, "has 3 parameter groups, it had 2 when the schedule was made; "),
        (lambda: optim.StepLR(ours(), 3).load_state_dict(3), TypeError, "the state is a int; "),
        (
            lambda: optim.StepLR(ours(), 3).load_state_dict(optim.ExponentialLR(ours(), 0.5).state_dict()),
            ValueError,
            "pass the state of the same schedule",
        ),
    ],
)
def test_errors(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_state_that_does_not_fit_changes_nothing():
    optimizer = ours()
    pair = [optim.StepLR(optimizer, 3), optim.ExponentialLR(optimizer, 0.5)]
    schedule = optim.ChainedScheduler(pair)
    saved = schedule.state_dict()
    schedule.step()
    saved["schedulers"].pop()
    with pytest.raises(ValueError, match="1 schedules, here are 2"):
        schedule.load_state_dict(saved)
    assert pair[0].last_epoch == 1
