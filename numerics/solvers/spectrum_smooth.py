r"""Spectra of deep Jacobians for any activation: one real unknown per point, which exists once and is bracketed.

With w = e^(t + i theta) the point at which m(w) = E s / (w - s), s = phi'(h)^2, takes the value that m has at lambda,

    orthogonal weights   lambda = w (w m / (1 + m))^(L-1)        Gaussian weights   lambda = w (w m)^(L-1) (1 + m)

times the gain to the power L. At given |w| the angle solves theta = (L-1) (a - b), or (L-1) a + b, with a = -arg(w m)
and b = -arg(1 + m). The logarithms of w m, 1 + m and w m / (1 + m) are Cauchy transforms of positive measures on s > 0,
whose imaginary parts have the kernel sin(theta) / (|w|^2 + s^2 - 2 |w| s cos(theta)). So a, b and a - b, divided by
theta, fall as theta rises: there is one solution in (0, pi), or none where lambda has no density; no root is chosen.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from numerics.solvers.slopes import Slopes, Transform, transform
from numerics.solvers.spectrum import Atoms, Spectrum, resolved

WEIGHTS = ("orthogonal", "gaussian")
SMALLEST = -100.0  # of log theta: below, there is no density
ROUNDS, SETTLED, STALLED = 80, 1e-15, 1e-7  # of steps in log theta; a small one that does not shrink is rounding
ROUNDED = 2.3e-16  # of log (turned / theta)
BLOCK, SPREAD = 256, 20.0  # points worked on at a time, and their range in t
SKIPPED, BESIDES = 8, 4.0  # of the places, those solved first; distance in x up to which they tell of others
LAST = 30.0  # in x: a hard edge is approached to e^-30 in t
WIDTH = 2.0  # of the first panels
LEFT = 1e-17  # mass of s that the path leaves out near 0
BESIDE, ASIDE = 1e-6, 1e-3  # in log w, beyond an extreme s that is attained or not: is it where the density ends?
ROUNDING = 1e-12  # of the mass of an atom
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
    place, ends = _mapped(low, high, law)

    def path(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        t, speed = place(x)
        log, height, rate = curve(t, x)
        return log + shift, height, rate * speed

    log_edges = (curve.at_end(low[0]) + shift, curve.at_end(high[0]) + shift)
    mean = float(np.exp(depth * np.log(law.mean * gain)))
    return resolved(name, depth, path, ends, mean, _atoms(law, depth, gain, weights), log_edges, NOISE)


def _atoms(law: Slopes, depth: int, gain: float, weights: str) -> Atoms:
    """Of J J^T: that of s at 0 stays; another one survives orthogonal layers as far as its neurons overlap."""
    found = []
    for log, mass in law.atoms:
        kept = mass if log == -np.inf else 1 - depth * (1 - mass) if weights == "orthogonal" else 0.0
        if kept > ROUNDING:
            found.append((float(np.exp(depth * (np.log(gain) + log))), kept))
    return tuple(sorted(found))


class _Curve:
    """The curve in the plane of w on which lambda is real, as a function of t = log |w|."""

    def __init__(self, law: Slopes, depth: int, weights: str):
        self.law, self.depth, self.orthogonal = law, depth, weights == "orthogonal"
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

    def _turned(self, at: Transform) -> np.ndarray:
        return (self.depth - 1) * at.difference if self.orthogonal else (self.depth - 1) * at.a + at.b

    def _slope(self, at: Transform) -> np.ndarray:
        """d log lambda / d log w, complex."""
        of_m, of_next = at.move
        last = -(self.depth - 1) * of_next if self.orthogonal else of_next
        start = 1.0 if self.orthogonal else float(self.depth)
        if self.orthogonal:  # 1 + (L-1) (1 + w m'/m - w m'/(1+m))
            return start + (self.depth - 1) * (1 + of_m) + last
        return start + (self.depth - 1) * of_m + last

    def _log(self, t: np.ndarray, at: Transform) -> np.ndarray:
        if self.orthogonal:
            return t + (self.depth - 1) * (t + at.log_m - at.log_next)
        return t + (self.depth - 1) * (t + at.log_m) + at.log_next

    def real(self, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """log |lambda| and d log lambda / d log w for real w = e^t off the values of s."""
        at = transform(self.law, t, np.zeros(t.shape))
        return self._log(t, at), self._slope(at).real

    def at_end(self, t: float) -> float:
        """log lambda at an end of the curve."""
        if not np.isfinite(t):
            return t
        if t in (self.law.low[0], self.law.high[0]):  # a value of s, where m has no real argument
            return float(self(np.array([t]), np.array([np.nan]))[0][0])
        return float(self.real(np.array([t]))[0][0])

    def end(self, side: int) -> tuple[float, bool]:
        """Where the curve ends below (side -1) or above: t, and whether it is an edge rather than a vanishing tail."""
        from scipy.optimize import brentq

        last, attained = self.law.high if side > 0 else self.law.low
        if side < 0 and (last == -np.inf or not self.orthogonal):
            return -np.inf, False

        def slope(y: float) -> float:
            return float(self.real(np.array([last + side * np.exp(y)]))[1][0])

        start = np.log(BESIDE if attained else ASIDE)
        if slope(start) >= 0:
            return (last, attained) if side > 0 or attained else (-np.inf, False)
        far = 0.0
        while slope(far) < 0:
            far += 1.0
        y = brentq(slope, start, far, xtol=1e-15, rtol=4 * np.finfo(float).eps)
        return last + side * float(np.exp(y)), True


def _blocks(t: np.ndarray, order: np.ndarray) -> list[np.ndarray]:
    """Indices in groups of points near to each other."""
    found, start = [], 0
    while start < len(order):
        stop = int(np.searchsorted(t[order], t[order[start]] + SPREAD, side="right"))
        stop = min(stop, start + BLOCK)
        found.append(order[start:stop])
        start = stop
    return found


def _mapped(
    low: tuple[float, bool], high: tuple[float, bool], law: Slopes
) -> tuple[Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]], np.ndarray]:
    """x -> (t, dt/dx), and the ends of the first panels in x: hard edges are approached exponentially."""
    floor = law.floor(LEFT)
    if low[1] and high[1]:
        width = high[0] - low[0]

        def between(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            share = 1 / (1 + np.exp(-x))
            return low[0] + width * share, width * share * (1 - share)

        return between, _panels(-LAST, LAST)
    if high[1]:

        def below(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            return high[0] - np.logaddexp(0, -x) * 1.0, 1 / (1 + np.exp(x))

        return below, _panels(floor - high[0], LAST)
    if low[1]:

        def above(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            return low[0] + np.logaddexp(0, x), 1 / (1 + np.exp(-x))

        return above, _panels(-LAST, high[0] - low[0])
    return (lambda x: (x, np.ones_like(x))), _panels(floor, high[0])


def _panels(first: float, last: float) -> np.ndarray:
    return np.linspace(first, last, max(2, int((last - first) / WIDTH) + 2))
