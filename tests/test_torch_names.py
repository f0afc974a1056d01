"""The table of PyTorch's names: both sides of each row exist and agree; errors say what the table says."""

import ast
import copy
import importlib
import pickle
import re

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import torch_names

MODULES = {"autograd_lite": ag, "autograd_lite.nn": ag.nn, "autograd_lite.optim": ag.optim}
X = np.arange(6.0).reshape(2, 3)
MISSING = {name for name, value in vars(ag.Tensor).items() if isinstance(value, torch_names.Elsewhere)}


# -- the table -----------------------------------------------------------------------------------------------------


def chains(expression):
    """The dotted names in the text of an expression: "ag.nn.init.normal_"."""
    for node in ast.walk(ast.parse(expression, mode="exec")):
        if isinstance(node, ast.Attribute) and re.fullmatch(r"[\w.]+", ast.unparse(node)):
            yield ast.unparse(node)


def resolved(name, **roots):
    first, *rest = name.split(".")
    value = roots[first]
    for part in rest:
        value = getattr(value, part)
    return value


@pytest.mark.parametrize("ours", sorted({*torch_names.CALLS.values(), *torch_names.STATEMENTS.values()}))
def test_our_side_exists(ours):
    roots = {"ag": ag, "np": np, "x": ag.tensor(X), "model": ag.nn.Module()}
    for name in chains(ours):
        if name.partition(".")[0] in roots:
            resolved(name, **roots)


@pytest.mark.parametrize("line", torch_names.IMPORTS.values())
def test_our_imports_work(line):
    exec(line, {})


@pytest.mark.parametrize("theirs", [*torch_names.CALLS, *torch_names.STATEMENTS])
def test_pytorchs_side_exists(theirs):
    torch = pytest.importorskip("torch")
    name = torch_names.called(theirs)
    if name.startswith("torch.nn.utils.parametrize") or "checkpoint" in name:
        importlib.import_module(name.rpartition(".")[0])
    tensors = dict.fromkeys("xbpw", torch.tensor(X))
    resolved(name, torch=torch, F=torch.nn.functional, model=torch.nn.Module(), **tensors)


def operands():
    """Those that OPERANDS describes, as arrays."""
    rng = np.random.default_rng(0)
    a = rng.standard_normal((4, 4))
    shapes = {"x": (3, 4), "y": (3, 4), "b": (2, 3, 4), "c": (2, 4, 5), "v": (4,), "d": (3, 5)}
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()} | {
        "w": rng.uniform(1.1, 2, 4),
        "p": rng.uniform(0.1, 0.9, (3, 4)),
        "z": rng.standard_normal((3, 4)) + 1j * rng.standard_normal((3, 4)),
        "s": a @ a.T + np.eye(4),
        "k": rng.integers(0, 3, (3, 4)),
        "i": np.array([2, 0]),
        "m": rng.standard_normal((3, 4)) > 0,
        "image": rng.standard_normal((2, 4, 6, 6)),
        "edges": np.array([-1.0, -0.5, 0.5, 1.0]),
    }


def plain(result):
    """A result of either library: an array, or a list of arrays."""
    if isinstance(result, ag.Tensor):
        return result.data
    if hasattr(result, "resolve_conj"):
        return result.resolve_conj().numpy()
    return np.asarray(result) if isinstance(result, int | float | np.generic | np.ndarray) else [*map(plain, result)]


@pytest.mark.parametrize("theirs", torch_names.CALLS)
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")  # PyTorch's, of what it deprecates
def test_both_sides_of_a_row_give_the_same(theirs):
    torch = pytest.importorskip("torch")
    arrays = operands()
    tensors = {name: torch.tensor(array) for name, array in arrays.items()}
    expected = plain(eval(theirs, {"torch": torch, "F": torch.nn.functional, **tensors}))
    result = plain(eval(torch_names.CALLS[theirs], {"ag": ag, "np": np} | {k: ag.tensor(v) for k, v in arrays.items()}))
    assert isinstance(result, list) == isinstance(expected, list)
    pairs = zip(result, expected, strict=True) if isinstance(result, list) else [(result, expected)]
    for a, b in pairs:
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-12)


CHANGING = [row for row in torch_names.STATEMENTS if re.match(r"x\.\w+_\(", row) and "orm" not in row]


@pytest.mark.parametrize("theirs", CHANGING)
def test_both_sides_of_a_row_change_x_alike(theirs):
    torch = pytest.importorskip("torch")
    arrays = operands() | {"x": np.abs(operands()["x"])}
    tensors = {name: torch.tensor(array) for name, array in arrays.items()}
    handles = {name: ag.tensor(array) for name, array in arrays.items()}
    exec(theirs, tensors)
    exec(torch_names.STATEMENTS[theirs], handles)
    np.testing.assert_allclose(handles["x"].data, tensors["x"].numpy(), rtol=1e-12)


def test_methods_are_those_of_pytorch():
    torch = pytest.importorskip("torch")
    for name in (*torch_names.NO_METHODS, *torch_names.IN_PLACE):
        assert hasattr(torch.Tensor, name), name
    for name in torch_names.NO_METHODS:
        assert callable(getattr(ag, name))


@pytest.mark.parametrize("namespace", torch_names.PUBLIC)
def test_names_are_counted_and_none_is_forgotten(namespace):
    torch = pytest.importorskip("torch")
    if not torch.__version__.startswith(torch_names.VERSION):
        pytest.skip("the names were counted in another version of PyTorch")
    names, without = public(torch, namespace), torch_names.WITHOUT.get(namespace, "").split()
    assert without == [name for name in names if not known(namespace, name)]
    assert torch_names.PUBLIC[namespace] == len(names)


INTERNAL = re.compile(
    r"_|.*_copy$|(cudnn|miopen|mkldnn|quant|q_|fake_|fbgemm|native_|batch_norm_|sym_|unsafe_|fused|int_repr|deq|choose_q)"
)


def public(torch, namespace):
    """The public names of a namespace, sorted: of functions those that PyTorch lets others override."""
    module = resolved(namespace, torch=torch)
    if namespace == "torch.nn":
        return sorted(torch.nn.modules.__all__)
    if namespace.startswith("torch.optim"):
        return sorted(name for name in module.__all__ if isinstance(getattr(module, name), type))
    if namespace == "torch.nn.init":
        return sorted(name for name in vars(module) if re.fullmatch(r"[a-z]\w*_|calculate_gain", name))
    if namespace in ("torch.special", "torch.linalg"):
        return sorted(module.__all__) if hasattr(module, "__all__") else sorted(functions(torch, module))
    if namespace == "torch.Tensor":
        return sorted(name for name in dir(module) if not INTERNAL.match(name))
    return sorted(name for name in functions(torch, module) if not INTERNAL.match(name) and not name.endswith("_"))


def functions(torch, module):
    overridable = torch.overrides.get_overridable_functions()[module]
    return [name for name in dir(module) if any(getattr(module, name, None) is f for f in overridable)]


def known(namespace, name):
    """Whether there is a thing of this name here, or a row."""
    if namespace == "torch.Tensor":
        return hasattr(ag.Tensor, name) or name in MISSING
    rows = map(torch_names.called, {**torch_names.CALLS, **torch_names.STATEMENTS})
    ours = {"torch.nn": ag.nn, "torch.nn.init": ag.nn.init}.get(namespace, ag)
    ours = ag.optim if namespace.startswith("torch.optim") else ours
    return hasattr(ours, name) or f"{namespace}.{name}".replace("torch.nn.functional", "F") in set(rows)


# -- hints ---------------------------------------------------------------------------------------------------------

NAMES = {
    ("autograd_lite", "cat"): "ag.concatenate([x, y], axis=1)",
    ("autograd_lite", "manual_seed"): "ag.seed(0)",
    ("autograd_lite", "float32"): "np.float32",
    ("autograd_lite", "linalg"): "autograd_lite itself",
    ("autograd_lite", "concatenat"): "did you mean 'concatenate'?",
    ("autograd_lite.nn", "functional"): "import autograd_lite as F",
    ("autograd_lite.nn", "Lnear"): "did you mean 'Linear'?",
    ("autograd_lite.optim", "lr_scheduler"): "ag.optim.StepLR",
}


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_a_missing_name_says_what_is_instead(module, name):
    with pytest.raises(AttributeError, match=re.escape(NAMES[module, name])):
        getattr(MODULES[module], name)


@pytest.mark.parametrize("module", MODULES)
def test_what_nobody_has_is_missing_in_pythons_words(module):
    for name in ("__missing__", "qqqqqqqq"):
        assert not hasattr(MODULES[module], name)
        with pytest.raises(AttributeError, match=f"module '{module}' has no attribute '{name}'$"):
            getattr(MODULES[module], name)


METHODS = {
    "unsqueeze": "x.expand_dims(1)",
    "view": "x.reshape(2, 6)",
    "add_": "x += y",
    "exp_": "x = x.exp(...)",
    "det": "ag.det(x, ...)",
    "inverse": "ag.inv(s)",
    "cuda": "x.cuda() is x here",
}


@pytest.mark.parametrize("name", METHODS)
def test_a_missing_method_says_what_is_instead(name):
    with pytest.raises(AttributeError, match=re.escape(METHODS[name])):
        getattr(ag.tensor(X), name)


def test_a_missing_method_of_modules_says_what_is_instead():
    with pytest.raises(AttributeError, match=re.escape("model.double() is model.astype('float64') here")):
        ag.nn.Linear(2, 3).double()
    assert not hasattr(ag.nn.Module, "to")


def test_missing_methods_are_missing():
    x = ag.tensor(X, requires_grad=True)
    assert {"unsqueeze", "exp_", "det"} <= MISSING
    for name in MISSING:
        assert not hasattr(x, name)
        assert not hasattr(ag.Tensor, name)
    assert "unsqueeze" not in dir(x)
    assert "expand_dims" in dir(x)
    for again in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        np.testing.assert_array_equal(again.data, X)


ARGUMENTS = {
    "a function": (lambda x: ag.sum(x, dim=0), "sum", "dim=1 is axis=1"),
    "a function with arrays": (lambda x: ag.clip(x, min=0), "clip", "min=0 is a_min=0"),
    "of arrays in a list": (lambda x: ag.concatenate([x, x], dim=0), "concatenate", "dim=1 is axis=1"),
    "a composite": (lambda x: ag.median(x, 0, keepdim=True), "median", "keepdim=True is keepdims=True"),
    "a method": (lambda x: x.argmax(dim=1), "argmax", "dim=1 is axis=1"),
    "unbiased": (lambda x: x.var(unbiased=True), "var", "unbiased=True is correction=1"),
    "another axis": (lambda x: ag.tensordot(x, x, dims=2), "tensordot", "dims=(0, 1) is axes=(0, 1)"),
    "of no use": (lambda x: ag.softmax(x, device=0), "softmax", "leave it out"),
    "misspelt": (lambda x: ag.softmax(x, axes=0), "softmax", "did you mean axis=?"),
    "like none": (lambda x: ag.softmax(x, qqq=0), "softmax", "it takes x, axis"),
}


@pytest.mark.parametrize("case", ARGUMENTS)
def test_an_unknown_argument_says_what_is_instead(case):
    call, name, instead = ARGUMENTS[case]
    with pytest.raises(TypeError, match=rf"{name}\(\) got an unexpected keyword argument .*{re.escape(instead)}"):
        call(ag.tensor(X))


def test_methods_that_pass_their_arguments_on_are_operations():
    assert ag.Tensor.sum is ag.sum
    assert ag.Tensor.median is ag.median
    assert ag.Tensor.reshape is not ag.reshape  # which takes the lengths one by one, too


# -- a module, written for PyTorch ---------------------------------------------------------------------------------

MODULE = """
class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.MaxPool2d(2)
        )
        self.rnn = nn.GRU(16, 6, batch_first=True)
        self.dropout = nn.Dropout(0.0)
        self.head = nn.Linear(6, 3)

    def forward(self, x):
        x = self.features(x)
        x = torch.flatten(x, 2)
        states, _ = self.rnn(x)
        x = F.leaky_relu(states[:, -1], 0.1)
        return F.log_softmax(self.head(self.dropout(x)), -1)


def train(model, images, labels, steps):
    optimizer = optim.AdamW(model.parameters(), lr=0.05)
    schedule = lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.5)
    losses = []
    model.train()
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.nll_loss(model(images), labels)
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    model.eval()
    with torch.no_grad():
        losses.append(F.nll_loss(model(images), labels).item())
    return losses
"""


def test_a_module_written_for_pytorch_runs_with_other_imports():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    images, labels = rng.standard_normal((6, 1, 8, 8)), rng.integers(0, 3, 6)
    lines = (
        *("import torch", "from torch import nn, optim", "import torch.nn.functional as F"),
        "from torch.optim import lr_scheduler",
    )
    theirs, ours = {}, {}
    exec("\n".join(lines) + MODULE, theirs)
    exec("\n".join(torch_names.IMPORTS[line] for line in lines).replace("as ag", "as torch") + MODULE, ours)
    reference, model = theirs["Network"]().double(), ours["Network"]().astype("float64")
    model.load_state_dict({name: value.numpy() for name, value in reference.state_dict().items()})
    expected = theirs["train"](reference, torch.tensor(images), torch.tensor(labels), 8)
    losses = ours["train"](model, ag.tensor(images), labels, 8)
    np.testing.assert_allclose(losses, expected, rtol=1e-9)
    assert losses[-1] < losses[0]
