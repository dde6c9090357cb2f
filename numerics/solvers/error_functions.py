"""Fixed lengths and correlations of networks of error functions, each one equation in elementary functions.

With t = (y - 1) / (y + 1), y = sqrt(1 + 4 q), Williams' kernel of 1996 reads E erf(h)^2 = 4 arctan(t) / pi, to the last
digit also where q is small.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STEPS, ACCURACY = 60, 1e-15  # of Newton's method, which halves its distance from a double root and squares it elsewhere
UNCHECKED = 2  # steps that are hardly ever enough
BLOCK = 8192  # networks worked on at a time, so that temporaries stay in cache
CRITICAL = np.pi / 4  # sigma_w^2 up to which inputs shrink to zero without biases


@dataclass(frozen=True, kw_only=True)
class Settled:
    """Fixed lengths q, and E erf'^2, E erf''^2 and d/dq E erf^2 there, each of shape (n,)."""

    q: np.ndarray
    gradient: np.ndarray
    curvature: np.ndarray
    slope: np.ndarray


def fixed_lengths(w2: np.ndarray, b2: np.ndarray) -> Settled:
    """The stable fixed points q of b2 + w2 E erf(h)^2, and the averages there.

    The map is concave and bounded, so that there is one positive fixed point (none at b2 = 0 and w2 up to CRITICAL:
    then q = 0), and Newton's method falls onto it from above.
    """
    settled = [np.zeros_like(w2) for _ in range(4)]
    for start in range(0, len(w2), BLOCK):
        here = slice(start, start + BLOCK)
        q, (weight, bias) = settled[0][here], (w2[here], b2[here])
        positive = (bias > 0) | (weight > CRITICAL)
        if positive.all():
            q[:] = _fallen(4 / np.pi * weight, bias)
        else:
            q[positive] = _fallen(4 / np.pi * weight[positive], bias[positive])
        square = 1 + 4 * q
        gradient = 4 / np.pi / np.sqrt(square)
        settled[1][here], settled[2][here], settled[3][here] = (
            gradient,
            4 * q * gradient / square,
            gradient / (1 + 2 * q),
        )
    return Settled(**dict(zip(("q", "gradient", "curvature", "slope"), settled, strict=True)))


def _fallen(k: np.ndarray, b2: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        q = np.fmin(b2 + np.pi / 4 * k, b2 / np.maximum(1 - k, 0))  # no average is larger than 1, or than 4 q / pi
    for count in range(STEPS):
        root = np.sqrt(1 + 4 * q)
        left = 1 - k / (root * (1 + 2 * q))
        step = (q - b2 - k * np.arctan(4 * q / np.square(1 + root))) / left
        # From above a step never leads below the root; where it would lose more than nine tenths, rounding speaks.
        step = np.minimum(step, 0.9 * q)
        q = q - step
        # the next step is of the size of this one's square
        if count >= UNCHECKED and np.all(np.square(step / q) <= ACCURACY * np.abs(left)):
            break
    return q


def fixed_correlations(q: np.ndarray, w2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """c* < 1 and the slope of the correlation map there, of chaotic networks with fixed lengths q, shape (n,).

    Let sin a = 2 q / (1 + 2 q) and sin(a - 2 d) = c sin a. Then q - q c = w2 (E erf^2 - E erf erf) is
    cos(a - d) sin(d) / d = 4 w2 / (pi (1 + 2 q)): the mean of the cosine from a - 2 d to a, which rises with d. No
    difference of nearly equal numbers is left, and 1 - c = 2 d times the right-hand side over sin a.
    """
    c, slope = np.empty_like(q), np.empty_like(q)
    for part in np.array_split(np.arange(len(q)), 1 + len(q) // BLOCK):
        wide = 1 + 2 * q[part]
        level, sine, cosine = 4 / np.pi * w2[part] / wide, 2 * q[part] / wide, np.sqrt(1 + 4 * q[part]) / wide
        d, tilted = _deviation(level, sine, cosine)
        c[part] = np.clip(1 - 2 * level * d / sine, 0, 1)
        slope[part] = level / tilted
    return c, slope


def _deviation(level: np.ndarray, sine: np.ndarray, cosine: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """d, and cos(a - 2 d), by Newton's method from the root of the equation to second order in d."""
    excess = level - cosine
    d = 2 * excess / (sine + np.sqrt(np.maximum(np.square(sine) - 8 / 3 * excess * cosine, 0)))
    d = np.minimum(d, np.arctan2(sine, cosine) / 2)  # where c = 0
    for _ in range(STEPS):
        sin, cos = np.sin(d), np.cos(d)
        middle = cosine * cos + sine * sin  # cos(a - d)
        ratio = sin / d
        tilt = (sine * cos - cosine * sin) * ratio + middle * (cos - ratio) / d
        step = (level - middle * ratio) / tilt
        d = d + step
        if np.all(np.square(step / d) <= ACCURACY):
            break
    return d, cosine * np.cos(2 * d) + sine * np.sin(2 * d)
