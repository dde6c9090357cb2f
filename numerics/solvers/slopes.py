r"""The law of s = phi'(h)^2 for h ~ N(0, q), as it enters the spectra of Jacobians: m(w) = E s / (w - s) for complex w.

On each piece on which phi is analytic the line is mapped onto a lattice tau = (k + 1/2) step, and averages are sums
over it. Where w comes close to a value of s, the integrand has a pole close to the lattice; the sum is then off by a
term that is known exactly, 2 pi i c / (1 + exp(-2 pi i tau / step)) for a pole with residue c at tau above the line. It
is added, so that w may lie as close to the values of s as it likes. Distances from 0 are kept as logarithms: s spans
hundreds of decades.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

SPAN = 10.0  # standard deviations that the lattice covers
FINE, COARSE = 0.055, 0.085  # step in units of the distance to singularities, and of the standard deviation
STEEP, FOLLOWED = 3.0, 4.0  # standard deviations, in units of the distance on which phi' varies; up to which
FALL, FINER = 12.0, 8.0  # log s falls by so much in a step, which is shortened at most by so much
TAIL = 40.0  # in tau: a cut is approached to exp(-TAIL)
TOLD, TOLD_TO = (20.0, 15.0, 10.0), 1e-6  # in tau: nearer to a zero of phi' log s may be lost in rounding; to what
NEAR = 7.0  # steps from the lattice within which a pole is corrected: exp(-2 pi 7) = 1e-19
NEGLIGIBLE = 1e-16  # contribution of a pole to m
CLIPPED = 75.0  # of log (w / s): beyond, a value of s is as good as infinite or zero
FAR = 60.0  # -log s at a zero of s, as rounding has it
NARROW, CLOSE = 4.0, 0.3  # range of log s, and distance of log |w| from it, where w / s - 1 is worked out as such
SPREAD, MANY = 20.0, 400  # range of log |w|, and number of nodes, above which each point looks at those near it
APART = 45.0  # distance of log s up to which a node is near: beyond, w / s is infinite or 0 next to 1
BESIDE = 1e-2  # distance in log w from an atom of s, likewise
NEWTON = 8
ALIKE = 1e-14  # relative difference of log s on both sides of 0 that counts as none
LOST = 1e-11  # of the mass of h
HARMONICS = 5  # of a density modulo a period below two standard deviations: the next one is below 1e-77

Analytic = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Piece:
    """An interval on which phi' is analytic and does not vanish, or is constant.

    low, high   its ends, infinite ones included
    log_square  log phi'(h)^2 for complex h near the interval (-inf where phi' is 0)
    first, second  its derivatives
    constant    whether phi' is constant there
    period      of phi'^2: the piece lies in one of its periods, and stands for all others too
    """

    low: float
    high: float
    log_square: Analytic
    first: Analytic
    second: Analytic
    constant: bool = False
    period: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Branch:
    """Nodes between which log s rises (side 1) or falls (-1); `turns` are turning points at its ends.

    Of a turning point: tau, log s and its second derivative by tau.
    """

    tau: np.ndarray
    log_s: np.ndarray
    side: int
    turns: tuple[tuple[float, float, float], ...]

    @functools.cached_property
    def slope(self) -> np.ndarray:
        """d log s / d tau at the nodes, in ascending order of s, by differences."""
        return np.gradient(self.log_s, self.tau)[:: self.side]

    def starts(self, t: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Real tau with s = e^t (nan: none), d log s / dtau there, and first guesses of the pole of w, shape (k, n)."""
        goal = t + 1j * theta
        log, tau = (v[:: self.side] for v in (self.log_s, self.tau))
        base, slope = np.interp(t, log, tau), np.interp(t, log, self.slope)
        with np.errstate(all="ignore"):
            base = np.where((t > log[0]) & (t < log[-1]), base, np.nan)
            found = [base + 1j * theta / slope]
            for place, level, bend in self.turns:
                away = np.sqrt(2 * (goal - level) / bend)
                found.append(place + np.where(away.imag * self.side > 0, away, -away))
        return base, slope, np.array(found)


@dataclass(frozen=True, kw_only=True, eq=False)
class Lattice:
    """A piece with its nodes: tau, h, the probabilities that they stand for, and log s there; one step."""

    piece: Piece
    reach: float
    step: float
    tau: np.ndarray
    mass: np.ndarray
    log_s: np.ndarray
    q: float

    @functools.cached_property
    def branches(self) -> tuple[Branch, ...]:
        """The stretches on which s rises or falls."""
        steps = np.sign(np.diff(self.log_s))
        ends = [0, *(np.flatnonzero(steps[1:] != steps[:-1]) + 1).tolist(), len(self.log_s) - 1]
        turns = [None, *self._turns(ends[1:-1]), None]
        found = []
        for i, (first, last) in enumerate(itertools.pairwise(ends)):
            if last - first >= 2 and steps[first] != 0:
                part = slice(first, last + 1)
                beside = tuple(turn for turn in turns[i : i + 2] if turn is not None)
                found.append(Branch(tau=self.tau[part], log_s=self.log_s[part], side=int(steps[first]), turns=beside))
        return tuple(found)

    @functools.cached_property
    def even(self) -> bool:
        """Whether s is the same on both sides of 0, up to rounding."""
        mirrored = self.log_s[::-1]
        whole = np.isinf(self.piece.low) and np.isinf(self.piece.high) and self.tau[0] == -self.tau[-1]
        return bool(whole and np.all(np.abs(self.log_s - mirrored) <= ALIKE * (1 + np.abs(mirrored))))

    @property
    def nodes(self) -> tuple[np.ndarray, np.ndarray]:
        """log s and mass of the nodes, of those on one side with twice the mass where s is even."""
        middle = len(self.tau) // 2
        return (self.log_s[middle:], 2 * self.mass[middle:]) if self.even else (self.log_s, self.mass)

    @property
    def levels(self) -> tuple[float, ...]:
        """log s where it turns, and at the finite ends of the piece."""
        turns = [level for branch in self.branches for _, level, _ in branch.turns]
        ends = np.array([end for end in (self.piece.low, self.piece.high) if np.isfinite(end)], dtype=complex)
        with np.errstate(all="ignore"):
            return (*turns, *np.real(self.piece.log_square(ends)).tolist())

    @property
    def vanishes(self) -> bool:
        """Whether s is 0 at a finite end of the piece."""
        return any(not level > -FAR for level in self.levels)

    def _turns(self, nodes: Sequence[int]) -> list[tuple[float, float, float] | None]:
        """Where s turns near each of these nodes: tau, log s and its second derivative by tau; None if not settled."""
        piece, near = self.piece, self.tau[list(nodes)]
        tau = near.astype(complex)
        with np.errstate(all="ignore"):
            for _ in range(NEWTON):
                h, speed = self.place(tau)
                tau = (tau - piece.first(h) / (piece.second(h) * speed)).real.astype(complex)
            h, speed = self.place(tau)
            log, bend = piece.log_square(h).real, (piece.second(h) * speed**2).real
        settled = (np.abs(tau.real - near) < 3 * self.step) & np.isfinite(log) & np.isfinite(bend) & (bend != 0)
        found = np.stack([tau.real, log, bend], axis=1).tolist()
        return [(turn[0], turn[1], turn[2]) if kept else None for turn, kept in zip(found, settled, strict=True)]

    def density(self, h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of h, and by what it falls: minus the derivative of its logarithm; for complex h."""
        return _density(h, self.q, self.piece.period)

    def place(self, tau: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """h(tau), which rises, and h'(tau); for complex tau."""
        return _placed(self.piece, self.reach, tau)


@dataclass(frozen=True, kw_only=True, eq=False)
class Slopes:
    """The law of s: lattices on the pieces where phi' varies, and atoms (log s, mass) where it does not.

    mean, spread  E s, and E s^2 / (E s)^2 - 1
    low, high     logarithms of the least and the largest s (-inf: it vanishes somewhere), and whether they are attained
    """

    lattices: tuple[Lattice, ...]
    atoms: tuple[tuple[float, float], ...]
    mean: float
    spread: float
    low: tuple[float, bool]
    high: tuple[float, bool]

    @functools.cached_property
    def nodes(self) -> tuple[np.ndarray, np.ndarray]:
        """log s and mass of nodes and atoms."""
        parts = [lattice.nodes for lattice in self.lattices] + [tuple(np.array(self.atoms).reshape(-1, 2).T)]
        log_s, mass = (np.concatenate(part) for part in zip(*parts, strict=True))
        return log_s, mass

    @functools.cached_property
    def ordered(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """log s in ascending order, mass, and the mass below and above each place between them (one more)."""
        log_s, mass = self.nodes
        order = np.argsort(log_s)
        below, above = (np.concatenate([[0.0], np.cumsum(m)]) for m in (mass[order], mass[order][::-1]))
        return log_s[order], mass[order], below, above[::-1]

    def floor(self, mass_left: float) -> float:
        """A log |w| at which E min(1, |w| / s) is at most `mass_left`: below, m is -1 to that, but for an atom at 0."""
        log_s, mass = self.nodes
        log_s, mass = log_s[log_s > -np.inf], mass[log_s > -np.inf]
        lowest = float(log_s.min())

        def least(k: int) -> bool:
            return bool(np.sum(mass * np.exp(np.minimum(lowest + k - log_s, 0))) >= mass_left)

        low, high = -1, 1  # the least whole number of steps from the lowest, by halving: steep slopes span thousands
        while least(low):
            low *= 2
        while not least(high):
            high *= 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if least(middle) else (middle, high)
        return lowest + high - 1.0


def slopes(pieces: Sequence[Piece], q: float, reach: float) -> Slopes:
    """The law of phi'(h)^2 at variance q; `reach` is the distance on which phi' varies.

    Raises ArithmeticError where the lattice does not hold the mass of h or E phi'^2 is not finite.
    """
    lattices: list[Lattice] = []
    atoms: dict[float, float] = {}
    for piece in pieces:
        if piece.constant:
            middle = np.array([np.clip(0.0, piece.low + 1e-9, piece.high - 1e-9)])
            with np.errstate(divide="ignore"):
                log = float(np.real(piece.log_square(middle.astype(complex)))[0])
            atoms[log] = atoms.get(log, 0.0) + _probability(piece.low, piece.high, q)
        elif piece.low < SPAN * np.sqrt(q) and piece.high > -SPAN * np.sqrt(q):
            lattices.append(_lattice(piece, q, reach))
    total = sum(lattice.mass.sum() for lattice in lattices) + sum(atoms.values())
    if not abs(total - 1) < LOST:
        raise ArithmeticError(f"averages at variance {q:.6g} do not settle: the lattice holds a mass of {total:.12g}")
    # What lies beyond the ends of the lattices is given to their nodes: layer by layer a loss would add up.
    whole = (1 - sum(atoms.values())) / (total - sum(atoms.values())) if lattices else 1.0
    lattices = [replace(lattice, mass=lattice.mass * whole) for lattice in lattices]
    log_s = np.concatenate([lattice.log_s for lattice in lattices] + [np.array(list(atoms))])
    mass = np.concatenate([lattice.mass for lattice in lattices] + [np.array(list(atoms.values()))])
    with np.errstate(over="ignore", under="ignore"):
        first, second = (float(np.sum(mass * np.exp(k * log_s))) for k in (1, 2))
    if not (np.isfinite(second) and first > 0):
        raise ArithmeticError(f"the averages of phi'^2 and phi'^4 at variance {q:.6g} are {first:g} and {second:g}")
    centred = float(np.sum(mass * np.expm1(log_s - np.log(first)) ** 2))
    reached = np.array([level for lattice in lattices for level in lattice.levels] + [log for log in atoms])
    reached, seen = reached[reached > -FAR], log_s[(log_s > -np.inf) & (mass > 0)]
    vanishes = not np.all(log_s > -np.inf) or any(lattice.vanishes for lattice in lattices)
    low = min(seen.min(), reached.min(initial=np.inf))
    high = max(seen.max(), reached.max(initial=-np.inf))
    return Slopes(
        lattices=tuple(lattices),
        atoms=tuple(sorted(atoms.items())),
        mean=first,
        spread=centred,
        low=(-np.inf, False) if vanishes else (float(low), bool(low == reached.min(initial=np.inf))),
        high=(float(high), bool(high == reached.max(initial=-np.inf))),
    )


def _probability(low: float, high: float, q: float) -> float:
    from scipy.special import ndtr

    a, b = low / np.sqrt(q), high / np.sqrt(q)
    return float(ndtr(b) - ndtr(a)) if a < 0 else float(ndtr(-a) - ndtr(-b))


def _lattice(piece: Piece, q: float, reach: float) -> Lattice:
    deviation = float(np.sqrt(q))
    end = SPAN * deviation
    whole = np.isinf(piece.low) and np.isinf(piece.high)
    if whole:
        step = min(FINE, COARSE * deviation / reach)
        if deviation > STEEP * reach:  # nearly even steps in h, as log s is to be followed far out
            step, reach = FINE * reach / (deviation / 2), deviation / 2
            far = np.arcsinh(FOLLOWED * deviation / reach)
            levels = np.real(
                piece.log_square(_placed(piece, reach, far + np.array([-step, step]) / 2)[0].astype(complex))
            )
            falls = abs(float(levels[1] - levels[0]))
            step /= min(max(falls / FALL, 1.0), FINER) if np.isfinite(falls) else 1.0
        first, last = -np.arcsinh(end / reach), np.arcsinh(end / reach)
    else:
        reach = min(reach, deviation)
        step = FINE
        if np.isinf(piece.high):
            first, last = -TAIL, max((end - piece.low) / reach, 1.0)
        elif np.isinf(piece.low):
            first, last = -max((end + piece.high) / reach, 1.0), TAIL
        else:
            step = min(step, FINE * 4 * reach / (piece.high - piece.low))
            first, last = -TAIL, TAIL
    tau = (np.arange(int(np.floor(first / step)), int(np.ceil(last / step))) + 0.5) * step
    h, speed = _placed(piece, reach, tau)
    density = _density(h, q, piece.period)[0]
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        log_s = _continued(piece, tau, np.real(piece.log_square(h.astype(complex))))
    mass = density * speed * step
    kept = (mass > 1e-300) & ~np.isnan(log_s)
    return Lattice(piece=piece, reach=reach, step=step, tau=tau[kept], mass=mass[kept], log_s=log_s[kept], q=q)


def _continued(piece: Piece, tau: np.ndarray, log_s: np.ndarray) -> np.ndarray:
    """log s, continued to a zero of phi' from where rounding still tells the distance d from it: k log d + c + c' d."""
    found = log_s.copy()
    for end, side in ((piece.low, -1), (piece.high, 1)):
        level = piece.log_square(np.array([end], dtype=complex)).real if np.isfinite(end) else np.zeros(1)
        if level[0] > -FAR:
            continue
        for told in TOLD:
            beside = (side * tau > told - 2) & (side * tau <= told)
            basis = np.stack([np.ones_like(tau), tau, np.exp(-np.abs(tau))], axis=1)
            fitted = basis @ np.linalg.lstsq(basis[beside], log_s[beside], rcond=None)[0]
            if np.max(np.abs(fitted - log_s)[beside], initial=0.0) < TOLD_TO:
                break
        found = np.where(side * tau > told, fitted, found)
    return found


def _density(h: np.ndarray, q: float, period: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Density of h ~ N(0, q) at complex places, modulo a period if there is one, and -d log density / dh.

    Where the period is short the sum over images is turned into a Fourier series (Poisson).
    """
    if period is None:
        return np.exp(-h * h / (2 * q)) / np.sqrt(2 * np.pi * q), h / q
    if q > period**2 / 4:
        waves = 2 * np.pi * np.arange(1, HARMONICS + 1) / period
        factors = 2 * np.exp(-q * waves**2 / 2) / period
        angles = np.multiply.outer(h, waves)
        density = 1 / period + np.cos(angles) @ factors
        return density, np.sin(angles) @ (factors * waves) / density
    count = int(np.ceil(SPAN * np.sqrt(q) / period)) + 1
    images = np.add.outer(h, period * np.arange(-count, count + 1))
    parts = np.exp(-images * images / (2 * q)) / np.sqrt(2 * np.pi * q)
    density = parts.sum(axis=-1)
    with np.errstate(all="ignore"):
        return density, np.sum(images * parts, axis=-1) / (q * density)


def _placed(piece: Piece, reach: float, tau: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if np.isinf(piece.low) and np.isinf(piece.high):
        return reach * np.sinh(tau), reach * np.cosh(tau)
    small = np.exp(-np.where(np.real(tau) > 0, tau, -tau))  # e^-|tau|
    above = np.real(tau) > 0
    share = np.where(above, 1, small) / (1 + small)  # 1 / (1 + e^-tau)
    if np.isinf(piece.high):
        return piece.low + reach * (np.where(above, tau, 0) + np.log1p(small)), reach * share  # log(1 + e^tau)
    if np.isinf(piece.low):
        return piece.high - reach * (np.where(above, 0, -tau) + np.log1p(small)), reach * np.where(above, small, 1) / (
            1 + small
        )
    width = piece.high - piece.low
    return piece.low + width * share, width * share * np.where(above, small, 1) / (1 + small)


# ------------------------------------------------------------------------------------------------ transforms


@dataclass(frozen=True, kw_only=True, eq=False)
class Transform:
    """m at w = exp(t + i theta), by parts that do not cancel.

    a, b   -arg(w m) and -arg(1 + m); `difference` is a - b
    log_m, log_next  log |m| and log |1 + m|;  jump is -Im m
    move   w m'(w) / m, w m'(w) / (1 + m), and w m'(w) / (m (1 + m)), complex
    """

    a: np.ndarray
    b: np.ndarray
    difference: np.ndarray
    log_m: np.ndarray
    log_next: np.ndarray
    jump: np.ndarray
    move: tuple[np.ndarray, np.ndarray, np.ndarray]


def transform(law: Slopes, t: np.ndarray, theta: np.ndarray) -> Transform:
    """The transform at points with |w| = e^t and arg w = theta, arrays of one shape (n,); t should not span much."""
    c, s = np.cos(theta), np.sin(theta)
    turn = c + 1j * s
    parts = np.empty((5, len(t)))
    slope = np.empty(len(t), dtype=complex)
    close = np.abs(t - np.log(law.mean)) < (CLOSE if law.high[0] - law.low[0] < NARROW else 0.0)
    for log, _ in law.atoms:
        close |= np.abs(t - log) + theta < BESIDE
    for chosen, sums in ((close, _close_sums), (~close, _sums)):
        if np.any(chosen):
            parts[:, chosen], slope[chosen] = sums(law, t[chosen], theta[chosen])
    zero, one, first, second, plain = parts
    delta, moved = _poles(law, t, theta)
    tilted = turn * delta
    # w m and 1 + m, up to positive factors: real - i imaginary
    of_m = (first + tilted.real, s * zero - tilted.imag)
    of_next = (second + delta.real, s * one - delta.imag)
    cross = s * plain + (  # a - b, without what cancels in it
        of_m[1] * delta.real - tilted.imag * second - tilted.real * of_next[1] + first * delta.imag
    )
    slope = slope + moved
    m = (of_m[0] - 1j * of_m[1]) / turn
    after = of_next[0] - 1j * of_next[1]
    return Transform(
        a=np.arctan2(of_m[1], of_m[0]),
        b=np.arctan2(of_next[1], of_next[0]),
        difference=np.arctan2(cross, of_m[0] * of_next[0] + of_m[1] * of_next[1]),
        log_m=np.log(np.abs(m)),
        log_next=np.log(np.abs(after)),
        jump=of_next[1],
        move=(slope / m, slope / after, slope / m / after),
    )


def _sums(law: Slopes, t: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Averages of g = 1 / |rho e^(i theta) - 1|^2, g rho, g d and g rho d; rho = e^t / s, d = rho - cos(theta).

    The fifth row is E g E g rho^2 - (E g rho)^2. Also returns w m'(w) = -E rho e^(i theta) / (rho e^(i theta) - 1)^2.
    """
    log_s, mass = law.nodes
    centre = float(np.mean(t))
    if np.ptp(t) > SPREAD or (len(log_s) > MANY and np.ptp(log_s) > 2 * APART):
        return _far_sums(law, t, theta)
    scale, ratio = np.exp(t - centre), np.exp(np.clip(centre - log_s, -CLIPPED, CLIPPED))
    c, s = np.cos(theta), np.sin(theta)
    inverse = scale[:, None] * ratio - c[:, None]
    np.square(inverse, out=inverse)
    inverse += (s * s)[:, None]
    np.reciprocal(inverse, out=inverse)
    powers = mass[:, None] * ratio[:, None] ** np.arange(4)
    zero, one, two = (inverse @ powers[:, :3] * scale[:, None] ** np.arange(3)).T
    np.square(inverse, out=inverse)
    first, second, third = (inverse @ powers[:, 1:] * scale[:, None] ** np.arange(1, 4)).T
    slope = 2 * second - c * (first + third) + 1j * s * (third - first)
    return np.array([zero, one, one - c * zero, two - c * one, zero * two - one * one]), slope


def _far_sums(law: Slopes, t: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same from the values of s within a factor e^APART of |w| alone: rho is infinite or 0 at the others."""
    log_s, mass, below, above = law.ordered
    first, last = np.searchsorted(log_s, t - APART), np.searchsorted(log_s, t + APART)
    place = first[:, None] + np.arange(max(1, np.max(last - first)))
    inside = place < last[:, None]
    place = np.where(inside, place, 0)
    weight = np.where(inside, mass[place], 0.0)
    ratio = np.where(inside, np.exp(np.minimum(t[:, None] - log_s[place], APART)), 0.0)
    c, s = np.cos(theta), np.sin(theta)
    inverse = 1 / ((ratio - c[:, None]) ** 2 + (s * s)[:, None])
    weight *= inverse
    zero, one, two = (np.einsum("ij,ij->i", weight, ratio**k) for k in range(3))
    weight *= inverse * ratio
    third, second, first_ = (np.einsum("ij,ij->i", weight, ratio**k) for k in (2, 1, 0))
    zero, two = zero + above[last], two + below[first]
    slope = 2 * second - c * (first_ + third) + 1j * s * (third - first_)
    return np.array([zero, one, one - c * zero, two - c * one, zero * two - one * one]), slope


def _close_sums(law: Slopes, t: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same where all s are nearly alike and w is near to them: w / s - 1 may be much smaller than 1."""
    log_s, mass = law.nodes
    c, s = np.cos(theta), np.sin(theta)
    beside = np.expm1(np.clip(t[:, None] - log_s, -CLIPPED, CLIPPED)) + 2 * np.sin(theta / 2)[:, None] ** 2
    inverse = 1 / (beside**2 + (s * s)[:, None])
    zero, one, two = ((inverse * beside**k) @ mass for k in range(3))
    inverse *= inverse * (beside + c[:, None])
    flat, tilt, bend = ((inverse * beside**k) @ mass for k in range(3))
    slope = -(c - 1j * s) * (bend - s * s * flat - 2j * s * tilt)
    return np.array([zero, one + c * zero, one, two + c * one, zero * two - one * one]), slope


def _poles(law: Slopes, t: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What poles near the lattices add to m, and to w m'(w)."""
    total, moved = np.zeros(t.shape, dtype=complex), np.zeros(t.shape, dtype=complex)
    for lattice in law.lattices:
        branches = [b for b in lattice.branches if not (lattice.even and np.mean(b.tau) < 0)]
        found = [some for branch in branches for some in _near(lattice, branch, t, theta)]
        if found:  # all of them at once: a call for each branch and turn would cost more than what it works out
            side, near, angle, start = (np.concatenate(parts) for parts in zip(*found, strict=True))
            alike = 2 if lattice.even else 1
            for sums, added in zip((total, moved), _pole(lattice, side, t[near], angle, start), strict=True):
                np.add.at(sums, near, alike * added)
    return total, moved


def _near(
    lattice: Lattice, branch: Branch, t: np.ndarray, theta: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Poles near a branch: their sides of the lattice, which points have them, log s there less t, and first guesses.

    s = w has a root for each of log s = t + i (theta + 2 pi n). That of n = 0 is sought from the real axis or where
    s turns, the others, which come close where s falls fast over a step, from the real axis.
    """
    base, slope, guesses = branch.starts(t, theta)
    width = NEAR * lattice.step
    likely = np.flatnonzero(np.any(np.abs(guesses.imag) < width, axis=0))
    if len(likely):
        several = guesses[:, likely]
        with np.errstate(all="ignore"):
            off = np.abs(lattice.piece.log_square(lattice.place(several)[0]) - (t + 1j * theta)[likely])
        off = np.where(np.isfinite(off), off, np.inf)
        best = np.argmin(off, axis=0), np.arange(len(likely))
        kept = (off[best] < np.inf) & (np.abs(several[best].imag) < width)
        near = likely[kept]
        if len(near):
            yield np.full(near.shape, branch.side), near, theta[near], several[best][kept]
    seen = np.flatnonzero(np.isfinite(base))
    h, speed = lattice.place(base[seen])
    with np.errstate(divide="ignore"):
        weight = np.log(lattice.density(h)[0] * speed / np.abs(slope[seen]) / NEGLIGIBLE)
    reach = np.full(t.shape, -1.0)  # of what is added to log s by n
    reach[seen] = lattice.step * np.abs(slope[seen]) * np.minimum(weight / (2 * np.pi), NEAR)
    turns = np.arange(1, int(np.max(reach, initial=0.0) / (2 * np.pi)) + 2)
    turns = np.concatenate([turns, -turns])
    angles = theta + 2 * np.pi * turns[:, None]
    which, near = np.nonzero(np.abs(angles) < reach)
    angle = angles[which, near]
    yield branch.side * np.sign(turns)[which], near, angle, base[near] + 1j * angle / slope[near]


def _pole(
    lattice: Lattice, side: np.ndarray, t: np.ndarray, theta: np.ndarray, start: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The corrections of poles near tau = start, one a point, and their derivatives by log w."""
    piece, goal = lattice.piece, t + 1j * theta
    tau = start
    with np.errstate(all="ignore"):
        for _ in range(NEWTON):
            h, speed = lattice.place(tau)
            step = (piece.log_square(h) - goal) / (piece.first(h) * speed)
            tau = tau - step
            if np.all(np.abs(step) < 1e-15 * (1 + np.abs(tau))):
                break
        h, speed = lattice.place(tau)
        first, second = piece.first(h), piece.second(h)
        wrong = np.abs(piece.log_square(h) - goal)
        density, decay = lattice.density(h)
        residue = -density / first
        # above the line (side 1) the factor is 1 / (1 + E) with E = exp(-2 pi i tau / step), below it 1 / (1 + 1 / E)
        rate = -2j * np.pi * side / lattice.step
        factor = 1 / (1 + np.exp(rate * tau))
        change = -residue * (decay + second / first) / first
        added = 2j * np.pi * side * residue * factor
        moved = 2j * np.pi * side * (change * factor - residue * factor * (1 - factor) * rate / (first * speed))
    away = side * tau.imag  # a root far from the lattice is another one than was sought
    good = (wrong < 1e-10 * (1 + np.abs(goal))) & (away > 0) & (away < 2 * NEAR * lattice.step)
    good &= np.isfinite(added) & np.isfinite(moved)
    return np.where(good, added, 0), np.where(good, moved, 0)
