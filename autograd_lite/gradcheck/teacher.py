"""The teacher's kit: a hand-written forward and backward, checked, with a hint at the likely mistake."""

from __future__ import annotations

import copy
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from . import handwritten
from .document import Code, Document, Readable, Table
from .handwritten import Array, CallError, Layer, Pair, Run, is_variable
from .mistakes import Case, Hint, hints, named_constants, whereabouts
from .report import Problem, Verdict

_POINTS = 3  # values of the inputs: as given, and changed by up to 30 %
_DIRECTIONS = 2  # random gradients of the output at each of them
_LIMIT = 4000  # entries of inputs; each is measured with some dozen calls of forward

_OURS = (__file__, handwritten.__file__)  # frames of a traceback that say nothing about the student's code

_STEP, _STEPS = 1e-3, 4
_COARSE_STEP = 2e-2  # of a forward in less than double precision
_ROUNDING = 8  # errors granted to one call of forward, in units of the last place
_SMOOTH = 1e-5  # an error bar, relative to the slope, below which no smaller step is tried
_COARSE = 1e-2  # an error bar, relative to the slope, that decides nothing
_RELATIVE = 1e-6  # tolerance, relative to the sum of what adds up to an entry


@dataclass(frozen=True, slots=True)
class GradientCheck:
    """What was found out about one gradient.

    wrong: the most entries that are wrong in one trial. error: the largest difference, relative to the largest entry.
    hints: each of them alone makes the gradient right in all trials. where: which entries are wrong, without a hint.
    """

    name: str
    shape: tuple[int, ...]
    wrong: int
    error: float
    hints: tuple[Hint, ...] = ()
    where: str = ""
    unmeasured: int = 0  # entries that differences cannot decide about in any trial

    @property
    def size(self) -> int:
        """The number of entries."""
        return int(np.prod(self.shape))

    @property
    def verdict(self) -> Verdict:
        """FAIL, PASS, or UNRELIABLE if no entry could be measured."""
        if self.wrong:
            return Verdict.FAIL
        return Verdict.UNRELIABLE if 0 < self.size == self.unmeasured else Verdict.PASS


class BackwardReport(Readable):
    """The result of `check_backward`: true if all gradients are right and nothing else is wrong."""

    def __init__(
        self,
        function: str,
        gradients: Sequence[GradientCheck],
        problems: Sequence[Problem] = (),
        notes: Sequence[str] = (),
    ):
        self.function = function
        self.gradients, self.problems, self.notes = tuple(gradients), tuple(problems), tuple(notes)

    @property
    def failures(self) -> tuple[GradientCheck, ...]:
        """The gradients that are wrong."""
        return tuple(gradient for gradient in self.gradients if gradient.wrong)

    def __bool__(self) -> bool:
        unreliable = self.gradients and all(gradient.verdict is Verdict.UNRELIABLE for gradient in self.gradients)
        return not (self.failures or self.problems or unreliable)

    def __repr__(self) -> str:
        return f"<BackwardReport {'ok' if self else 'FAILED'}: {self._verdict()}>"

    def __str__(self) -> str:
        return self.to_text()

    def _verdict(self) -> str:
        wrong, right, unknown = (
            [gradient.name for gradient in self.gradients if gradient.verdict is verdict]
            for verdict in (Verdict.FAIL, Verdict.PASS, Verdict.UNRELIABLE)
        )
        told = ((wrong, "wrong"), (right, "right"), (unknown, "undecided"))
        phrases = [f"{_listed(names)} {_is(names)} {word}" for names, word in told if names]
        phrases += [f"{len(self.problems)} problem{'s' if len(self.problems) > 1 else ''}"] if self.problems else []
        return "; ".join(phrases) or "nothing was compared"

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values, ready for `json.dumps`."""
        return {
            "function": self.function,
            "ok": bool(self),
            "gradients": [
                asdict(gradient) | {"verdict": str(gradient.verdict), "shape": list(gradient.shape)}
                for gradient in self.gradients
            ],
            "problems": [asdict(problem) for problem in self.problems],
            "notes": list(self.notes),
        }

    def _document(self) -> Document:
        blocks: list[str | Table | Code] = []
        if self.gradients:
            marked = frozenset(number for number, gradient in enumerate(self.gradients) if gradient.wrong)
            blocks.append(Table(_COLUMNS, [_row(gradient) for gradient in self.gradients], marked))
        for gradient in self.failures:
            blocks += _explained(gradient)
        blocks += [f"{problem.name}: {problem.message}" for problem in self.problems]
        return Document(f"{self.function}: {self._verdict()}", bool(self), [*blocks, *self.notes])


_COLUMNS = ("gradient", "shape", "verdict", "wrong entries", "largest error")


def _row(gradient: GradientCheck) -> tuple[str, ...]:
    wrong = f"{gradient.wrong} of {gradient.size}"
    error = f"{gradient.error:.1e}" if np.isfinite(gradient.error) else "-"
    return gradient.name, str(gradient.shape), gradient.verdict, wrong, error


def _explained(gradient: GradientCheck) -> Iterator[str | Code]:
    """What to correct, or where the error sits."""
    if not gradient.hints:
        yield f"{gradient.name}: {gradient.where}. None of the usual corrections makes it right."
    elif len(gradient.hints) > 1:
        yield f"{gradient.name}: each of these {len(gradient.hints)} corrections makes it right, the simplest first:"
    for hint in gradient.hints:
        yield f"{gradient.name}: {hint.mistake}. Correct it:"
        yield Code(hint.fix)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]


def _is(names: Sequence[str]) -> str:
    return "are" if len(names) > 1 else "is"


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
    backward: called with the gradient of each output (parameters named ``dout``, ``dh``, ``grad_...``), then, as its
        signature allows, with the cache, with what forward returned beside the outputs, with the inputs (all, or those
        that it names), or with nothing; a loss may leave dout out. It returns the gradients in the order of the inputs,
        or a dict of them by name. An object with both methods takes the place of the two functions:
        ``check_backward(layer, x)``; its arrays ``w`` are checked where backward leaves ``dw`` or ``grad_w`` in it.
    inputs: small arrays; those of floating point are what gradients are of. Everything else is passed on as it is.
    outputs: how many of the values that forward returns are outputs, if the signatures do not tell.
    wrt: names of the inputs that backward returns gradients of, if these are not the first ones.
    rng: a generator, or the seed of one, for gradients of the output and for further values of the inputs.

    The true gradient is the one that central differences of forward give, at several values of the inputs, and for
    several gradients of the output. If one is wrong, the usual mistakes are tried; one is told only if correcting it
    makes the gradient right everywhere. At a kink or a tie, everything between both one-sided slopes is right.

    Returns a report, true if all is well: `to_text`, `to_markdown`, `to_dict`. What backward raises is in the report;
    what forward raises is raised. Raises ValueError where it is unclear how to call backward, or if forward gives
    different results for the same inputs, or for inputs of more than 4000 entries.
    """
    if hasattr(forward, "forward") and hasattr(forward, "backward"):
        title, layer = type(forward).__name__, Layer(forward, (backward, *inputs))
        forward, backward, inputs = layer.forward, layer.backward, tuple(layer.inputs)
    else:
        title = getattr(backward, "__name__", "backward")
    inputs = tuple(_precise(value) for value in inputs)
    size = sum(value.size for value in inputs if is_variable(value))
    if not 0 < size <= _LIMIT:
        limits = f"at most {_LIMIT}, because each one is measured" if size else "arrays of floating point"
        raise ValueError(f"check_backward: the inputs have {size} entries; pass {limits}")
    pair = Pair(forward, backward, inputs, outputs, wrt)
    _refuse_randomness(pair, inputs)
    return _Examination(title, pair, inputs, np.random.default_rng(rng)).report()


def _precise(value: Any) -> Any:
    return value.astype(np.float64) if is_variable(value) else copy.deepcopy(value)


def _refuse_randomness(pair: Pair, inputs: Sequence[Any]) -> None:
    first, second = pair.evaluate(inputs), pair.evaluate(inputs)
    if not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(first, second, strict=True)):
        raise ValueError(
            "check_backward: forward gave two different results for the same inputs; draw random numbers, as the mask"
            " of dropout, outside of forward, and pass them as an input"
        )


# -- the examination -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Slopes:
    """The Jacobian of all outputs by one input: (outputs, entries). At a kink, low and high are one-sided slopes."""

    value: Array
    error: Array
    low: Array
    high: Array

    def terms(self, dout: Array) -> Array:
        """For each entry of the input, the sum of the sizes of what adds up to its gradient."""
        return np.asarray(np.abs(dout) @ np.maximum(np.abs(self.low), np.abs(self.high)))

    @property
    def kinks(self) -> Array:
        """The entries of the input at which some output has a kink."""
        return np.asarray((self.low != self.high).any(axis=0))


@dataclass(frozen=True, slots=True)
class _Trial:
    values: tuple[Any, ...]
    outputs: tuple[Array, ...]
    douts: list[Array]
    slopes: dict[str, _Slopes]

    @property
    def flat(self) -> Array:
        return np.concatenate([dout.reshape(-1) for dout in self.douts])


class _Examination:
    """All trials of one pair, and what they say."""

    def __init__(self, title: str, pair: Pair, inputs: Sequence[Any], rng: np.random.Generator):
        self.title, self.pair, self.inputs, self.rng = title, pair, inputs, rng
        self.problems: dict[tuple[str, str], Problem] = {}
        self.notes: list[str] = []
        dtypes = [out.dtype for out in pair.evaluate(inputs) if out.dtype.kind == "f"]
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
            self._missing(names)
            trials = list(self._trials(names))
            self._conduct(trials[0])
            found = [self._run(trial.values, trial.douts).gradients for trial in trials]
            checks = [self._check(name, trials, [gradients[name] for gradients in found]) for name in names]
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

    def _missing(self, names: Sequence[str]) -> None:
        variables = [name for name, value in zip(self.pair.names, self.inputs, strict=True) if is_variable(value)]
        left = [name for name in variables if name not in names]
        if not names:
            self._problem("missing", "backward", "backward returns no gradient: is there a return statement?")
        elif left:
            self.notes.append(f"backward returns no gradient of {_listed(left)}: not checked.")

    # -- trials ----------------------------------------------------------------------------------------------------

    def _upstream(self, outputs: Sequence[Array]) -> list[Array]:
        """Random gradients of the outputs, none near zero; 1 where backward takes none."""
        if not self.pair.takes_upstream:
            return [np.ones(output.shape) for output in outputs]
        signs = [self.rng.choice((-1.0, 1.0), output.shape) for output in outputs]
        return [np.asarray(sign * self.rng.uniform(0.5, 1.5, sign.shape)) for sign in signs]

    def _trials(self, names: Sequence[str]) -> Iterator[_Trial]:
        shapes = [output.shape for output in self.pair.evaluate(self.inputs)]
        for point in range(_POINTS):
            values = tuple(self._nearby(value) if point else value for value in self.inputs)
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

    def _nearby(self, value: Any) -> Any:
        """Changed by up to 30 %, which keeps signs and zeros, and so mostly the domain."""
        return value * self.rng.uniform(0.7, 1.3, value.shape) if is_variable(value) else value

    def _measured(self, values: Sequence[Any], position: int) -> _Slopes:
        def outputs(value: Array) -> Array:
            changed = (*values[:position], value, *values[position + 1 :])
            return np.concatenate([np.asarray(out, float).reshape(-1) for out in self.pair.evaluate(changed)])

        return _slopes(outputs, values[position], self.eps)

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
            if any(not _alike(later.gradients[name], gradient) for name, gradient in run.gradients.items()):
                self._problem(
                    "state",
                    "backward",
                    "backward uses what the last call of forward left behind (a global variable, or an array that all"
                    " calls share), so it is wrong once forward has been called again; pass it in the cache.",
                )
        for name, gradient in run.gradients.items():
            if gradient is not None and gradient.dtype != np.float64 and gradient.dtype.kind in "iubfc":
                self._problem(
                    "dtype",
                    f"d{name}",
                    f"d{name} is {gradient.dtype} for an input of float64; make it with the dtype of {name}"
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
                f"forward overwrites {_listed(spoilt)} in place, and backward finds the changed values in the cache"
            )
            hint = Hint(mistake, _copied(spoilt[0]) + " in forward", 0)
            where = GradientCheck(check.name, check.shape, check.wrong, check.error, (hint,)) if repaired else check
            better.append(where)
        return better

    # -- the values ------------------------------------------------------------------------------------------------

    def _check(self, name: str, trials: Sequence[_Trial], found: Sequence[Any]) -> GradientCheck:
        label, shape = f"d{name}", trials[0].values[self.pair.names.index(name)].shape
        wrong, error = self._wrong(name, trials, found)
        if not wrong:
            unmeasured = int(np.min([self._undecided(name, trial) for trial in trials], axis=0).sum())
            if unmeasured:
                self.notes.append(
                    f"{unmeasured} entries of {label} could not be measured: noise (does forward compute in float32?),"
                    " or the end of the domain of forward."
                )
            return self._at_ties(GradientCheck(label, shape, 0, error, unmeasured=unmeasured), name, trials, found)
        cases = [self._case(name, trial, gradient) for trial, gradient in zip(trials, found, strict=True)]
        said = hints(cases)
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
                off = np.abs(np.asarray(gradient - true))[smooth].max(initial=0)
                error = max(error, float(off / max(np.abs(true).max(initial=0), 1e-300))) if off else error
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
        tolerance = (
            _RELATIVE * terms
            + 2 * np.abs(dout) @ slopes.error
            + _RELATIVE / 1000 * np.nan_to_num(terms).max(initial=0)
            + 1e-300
        )
        if gradient.dtype == np.float32:
            tolerance = tolerance + 1e-4 * terms
        flat = gradient.reshape(-1).astype(float)
        right = (flat >= low - tolerance) & (flat <= high + tolerance) | self._undecided(name, trial)
        return np.asarray(~right).reshape(shape)

    def _undecided(self, name: str, trial: _Trial) -> Array:
        """Entries whose error bar could hide a mistake, flat: at the end of the domain, or drowned in noise."""
        slopes = trial.slopes[name]
        terms = slopes.terms(trial.flat)
        bar = np.abs(trial.flat) @ slopes.error
        return np.asarray(~np.isfinite(terms) | (bar > _COARSE * np.nan_to_num(terms)) & (bar > 1e-9))

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

            slopes = _slopes(along, np.zeros(()), self.eps)
            ends = trial.flat * slopes.low[:, 0], trial.flat * slopes.high[:, 0]
            low, high = np.minimum(*ends).sum(), np.maximum(*ends).sum()
            together = float((gradient * direction).sum())
            bar = 1e-5 * np.abs(trial.flat) @ np.maximum(*np.abs((slopes.low, slopes.high)))[:, 0] + 1e-9
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
        upstream = self.pair.upstream_names
        single = len(trial.outputs) == 1
        results = ["out"] if single else [given.removeprefix("d").lstrip("_") for given in upstream]
        values = {key: value.astype(float) for key, value in named if _is_numeric(value)}
        values |= dict(zip(["dout"] if single else upstream, trial.douts, strict=True))
        values |= dict(zip(results, trial.outputs, strict=True))
        return Case(
            name=f"d{name}",
            found=found,
            true=(trial.flat @ slopes.value).reshape(shape),
            smooth=~slopes.kinks.reshape(shape),
            jacobian=np.where(np.abs(slopes.value) <= 1e-12 + 2 * slopes.error, 0, slopes.value),
            dout=trial.douts[0],
            douts=trial.flat,
            values=values,
            constants=named_constants(self.pair.names, trial.values),
            labels={key: value for key, value in named if isinstance(value, np.ndarray) and value.dtype.kind in "iu"},
            others={
                f"d{other}": (trial.flat @ more.value).reshape(trial.values[self.pair.names.index(other)].shape)
                for other, more in trial.slopes.items()
                if other != name
            },
            remeasured=lambda which, value: self._remeasured(trial, name, which, value),
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


def _alike(a: Any, b: Any) -> bool:
    return (a is None and b is None) or (a is not None and b is not None and np.array_equal(a, b, equal_nan=True))


# -- slopes --------------------------------------------------------------------------------------------------------


def _slopes(function: Callable[[Array], Array], x: Array, eps: float) -> _Slopes:
    """The Jacobian of a function of an array, one column at a time."""
    x = np.array(x, float)
    here = function(x.copy())
    columns = []
    for index in np.ndindex(x.shape):

        def at(value: float, index: tuple[int, ...] = index) -> Array:
            moved = x.copy()
            moved[index] = value
            return function(moved)

        columns.append(_column(at, float(x[index]), here, eps))
    return _Slopes(*(np.stack(part, axis=1) for part in zip(*columns, strict=True)))


def _column(function: Callable[[float], Array], x: float, here: Array, eps: float) -> tuple[Array, Array, Array, Array]:
    """Slope, error bar, and the smaller and larger one-sided slope of each component of a function of one number.

    `numeric.slope` measures a sum of components; here each one is needed, with its own bar and its own kinks.
    """
    slope, error = np.full(here.shape, np.nan), np.full(here.shape, np.inf)
    step = (_STEP if eps <= np.finfo(float).eps else _COARSE_STEP) * max(1.0, abs(x))
    with np.errstate(all="ignore"):
        for _ in range(_STEPS):
            (far_left, far_right), (left, right) = [(function(x - h), function(x + h)) for h in (step, step / 2)]
            wide, narrow = (far_right - far_left) / (2 * step), (right - left) / step
            rounding = _ROUNDING * eps * (np.abs(far_left) + np.abs(far_right)) / step
            correction = (narrow - wide) / 3
            better = np.abs(correction) + rounding < error
            slope = np.where(better, narrow + correction, slope)
            error = np.where(better, np.abs(correction) + rounding, error)
            size = np.abs(slope) + np.abs(slope).max(initial=0)
            if np.all(error <= _SMOOTH * size + 4 * rounding):
                break
            step /= 10
        # the jump of the slope: that of a smooth function halves with the step, that of a kink stays
        wide, narrow = (far_right - 2 * here + far_left) / step, (right - 2 * here + left) / (step / 2)
        jump = np.abs(narrow)
        kink = (jump > 0.75 * np.abs(wide)) & (jump > 1e-3 * size) & (jump > 100 * rounding)
        low = high = slope
        if kink.any():
            sides = _one_sided(function, x, -1), _one_sided(function, x, 1)
            low, high = (np.where(kink, side, slope) for side in (np.minimum(*sides), np.maximum(*sides)))
    return slope, error, low, high


def _one_sided(function: Callable[[float], Array], x: float, side: int) -> Array:
    """The slope at one side, of points strictly there, extrapolated to x."""
    step = side * 1e-5 * max(1.0, abs(x))
    one, two, three = (function(x + n * step) for n in (1, 2, 3))
    near, far = (two - one) / step, (three - two) / step  # at 1.5 and 2.5 steps
    return np.asarray(near - 1.5 * (far - near))
