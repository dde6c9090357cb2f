"""Two expressions: equal, different, or undecided. Balls decide; SymPy may only add a proof to what they certify."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sympy as sp
from flint import arb

from derivations.calculus.gaussian import GaussE
from derivations.proof import Step, Verdict, decide
from verify import certify
from verify.compare import constants
from verify.compare.balls import digits_of, value
from verify.compare.points import Point, points
from verify.compare.reading import Letter, read, spelled

EQUAL, DIFFERENT, UNDECIDED = "equal", "different", "undecided"
POINTS, FEWEST, TRIES = 12, 4, 60
DOUBLINGS = 2  # of the precision, where it is not enough to tell the digits of a side, or a side from zero
SHARE = 0.6  # of the time limit that points may take
SHOWN = 12  # digits of values
RATIO_DIGITS = 12  # that a ratio must have to be told as a constant


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of a comparison.

    how         proved, certified, or why nothing was decided
    digits      certified at every point; points: how many were compared
    at          the point shown, by letter; left and right: the values there, as decimal text
    ratio       left / right where it is one simple constant; difference: left - right likewise
    slopes      powers of letters in left / right; prefactor: what is left of the ratio, if it is a simple constant
    notes       what else is to be said
    """

    verdict: str
    how: str = ""
    digits: int | None = None
    points: int = 0
    at: Mapping[str, str] = field(default_factory=dict)
    left: str | None = None
    right: str | None = None
    ratio: str | None = None
    difference: str | None = None
    slopes: Mapping[str, str] = field(default_factory=dict)
    prefactor: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _At:
    """Both sides at a point: balls, or why there are none."""

    point: Point
    left: Any = None
    right: Any = None
    problem: str = ""

    @property
    def finite(self) -> bool:
        return not self.problem and self.left.is_finite() and self.right.is_finite()

    @property
    def digits(self) -> float:
        return min(digits_of(self.left), digits_of(self.right))

    @property
    def blurred(self) -> tuple[Any, ...]:
        """The sides that are not told from zero, so that their digits are absolute, not relative."""
        return tuple(side for side in (self.left, self.right) if side.contains(0) and not side.is_exact())

    @property
    def open(self) -> bool:
        """Whether the sides may be in any ratio: they are not told apart, since one is not told from zero."""
        zero = self.left == 0 or self.right == 0
        return bool(self.blurred) and not zero and bool(self.left.overlaps(self.right))


def answers(left: str, right: str, letters: Mapping[str, Letter], digits: int, seconds: float) -> Iterator[Answer]:
    """Answers, each better than the one before; the last that comes in time counts. Raises ExpressionError."""
    end = time.monotonic() + SHARE * seconds
    sides = [read(text, letters) for text in (left, right)]
    names = sorted({str(s) for side in sides for s in side.free_symbols})
    used = {name: letters.get(name, Letter(name=name)) for name in names}
    unused = sorted(set(letters) - set(names))
    notes = (f"--where speaks of {', '.join(unused)}, which stands on neither side",) if unused else ()
    yield Answer(verdict=UNDECIDED, how="the time limit was reached before any point was compared", notes=notes)
    found: list[_At] = []
    for at in _compared(sides, used, digits, end):
        found.append(at)
        if at.finite and not at.left.overlaps(at.right):
            yield Answer(verdict=DIFFERENT, how="certified", points=1, notes=notes, **_shown(at))
            yield _different(sides, used, found, digits, notes)
            return
    good = [at for at in found if at.finite and at.digits >= digits]
    yield (answer := _agreeing(found, good, used, digits, notes))
    how = _proof(sides, certified=answer.verdict == EQUAL, finite=bool(good))
    if how:
        yield replace(answer, verdict=EQUAL, how="proved", notes=(*answer.notes, f"proved by {how}"))


# ------------------------------------------------------------------------------------------------ points


def _compared(sides: list[sp.Expr], used: Mapping[str, Letter], digits: int, end: float) -> Iterator[_At]:
    """Both sides at points, until enough are compared, or the time is up."""
    numbers = frozenset(n for side in sides for n in side.atoms(sp.Rational))
    wanted = POINTS if used else 1
    good = blurred = 0
    for tried, point in enumerate(points(used, numbers)):
        at = _at(sides, used, point, digits, sharpened=blurred < FEWEST)
        good += at.finite and at.digits >= digits
        blurred += at.finite and bool(at.blurred)
        yield at
        if good >= wanted or tried + 1 >= (TRIES if used else 1) or time.monotonic() > end:
            return
        if at.problem and tried >= 2 and not good:
            return


def _at(sides: list[sp.Expr], used: Mapping[str, Letter], point: Point, digits: int, sharpened: bool = False) -> _At:
    """Both sides; with more bits where they have too few digits, or, `sharpened`, where one is not told from zero."""
    symbols = {s: s.name for side in sides for s in side.free_symbols}
    bits = int(3.33 * digits) + 40
    found = _At(point)
    for more in range(DOUBLINGS, -1, -1):
        try:
            with certify.precision(bits):
                values = {symbol: certify.ball(point[name]) for symbol, name in symbols.items()}
                found = _At(point, *[value(side, values) for side in sides])
                apart = found.finite and not found.left.overlaps(found.right)
        except (NotImplementedError, ArithmeticError, ValueError, TypeError) as problem:
            return _At(point, problem=str(problem) or type(problem).__name__)
        if apart or (found.finite and found.digits >= digits and not (sharpened and more and found.blurred)):
            break
        bits *= 2
    return found


def _agreeing(
    found: list[_At], good: list[_At], used: Mapping[str, Letter], digits: int, notes: tuple[str, ...]
) -> Answer:
    """What points say at which the sides were not told apart."""
    undefined = [at for at in found if not at.problem and not at.finite]
    if undefined and good:
        at = undefined[0]
        side = "left" if not at.left.is_finite() else "right"
        notes = (*notes, f"the {side} side has no enclosed real value at {_named(at.point)}; such points do not count")
    blurred = [at for at in good if at.blurred]
    if blurred:
        within = math.floor(min(digits_of(side) for at in blurred for side in at.blurred))
        where = f"at {len(blurred)} of {len(good)} points " if used else ""
        notes = (*notes, f"{where}a side is not told from zero: it is within 1e-{within} of it")
    if any(at.open for at in good) and all(at.blurred for at in good):
        how = "a side is not told from zero, so that nothing is known of the ratio; more --digits may tell"
        return Answer(verdict=UNDECIDED, how=how, points=len(good), notes=notes, **_shown(blurred[0]))
    if len(good) >= (FEWEST if used else 1):
        return Answer(verdict=EQUAL, how="certified", digits=digits, points=len(good), notes=notes, **_shown(good[0]))
    problems = [at.problem for at in found if at.problem]
    if problems:
        how = f"no enclosure: {problems[0]}"
    elif undefined and len(undefined) == len(found):
        how = "no point was found where both sides are real and finite; say with --where in which range the letters lie"
    else:
        how = f"only {len(good)} points have {digits} certified digits on both sides"
    shown = next((_shown(at) for at in found if at.finite), {})
    return Answer(verdict=UNDECIDED, how=how, points=len(good), notes=notes, **shown)


def _shown(at: _At) -> dict[str, Any]:
    texts = []
    for count in (SHOWN, 2 * SHOWN, 4 * SHOWN):
        texts = [side.str(count, radius=False) for side in (at.left, at.right)]
        if texts[0] != texts[1] or at.left.overlaps(at.right):
            break
    texts = [
        text if not text.startswith("0e") else _rough(side)
        for text, side in zip(texts, (at.left, at.right), strict=True)
    ]
    return {"at": {spelled(name): _decimal(n) for name, n in at.point.items()}, "left": texts[0], "right": texts[1]}


def _rough(side: Any) -> str:
    """A ball that has no digit: zero, or the size of what is told from zero."""
    return "0" if side.contains(0) else side.mid().str(1, radius=False)


def _decimal(number: sp.Rational) -> str:
    text = f"{float(number):.12g}"
    return text if sp.Rational(text) == number else str(number)


def _named(point: Point) -> str:
    return ", ".join(f"{spelled(name)} = {_decimal(n)}" for name, n in point.items()) or "the one point"


# ------------------------------------------------------------------------------------------------ differences


def _different(
    sides: list[sp.Expr], used: Mapping[str, Letter], found: list[_At], digits: int, notes: tuple[str, ...]
) -> Answer:
    """How two sides differ: by a constant factor, by powers of letters, by a constant."""
    apart = [at for at in found if at.finite and not at.left.overlaps(at.right)]
    more = [at for at in _pairs(sides, used, digits, 5 if used else 0) if not at.open]
    usable = [*apart, *more]
    worst = max(apart, key=lambda at: abs(float((at.left - at.right).mid())) / max(abs(float(at.right.mid())), 1e-300))
    looked_at = [at for at in (*found, *more) if at.finite and not at.open]
    agreeing = sum(at.left.overlaps(at.right) for at in looked_at)
    if agreeing:
        notes = (*notes, f"the sides agree at {agreeing} of {len(looked_at)} points")
    answer = Answer(verdict=DIFFERENT, how="certified", points=len(looked_at), notes=notes, **_shown(worst))
    if agreeing:
        return answer
    with certify.precision(int(3.33 * digits) + 40):
        ratios = [at.left / at.right for at in usable if not at.right.contains(0)]
        differences = [at.left - at.right for at in usable]
        ratio, difference = (_constant(numbers, len(usable)) for numbers in (ratios, differences))
        if ratio is not None:
            return replace(answer, ratio=str(ratio))
        if difference is not None:
            return replace(answer, difference=str(difference))
        slopes = _slopes(sides, used, apart[0], digits)
        if not slopes:
            return answer
        prefactor = None
        if set(slopes) == set(used):
            at = apart[0]
            rest = at.left / at.right
            for name, slope in slopes.items():
                if slope:
                    rest = rest / _raised(at.point[name], slope)
            prefactor = constants.named(rest)
            if prefactor is not None and not all(_follows(at, slopes, prefactor) for at in usable):
                return answer
        elif any(not _same_slopes(sides, used, at, digits, slopes) for at in usable[1:3]):
            return answer
        kept = {spelled(name): str(slope) for name, slope in slopes.items() if slope or prefactor is not None}
        return replace(answer, slopes=kept, prefactor=None if prefactor is None else str(prefactor))


def _constant(numbers: list[Any], wanted: int) -> sp.Expr | None:
    """The simple constant that all balls contain, or None."""
    if not numbers or len(numbers) < wanted or any(digits_of(n) < RATIO_DIGITS for n in numbers):
        return None
    if not all(n.overlaps(numbers[0]) for n in numbers):
        return None
    return constants.named(numbers[0])


def _pairs(sides: list[sp.Expr], used: Mapping[str, Letter], digits: int, count: int) -> Iterator[_At]:
    numbers = frozenset(n for side in sides for n in side.atoms(sp.Rational))
    for _, point in zip(range(count), points(used, numbers), strict=False):
        at = _at(sides, used, point, digits)
        if at.finite:
            yield at


def _slopes(sides: list[sp.Expr], used: Mapping[str, Letter], at: _At, digits: int) -> dict[str, sp.Rational]:
    """For each letter in which left / right is a power, the exponent."""
    found: dict[str, sp.Rational] = {}
    for name, letter in used.items():
        if at.point[name] <= 0:
            continue
        exponents = []
        for factor in (sp.Integer(2), sp.Integer(3)) if letter.integer else (sp.Rational(9, 8), sp.Rational(4, 3)):
            moved = _at(sides, used, {**at.point, name: at.point[name] * factor}, digits)
            inside = letter.low <= moved.point[name] <= letter.high
            if not moved.finite or not inside or moved.right.contains(0) or at.right.contains(0):
                break
            change = (moved.left / moved.right) / (at.left / at.right)
            exponents.append(change.log() / certify.ball(factor).log() if change > 0 else arb("nan"))
        if len(exponents) == 2 and all(e.is_finite() for e in exponents) and exponents[0].overlaps(exponents[1]):
            exponent = constants.power(exponents[0])
            if exponent is not None:
                found[name] = exponent
    return found if any(found.values()) else {}


def _follows(at: _At, slopes: Mapping[str, sp.Rational], prefactor: sp.Expr) -> bool:
    """Whether left / right is that product of powers at a point where all letters are positive."""
    if any(at.point[name] <= 0 for name, slope in slopes.items() if slope) or at.right.contains(0):
        return True
    expected = value(prefactor, {})
    for name, slope in slopes.items():
        if slope:
            expected = expected * _raised(at.point[name], slope)
    return bool((at.left / at.right).overlaps(expected))


def _same_slopes(
    sides: list[sp.Expr], used: Mapping[str, Letter], at: _At, digits: int, slopes: Mapping[str, sp.Rational]
) -> bool:
    return _slopes(sides, used, at, digits).items() >= {k: v for k, v in slopes.items() if at.point[k] > 0}.items()


def _raised(base: sp.Rational, exponent: sp.Rational) -> Any:
    return (certify.ball(exponent) * certify.ball(base).log()).exp()


# ------------------------------------------------------------------------------------------------ proof


def _proof(sides: list[sp.Expr], *, certified: bool, finite: bool) -> str:
    """How SymPy reduces the difference to zero, or nothing; without certified digits by no more than expansion.

    finite   whether averages have been enclosed, so that those of odd functions are zero
    """
    odd = False

    def averaged(node: sp.Expr) -> sp.Expr:
        nonlocal odd
        if finite and sp.expand(node.integrand + node.integrand.subs(node.variable, -node.variable)) == 0:
            odd = True
            return sp.S.Zero
        return node.doit() if isinstance(node, GaussE) else node

    difference = (sides[0] - sides[1]).replace(lambda node: isinstance(node, GaussE), averaged)
    methods: tuple[Callable[[sp.Expr], sp.Expr], ...] = (lambda d: d, sp.expand)
    if any(method(difference) == 0 for method in methods):
        return "expansion, and averages of odd functions are zero" if odd else "expansion"
    if not certified or difference.has(GaussE, sp.Integral, sp.Sum, sp.Product):  # which no method works out
        return ""
    decision = decide(Step(claim="They are equal.", because="Compared.", obligation=difference))
    return decision.how if decision.verdict is Verdict.PROVED else ""
