"""Beyond which length nothing can happen: bounds of E phi^2 and E phi'^2 for all long lengths at once.

If phi is within C + eps |x| of a line a x on either side, sqrt(E phi^2) is within C + eps sqrt(q) of sqrt(A q), A the
mean of a^2 (the triangle inequality). phi is enclosed for |x| up to 2^62: "all lengths" are those up to 2^100, 1e30.
"""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from flint import arb

from derivations.activations import Activation
from derivations.symbols import x
from verify.activation.enclosed import HIGHEST, LOWEST, RULE, NotEnclosed, enclosure, line, sizes
from verify.certify import precision
from verify.compile.exact import Arb
from verify.compile.structure import pieces

FINE = 320  # bits: differences from an asymptote are multiplied by up to 2^186
LONGEST = 2.0**40
ROUNDED = 1e-12  # a slope that is larger than 1 by less is called 1
HORIZON = 50  # powers of two of |x| that matter to lengths up to 2^100
HALF_OCTAVE = 0.1359  # mass of x in [2^j, 2^(j+1)] for any deviation in it, at least
MARGIN = 1 + 1e-9
FAR = 1e9  # an integral of what is left of phi^2 - (a x + c)^2 that is larger has not converged
SLIGHT = 1e-30  # what is left of constants that are zero, at 320 bits and 2^62
MOST_OPERATIONS = 100  # of a second derivative that is put over one denominator
CLOSE, PARTS = 1e-3, (1, 6, 48)  # distance from an asymptote over |x| that is close, parts of an octave tried in turn


@dataclass(frozen=True, kw_only=True)
class Asymptote:
    """phi(x) near a x + c on either side, below zero first.

    far     bounds of |phi(x) - a x| on +-[2^j, 2^(j+1)], shape (2, J);  bend  of |phi'(x) - a|
    """

    a: tuple[float, float]
    c: tuple[float, float]
    far: np.ndarray
    bend: np.ndarray

    @property
    def square(self) -> float:
        return (self.a[0] ** 2 + self.a[1] ** 2) / 2


@functools.lru_cache(maxsize=32)
def asymptote(activation: Activation) -> Asymptote:
    """The lines that phi approaches, or its best slopes at 2^61."""
    found = _asymptote(activation, PARTS[0])
    for parts in PARTS[1:]:
        relative = found.far[:, -1] / 2.0**HIGHEST
        if not (np.all(np.isfinite(found.a)) and np.any(relative > CLOSE)):
            break
        finer = _asymptote(activation, parts)  # balls were as wide as x itself
        if not np.all(finer.far[:, -1] <= found.far[:, -1] / 2):
            break
        found = finer
    return found


def _finer(cuts: list[float], parts: int) -> list[float]:
    inner = [low + (high - low) * k / parts for low, high in itertools.pairwise(cuts) for k in range(parts)]
    return [*inner, cuts[-1]]


def _asymptote(activation: Activation, fine: int) -> Asymptote:
    of, parts = enclosure(activation), pieces(activation)
    sides, bend, far, ends = (parts[0], parts[-1]), np.full((2, HIGHEST - LOWEST), math.inf), None, []
    far = bend.copy()
    slopes, turns = [], [_turning(part) for part in sides]
    with precision(FINE):
        for row, (sign, part) in enumerate(zip((-1, 1), sides, strict=True)):
            piece = of.piece(sign * 2.0**61)
            middle_, last, end = (of.at(piece, 0, arb(sign * 2.0**k)) for k in (50, 61, 62))
            if middle_ is None or last is None or end is None or abs(last) > 2.0**12 * (abs(middle_) + 2.0**50):
                slopes.append(math.inf)
                ends.append(math.inf)
                continue
            slope = _snapped((end - last) / (sign * 2.0**61))
            slopes.append(float(slope.mid()))
            ends.append(float((end - slope * sign * 2.0**62).mid()))
            left = Arb().evaluation(sp.expand(part - _rational(slope) * x))
            for j in range(LOWEST, HIGHEST):
                inner = [abs(b) for b in of.breakpoints if 2.0**j < sign * b < 2.0 ** (j + 1)]
                cuts = sorted([2.0**j, *inner, 2.0 ** (j + 1)])
                cuts = _finer(cuts, fine)
                bends, fars = [], []
                for low, high in itertools.pairwise(cuts):
                    middle, half = sign * (low + high) / 2, (high - low) / 2
                    here = of.piece(middle)
                    ball = arb(middle, half * (1 + 1e-15))
                    tilt = of.at(here, 1, ball)
                    turn = _size(None if tilt is None else tilt - slope)
                    inside, curve = of.at(here, 1, arb(middle)), _size(of.at(here, 2, ball))
                    turn = min(turn, (_size(None if inside is None else inside - slope) + half * curve) * MARGIN)
                    second = turns[row] if here == piece else None
                    if second is not None and not second({x: ball}).contains(0):
                        ends_ = [of.at(here, 1, arb(sign * end)) for end in (low, high)]  # phi' is monotone between
                        turn = min(turn, max(_size(None if e is None else e - slope) for e in ends_) * MARGIN)
                    start = of.at(here, 0, arb(middle))
                    stepped = _size(None if start is None else start - slope * middle) + half * turn * MARGIN
                    direct = math.inf
                    if here == piece:
                        direct = _size(left({x: ball}))
                    bends.append(turn)
                    fars.append(min(stepped, direct))
                value, tilt_ = (math.exp(min(sizes(activation, k)[1 - row, j - LOWEST], 709.0)) for k in (0, 1))
                bend[row, j - LOWEST] = min(max(bends), (tilt_ + abs(slopes[row])) * MARGIN)
                far[row, j - LOWEST] = min(max(fars), (value + abs(slopes[row]) * 2.0 ** (j + 1)) * MARGIN)
    return Asymptote(a=(slopes[0], slopes[1]), c=(ends[0], ends[1]), far=far, bend=bend)


def _turning(part: sp.Expr) -> Any | None:
    """phi'' of a piece with roots over one denominator: as it stands its terms cancel, and balls lose its sign."""
    roots = any(not node.exp.is_Integer for node in part.atoms(sp.Pow))
    second = part.diff(x, 2) if roots else sp.S.Zero
    if not roots or second.count_ops() > MOST_OPERATIONS:
        return None
    return Arb().evaluation(sp.together(second))


def _snapped(slope: Any) -> Any:
    """A slope without the trace of what is not linear: a multiple of 2^-20 if it is as good as one."""
    near = round(float(slope.mid()) * 2**20) / 2**20
    return arb(near) if abs(float(slope.mid()) - near) < 1e-15 else arb(slope.mid())


def _rational(value: Any) -> sp.Rational:
    mantissa, exponent = value.man_exp()
    return sp.Rational(int(mantissa)) * sp.Integer(2) ** int(exponent)


def _size(value: Any) -> float:
    return math.inf if value is None or not value.is_finite() else math.nextafter(float(abs(value).upper()), math.inf)


def offset(lines: Asymptote, eps: float) -> float:
    """C with |phi(x) - a x| <= C + eps |x|."""
    return float(np.max(np.maximum(lines.far - eps * 2.0 ** np.arange(LOWEST, HIGHEST), 0.0)))


def last_length(activation: Activation, weight: float, bias: float) -> float:
    """A length beyond which V(q) - q keeps its sign. Raises NotEnclosed where no rule applies."""
    lines, best = asymptote(activation), math.inf
    if all(math.isfinite(a) for a in lines.a):
        root = weight * math.sqrt(lines.square)
        if abs(root - 1) < ROUNDED:
            return _level(activation, lines, weight, bias)
        for part in (0.0, 1e-6, 1e-4, 0.01, 0.1, 0.3, 0.6):
            eps = part * abs(1 - root) / weight
            c = offset(lines, eps)
            if not math.isfinite(c):
                continue
            if root + weight * eps < 1:
                best = min(best, ((weight * c + bias) / (1 - root - weight * eps)) ** 2)
            elif root - weight * eps > 1:
                best = min(best, (weight * c / (root - weight * eps - 1)) ** 2)
    if math.isfinite(best):
        return best * MARGIN
    least = _least(activation)
    with np.errstate(over="ignore"):
        grows = 2 * math.log(weight) + math.log(HALF_OCTAVE) + 2 * least > np.log(4.0) * (np.arange(len(least)) + 1)
    if not grows[-1]:
        raise NotEnclosed("for long lengths V(q) is too close to q to tell which is larger")
    start = int(np.max(np.flatnonzero(~grows), initial=-1)) + 1
    return 4.0**start


def _level(activation: Activation, lines: Asymptote, weight: float, bias: float) -> float:
    """The same where V has slope 1 for long lengths, to rounding. With phi = a x + c + rho on either side

    V - q = sigma_w^2 sqrt(2 q / pi) (a c|+ - a c|-) + sigma_b^2 + sigma_w^2 (c^2|+ + c^2|-) / 2 + rest,
    where the rest is sigma_w^2 / sqrt(2 pi q) times the integral of (phi^2 - (a x + c)^2) exp(-x^2 / 2 q).
    """
    a, c = np.abs(np.array(lines.a)), np.array(lines.c)
    octaves_ = 2.0 ** np.arange(LOWEST, HIGHEST)
    rho = np.minimum(_rest(lines), lines.far + np.abs(c)[:, None])
    size = (octaves_ * rho * (2 * (2 * a[:, None] * octaves_ + np.abs(c)[:, None]) + rho)).sum(axis=0)  # by octaves
    kappa = lines.a[1] * lines.c[1] - lines.a[0] * lines.c[0]
    kept = bias**2 + weight**2 * float(c @ c) / 2
    bound = weight**2 * float(size.sum())
    if not bound < FAR:
        raise NotEnclosed(f"sigma_w is critical for long lengths, where {activation.name} nears a line too slowly")
    if abs(kappa) > SLIGHT:
        grows = weight**2 * abs(kappa) * math.sqrt(2 / math.pi)
        return max(1.0, ((kept + bound / math.sqrt(2 * math.pi)) / grows) ** 2) * MARGIN
    if kept > SLIGHT:
        return max(1.0, (bound / kept) ** 2 / (2 * math.pi)) * MARGIN
    whole, error = _area(activation, lines)
    error += float(np.sum(np.where(octaves_ >= 14 * 2.0**4, size, 0.0)))
    for k in range(0, 40):
        q = 2.0**k
        if abs(whole) - error > float(size @ np.minimum(1.0, 2 * octaves_**2 / q)):
            return q
    raise NotEnclosed("for long lengths V(q) is too close to q to tell which is larger")


def _rest(lines: Asymptote) -> np.ndarray:
    """Bounds of |phi - a x - c| on the octaves of either side: the integral of |phi' - a| from infinity inwards."""
    octaves_ = 2.0 ** np.arange(LOWEST, HIGHEST)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.cumsum((octaves_ * lines.bend)[:, ::-1], axis=1)[:, ::-1]


def _area(activation: Activation, lines: Asymptote) -> tuple[float, float]:
    """The integral of phi^2 - (a x + c)^2 over |x| < 14 * 2^5, and a bound of its error."""
    on = line(activation, -4, 5)
    side = (on.x > 0).astype(int)
    square = (np.array(lines.a)[side] * on.x + np.array(lines.c)[side]) ** 2
    error = RULE * float(np.sum(on.half * on.size[:, 0] ** 2))
    error += 1e-13 * float(np.sum(on.weight * (on.square[:, 0] + square)))
    error += float(np.sum((on.loose[:, 1] - on.loose[:, 0]) * on.loose[:, 2]))
    return float(np.sum(on.weight * (on.square[:, 0] - square))), error


def _least(activation: Activation) -> np.ndarray:
    """ln of a lower bound of |phi| on [2^j, 2^(j+1)] or its mirror image, j from 0, whichever is larger."""
    of = enclosure(activation)
    found = np.full((2, HORIZON), -math.inf)
    with precision(FINE):
        for row, sign in enumerate((-1, 1)):
            for j in range(HORIZON):
                if any(2.0**j <= sign * b <= 2.0 ** (j + 1) for b in of.breakpoints):
                    continue
                values = [
                    of.at(of.piece(sign * 2.0**j * 1.5), 0, arb(sign * 2.0**j * (1 + (k + 0.5) / 8), 2.0**j / 15.9))
                    for k in range(8)
                ]
                if all(v is not None and abs(v).lower() > 0 for v in values):
                    found[row, j] = min(float(arb(abs(v).lower()).log().lower()) for v in values)
    return found.max(axis=0)


def last_critical(activation: Activation, bias: float) -> float:
    """A length beyond which q - E phi^2 / E phi'^2 - sigma_b^2 keeps its sign. Raises NotEnclosed without a rule."""
    lines = asymptote(activation)
    if lines.a == (0.0, 0.0) or max(abs(a) for a in lines.a) < 1e-12:
        c = offset(lines, 0.0)
        if math.isfinite(c):
            return _bounded(activation, c, bias)
    if all(math.isfinite(a) for a in lines.a) and lines.square > 0:
        return _straight(activation, lines, bias)
    raise NotEnclosed(f"lengths beyond q = {LONGEST:.3g} are not covered: no rule for the growth of {activation.name}")


def _slopes(activation: Activation) -> tuple[float, float]:
    """The integral of phi'^2 - a^2 over |x| < 14 * 2^5, and a bound of its error."""
    lines, on = asymptote(activation), line(activation, -4, 5)
    a2 = np.where(on.x < 0, lines.a[0] ** 2, lines.a[1] ** 2)
    error = RULE * float(np.sum(on.half * on.size[:, 1] ** 2)) + 1e-13 * float(
        np.sum(on.weight * (on.square[:, 1] + a2))
    )
    error += float(np.sum((on.loose[:, 1] - on.loose[:, 0]) * on.loose[:, 3]))
    return float(np.sum(on.weight * (on.square[:, 1] - a2))), error


def _bounded(activation: Activation, c: float, bias: float) -> float:
    """For |phi| <= c: E phi'^2 is at least exp(-x^2 / 2 q) / sqrt(2 pi q) times the integral of phi'^2 up to x."""
    on = line(activation, -4, 0)
    inside = np.cumsum(np.bincount(np.floor(np.log2(np.abs(on.x))).astype(int) + 200, on.weight * on.square[:, 1], 300))
    for j in range(LOWEST, 9):
        whole = float(inside[j + 199]) * (1 - 1e-9) - RULE * float(np.sum(on.half * on.size[:, 1] ** 2))
        if whole > 0.5 * float(inside[-1]):
            needed = c * c * math.sqrt(2 * math.pi) * math.exp(0.5) / whole
            return max((needed + bias) ** 2, 4.0 ** (j + 0)) * MARGIN
    raise NotEnclosed(f"the slope of {activation.name} has too little weight near zero")


def _straight(activation: Activation, lines: Asymptote, bias: float) -> float:
    """phi = a x + c + rho on either side, and q E phi'^2 - E phi^2 is

    sqrt(q / 2 pi) (L - 2 (a c|+ - a c|-)) + a rest that does not grow, L the integral of phi'^2 - a^2.
    """
    octaves_ = 2.0 ** np.arange(LOWEST, HIGHEST)
    with np.errstate(over="ignore", invalid="ignore"):
        bend, rho = lines.bend, _rest(lines)
        size = np.exp(np.minimum(sizes(activation, 1)[::-1], 300.0))
        square_bend = bend * (size + np.abs(np.array(lines.a))[:, None])
        moved = (np.abs(np.array(lines.a))[:, None] * 2 * octaves_**2 * rho).sum(axis=0)  # of |a x rho|, by octaves
        turned = (octaves_ * square_bend).sum(axis=0)  # and of |phi'^2 - a^2|
        outside = float(np.sum(np.where(octaves_ >= 14 * 2.0**4, octaves_ * square_bend, 0.0)))
    c = offset(lines, 0.0)
    if not all(map(math.isfinite, (float(moved.sum()), float(turned.sum()), outside, c))):
        raise NotEnclosed(
            f"lengths beyond q = {LONGEST:.3g} are not covered: {activation.name} nears its asymptotes too slowly"
        )
    whole, error = _slopes(activation)
    error += outside + 1e-12
    kappa = lines.a[1] * lines.c[1] - lines.a[0] * lines.c[0]
    lead = whole - 2 * kappa
    error += 2 * float(np.sum(np.abs(np.array(lines.a)) * rho[:, -1])) + 1e-13 * abs(kappa)
    for k in range(0, 40):
        q = 2.0**k
        root = math.sqrt(2 * math.pi * q)
        cut = float(turned @ np.minimum(1.0, 2 * octaves_**2 / q))  # |phi'^2 - a^2| (1 - exp(-x^2 / 2 q))
        rest = q * cut / root + 2 * float(moved @ np.exp(-(octaves_**2) / (2 * q))) / root + c * c
        rest += bias**2 * (lines.square + (abs(whole) + error + cut) / root)
        if math.sqrt(q / (2 * math.pi)) * (abs(lead) - error) > rest:
            return q
    raise NotEnclosed(f"lengths beyond q = {LONGEST:.3g} are not covered: two growing terms cancel")


def contracts(activation: Activation, weight: float) -> bool:
    """Whether phi(0) = 0 and |phi(x)| <= L |x| on either side with sigma_w^2 (L+^2 + L-^2) / 2 at most 1, to rounding.

    L bounds the slope; unless phi is a line on either side, which is scale-free, V(q) < q then holds strictly.
    """
    of = enclosure(activation)
    if activation.smoothness < 0:
        return False
    with precision(FINE):
        start = of.at(of.piece(-1e-300) if of.breakpoints else 0, 0, arb(0))
    if start is None or not start.contains(0) or _size(start) > 1e-60:
        return False
    steepest = np.exp(np.minimum(sizes(activation, 1).max(axis=1), 300.0))
    return bool(weight**2 * float(np.sum(steepest**2)) / 2 <= 1 + ROUNDED)
