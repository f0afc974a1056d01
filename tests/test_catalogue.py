"""The pages of operations, layers, NumPy's functions and PyTorch's names are current, and say what they should."""

import re
from pathlib import Path

import pytest

import autograd_lite as ag
from autograd_lite import __main__, catalogue, core, numpy_protocol

DOCS = Path(__file__).parents[1] / "docs"
BRANCHING = [d for d in core.registry.values() if d.branch and d.differentiable and d.name in ag.__all__]


def printed(capsys, *arguments):
    assert __main__.main(["ops", *arguments]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(("option", "name"), [("markdown", "operations"), ("torch", "pytorch"), ("layers", "layers")])
def test_a_page_is_current(option, name, capsys):
    page = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    assert printed(capsys, f"--{option}") == page, f"run python -m autograd_lite ops --{option} > docs/{name}.md"


def test_the_page_of_numpys_functions_is_current(capsys):
    page = (DOCS / "numpy.md").read_text(encoding="utf-8")
    if catalogue.numpy_version() not in page:
        pytest.skip("the page was made from another version of NumPy, which has other functions")
    assert printed(capsys, "--numpy") == page, "run python -m autograd_lite ops --numpy > docs/numpy.md"


@pytest.mark.parametrize("definition", BRANCHING, ids=lambda d: d.name)
def test_an_operation_with_kinks_says_what_the_gradient_is_there(definition):
    assert catalogue.kink_sentences(definition)


@pytest.mark.parametrize("name", [name for name, d in core.registry.items() if not d.differentiable])
def test_an_operation_without_a_gradient_says_so(name):
    assert "no gradient" in " ".join(core.registry[name].doc.split())


def test_every_public_operation_is_on_the_page():
    rows = catalogue.operations_markdown()
    for name in ag.__all__:
        if ".ops." in getattr(getattr(ag, name), "__module__", ""):
            function = getattr(ag, name)
            assert f"| `{function.__name__}{'(' if hasattr(function, 'op') else '` |'}" in rows, name


@pytest.mark.parametrize("package", [ag.nn, ag.nn.init, ag.optim, ag.models, ag.data], ids=lambda p: p.__name__)
def test_every_layer_is_on_the_page_with_a_sentence(package):
    page = catalogue.layers_markdown()
    for name in package.__all__:
        if getattr(getattr(package, name), "__module__", "").startswith(package.__name__):
            assert re.search(rf"^\| `{name}(\(.*\))?` \| \S.*[.)] \|$", page, re.MULTILINE), name


def test_the_list_has_signatures(capsys):
    text = printed(capsys)
    assert "matmul(a, b)\n    Matrix product ``a @ b`` over the last two axes" in text
    assert "sum(x, axis=None, *" in text


def test_an_operation_of_the_users_is_not_on_the_page():
    @ag.op(x=lambda g: 2 * g)
    def doubled_by_a_user(x: ag.Array) -> ag.Array:
        """Twice `x`. Returns the same shape."""
        return 2 * x

    try:
        assert "doubled_by_a_user" not in catalogue.operations_text()
    finally:
        core.registry.pop("doubled_by_a_user")


def test_no_function_of_numpy_is_listed_twice():
    descriptive = numpy_protocol.DESCRIPTIVE | numpy_protocol.CONSTANT
    assert not numpy_protocol.DESCRIPTIVE & numpy_protocol.CONSTANT
    there, missing = catalogue.coverage()["functions"]
    assert not set(numpy_protocol.INSTEAD) & {name.rpartition(".")[2] for name in there}
    assert set(numpy_protocol.INSTEAD) <= {name.rpartition(".")[2] for name in missing}
    assert not [name for name in sorted(descriptive) if name in core.registry]
