"""What holds for every op, checked on the samples of its docstring. A new op is covered by being defined."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import core
from autograd_lite.gradcheck.ops import check_op, check_sample
from autograd_lite.gradcheck.report import Report
from autograd_lite.gradcheck.samples import Sample, off_default, samples

Arrays = dict[str, Any]

# Modules in which every op broadcasts its arrays and gives a result of that shape.
ELEMENTWISE_MODULES = (
    *("elementwise", "trigonometric", "exponential", "rounding", "comparison"),
    *("special", "gamma", "bessel"),
)
OPS = {name: op for name, op in sorted(core.registry.items()) if op.forward.__module__.startswith("autograd_lite.")}
DIFFERENTIABLE = {name: op for name, op in OPS.items() if op.differentiable}
WIDENS = ("float_power",)  # to double precision at least, as in NumPy
KEEP_PRECISION = {n: op for n, op in DIFFERENTIABLE.items() if n not in WIDENS and "dtype" not in op.params}
PRIMITIVE = {name: op for name, op in OPS.items() if isinstance(op, core.Op)}  # those that are no composites
WITH_FORMULAS = {name: op for name, op in PRIMITIVE.items() if op.differentiable}
FUSED = {name: op for name, op in WITH_FORMULAS.items() if op.spec}
ELEMENTWISE = {name: op for name, op in OPS.items() if op.forward.__module__.rpartition(".")[2] in ELEMENTWISE_MODULES}


def over(ops: Mapping[str, core.Definition]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("op", list(ops.values()), ids=list(ops))


# -- the definition itself ---------------------------------------------------------------------------------------


@over(OPS)
def test_an_op_has_a_sample(op: core.Definition) -> None:
    assert samples(op)


@over(OPS)
def test_every_parameter_is_off_its_default_in_a_sample(op: core.Definition) -> None:
    never = [name for name, off in off_default(op, samples(op)).items() if not off]
    assert not never, f"no sample of {op.name} sets {never} to another value than the default"


@over(OPS)
def test_the_docstring_says_what_comes_back(op: core.Definition) -> None:
    assert "Returns" in op.doc


# -- derivatives -------------------------------------------------------------------------------------------------


@over(OPS)
def test_derivatives_agree_with_finite_differences_to_second_order(op: core.Definition) -> None:
    row = check_op(op)
    assert row.ok, row.to_text()


@over(WITH_FORMULAS)
def test_samples_notice_a_wrong_derivative_of_each_array(op: core.Op, monkeypatch: pytest.MonkeyPatch) -> None:
    """No derivative is checked only where it is zero: with its sign flipped, the op fails."""
    for name in filter(op.takes_gradient, op.arrays):
        with monkeypatch.context() as patch:
            patch.setattr(op, "pullback", flipped(op, name))
            noticed = any(not check_sample(sample, order=1) for sample in samples(op))
            assert noticed, f"no sample of {op.name} needs the derivative for {name}"


def flipped(op: core.Op, name: str) -> Callable[..., Any]:
    pullback = op.pullback

    def wrong(node: core.Node, g: Any, parents: Any, give: core.Give) -> None:
        def flip(parent: core.Node, contribution: Any) -> None:
            if contribution is not None and (op.sequence or op.arrays[parents.index(parent)] == name):
                contribution = -put_in_place(contribution, parent)
            give(parent, contribution)

        pullback(node, g, parents, flip)

    return wrong


MOST_ENTRIES = 40  # of a large sample: its real version has been checked whole


@over(DIFFERENTIABLE)
def test_derivatives_for_complex_operands(op: core.Definition) -> None:
    for sample in samples(op):
        for variables in complex_versions(sample):
            if works(sample, variables):
                report = check_without_phases(sample, variables)
                assert report, f"{sample.line} with complex {list(variables)}\n{report.to_text()}"


def complex_versions(sample: Sample) -> Iterator[Arrays]:
    """All variables complex, and one at a time among real ones."""
    rng = np.random.default_rng(1)
    variables = sample.variables()
    turned = {name: x + 1j * rng.standard_normal(x.shape) for name, x in variables.items()}
    yield turned
    if len(turned) > 1:
        yield from ({**variables, name: turned[name]} for name in turned)


def check_without_phases(sample: Sample, variables: Arrays) -> Report:
    """The check of a sample: of all its outputs, or of what is determined where complex outputs have free phases."""
    determined = WITHOUT_PHASES.get(sample.op.name)
    if determined is None:
        return check_sample(sample, variables, max_entries=MOST_ENTRIES)
    inputs = leaves(variables)
    function = lambda: determined(*as_tuple(sample.call(inputs)))  # noqa: E731
    return ag.gradcheck(function, *inputs.values(), order=2, max_entries=MOST_ENTRIES, raise_exception=False)


def of_eigenvectors(w: Any, v: Any) -> tuple[Any, ...]:
    """Eigenvalues, and v v^H for each vector."""
    return w, ag.einsum("...ik,...jk->...kij", v, ag.conj(v))


def of_singular_vectors(*found: Any) -> tuple[Any, ...]:
    """Singular values, u v^H for each, and the spaces of the vectors that complete u and v."""
    if len(found) == 1:
        return found
    (u, s, vh), k = found, found[1].shape[-1]
    pairs = ag.einsum("...ik,...kj->...kij", u[..., :k], vh[..., :k, :])
    return s, pairs, projector(u[..., k:]), projector(vh[..., k:, :].mT)


def of_orthogonal_columns(*found: Any) -> tuple[Any, ...]:
    """Both factors, and the space of the columns that complete q."""
    if len(found) == 1:
        return found
    (q, r), n = found, found[1].shape[-1]
    return q[..., :n], r, projector(q[..., n:])


def projector(v: Any) -> Any:
    return v @ ag.conj(v).mT


WITHOUT_PHASES: dict[str, Callable[..., tuple[Any, ...]]] = {
    "eig": of_eigenvectors,
    "eigh": of_eigenvectors,
    "orthogonal_triangular": of_orthogonal_columns,
    "qr": of_orthogonal_columns,
    "singular_vectors": of_singular_vectors,
    "svd": of_singular_vectors,
}


@over(FUSED)
def test_a_fused_op_equals_its_expression(op: core.Op) -> None:
    for sample in samples(op):
        for fused, spec in zip(two_orders(sample), two_orders(sample, op.spec), strict=True):
            assert_all_equal(fused, spec, f"{sample.line}: the fused op (left) and its spec (right)")


def two_orders(sample: Sample, function: Callable[..., Any] | None = None) -> Iterator[list[Any]]:
    """The outputs, their gradients in a plain and in a recorded backward, and the gradients of those."""
    inputs = leaves(sample.variables())
    targets = list(inputs.values())
    outputs = with_history(sample.call(inputs, function))
    yield [output.data for output in outputs]
    weights = [ag.Tensor(w, requires_grad=True) for w in weights_for(outputs)]
    yield arrays_of(ag.gradients(outputs, targets, weights, retain_graph=True, allow_unused=True), targets)
    first = ag.gradients(outputs, targets, weights, create_graph=True, allow_unused=True)
    yield arrays_of(first, targets)
    recorded = [g for g in first if g is not None and g.requires_grad]
    both = [*targets, *weights]
    second = ag.gradients(recorded, both, weights_for(recorded), allow_unused=True) if recorded else [None] * len(both)
    yield arrays_of(second, both)


# -- what may come in, what must come out --------------------------------------------------------------------------


@over(DIFFERENTIABLE)
def test_float32_in_gives_float32_out_and_float32_gradients(op: core.Definition) -> None:
    for sample in samples(op):
        narrow = {name: x.astype(NARROW[x.dtype.char]) for name, x in sample.arrays().items() if x.dtype.char in NARROW}
        inputs = {name: ag.Tensor(x, requires_grad=name in sample.variables()) for name, x in narrow.items()}
        outputs = with_history(sample.call(inputs))
        if op.name in KEEP_PRECISION:
            assert {output.real.dtype for output in outputs} <= {np.dtype(np.float32)}, sample.line
        for contribution in contributions(outputs) if isinstance(op, core.Op) else []:
            precision = contribution.real.dtype
            assert precision == outputs[0].real.dtype, f"{sample.line}: a formula computes in {precision}"
        if isinstance(op, core.Composite) and op.name in KEEP_PRECISION:
            assert not widening(outputs, inputs), sample.line


ALL: Any = {"allow_unused": True}
NARROW = {"d": np.float32, "D": np.complex64}
WIDE = {np.dtype("d"), np.dtype("D")}


def widening(outputs: list[ag.Tensor], inputs: Mapping[str, ag.Tensor]) -> list[str]:
    """The operations that compute in double precision in the graph of outputs and of their gradients."""
    outputs, variables = with_history(tuple(outputs)), with_history(tuple(inputs.values()))
    if not outputs:
        return []
    first = ag.gradients(outputs, variables, weights_for(outputs), create_graph=True, **ALL)
    nodes, _ = core.history(*outputs, *with_history(tuple(first)))
    return [core.label(node) for node in nodes if WIDE.intersection(as_tuple(node.dtype))]


@pytest.mark.filterwarnings("ignore")  # NumPy's, about numbers for which a function is not defined
@over({name: op for name, op in KEEP_PRECISION.items() if hasattr(ag, name)})
def test_a_number_beside_float32_widens_nothing(op: core.Definition) -> None:
    """One of Python's in the place of any array leaves results, gradients and all between in single precision."""
    for sample, part in itertools.product(samples(op), PARTS):
        arrays = {name: part(x).astype(NARROW.get(x.dtype.char, x.dtype)) for name, x in sample.arrays().items()}
        for numbers in places_of_numbers(op, arrays.keys()):
            others = {name: x for name, x in arrays.items() if name not in numbers}
            if any(x.dtype.kind in "fc" for x in others.values()):
                inputs = {n: ag.Tensor(x, requires_grad=n in sample.variables()) for n, x in others.items()}
                outputs = tensors_if_it_works(sample, inputs | {name: number_like(arrays[name]) for name in numbers})
                assert not WIDE & {output.dtype for output in outputs}, f"{sample.line}: {numbers} being numbers"
                assert not widening(outputs, inputs), f"{sample.line}: {numbers} being numbers"


def places_of_numbers(op: core.Definition, names: Set[str]) -> Iterator[Set[str]]:
    """Each array alone; all but one, too, where it does not matter which."""
    for name in names:
        yield {name}
        if op.name in ELEMENTWISE:
            yield names - {name}


def number_like(x: Any) -> float | bool:
    return 0.7 if x.dtype.kind in "fc" else x.dtype.type(1).item()


def tensors_if_it_works(sample: Sample, arrays: Arrays) -> list[ag.Tensor]:
    """The results that are Tensors; none if the op refuses such operands."""
    with suppress(TypeError, ValueError, IndexError):
        return [output for output in as_tuple(sample.call(arrays)) if isinstance(output, ag.Tensor)]
    return []


# Operands beside a number: as they are in the sample, one element of them, and that without axes.
PARTS: list[Callable[[Any], Any]] = [lambda x: x, lambda x: x.reshape(-1)[:1], lambda x: x.reshape(-1)[0, ...]]


@over(DIFFERENTIABLE)
def test_each_operand_may_be_the_only_variable(op: core.Definition) -> None:
    """Its first and second derivative are the same as when the others are variables too."""
    for sample in samples(op):
        variables = sample.variables()
        for name in variables if len(variables) > 1 else ():
            every, alone = leaves(variables), leaves({name: variables[name]})
            for a, b in zip(curvature(sample, every, name), curvature(sample, alone, name), strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11, err_msg=f"{sample.line}: {name}")


def curvature(sample: Sample, inputs: dict[str, ag.Tensor], name: str) -> list[Any]:
    """The gradient for one input, and the gradient of a function of that gradient."""
    every = list(as_tuple(sample.call(inputs)))
    weighed = [(output, w) for output, w in zip(every, weights_for(every), strict=True) if with_history(output)]
    outputs, weights = [output for output, _ in weighed], [weight + 0 * output for output, weight in weighed]
    (first,) = ag.gradients(outputs, inputs[name], weights, create_graph=True, **ALL)
    if first is None or not first.requires_grad:
        return [0.0 if first is None else first.data]
    (second,) = ag.gradients(first, inputs[name], weights_for([first]), **ALL)
    return [first.data, 0.0 if second is None else second.data]


@over(OPS)
def test_results_are_tensors_if_one_operand_is(op: core.Definition) -> None:
    for sample in samples(op):
        for name, x in sample.arrays().items():
            result = as_tuple(sample.call({name: ag.Tensor(x)}))
            assert all(isinstance(output, ag.Tensor) for output in result), f"{sample.line}: {name}"


@over(OPS)
def test_tensors_give_what_arrays_give(op: core.Definition) -> None:
    for sample in samples(op):
        plain = as_tuple(sample.call({}))
        wrapped = as_tuple(sample.call({name: ag.Tensor(x) for name, x in sample.arrays().items()}))
        assert not any(isinstance(output, ag.Tensor) for output in plain), sample.line
        assert all(isinstance(output, ag.Tensor) for output in wrapped), sample.line
        for a, b in zip(plain, wrapped, strict=True):
            assert np.asarray(a).dtype == b.dtype, sample.line
            np.testing.assert_array_equal(a, b.data, err_msg=sample.line)


@over(OPS)
def test_memory_layout_does_not_matter(op: core.Definition) -> None:
    for sample in samples(op):
        expected = results(sample, sample.arrays())
        for layout in (every_second, fortran, backwards):
            found = results(sample, {name: layout(x) for name, x in sample.arrays().items()})
            assert_all_equal(found, expected, f"{sample.line} ({layout.__name__})")


def every_second(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    wide = np.repeat(x[..., None], 2, axis=-1)
    return wide[..., 0]


def fortran(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.asarray(x, order="F")


def backwards(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.flip(np.flip(x).copy())


@over(OPS)
def test_neither_forward_nor_backward_writes_into_what_it_is_given(op: core.Definition) -> None:
    for sample in samples(op):
        frozen = {name: x.copy() for name, x in sample.arrays().items()}
        for x in frozen.values():
            x.flags.writeable = False
        assert_all_equal(results(sample, frozen), results(sample, sample.arrays()), sample.line)


@over(OPS)
def test_empty_operands(op: core.Definition) -> None:
    """Where an empty operand has a result at all, its gradients have the right shapes and are finite."""
    for sample in samples(op):
        for arrays in emptied(sample):
            assert_sound_if_it_works(sample, arrays)


def emptied(sample: Sample) -> Iterator[Arrays]:
    """Versions with the first or the last axis empty: of one array, or of all."""
    cuts = [(slice(0),), (..., slice(0))]
    arrays = {name: x for name, x in sample.arrays().items() if x.ndim}
    for cut, names in itertools.product(cuts, [*([name] for name in arrays), list(arrays)]):
        yield {name: arrays[name][cut] for name in names}


@over(OPS)
def test_operands_without_axes(op: core.Definition) -> None:
    """Where 0-d operands have a result at all, their gradients are 0-d and finite."""
    for sample in samples(op):
        assert_sound_if_it_works(sample, {name: x.reshape(-1)[0, ...] for name, x in sample.arrays().items()})


@over(ELEMENTWISE)
def test_elementwise_ops_take_any_shape(op: core.Definition) -> None:
    for sample, shape in itertools.product(samples(op), [(), (0,), (0, 3), (2, 0, 3), (1, 1, 1)]):
        arrays = {name: np.resize(x, shape) for name, x in sample.arrays().items()}
        assert all(np.shape(output) == shape for output in as_tuple(sample.call(arrays)))
        assert_sound(sample, arrays)


def assert_sound_if_it_works(sample: Sample, arrays: Arrays) -> None:
    if works(sample, arrays):
        assert_sound(sample, arrays)


def assert_sound(sample: Sample, arrays: Arrays) -> None:
    """Whether gradients have the shapes and dtypes of their inputs, and are finite."""
    inputs = leaves({name: arrays.get(name, x) for name, x in sample.variables().items()})
    outputs = with_history(sample.call({**arrays, **inputs}))
    if not outputs:
        return
    for create_graph in (False, True):
        found = ag.gradients(
            outputs,
            list(inputs.values()),
            weights_for(outputs),
            retain_graph=True,
            create_graph=create_graph,
            allow_unused=True,
        )
        for gradient, tensor in zip(found, inputs.values(), strict=True):
            assert gradient is None or (gradient.shape, gradient.dtype) == (tensor.shape, tensor.dtype), sample.line
            assert gradient is None or np.isfinite(gradient.data).all(), sample.line


@pytest.mark.filterwarnings("ignore")  # NumPy's, about degrees of freedom and the like
@over(OPS)
def test_numbers_lists_and_what_is_no_array_in_the_place_of_an_array(op: core.Definition) -> None:
    """There is a result, or an error of a kind that says what is wrong; never a missing attribute."""
    for sample in samples(op):
        for name, x in sample.arrays().items():
            for value in (0.7, 3, x.tolist(), None, "text"):
                with np.errstate(all="ignore"), suppress(TypeError, ValueError, IndexError):
                    sample.call({name: value})
                    sample.call({**{n: ag.Tensor(y) for n, y in sample.arrays().items()}, name: value})


@pytest.mark.filterwarnings("ignore")  # NumPy's, about numbers for which a function is not defined
@over({name: op for name, op in OPS.items() if hasattr(ag, name)})
def test_a_number_gives_what_an_array_without_axes_gives(op: core.Definition) -> None:
    """To single precision at least: alone it may become an array of the default dtype."""
    for sample in samples(op):
        arrays = {name: x.reshape(-1)[0, ...] for name, x in sample.arrays().items()}
        for name in [name for name, x in arrays.items() if x.dtype.kind == "f"]:
            with suppress(TypeError, ValueError, IndexError):
                found, expected = (sample.call({**arrays, name: x}) for x in (0.7, np.asarray(0.7)))
                for a, b in zip(as_tuple(found), as_tuple(expected), strict=True):
                    np.testing.assert_allclose(a, b, 1e-6, 1e-6, err_msg=f"{sample.line}: a number for {name}")


# -- the engine's specialised code ---------------------------------------------------------------------------------


@over(PRIMITIVE)
def test_the_specialised_caller_records_what_the_plain_one_does(op: core.Op) -> None:
    for sample in samples(op):
        inputs = leaves(sample.variables())
        fast, plain = sample.call(inputs), core.call(op, sample.replaced(inputs))
        for a, b in zip(as_tuple(fast), as_tuple(plain), strict=True):
            assert isinstance(a, ag.Tensor) is isinstance(b, ag.Tensor), sample.line
            if isinstance(a, ag.Tensor):
                assert_same(a.data, b.data, sample.line)
                assert_same(described(a.node), described(b.node), sample.line)


def described(node: Any) -> Any:
    """All that a node holds, except its number."""
    if node is None or isinstance(node, core.Leaf):
        return node
    parents = tuple(described(parent) for parent in node.parents)
    return node.op, parents, node.params, node.saved, node.shape, node.dtype


@over(WITH_FORMULAS)
def test_the_specialised_pullback_gives_what_the_formulas_give(op: core.Op) -> None:
    for sample in samples(op):
        variables = sample.variables()
        for wanted in (list(variables), *([name] for name in variables)):
            outputs = with_history(sample.call(leaves({name: variables[name] for name in wanted})))
            for node, g in pulled(outputs):
                every = zip(node.parents, core.plain_pullback(node, g, node.parents), strict=True)
                plain = [(parent, contribution) for parent, contribution in every if parent is not None]
                for (parent, a), (expected, b) in zip(given(node, g), plain, strict=True):
                    assert parent is expected, sample.line
                    assert_same(put_in_place(a, parent), put_in_place(b, parent), sample.line)


@over(PRIMITIVE)
def test_an_observer_learns_of_the_call(op: core.Op) -> None:
    for sample in samples(op):
        calls: list[core.Call] = []
        with ag.observe(calls.append):
            sample.call({name: ag.Tensor(x) for name, x in sample.arrays().items()})
        assert [call.op for call in calls] == [op], sample.line
        assert (calls[0].branch is not None) is (op.branch is not None), sample.line


# -- helpers -------------------------------------------------------------------------------------------------------


def leaves(arrays: Arrays) -> dict[str, ag.Tensor]:
    return {name: ag.Tensor(x, requires_grad=True) for name, x in arrays.items()}


def as_tuple(result: Any) -> tuple[Any, ...]:
    return result if isinstance(result, tuple) else (result,)


def with_history(result: Any) -> list[ag.Tensor]:
    return [output for output in as_tuple(result) if isinstance(output, ag.Tensor) and output.requires_grad]


def weights_for(outputs: list[ag.Tensor]) -> list[Any]:
    rng = np.random.default_rng(2)
    return [np.asarray(rng.standard_normal(output.shape)).astype(output.dtype) for output in outputs]


def arrays_of(found: list[ag.Tensor | None], targets: list[ag.Tensor]) -> list[Any]:
    return [np.zeros_like(t.data) if g is None else g.data for g, t in zip(found, targets, strict=True)]


def results(sample: Sample, arrays: Arrays) -> list[Any]:
    """The outputs of an op, and their gradients."""
    inputs = leaves({name: arrays[name] for name in sample.variables()})
    result = as_tuple(sample.call({**arrays, **inputs}))
    outputs, targets = with_history(result), list(inputs.values())
    values = [output.data if isinstance(output, ag.Tensor) else output for output in result]
    if not outputs:
        return values
    return values + arrays_of(ag.gradients(outputs, targets, weights_for(outputs), allow_unused=True), targets)


def works(sample: Sample, arrays: Arrays) -> bool:
    """Whether the op takes such operands: no error of the kind that refuses them, and no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            sample.call(arrays)
        except (TypeError, ValueError, IndexError, RuntimeWarning, np.exceptions.ComplexWarning):
            return False
    return True


def pulled(outputs: list[ag.Tensor]) -> list[tuple[core.Node, Any]]:
    """The node that made the outputs, with a gradient for it."""
    nodes: list[Any] = [output.node for output in outputs]
    weights = weights_for(outputs)
    if not nodes or not isinstance(nodes[0], core.Output):
        return list(zip(nodes, weights, strict=True))
    node: Any = nodes[0].parents[0]
    g = [np.zeros(shape, dtype) for shape, dtype in zip(node.shape, node.dtype, strict=True)]
    for output, weight in zip(nodes, weights, strict=True):
        g[output.params[0]] = weight
    return [(node, tuple(g))]


def contributions(outputs: list[ag.Tensor]) -> list[Any]:
    """What the formulas give, before the engine fits it to the inputs; without those that are put in place later."""
    found = [contribution for node, g in pulled(outputs) for _, contribution in given(node, g)]
    return [contribution for contribution in found if isinstance(contribution, np.ndarray | np.generic)]


def given(node: core.Node, g: Any) -> list[tuple[core.Node, Any]]:
    """The contributions of a node to its parents, in the order in which the specialised pullback gives them."""
    found: list[tuple[core.Node, Any]] = []
    node.op.pullback(node, g, node.parents, lambda parent, contribution: found.append((parent, contribution)))
    return found


def put_in_place(contribution: Any, parent: core.Node) -> Any:
    if not isinstance(contribution, core.Deferred):
        return contribution
    buffer = np.zeros(parent.shape, parent.dtype)
    contribution.add(buffer, [contribution.args])
    return buffer


def assert_all_equal(found: list[Any], expected: list[Any], message: str) -> None:
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11, err_msg=message)


def assert_same(a: Any, b: Any, message: str) -> None:
    """Equal to the last bit, through tuples; anything but arrays is compared by ``==``."""
    if isinstance(a, tuple):
        assert isinstance(b, tuple), message
        for left, right in zip(a, b, strict=True):
            assert_same(left, right, message)
    elif isinstance(a, np.ndarray | np.generic):
        assert (np.shape(a), a.dtype) == (np.shape(b), b.dtype), message
        np.testing.assert_array_equal(a, b, err_msg=message)
    else:
        assert a is b or a == b, message
