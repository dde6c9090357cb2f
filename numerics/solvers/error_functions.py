"""Fixed lengths and correlations of networks of error functions, each one equation in elementary functions.

With t = (y - 1) / (y + 1), y = sqrt(1 + 4 q), Williams' kernel of 1996 reads E erf(h)^2 = 4 arctan(t) / pi, to the last
digit also where q is small.
"""

from __future__ import annotations

import math

import numpy as np

STEPS, ACCURACY = 60, 1e-15  # of Newton's method, which halves its distance from a double root and squares it elsewhere
SATURATION = 0.55  # in the start of a search: E erf^2 is about that of 4 q / (pi (1 + q / SATURATION))
BLOCK = 8192  # networks worked on at a time, so that temporaries stay in cache
COLUMNS = ("q", "chi1", "chi2", "slope", "depth")


def fixed_lengths(sigma_w: np.ndarray, sigma_b: np.ndarray) -> dict[str, np.ndarray]:
    """The stable fixed points q of sigma_b^2 + sigma_w^2 E erf(h)^2, and what goes with them, broadcast together.

    chi1, chi2 and slope are sigma_w^2 E erf'^2, sigma_w^2 E erf''^2 and sigma_w^2 d/dq E erf^2 there, depth is
    -1 / ln slope. The map is concave and bounded, so that there is one positive fixed point; at sigma_b = 0 and
    4 sigma_w^2 / pi up to 1 there is none, and q = 0.
    """
    shape, start = np.broadcast_shapes(np.shape(sigma_w), np.shape(sigma_b)), 0
    found = np.empty((len(COLUMNS), math.prod(shape)))
    chunks = np.nditer([sigma_w, sigma_b], ["external_loop", "buffered", "zerosize_ok"], order="C", buffersize=BLOCK)
    for weight, bias in chunks:
        q, chi1, chi2, slope, depth = found[:, start : start + len(weight)]
        start += len(weight)
        k, b2 = 16 / np.pi * np.square(weight), 4 * np.square(bias)
        positive = (b2 > 0) | (k > 4)
        if positive.all():
            z = _settled(k, b2)
        else:
            z = np.zeros_like(k)
            z[positive] = _settled(k[positive], b2[positive])
        long, root = z * (z + 2), 1 + z
        np.multiply(long, 0.25, out=q)
        np.divide(0.25 * k, root, out=chi1)
        np.divide(long * chi1, np.square(root), out=chi2)
        np.divide(chi1, 1 + 0.5 * long, out=slope)
        with np.errstate(divide="ignore"):
            np.divide(-1, np.log(slope), out=depth)
    return dict(zip(COLUMNS, found.reshape(len(COLUMNS), *shape), strict=True))


def _settled(k: np.ndarray, b2: np.ndarray) -> np.ndarray:
    """The root z of z (z + 2) = b2 + k arctan(z / (z + 2)), which is y - 1: a start within 0.3 of it, and three steps.

    The start is exact for short lengths, near criticality too, where the root is nearly a double one; Halley's steps
    leave 1e-3 and 1e-9 for all k and b2, the last is Newton's.
    """
    excess = b2 + SATURATION * (k - 4)
    size = np.abs(excess) + np.sqrt(np.square(excess) + 16 * SATURATION * b2)
    with np.errstate(divide="ignore", invalid="ignore"):
        long = np.where(excess > 0, size / 2, 8 * SATURATION * b2 / size)
    z = long / (1 + np.sqrt(1 + long))
    for last in (False, False, True):
        over = z + 2
        long = z * over
        off = long - b2 - k * np.arctan(z / over)
        wide = long + 2
        bend, left = k / wide, over + z
        if last:
            return z - off / (left - bend)
        tilt = left - bend
        z = z - off * tilt / (tilt * tilt - off * (1 + 0.5 * bend * left / wide))
    raise AssertionError


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
