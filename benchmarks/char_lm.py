"""What the recurrent workloads share: a training step of a character language model, with Adam.

Vocabulary 65, embedding 64, hidden 256, 64 steps, batch 32, float32.
"""

import numpy as np

VOCABULARY, EMBEDDING, HIDDEN, STEPS, BATCH = 65, 64, 256, 64, 32


def text():
    ids = np.random.default_rng(0).integers(0, VOCABULARY, (STEPS + 1, BATCH))
    return ids[:-1].copy(), ids[1:].reshape(-1).copy()


def state(kind):
    """Initial values for all systems, by PyTorch's keys."""
    import autograd_lite as ag

    rng = np.random.default_rng(0)
    embedding, dense = ag.nn.Embedding(VOCABULARY, EMBEDDING, rng=rng), ag.nn.Linear(HIDDEN, VOCABULARY, rng=rng)
    recurrent = getattr(ag.nn, kind)(EMBEDDING, HIDDEN, rng=rng)
    return [module.state_dict() for module in (embedding, recurrent, dense)]


def here(kind, fused=True):
    """Ours: the fused layer, or the loop over cells."""
    import autograd_lite as ag

    cells = getattr(ag.nn, f"{kind}Cell")(EMBEDDING, HIDDEN)
    recurrent = getattr(ag.nn, kind)(EMBEDDING, HIDDEN) if fused else ag.nn.Recurrent(cells)
    modules = [ag.nn.Embedding(VOCABULARY, EMBEDDING), recurrent, ag.nn.Linear(HIDDEN, VOCABULARY)]
    for module, values in zip((modules[0], recurrent if fused else cells, modules[2]), state(kind), strict=True):
        module.load_state_dict({key if fused else key.removesuffix("_l0"): value for key, value in values.items()})
    return step_of(modules, ag.nn.CrossEntropyLoss(), ag.optim.Adam, *text())


def torchs(kind):
    """PyTorch's layers."""
    import torch

    recurrent = getattr(torch.nn, kind)(EMBEDDING, HIDDEN)
    modules = [torch.nn.Embedding(VOCABULARY, EMBEDDING), recurrent, torch.nn.Linear(HIDDEN, VOCABULARY)]
    for module, values in zip(modules, state(kind), strict=True):
        module.load_state_dict({key: torch.from_numpy(value) for key, value in values.items()})
    return step_of(modules, torch.nn.CrossEntropyLoss(), torch.optim.Adam, *map(torch.from_numpy, text()))


def step_of(modules, loss_of, adam, ids, targets):
    embedding, recurrent, dense = modules
    optimizer = adam([parameter for module in modules for parameter in module.parameters()])

    def step():
        optimizer.zero_grad()
        logits = dense(recurrent(embedding(ids))[0])
        loss = loss_of(logits.reshape(-1, VOCABULARY), targets)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step
