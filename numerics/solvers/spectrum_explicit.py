r"""Spectra with an explicit path: linear, relu and hard-tanh networks, at any depth.

Along the boundary of the support m(lambda) is known in closed form in an angle psi from 0 (largest lambda) to pi
(lambda = 0). With phi = psi / (L + 1) or psi / L:

linear, Gaussian      m = sin(phi) / sin(L phi) e^(i psi)           lambda = (1 + m)^(L+1) / m            (Fuss-Catalan)
Bernoulli, orthogonal m = y / (1 - y), y = x e^(i psi) / (1 - p)    lambda = (1 + m) / m ((m + p) / (1 + m))^L
                      x = p sin(psi / L) / sin(psi (1 - 1/L))
Bernoulli, Gaussian   m = -p + r e^(i psi / L)                      lambda = (1 + m) / m (m + p)^L
                      r the one positive root of a quadratic equation whose roots have opposite signs

Bernoulli: phi'(h)^2 is 1 with probability p and 0 otherwise (relu: p = 1/2; hard tanh: p = P(|h| < 1)). Everything is
evaluated in logarithms: lambda itself overflows at depth 1000. Near both ends of psi distances are kept, not angles.
"""

from __future__ import annotations

import numpy as np

from numerics.solvers.spectrum import Atoms, Path, Spectrum, resolved

LAST = 40.0  # in x, psi = pi / (1 + e^x): the ends of psi are left out below e^-40
ROUNDING = 1e-15  # of the mass of an atom
ROUNDED = 22.0  # the same at an edge without an atom beside it: beyond, log lambda is that of the edge
SMALL = 1e-4  # of psi: below, a difference of cotangents is its first term
# The first panels: the law bends about psi = pi / 2, at depth from pi - psi ~ pi / depth on, between two power laws.
PLACES = np.array([-LAST, -20, -8, -4, -1.5, 1.5, 4, 8])
SPREADS = np.array([1, 1, 1, 0.5, 0, 0, 0, 0])  # of the same, times log depth, to the left
WIDTHS = np.array([4, 2, 1, 0.5, 0.25, 0.5, 1, 2])


def linear_gaussian(depth: int, gain: float = 1.0) -> Spectrum:
    """A product of `depth` square Gaussian matrices, entries of variance gain / N; mean gain^depth."""
    _checked(depth)
    log_top = (depth + 1) * np.log(depth + 1) - depth * np.log(depth)
    return _law("linear, Gaussian weights", depth, _fuss_catalan(depth), gain, 1.0, (-np.inf, log_top), last=ROUNDED)


def bernoulli_orthogonal(depth: int, p: float, gain: float | None = None) -> Spectrum:
    """`depth` layers of masks that keep a share p of the neurons and orthogonal matrices of squared scale `gain`.

    `gain` is 1 / p if it is None: the critical one. Mean (p gain)^depth; an atom of mass 1 - p at 0, and one at
    gain^depth of mass 1 - depth (1 - p) where that is positive. Raises ValueError for p outside (0, 1] or a depth
    below 1.
    """
    _checked(depth)
    gain = _critical(p, gain)
    top = 1 - depth * (1 - p)
    atoms: Atoms = ((0.0, 1 - p),) if p < 1 else ()
    if top > ROUNDING:
        atoms += ((float(np.exp(depth * np.log(gain))), top),)
    name = f"Bernoulli({p:.6g}), orthogonal weights"
    if p == 1 or depth == 1:
        return resolved(name, depth, _nowhere, np.zeros(1), float(np.exp(depth * np.log(p * gain))), atoms, None)
    log_top = np.log(1 - p) + (depth - 1) * np.log(p / (depth - 1)) + depth * np.log(depth)
    return _law(name, depth, _bernoulli_orthogonal(depth, p), gain, p, (-np.inf, log_top), atoms)


def bernoulli_gaussian(depth: int, p: float, gain: float | None = None) -> Spectrum:
    """The same masks with Gaussian matrices, entries of variance gain / N; `gain` is 1 / p if it is None.

    Mean (p gain)^depth, an atom of mass 1 - p at 0. Raises ValueError for p outside (0, 1] or a depth below 1.
    """
    _checked(depth)
    gain = _critical(p, gain)
    if p == 1:
        return linear_gaussian(depth, gain)
    atoms: Atoms = ((0.0, 1 - p),)
    linear = p * (depth + 1) - (1 - p) * (
        depth - 1
    )  # m + p at the largest lambda solves L r^2 - linear r = L p (1 - p)
    r = (linear + np.sqrt(linear**2 + 4 * depth**2 * p * (1 - p))) / (2 * depth)
    log_top = np.log((1 - p + r) / (r - p)) + depth * np.log(r)
    log_low = 2 * np.log1p(-np.sqrt(p)) if depth == 1 else -np.inf
    name = f"Bernoulli({p:.6g}), Gaussian weights"
    return _law(name, depth, _bernoulli_gaussian(depth, p), gain, p, (log_low, log_top), atoms)


def _checked(depth: int) -> None:
    if not depth >= 1 or depth != int(depth):
        raise ValueError(f"a depth is a whole number of layers, 1 or more, not {depth}")


def _critical(p: float, gain: float | None) -> float:
    if not 0 < p <= 1:
        raise ValueError(f"a share of neurons lies above 0 and at most at 1, not at {p:g}")
    return 1 / p if gain is None else gain


def _law(
    name: str,
    depth: int,
    path: Path,
    gain: float,
    p: float,
    log_edges: tuple[float, float],
    atoms: Atoms = (),
    last: float = LAST,
) -> Spectrum:
    shift = depth * np.log(gain)

    def shifted(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        log, height, rate = path(x)
        return log + shift, height, rate

    edges = (log_edges[0] + shift, log_edges[1] + shift)
    mean = float(np.exp(depth * np.log(p * gain)))
    return resolved(name, depth, shifted, _panels(np.log(depth), last), mean, atoms, edges)


def _panels(log_depth: float, last: float) -> np.ndarray:
    """The ends of the first panels."""
    places, numbers = np.full(len(PLACES) + 1, last), np.zeros(len(PLACES) + 1)
    places[:-1] = PLACES - SPREADS * log_depth
    np.ceil((places[1:] - places[:-1]) / WIDTHS).cumsum(out=numbers[1:])
    return np.interp(np.arange(numbers[-1] + 1), numbers, places)


def _nowhere(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return x, np.zeros_like(x), np.zeros_like(x)


# ------------------------------------------------------------------------------------------------ paths


def _angles(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """psi = pi / (1 + e^x), pi - psi, and -d psi / dx."""
    odds = np.exp(x)
    psi = np.pi / (1 + odds)
    rest = psi * odds
    return psi, rest, psi * rest / np.pi


def _sines(psi: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """sin(psi), exact at both ends."""
    return np.sin(np.minimum(psi, rest))


def _turned(psi: np.ndarray, rest: np.ndarray, parts: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """sin psi / sin(psi - phi), sin phi and sin(psi - phi), phi = psi / parts, and |d log lambda / d psi|.

    log lambda is n log(1 + m) - log m, or L log(p + (1-p) y) - log y: its rate is F (C + i), where C + i is that of
    log m or log y. It is real, so that Re F = -C Im F, and the rate is -Im F (1 + C^2), without a difference; Im F is
    n sin(phi) sin(psi - phi) / sin(psi) in both, n the number of parts.
    """
    phi = psi / parts
    one, most = np.sin(phi), _sines(psi - phi, rest + phi)
    ratio = _sines(psi, rest) / most
    # C = cot(phi) / n - (1 - 1/n) cot(psi - phi); where psi is small the poles cancel
    turn = (np.cos(phi) - (1 - 1 / parts) * ratio) / one
    small = psi < SMALL
    turn[small] = psi[small] * (1 - 2 / parts) / 3
    return ratio, one, most, parts * one / ratio * (1 + turn * turn)


def _fuss_catalan(depth: int) -> Path:
    def path(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        psi, rest, speed = _angles(x)
        ratio, one, most, rate = _turned(psi, rest, depth + 1)
        return (depth + 1) * np.log(ratio) + np.log(most / one), ratio * one / np.pi, rate * speed

    return path


def _bernoulli_orthogonal(depth: int, p: float) -> Path:
    def path(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        psi, rest, speed = _angles(x)
        ratio, one, most, rate = _turned(psi, rest, depth)
        odds = p / (1 - p)
        size = odds * one / most
        away = (1 - size) ** 2 + 4 * size * np.sin(psi / 2) ** 2  # |1 - y|^2
        return depth * np.log(p * ratio) - np.log(size), odds * one * ratio / away / np.pi, rate * speed

    return path


def _bernoulli_gaussian(depth: int, p: float) -> Path:
    def path(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        psi, rest, speed = _angles(x)
        phi = psi / depth
        whole, one = _sines(psi, rest), _sines(phi, (np.pi * (depth - 1) + rest) / depth)
        more, less = (whole * np.cos(phi) + sign * np.cos(psi) * one for sign in (1, -1))
        linear, product = p * more - (1 - p) * less, p * (1 - p)
        # r^2 sin(psi) - r linear - product sin(psi) = 0; the sum that does not cancel is divided by or into
        root = np.abs(linear) + np.sqrt(linear**2 + 4 * whole**2 * product)
        r = np.where(linear > 0, root / (2 * whole), 2 * whole * product / np.where(linear > 0, 1.0, root))
        turning = np.exp(1j * phi)
        m = -p + r * turning
        d_more, d_less = ((1 + sign / depth) * np.cos(psi + sign * phi) for sign in (1, -1))
        d_linear, d_whole = p * d_more - (1 - p) * d_less, np.cos(psi)
        d_r = (r * d_linear + product * d_whole - r * r * d_whole) / (2 * r * whole - linear)
        move = (d_r + 1j * r / depth) * turning
        log = depth * np.log(r) + np.log(np.abs((1 + m) / m))
        slope = (1 / (1 + m) - 1 / m) * move + depth * move / (m + p)
        return log, r * one / np.pi, -slope.real * speed

    return path
