"""The teacher's kit: a hand-written forward and backward, checked, with a hint at the likely mistake."""

from __future__ import annotations

import copy
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from . import handwritten
from .backward_report import BackwardReport, GradientCheck, listed
from .comparison import random_like
from .directions import own_rng
from .fresh import fresh_inputs
from .handwritten import CallError, Pair, Run, same
from .jacobian import Slopes, jacobian
from .layers import Array, gradient_name, gradient_names, is_variable
from .mistakes import Case, Hint, hints, named_constants, whereabouts
from .report import Problem
from .source import Source

_POINTS = 3  # values of the inputs: as given, and changed by up to 30 %
_FAR = 10.0  # at two more points entries are so many times larger or smaller: behind a limit, as that of clip
_DIRECTIONS = 2  # random gradients of the output at each of them
_LIMIT = 4000  # entries of inputs; each is measured with some dozen calls of forward

_OURS = (__file__, handwritten.__file__)  # frames of a traceback that say nothing about the student's code

# What a gradient may differ by: so many error bars of its differences, and parts of what adds up to the entry, and to
# the largest one, from which rounding may come. Differences have some ten digits; a mistake changes more than five.
_BARS, _RELATIVE, _BESIDE = 2, 1e-6, 1e-9
_SINGLE = 1e-4  # of a gradient in float32: its seven digits, of which sums over some hundred entries lose two or three
_TIED = 1e-5  # of one-sided slopes, whose points are 1e-5 apart

# An error bar, relative to the slope, that decides nothing; but one below the second number does: where outputs of size
# 1 do not depend on an entry, rounding gives 1e-12.
_COARSE, _NO_SLOPE = 1e-2, 1e-9


def check_backward(
    forward: Any,
    backward: Any,
    *inputs: Any,
    outputs: int | None = None,
    wrt: Sequence[str] | None = None,
    rng: np.random.Generator | int = 0,
) -> BackwardReport:
    """Check a hand-written `backward` of plain NumPy functions against differences of its `forward`.

    forward: called as ``forward(*inputs)``; returns ``out``, or ``(out, cache)``, or several outputs and a cache.
    backward: called with the gradient of the output, whatever it is called, and with those of further outputs: arrays
        that forward returns, and whose parameters are named as gradients are (``dh``, ``dc_next``, ``dout2``,
        ``grad_cell``), and not as what is saved (``data``, ``dropout_mask``); then, as its signature allows, with the
        outputs (if it names them ``out``, ``output``, ``y``, or as forward does), with the cache, with what forward
        returned beside the outputs, with the inputs (all, or those that it names), or with nothing; a loss may leave
        dout out. It returns the gradients in the order of the inputs, or a dict of them by name. An object with both
        methods takes the place of the two functions: ``check_backward(layer, x)``; with its methods,
        ``check_backward(layer.forward, layer.backward, x)``, it is the same. Its arrays ``w``, those in its dicts,
        lists and objects too, are inputs as well: backward leaves their gradients beside them, as ``dw`` or ``grad_w``,
        or in a container ``grads`` under ``w`` or ``dw``.
    inputs: small arrays; those of floating point are what gradients are of, also in a dict, if backward returns
        gradients by its keys. Everything else is passed on as it is.
    outputs: how many of the values that forward returns are outputs, if the signatures do not tell.
    wrt: names of the inputs whose gradients are wanted, in the order in which backward returns them. None: all arrays
        of floating point that the output depends on. A gradient that is wanted and not there makes the report false:
        so name the inputs where there are further ones, such as the targets of a loss, ``wrt=["prediction"]``: they
        keep their values. Arrays that a function finds elsewhere, as global variables, are no inputs.
    rng: a generator, or the seed of one, for gradients of the output and for further values of the inputs.

    The true gradient is the one that central differences of forward give, at several values of the inputs, some of them
    10 times larger or smaller, and for several gradients of the output. If one is wrong, the usual mistakes are tried;
    one is told only if correcting it makes the gradient right everywhere, for inputs of other signs and shapes, too,
    where both functions take them. At a kink or a tie, everything between both one-sided slopes is right.

    Returns a report, true if all is well: `to_text`, `to_markdown`, `to_dict`. What backward raises is in the report;
    what forward raises is raised. Raises ValueError where it is unclear how to call backward, or if forward gives
    different results for the same inputs, or for inputs of more than 4000 entries.
    """
    if hasattr(forward, "forward") and hasattr(forward, "backward"):
        inputs = (backward, *inputs)
        forward, backward = forward.forward, forward.backward
    pair = Pair(forward, backward, inputs, outputs, wrt)
    size = sum(value.size for value in pair.inputs if is_variable(value))
    if not 0 < size <= _LIMIT:
        limits = f"at most {_LIMIT}, because each one is measured" if size else "arrays of floating point"
        raise ValueError(f"check_backward: the inputs have {size} entries; pass {limits}")
    _refuse_randomness(pair)
    return _Examination(_title(pair), pair, own_rng(rng)).report()


def _title(pair: Pair) -> str:
    if pair.layer is not None and pair.owned:
        return type(pair.layer.owner).__name__
    name = getattr(pair.backward, "__name__", "backward")
    return "backward" if name == "<lambda>" else name


def _refuse_randomness(pair: Pair) -> None:
    if not same(pair.evaluate(pair.inputs), pair.evaluate(pair.inputs)):
        raise ValueError(
            "check_backward: forward gave two different results for the same inputs; draw random numbers, as the mask"
            " of dropout, outside of forward, and pass them as an input"
        )


# -- the examination -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Trial:
    values: tuple[Any, ...]
    outputs: tuple[Array, ...]
    douts: list[Array]
    slopes: dict[str, Slopes]

    @property
    def flat(self) -> Array:
        return np.concatenate([dout.reshape(-1) for dout in self.douts])

    def bars(self, name: str) -> Array:
        """The error bars of the gradient for an input, flat."""
        return np.asarray(np.abs(self.flat) @ self.slopes[name].error)


class _Examination:
    """All trials of one pair, and what they say."""

    def __init__(self, title: str, pair: Pair, rng: np.random.Generator):
        self.title, self.pair, self.inputs, self.rng = title, pair, pair.inputs, rng
        self.problems: dict[tuple[str, str], Problem] = {}
        self.notes: list[str] = []
        self.source = Source(pair.backward)
        self.right: frozenset[str] = frozenset()  # names of gradients
        self.fresh: list[tuple[_Trial, dict[str, Any]]] = []  # for hints, with the gradients that backward gives
        self.far: list[tuple[_Trial, dict[str, Any]]] = []
        dtypes = [out.dtype for out in pair.evaluate(pair.inputs) if out.dtype.kind == "f"]
        self.eps = max((float(np.finfo(dtype).eps) for dtype in dtypes), default=float(np.finfo(float).eps))
        if self.eps > np.finfo(float).eps:
            self.notes.append(
                "forward computes in less than float64: only large errors can be seen, and few explained."
            )

    def report(self) -> BackwardReport:
        checks: list[GradientCheck] = []
        try:
            first = self._run(self.inputs, self._upstream(self.pair.evaluate(self.inputs)))
            names = [name for name, gradient in first.gradients.items() if gradient is not None]
            if names or not first.unread:
                self._missing(first.gradients)
            self._unread(first)
            trials = list(self._trials(names))
            self._conduct(trials[0])
            found = [self._run(trial.values, trial.douts).gradients for trial in trials]
            by_name = {name: [gradients[name] for gradients in found] for name in names}
            self.right = frozenset(
                gradient_name(name) for name in names if not self._wrong(name, trials, by_name[name])[0]
            )
            wrong = [name for name in names if gradient_name(name) not in self.right]
            self.fresh = self._fresh_trials(names) if wrong else []
            self.far = self._far_trials([name for name in names if name not in wrong])
            checks = [self._check(name, trials, by_name[name]) for name in names]
            if any(check.wrong for check in checks):
                checks = self._unaliased(names, trials, checks)
        except _BackwardError as error:
            self._problem("error", "backward", str(error))
        return BackwardReport(self.title, checks, list(self.problems.values()), self.notes)

    def _run(self, values: Sequence[Any], douts: Sequence[Array], **options: Any) -> Run:
        try:
            return self.pair.run(values, douts, **options)
        except Exception as error:  # whatever it is that a student's backward raises, it is part of the report
            raise _BackwardError(_described(error)) from error

    def _problem(self, kind: str, name: str, message: str) -> None:
        self.problems.setdefault((kind, name), Problem(kind, name, message))

    def _missing(self, gradients: Mapping[str, Any]) -> None:
        """What is not checked: a problem, unless the output does not depend on it or wrt leaves it out."""
        found = [name for name, gradient in gradients.items() if gradient is not None]
        if not found:
            self._problem("error", "backward", "backward returns no gradient: is there a return statement?")
            return
        without = self.pair.without_gradient(gradients)
        wrt = self.pair.wrt
        for name, matters in without.items():
            if matters and (wrt is None or name in wrt):
                self._problem("missing", gradient_name(name), self._complaint(name, found))
        unwanted = [name for name in without if wrt is not None and name not in wrt]
        constant = [name for name, matters in without.items() if not matters and name not in unwanted]
        if constant:
            self.notes.append(f"The output does not depend on {listed(constant)}: not checked.")
        if unwanted:
            self.notes.append(f"wrt does not name {listed(unwanted)}: not checked.")

    def _unread(self, run: Run) -> None:
        """What backward returns that is not compared: of a number, or of something that is no input."""
        pair = self.pair
        numbers = [name for name in pair.names if not is_variable(pair.inputs[pair.names.index(name)])]
        for name in run.unread:
            of = next((one for one in numbers if name in (*gradient_names(one), one)), None)
            if of is not None:
                self.notes.append(f"{of} is no array of floating point: its gradient is not checked.")
            elif pair.wrt is not None:
                self.notes.append(f"backward returns {name}, which is the gradient of no input: not checked.")
            else:
                known = [one for one, gradient in run.gradients.items() if gradient is not None]
                wanted = f", or name the inputs whose gradients are wanted: wrt={known}" if known else ""
                self._problem(
                    "unchecked",
                    name,
                    f"backward returns {name}, which is the gradient of no input: not checked. Call it as the input is"
                    f" called, {gradient_name(pair.names[0])} for {pair.names[0]}{wanted}.",
                )

    def _complaint(self, name: str, found: Sequence[str]) -> str:
        if name in self.pair.names:
            said = f"backward returns no gradient of {name}"
        elif self.pair.owned:
            said = f"backward leaves no gradient of {name} in the layer, as {gradient_name(name)} or in grads"
        else:
            said = f"forward uses {name} of its object, and backward is no method of the same one"
        return (
            f"{said}, though the output depends on it: not checked. If none is wanted, name those that are:"
            f" wrt={list(found)}."
        )

    # -- trials ----------------------------------------------------------------------------------------------------

    def _upstream(self, outputs: Sequence[Array]) -> list[Array]:
        """Random gradients of the outputs, none near zero; 1 where backward takes none."""
        if not self.pair.convention.takes_upstream:
            return [np.ones(output.shape) for output in outputs]
        return [random_like(np.zeros(output.shape), self.rng) for output in outputs]

    def _trials(self, names: Sequence[str]) -> Iterator[_Trial]:
        """At other values of these inputs; those without a gradient may have to be what they are, as targets."""
        shapes = [output.shape for output in self.pair.evaluate(self.inputs)]
        for point in range(_POINTS):
            values = tuple(
                self._nearby(value) if point and name in names else value
                for name, value in zip(self.pair.names, self.inputs, strict=True)
            )
            try:
                outputs = self.pair.evaluate(values)
                slopes = {name: self._measured(values, self.pair.names.index(name)) for name in names}
            except Exception:
                if point:
                    continue  # beyond the domain of forward
                raise
            if [output.shape for output in outputs] == shapes and all(np.isfinite(out).all() for out in outputs):
                for _ in range(_DIRECTIONS):
                    yield _Trial(values, outputs, self._upstream(outputs), slopes)
            elif not point:
                raise ValueError("check_backward: forward gives NaN or infinity for these inputs")

    def _fresh_trials(self, names: Sequence[str]) -> list[tuple[_Trial, dict[str, Any]]]:
        """Inputs of other signs and shapes, unless what was right is wrong there: backward is not made for them."""
        right = [name for name in names if gradient_name(name) in self.right]
        named = zip(self.pair.names, self.inputs, strict=True)
        kept = {number for number, (name, value) in enumerate(named) if is_variable(value) and name not in names}
        found = []
        with np.errstate(all="ignore"):
            for values in fresh_inputs(self.inputs, self._outputs, self._takes, self.rng, kept):
                outputs = self.pair.evaluate(values)
                slopes = {name: self._measured(values, self.pair.names.index(name)) for name in names}
                trial = _Trial(tuple(values), outputs, self._upstream(outputs), slopes)
                gradients = self.pair.run(trial.values, trial.douts).gradients
                whole = all(gradients.get(name) is not None for name in names)
                finite = all(np.isfinite(slope.value).all() for slope in slopes.values())
                if whole and finite and not any(self._wrong(name, [trial], [gradients[name]])[0] for name in right):
                    found.append((trial, gradients))
        return found

    def _far_trials(self, names: Sequence[str]) -> list[tuple[_Trial, dict[str, Any]]]:
        """Trials at values that may be beyond a limit, if both functions take them without an overflow."""
        named = list(zip(self.pair.names, self.inputs, strict=True))
        powers = [self.rng.choice([-1, 1], np.shape(value)) if name in names else None for name, value in named]
        found = []
        for sign in (1, -1) if names else ():  # each entry is larger in one of them
            values = tuple(
                value if power is None else np.asarray(value * _FAR ** (sign * power))
                for (_, value), power in zip(named, powers, strict=True)
            )
            outputs = self._outputs(values)
            if outputs is not None and self._takes(values):
                with np.errstate(all="ignore"):
                    slopes = {name: self._measured(values, self.pair.names.index(name)) for name in names}
                    trial = _Trial(values, outputs, self._upstream(outputs), slopes)
                    found.append((trial, self.pair.run(values, trial.douts).gradients))
        return found

    def _outputs(self, values: Sequence[Any]) -> tuple[Array, ...] | None:
        """The outputs; None if forward does not take these values, or gives other numbers of axes."""
        usual = [out.ndim for out in self.pair.evaluate(self.inputs)]
        try:
            with np.errstate(all="ignore"):
                outputs = self.pair.evaluate(values)
            finite = all(np.isfinite(out).all() for out in outputs)
        except Exception:  # whatever it is: it is not made for these
            return None
        return outputs if finite and [out.ndim for out in outputs] == usual else None

    def _takes(self, values: Sequence[Any]) -> bool:
        """Whether backward takes these values."""
        try:
            with np.errstate(all="ignore"):
                gradients = self.pair.run(values, self._upstream(self.pair.evaluate(values))).gradients.values()
            return all(np.isfinite(gradient).all() for gradient in gradients if gradient is not None)
        except Exception:
            return False

    def _nearby(self, value: Any) -> Any:
        """Changed by up to 30 %, which keeps signs and zeros, and so mostly the domain."""
        return np.asarray(value * self.rng.uniform(0.7, 1.3, value.shape)) if is_variable(value) else value

    def _measured(self, values: Sequence[Any], position: int) -> Slopes:
        def outputs(value: Array) -> Array:
            changed = (*values[:position], value, *values[position + 1 :])
            return np.concatenate([np.asarray(out, float).reshape(-1) for out in self.pair.evaluate(changed)])

        return jacobian(outputs, values[position], self.eps)

    # -- beside the values -----------------------------------------------------------------------------------------

    def _conduct(self, trial: _Trial) -> None:
        """What changes its arguments, or depends on earlier calls."""
        pair = self.pair
        run = self._run(trial.values, trial.douts)
        for function, name in sorted(run.changed):
            self._problem(
                "aliasing",
                name,
                f"{function} changes {name} in place, and the caller may use it again; first {_copied(name)}.",
            )
        if not pair.keeps_state:
            between = [self._nearby(value) for value in trial.values]
            later = self._run(trial.values, trial.douts, between=between)
            if not same(run.gradients, later.gradients):
                self._problem(
                    "state",
                    "backward",
                    "backward uses what the last call of forward left behind (a global variable, or an array that all"
                    " calls share), so it is wrong once forward has been called again; pass it in the cache.",
                )
        for name, gradient in run.gradients.items():
            if gradient is not None and gradient.dtype != np.float64 and gradient.dtype.kind in "iubfc":
                label = gradient_name(name)
                self._problem(
                    "dtype",
                    label,
                    f"{label} is {gradient.dtype} for an input of float64; make it with the dtype of {name}"
                    f" (np.zeros_like({name})).",
                )

    def _unaliased(
        self, names: Sequence[str], trials: Sequence[_Trial], checks: list[GradientCheck]
    ) -> list[GradientCheck]:
        """Hints that the cache was overwritten, where backward is right with the inputs as they were."""
        spoilt = [
            name for (kind, name), problem in self.problems.items() if kind == "aliasing" and name in self.pair.names
        ]
        if not spoilt:
            return checks
        found = [self._run(trial.values, trial.douts, repair=True).gradients for trial in trials]
        better = []
        for name, check in zip(names, checks, strict=True):
            repaired = check.wrong and not self._wrong(name, trials, [gradients[name] for gradients in found])[0]
            mistake = (
                f"forward overwrites {listed(spoilt)} in place, and backward finds the changed values in the cache"
            )
            hint = Hint(mistake, _copied(spoilt[0]) + " in forward", 0)
            better.append(replace(check, hints=(hint,), where="") if repaired else check)
        return better

    # -- the values ------------------------------------------------------------------------------------------------

    def _check(self, name: str, trials: Sequence[_Trial], found: Sequence[Any]) -> GradientCheck:
        label, shape = gradient_name(name), trials[0].values[self.pair.names.index(name)].shape
        wrong, error = self._wrong(name, trials, found)
        for trial, gradients in self.far if not wrong else ():
            mask = self._mask(name, trial, gradients[name])
            if mask.any():
                places = whereabouts(self._case(name, trial, gradients[name]), mask)
                where = f"only at inputs whose entries are {_FAR:g} times larger or smaller: {places}"
                error = self._wrong(name, [trial], [gradients[name]])[1]
                return GradientCheck(label, shape, int(mask.sum()), error, where=where)
        if not wrong:
            unmeasured = int(np.min([self._undecided(name, trial) for trial in trials], axis=0).sum())
            if unmeasured:
                entries = "1 entry" if unmeasured == 1 else f"{unmeasured} entries"
                self.notes.append(
                    f"{entries} of {label} could not be measured: noise (does forward compute in float32?),"
                    " or the end of the domain of forward."
                )
            return self._at_ties(GradientCheck(label, shape, 0, error, unmeasured=unmeasured), name, trials, found)
        if found[0].dtype.kind == "c":
            return GradientCheck(label, shape, wrong, error, where="it is complex, and forward is real")
        cases = [self._case(name, trial, gradient) for trial, gradient in zip(trials, found, strict=True)]
        fresh = [self._case(name, trial, gradients[name]) for trial, gradients in self.fresh]
        said = hints([*cases, *fresh])
        where = ""
        if not said:
            bad = [self._mask(name, trial, gradient) for trial, gradient in zip(trials, found, strict=True)]
            worst = int(np.argmax([mask.sum() for mask in bad]))
            where = f"its shape is {found[0].shape}, not {shape}"
            if found[worst].shape == shape:
                where = whereabouts(cases[worst], bad[worst])
        return GradientCheck(label, shape, wrong, error, said, where)

    def _wrong(self, name: str, trials: Sequence[_Trial], found: Sequence[Any]) -> tuple[int, float]:
        """The most wrong entries in a trial, and the largest error."""
        wrong, error = 0, 0.0
        for trial, gradient in zip(trials, found, strict=True):
            mask = self._mask(name, trial, gradient)
            wrong = max(wrong, int(mask.sum()))
            true = np.nan_to_num(trial.flat @ trial.slopes[name].value).reshape(mask.shape)
            if gradient.shape == true.shape:
                smooth = ~(trial.slopes[name].kinks | self._undecided(name, trial)).reshape(mask.shape) | mask
                off, size = np.abs(np.asarray(gradient - true))[smooth].max(initial=0), np.abs(true).max(initial=0)
                error = max(error, float(off / (size or 1.0)))
            else:
                error = np.inf
        return wrong, error

    def _mask(self, name: str, trial: _Trial, gradient: Any) -> Array:
        """Which entries are wrong; all of them if the shape is."""
        shape = trial.values[self.pair.names.index(name)].shape
        if gradient.shape != shape or gradient.dtype.kind not in "iubf":
            return np.ones(shape, bool)
        slopes, dout = trial.slopes[name], trial.flat
        ends = dout[:, None] * slopes.low, dout[:, None] * slopes.high
        low, high = np.minimum(*ends).sum(axis=0), np.maximum(*ends).sum(axis=0)
        terms = slopes.terms(dout)
        tolerance = _RELATIVE * terms + _BESIDE * np.nan_to_num(terms).max(initial=0) + _BARS * trial.bars(name)
        if gradient.dtype == np.float32:
            tolerance = tolerance + _SINGLE * terms
        flat = gradient.reshape(-1).astype(float)
        right = (flat >= low - tolerance) & (flat <= high + tolerance) | self._undecided(name, trial)
        return np.asarray(~right).reshape(shape)

    def _undecided(self, name: str, trial: _Trial) -> Array:
        """Entries whose error bar could hide a mistake, flat: at the end of the domain, or drowned in noise."""
        terms = trial.slopes[name].terms(trial.flat)
        bars = trial.bars(name)
        return np.asarray(~np.isfinite(terms) | (bars > _COARSE * np.nan_to_num(terms)) & (bars > _NO_SLOPE))

    def _at_ties(
        self, check: GradientCheck, name: str, trials: Sequence[_Trial], found: Sequence[Any]
    ) -> GradientCheck:
        """Entries that have a kink are moved together: together, too, they must lie between the one-sided slopes."""
        for trial, gradient in zip(trials, found, strict=True):
            kinks = trial.slopes[name].kinks
            if kinks.sum() < 2:
                continue
            position = self.pair.names.index(name)
            direction = kinks.reshape(check.shape).astype(float)

            def along(t: Array, trial: _Trial = trial, position: int = position, direction: Array = direction) -> Array:
                moved = trial.values[position] + t * direction
                values = (*trial.values[:position], moved, *trial.values[position + 1 :])
                return np.concatenate([out.reshape(-1) for out in self.pair.evaluate(values)])

            slopes = jacobian(along, np.zeros(()), self.eps)
            ends = trial.flat * slopes.low[:, 0], trial.flat * slopes.high[:, 0]
            low, high = np.minimum(*ends).sum(), np.maximum(*ends).sum()
            together = float((gradient * direction).sum())
            bar = _TIED * slopes.terms(trial.flat)[0] + _BARS * float(np.abs(trial.flat) @ slopes.error[:, 0])
            if not low - bar <= together <= high + bar:
                hint = Hint(
                    "tied entries each get the whole gradient, which counts it several times",
                    "give it to one of them (argmax), or divide it by the number of ties",
                    0,
                )
                return GradientCheck(check.name, check.shape, int(kinks.sum()), abs(together), (hint,))
        return check

    def _case(self, name: str, trial: _Trial, found: Array) -> Case:
        slopes, shape = trial.slopes[name], trial.values[self.pair.names.index(name)].shape
        named = list(zip(self.pair.names, trial.values, strict=True))
        upstream = self.pair.convention.upstream
        single = len(trial.outputs) == 1
        results = ["out"] if single else [given.removeprefix("d").lstrip("_") for given in upstream]
        values = {key: value.astype(float) for key, value in named if _is_numeric(value)}
        values |= dict(zip(["dout"] if single else upstream, trial.douts, strict=True))
        values |= dict(zip(results, trial.outputs, strict=True))
        return Case(
            name=gradient_name(name),
            of=name,
            found=found,
            true=(trial.flat @ slopes.value).reshape(shape),
            smooth=~slopes.kinks.reshape(shape),
            jacobian=np.where(np.abs(slopes.value) <= _BARS * slopes.error, 0, slopes.value),
            dout=trial.douts[0],
            douts=trial.flat,
            values=values,
            constants=named_constants(self.pair.names, trial.values),
            labels={key: value for key, value in named if isinstance(value, np.ndarray) and value.dtype.kind in "iu"},
            others={
                gradient_name(other): (trial.flat @ more.value).reshape(
                    trial.values[self.pair.names.index(other)].shape
                )
                for other, more in trial.slopes.items()
                if other != name
            },
            right=self.right,
            remeasured=lambda which, value: self._remeasured(trial, name, which, value),
            upstream=("dout",) if single else tuple(upstream),
            saved=self.pair.saved(trial.values),
            source=self.source,
        )

    def _remeasured(self, trial: _Trial, name: str, which: str, value: Any) -> tuple[Array, tuple[int, ...]] | None:
        """The Jacobian by `name` with another value of the input, or of the constant, called `which`."""
        values = list(copy.deepcopy(trial.values))
        if which in self.pair.names:
            values[self.pair.names.index(which)] = value
        else:
            for options in values:
                if isinstance(options, dict) and which in options:
                    options[which] = value
        try:
            outputs = self.pair.evaluate(values)
            return self._measured(values, self.pair.names.index(name)).value, outputs[0].shape
        except Exception:  # forward does not take it: no explanation
            return None


class _BackwardError(Exception):
    """What backward raised, as a sentence."""


def _described(error: Exception) -> str:
    """What was raised, and by which of the student's lines."""
    if isinstance(error, CallError):
        return str(error)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename not in _OURS]
    where = f", at line {frames[0].lineno}: {frames[0].line}" if frames else ""
    return f"backward raises {type(error).__name__}: {error}{where}"


def _is_numeric(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "iubf"


def _copied(name: str) -> str:
    return "copy the arrays of the cache" if name == "the cache" else f"{name} = {name}.copy()"
