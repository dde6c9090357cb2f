"""Numbers of a claim's formula at values of its letters: what `rederive eval` prints, and data are compared with."""

from __future__ import annotations

import difflib
import functools
import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import sympy as sp

from derivations.activations import Activation
from derivations.statement import Observation, Parameter
from verify.claim import Claim
from verify.compile import CandidateError, LackingQuantity, Unsupported

MOST_ROWS = 100_000
GUARD = 10  # digits that are worked out beyond those that are shown
STEP, STEPS = 15, 6  # digits more at the first look whether all are right; looks, each with twice as many
MOST_DECADES = 1000  # digits more from the start, where letters are very large or small
NUMBER = re.compile(r"[+-]?(\d{1,60}(\.\d{0,100})?|\.\d{1,100})([eE][+-]?\d{1,3})?", re.ASCII)
OF_ANY_LENGTH = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
QUOTED = 40  # characters of a text that a message repeats


class ValuesError(ValueError):
    """Values that a formula cannot take. The message names the value, the reason and the mend."""


@dataclass(frozen=True, kw_only=True)
class Formula:
    """The formula of a claim as a function of exact values, one number for each name in `quantities`."""

    claim: Claim
    quantities: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    letters: tuple[str, ...]  # of the left-hand side, beside the parameters

    @property
    def names(self) -> tuple[str, ...]:
        """The letters that need a value."""
        return (*(p.name for p in self.parameters), *self.letters)

    def at(self, values: Mapping[str, Any], digits: int) -> list[Any]:
        """The quantities (mpf) where all letters have a value. Raises CandidateError where there is no finite one."""
        found = self.claim.candidate().mpmath(digits + GUARD, **{name: values[name] for name in self.names})
        return list(found) if isinstance(found, list) else [found]


def formula(claim: Claim) -> Formula:
    """The formula of a claim. Raises ValuesError for an observation, and where the left-hand side does not give it."""
    if isinstance(claim.statement, Observation):
        raise ValuesError(f"{claim.id} is an observation, without a formula; rederive show {claim.id} says what it is")
    try:
        takes = claim.candidate().takes
    except LackingQuantity as problem:
        raise ValuesError(f"{claim.id}: {problem}") from problem
    parameters = tuple(p for p in claim.statement.parameters if p.name in takes)
    letters = tuple(sorted(takes - {p.name for p in parameters}))
    return Formula(claim=claim, quantities=claim.quantities or (), parameters=parameters, letters=letters)


# ------------------------------------------------------------------------------------------------ values


def assigned(words: Sequence[str], known: Formula) -> dict[str, list[Any]]:
    """The values that "s=2.3", "t=0:5:0.1", "n=2,3,5" and "phi=tanh" give to letters. Raises ValuesError."""
    found: dict[str, list[Any]] = {}
    for word in words:
        name, equals, text = word.partition("=")
        name, text = name.strip(), text.strip()
        if not equals or not text:
            raise ValuesError(f"{word!r} gives no value; write NAME=VALUE, as in {_example(known)}")
        if name not in known.names:
            close = difflib.get_close_matches(name, known.names, n=2, cutoff=0.4)
            hint = f"did you mean {' or '.join(close)}?" if close else f"it takes {', '.join(known.names) or 'none'}"
            raise ValuesError(f"{known.claim.id} has no letter {name!r}; {hint}")
        if name in found:
            raise ValuesError(f"{name} is given twice; give a list as in {name}=1.5,2.5")
        found[name] = list(values_of(name, text, known))
    return found


def complete(given: Mapping[str, Any], known: Formula) -> None:
    """Refuse values that leave a letter open."""
    missing = [name for name in known.names if name not in given]
    if missing:
        told = ", ".join(_described(name, known) for name in missing)
        raise ValuesError(
            f"{known.claim.id} needs a value of {told}; add {' '.join(_asked(n, known) for n in missing)}"
        )


def values_of(name: str, text: str, known: Formula) -> Iterator[Any]:
    """The values that a text gives to a letter: a number, a list, a range, or an activation. Raises ValuesError."""
    parameter = next((p for p in known.parameters if p.name == name), None)
    if parameter is not None and parameter.is_function:
        yield _activation(name, text)
        return
    for part in text.split(","):
        numbers = [number(name, piece) for piece in part.split(":")]
        if len(numbers) == 1:
            yield inside(numbers[0], name, parameter)
        elif len(numbers) == 3 and numbers[2] != 0 and (numbers[1] - numbers[0]) / numbers[2] >= 0:
            start, end, step = numbers
            count = int((end - start) / step) + 1
            if count > MOST_ROWS:
                raise ValuesError(f"{name}={part} has {count} values; {MOST_ROWS} at most are worked out")
            for k in range(count):
                yield inside(start + k * step, name, parameter)
        else:
            raise ValuesError(f"{name}={part} is no range; write START:END:STEP, as in {name}=0:5:0.1")


def number(name: str, text: str) -> sp.Rational:
    """A decimal number or a fraction, exactly. Raises ValuesError."""
    top, slash, bottom = text.strip().partition("/")
    parts = (top, bottom) if slash else (top,)
    if not all(map(NUMBER.fullmatch, parts)) or (slash and sp.Rational(bottom) == 0):
        said = text.strip() if len(text.strip()) <= QUOTED else f"{text.strip()[:QUOTED]}..."
        if all(map(OF_ANY_LENGTH.fullmatch, parts)) and not all(map(NUMBER.fullmatch, parts)):
            raise ValuesError(f"{name}={said} is too long or too large; 100 digits and exponents up to 999 are read")
        raise ValuesError(f"{name}={said} is no number; write it as in {name}=2.3, {name}=1/3 or {name}=1e-5")
    return sp.Rational(top) / sp.Rational(bottom or 1)


def inside(value: sp.Rational, name: str, parameter: Parameter | None) -> sp.Rational:
    """The value, refused outside of the domain on which the formula is claimed."""
    if parameter is None:
        return value
    if parameter.is_integer and not value.is_Integer:
        raise ValuesError(f"{name}={shown(value)} is no whole number, and {name} is one ({parameter.meaning})")
    if parameter.domain is not None and parameter.domain.contains(value) == sp.false:
        raise ValuesError(f"{name}={shown(value)} lies outside of {_range(parameter)}, where the formula is claimed")
    return value


def _range(parameter: Parameter) -> str:
    domain = parameter.domain
    if not isinstance(domain, sp.Interval):
        return str(domain)
    return f"{'(['[not domain.left_open]}{domain.start}, {domain.end}{')]'[not domain.right_open]}"


def _activation(name: str, text: str) -> Activation:
    from verify.activation.reading import ActivationError, activation

    try:
        return activation(text)
    except ActivationError as problem:
        raise ValuesError(f"{name}={text}: {problem}") from problem


def shown(value: Any) -> str:
    """A value as it is printed: a decimal where it is one."""
    if isinstance(value, Activation):
        return value.name
    if not isinstance(value, sp.Rational):
        return str(value)
    double = float(value)
    beyond = math.isinf(double) or (double == 0 and value != 0)
    text = mpmath.nstr(mpmath.mpf(value.p) / value.q, 15) if beyond else f"{double:.15g}"
    return text if sp.Rational(text) == value else str(value)


def _example(known: Formula) -> str:
    return _asked(known.names[0], known) if known.names else "t=1.5"


def _asked(name: str, known: Formula) -> str:
    parameter = next((p for p in known.parameters if p.name == name), None)
    if parameter is not None and parameter.is_function:
        return f"{name}=tanh"
    if parameter is None or parameter.typical is None:
        return f"{name}=1.5"
    low, high = parameter.typical
    return f"{name}={int(low) if parameter.is_integer else round((low + high) / 2, 3):g}"


def _described(name: str, known: Formula) -> str:
    parameter = next((p for p in known.parameters if p.name == name), None)
    return name if parameter is None else f"{name} ({parameter.meaning})"


# ------------------------------------------------------------------------------------------------ tables


@dataclass(frozen=True, kw_only=True)
class Table:
    """Numbers of a formula: one row for each combination of the values; None where there is no finite real number.

    problems   why, for each such row
    """

    names: tuple[str, ...]
    quantities: tuple[str, ...]
    rows: tuple[tuple[tuple[Any, ...], tuple[Any, ...]], ...]
    problems: tuple[str, ...] = ()


def table(claim: Claim, words: Sequence[str], digits: int) -> Table:
    """The numbers that a claim's formula gives at all combinations of values. Raises ValuesError."""
    known = formula(claim)
    given = assigned(words, known)
    complete(given, known)
    count = 1
    for values in given.values():
        count *= len(values)
    if count > MOST_ROWS:
        raise ValuesError(f"these values have {count} combinations; {MOST_ROWS} at most are worked out")
    rows, problems = [], []
    names = tuple(given)
    for point in itertools.product(*given.values()):
        found, problem = worked_out(known, dict(zip(names, point, strict=True)), digits)
        rows.append((point, tuple(found)))
        problems += [problem] if problem else []
    return Table(names=names, quantities=known.quantities, rows=tuple(rows), problems=tuple(problems))


def worked_out(known: Formula, values: Mapping[str, Any], digits: int) -> tuple[list[Any], str]:
    """The quantities at a point, None where there are none, and why. Raises ValuesError where no backend has a rule."""
    try:
        return _confirmed(known, values, digits), ""
    except CandidateError as problem:
        where = ", ".join(f"{name} = {shown(value)}" for name, value in values.items())
        return [None] * max(len(known.quantities), 1), f"no finite real value at {where}: {problem}"
    except Unsupported as problem:
        raise ValuesError(f"{known.claim.id} cannot be worked out: {problem}") from problem


def _confirmed(known: Formula, values: Mapping[str, Any], digits: int) -> list[Any]:
    """The quantities to so many digits, although terms may cancel: worked out again with more digits until none of
    those changes. A number that only gets smaller all the way is 0. Raises CandidateError, Unsupported."""
    precision = digits + min(int(sum(_decades(v) for v in values.values())), MOST_DECADES)
    found: list[Any] | None = None
    failed: CandidateError | None = None
    for more in (0, *(STEP * 2**k for k in range(STEPS))):
        precision += more
        try:
            finer = known.at(values, precision)
        except CandidateError as problem:
            if failed is not None:
                raise
            failed = problem
            if found is not None:  # an integral that converges to fewer digits alone
                return found
            continue
        if found is not None and all(map(functools.partial(_agree, digits), found, finer)):
            return finer
        found, failed = finer, None
    with mpmath.workdps(precision):
        if found is None or any(abs(v) > mpmath.mpf(10) ** (-precision // 2) for v in found):
            raise CandidateError(f"its terms cancel, and {precision} digits do not suffice")
        return [mpmath.mpf(0)] * len(found)


def _decades(value: Any) -> float:
    """How far a number is from 1, in powers of ten."""
    if not isinstance(value, sp.Rational) or value == 0:
        return 0.0
    return abs(math.log10(abs(value.p)) - math.log10(value.q))


def _agree(digits: int, one: Any, other: Any) -> bool:
    """Whether two numbers have the same digits; of anything else it is not asked."""
    if not (isinstance(one, mpmath.mpf) and isinstance(other, mpmath.mpf)):
        return True
    with mpmath.workdps(digits + GUARD):
        return bool(abs(one - other) <= abs(other) * mpmath.mpf(10) ** -(digits + 1))


def text_of(value: Any, digits: int) -> str:
    """A number with so many significant digits."""
    with mpmath.workdps(digits + GUARD):
        return str(mpmath.nstr(value, digits))
