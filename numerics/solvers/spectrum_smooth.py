r"""Spectra of deep Jacobians for any activation: one real unknown per point, which exists once and is bracketed.

With w = e^(t + i theta) the point at which m(w) = E s / (w - s), s = phi'(h)^2, takes the value that m has at lambda,

    orthogonal weights   lambda = w (w m / (1 + m))^(L-1)        Gaussian weights   lambda = w (w m)^(L-1) (1 + m)

times the gain to the power L. At given |w| the angle solves theta = (L-1) (a - b), or (L-1) a + b, with a = -arg(w m)
and b = -arg(1 + m). The logarithms of w m, 1 + m and w m / (1 + m) are Cauchy transforms of positive measures on s > 0,
whose imaginary parts have the kernel sin(theta) / (|w|^2 + s^2 - 2 |w| s cos(theta)). So a, b and a - b, divided by
theta, fall as theta rises: there is one solution in (0, pi), or none where lambda has no density; no root is chosen.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from numerics.solvers.slopes import Slopes, Transform, transform
from numerics.solvers.spectrum import Atoms, Path, Spectrum, resolved

Placed = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
WEIGHTS = ("orthogonal", "gaussian")
SMALLEST = -100.0  # of log theta: below, there is no density
ROUNDS, SETTLED, STALLED = 80, 1e-15, 1e-7  # of steps in log theta; a small one that does not shrink is rounding
ROUNDED = 2.3e-16  # of log (turned / theta)
BLOCK, FEW, SPREAD = 256, 64, 20.0  # points worked on at a time; fewer are taken together whatever their range in t
SKIPPED, BESIDES = 8, 4.0  # of the places, those solved first; distance in x up to which they tell of others
LAST = 30.0  # in x: a hard edge is approached to e^-30 in t
WIDTH, FIRST = 2.0, 64  # of the first panels, and how many they are at most: those that are too wide are halved
LEFT = 1e-17  # mass of s that the path leaves out near 0
BESIDE, ASIDE = 1e-6, 1e-3  # in log w, beyond an extreme s that is attained or not: is it where the density ends?
ROUNDING = 1e-12  # of the mass of an atom
TURN, TURNED = 0.1, 26.0  # angle beside a marginal atom, in units of the distance of the rest of s; -log of the least
TURNING = 30  # Newton's steps across
NOISE = 50.0  # of the curve, in units of that of a closed form


def spectrum(name: str, law: Slopes, depth: int, gain: float, weights: str) -> Spectrum:
    """The law of J J^T for `depth` layers of phi' and weights of variance gain / N, or sqrt(gain) orthogonal ones.

    Raises ValueError for a depth below 1 (2 with orthogonal weights) or unknown weights, ArithmeticError where mass or
    mean are off by more than 1e-10.
    """
    least = 2 if weights == "orthogonal" else 1
    if weights not in WEIGHTS:
        raise ValueError(f"weights are {' or '.join(WEIGHTS)}, not {weights}")
    if not depth >= least or depth != int(depth):
        raise ValueError(f"a depth is a whole number of layers, {least} or more with {weights} weights, not {depth}")
    curve = _Curve(law, depth, weights)
    shift = depth * np.log(gain)
    low, high = curve.end(-1), curve.end(1)
    path, ends = _mapped(curve, low, high)

    def shifted(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        log, height, rate = path(x)
        return log + shift, height, rate

    log_edges = (curve.at_end(low) + shift, curve.at_end(high) + shift)
    mean = float(np.exp(depth * np.log(law.mean * gain)))
    return resolved(name, depth, shifted, ends, mean, _atoms(law, depth, gain, weights), log_edges, NOISE)


def stationary(law: Slopes, depth: int, weights: str) -> float | None:
    """The real w above all values of s at which the largest lambda lies; None where that is no stationary point."""
    end = _Curve(law, depth, weights).end(1)
    return None if end.turns or end.t <= law.high[0] else float(np.exp(end.t))


def _atoms(law: Slopes, depth: int, gain: float, weights: str) -> Atoms:
    """Of J J^T: that of s at 0 stays; another one survives orthogonal layers as far as its neurons overlap."""
    found = []
    for log, mass in law.atoms:
        kept = mass if log == -np.inf else 1 - depth * (1 - mass) if weights == "orthogonal" else 0.0
        if kept > ROUNDING:
            found.append((float(np.exp(depth * (np.log(gain) + log))), kept))
    return tuple(sorted(found))


@dataclass(frozen=True, kw_only=True)
class _End:
    """Where the curve ends: t, and whether it is an edge rather than a vanishing tail.

    At the edge of a marginal atom the curve meets the real axis across it. `turns` is then the angle below which the
    angle is the parameter, `leaves` the t where it becomes that.
    """

    t: float
    edge: bool
    turns: float = 0.0
    leaves: float = 0.0


class _Curve:
    """The curve in the plane of w on which lambda is real, as a function of t = log |w|."""

    def __init__(self, law: Slopes, depth: int, weights: str):
        self.law, self.depth, self.orthogonal = law, depth, weights == "orthogonal"
        self.ratios: dict[int, tuple[np.ndarray, np.ndarray]] = {}  # (t - end) / angle by log angle, by side
        self.known = np.empty((2, 0))  # x in ascending order and log theta, of what was solved

    def __call__(self, t: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """log lambda, |Im m| / pi and d log lambda / dt; zero height where there is no density.

        x is the parameter of the path, in which log theta is nearly straight, at an edge too: first guesses come of it.
        """
        parts = [np.empty_like(t) for _ in range(3)]
        order = np.argsort(t)
        few = np.zeros(t.shape, dtype=bool)
        few[::SKIPPED] = True
        for group in (order[few], order[~few]):  # every eighth place first: the others start from what is found there
            for chosen in _blocks(t, group):
                for part, values in zip(parts, self._block(t[chosen], x[chosen]), strict=True):
                    part[chosen] = values
        return parts[0], parts[1], parts[2]

    def _block(self, t: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        theta, at = self._angle(t, x)
        slope = self._slope(at)
        open_ = (theta > 0) & (slope.real > 0)  # at an edge both vanish
        rate = np.where(open_, np.abs(slope) ** 2 / np.where(open_, slope.real, 1.0), 0.0)
        return self._log(t, at), np.where(open_, at.jump, 0.0) / np.pi, rate

    def _angle(self, t: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, Transform]:
        """theta, or 0 where there is none, and the transform there: Newton's method in log theta, bracketed."""
        y = self._guess(x)
        low, high = np.full(t.shape, SMALLEST), np.full(t.shape, np.log(np.pi))
        before = np.full(t.shape, np.inf)
        open_ = np.arange(len(t))
        for _ in range(ROUNDS):
            at, now = transform(self.law, t[open_], np.exp(y[open_])), y[open_]
            theta, turned = np.exp(now), self._turned(at)
            with np.errstate(all="ignore"):
                excess = np.log(turned / theta)
                tilt = (1 - self._slope(at).real) * theta / turned - 1
                newton = now - excess / tilt
                flat = now + np.log1p(np.clip(-2 * excess / tilt, -0.9999999, 1e6)) / 2  # Newton's step in theta^2
            under = low[open_] = np.where(excess > 0, now, low[open_])
            above = high[open_] = np.where(excess <= 0, now, high[open_])
            step = np.where((excess < 0) & (flat >= under) & (flat <= above), flat, newton)
            step = np.where((step >= under) & (step <= above), step, (under + above) / 2)
            moved = np.abs(step - now)
            settled = (
                (np.abs(excess) <= ROUNDED) | (moved <= SETTLED) | ((moved < STALLED) & (moved > before[open_] / 4))
            )
            before[open_], y[open_] = moved, step
            open_ = open_[~settled & (above > SMALLEST + 1)]
            if not len(open_):
                break
        theta = np.where(high > SMALLEST + 1, np.exp(y), 0.0)
        known = np.concatenate([self.known, np.array([x, y])[:, (theta > 0) & ~np.isnan(x)]], axis=1)
        self.known = known[:, np.argsort(known[0])]
        return theta, transform(self.law, t, np.exp(y))

    def _guess(self, x: np.ndarray) -> np.ndarray:
        """log theta between places where it is known, else that of 2."""
        if not self.known.size:
            return np.full(x.shape, np.log(2.0))
        places = self.known[0]
        beside = places[np.minimum(np.searchsorted(places, x), len(places) - 1)]
        guess = np.clip(np.interp(x, *self.known), SMALLEST + 2, np.log(3.0))
        return np.where(np.abs(beside - x) > BESIDES, np.log(2.0), guess)

    def across(self, theta: np.ndarray, guess: np.ndarray) -> np.ndarray:
        """t at given angles by Newton's method, close to a marginal atom."""
        t = guess
        for _ in range(TURNING):
            at = transform(self.law, t, theta)
            with np.errstate(all="ignore"):
                step = (theta - self._turned(at)) / self._slope(at).imag
            t = t - np.clip(np.where(np.isfinite(step), step, 0.0), -theta / 2, theta / 2)
            if np.all(np.abs(step) < 1e-15 * theta):
                break
        return t

    def by_angle(self, theta: np.ndarray, guess: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """log lambda, |Im m| / pi and |d log lambda / d theta| at given angles."""
        t = self.across(theta, guess)
        at = transform(self.law, t, theta)
        slope = self._slope(at)
        with np.errstate(all="ignore"):
            rate = np.abs(slope) ** 2 / np.abs(slope.imag)
        return self._log(t, at), at.jump / np.pi, rate

    def _turned(self, at: Transform) -> np.ndarray:
        return (self.depth - 1) * at.difference if self.orthogonal else (self.depth - 1) * at.a + at.b

    def _slope(self, at: Transform) -> np.ndarray:
        """d log lambda / d log w, complex."""
        of_m, of_next, of_both = at.move
        if self.orthogonal:  # 1 + (L-1) (1 + w m' / m - w m' / (1 + m))
            return self.depth + (self.depth - 1) * of_both
        return self.depth + (self.depth - 1) * of_m + of_next

    def _log(self, t: np.ndarray, at: Transform) -> np.ndarray:
        if self.orthogonal:
            return t + (self.depth - 1) * (t + at.log_m - at.log_next)
        return t + (self.depth - 1) * (t + at.log_m) + at.log_next

    def real(self, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """log |lambda| and d log lambda / d log w for real w = e^t off the values of s."""
        at = transform(self.law, t, np.zeros(t.shape))
        return self._log(t, at), self._slope(at).real

    def at_end(self, end: _End) -> float:
        """log lambda at an end of the curve."""
        if not np.isfinite(end.t):
            return end.t
        if end.turns:
            return self.depth * end.t
        if end.t in (self.law.low[0], self.law.high[0]):  # a value of s, where m has no real argument
            return float(self(np.array([end.t]), np.array([np.nan]))[0][0])
        return float(self.real(np.array([end.t]))[0][0])

    def end(self, side: int) -> _End:
        """Where the curve ends below (side -1) or above."""
        from scipy.optimize import brentq

        last, attained = self.law.high if side > 0 else self.law.low
        if side < 0 and (last == -np.inf or not self.orthogonal):
            return _End(t=-np.inf, edge=False)
        if last in self.marginal():
            return self._turning(last, side)

        def slope(y: float) -> float:
            return float(self.real(np.array([last + side * np.exp(y)]))[1][0])

        start = np.log(BESIDE if attained else ASIDE)
        if slope(start) >= 0:
            return _End(t=last, edge=attained) if side > 0 or attained else _End(t=-np.inf, edge=False)
        far = 0.0
        while slope(far) < 0:
            far += 1.0
        y = brentq(slope, start, far, xtol=1e-15, rtol=4 * np.finfo(float).eps)
        return _End(t=last + side * float(np.exp(y)), edge=True)

    def marginal(self) -> list[float]:
        """log s of atoms that only just leave none in the law: the density diverges there."""
        kept = [log for log, mass in self.law.atoms if abs(1 - self.depth * (1 - mass)) <= ROUNDING]
        return [log for log in kept if log > -np.inf] if self.orthogonal else []

    def _turning(self, last: float, side: int) -> _End:
        """The end at a marginal atom; the angle is the parameter where the rest of s is far away."""
        others = np.abs([log - last for log, _ in self.law.atoms if log != last])
        angle = TURN * min(1.0, self.law.high[0] - self.law.low[0], float(np.min(others, initial=np.inf)))
        angles = np.geomspace(np.exp(-TURNED), 1.0, int(TURNED)) * angle
        ratio, places = 0.0, []
        for theta in angles:  # from the atom on, where t / theta is small
            t = self.across(np.array([theta]), np.array([last + ratio * theta]))[0]
            ratio = (t - last) / theta
            places.append(t)
        order = np.argsort(angles)
        self.ratios[side] = (np.log(angles)[order], (np.array(places) - last)[order] / angles[order])
        return _End(t=last, edge=True, turns=angle, leaves=float(places[-1]))

    def beside(self, end: _End, side: int, theta: np.ndarray) -> np.ndarray:
        """A first guess of t at the angles beside a marginal atom."""
        return end.t + theta * np.interp(np.log(theta), *self.ratios[side])


def _blocks(t: np.ndarray, order: np.ndarray) -> list[np.ndarray]:
    """Indices in groups of points near to each other."""
    found, start = [], 0
    while start < len(order):
        stop = int(np.searchsorted(t[order], t[order[start]] + SPREAD, side="right"))
        stop = min(max(stop, start + FEW), start + BLOCK, len(order))
        found.append(order[start:stop])
        start = stop
    return found


def _mapped(curve: _Curve, low: _End, high: _End) -> tuple[Path, np.ndarray]:
    """The path in x and the ends of its first panels: stretches of t one after another, and of angles at their ends."""
    first = low.leaves if low.turns else low.t if low.edge else curve.law.floor(LEFT)
    last = high.leaves if high.turns else high.t
    inner = sorted(t for t in curve.marginal() if first < t < last)
    cuts = [first, *inner, last]
    firm = [low.edge and not low.turns, *[True] * len(inner), high.edge and not high.turns]
    stretches: list[Path] = []
    ends: list[np.ndarray] = []

    def add(part: Path, places: np.ndarray) -> None:
        start = ends[-1][-1] if ends else places[0]
        moved = start - places[0]
        stretches.append(lambda x: part(x - moved))
        ends.append(places + moved)

    if low.turns:
        add(_by_angle(curve, low, -1), _panels(-TURNED, 0.0))
    for k, (a, b) in enumerate(itertools.pairwise(cuts)):
        place, places = _stretch(a, b, firm[k], firm[k + 1])
        add(_by_place(curve, place, ends[-1][-1] - places[0] if ends else 0.0), places)
    if high.turns:
        add(_by_angle(curve, high, 1), _panels(0.0, TURNED))
    borders = np.array([places[-1] for places in ends[:-1]])

    def path(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        found = [np.empty_like(x) for _ in range(3)]
        which = np.searchsorted(borders, x)
        for k in np.unique(which):
            chosen = which == k
            for part, values in zip(found, stretches[k](x[chosen]), strict=True):
                part[chosen] = values
        return found[0], found[1], found[2]

    return path, np.unique(np.concatenate(ends))


def _by_place(curve: _Curve, place: Placed, moved: float) -> Path:
    def path(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        t, speed = place(x)
        log, height, rate = curve(t, x + moved)
        return log, height, rate * speed

    return path


def _by_angle(curve: _Curve, end: _End, side: int) -> Path:
    def path(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        theta = end.turns * np.exp(-side * x)
        log, height, rate = curve.by_angle(theta, curve.beside(end, side, theta))
        return log, height, rate * theta

    return path


def _stretch(low: float, high: float, firm_low: bool, firm_high: bool) -> tuple[Placed, np.ndarray]:
    """x -> (t, dt/dx) between two places, and the ends of the panels in x: firm ends are approached exponentially."""
    width = high - low
    if firm_low and firm_high:

        def between(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            share = 1 / (1 + np.exp(-x))
            return low + width * share, width * share * (1 - share)

        return between, _panels(-LAST, LAST)
    if firm_high:

        def below(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            return high - np.logaddexp(0, -x), 1 / (1 + np.exp(x))

        return below, _panels(-width, LAST)
    if firm_low:

        def above(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            return low + np.logaddexp(0, x), 1 / (1 + np.exp(-x))

        return above, _panels(-LAST, width)
    return (lambda x: (x, np.ones_like(x))), _panels(low, high)


def _panels(first: float, last: float) -> np.ndarray:
    return np.linspace(first, last, min(max(2, int((last - first) / WIDTH) + 2), FIRST))
