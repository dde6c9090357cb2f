"""The real branches of Lambert's W in float64, also where they meet.

scipy 1.17.1 gives nan at -1/e, and for W_-1 within 1e-10 of it -1 - 8e-10 where -1 - 2e-5 is true. There this uses the
series in p = sqrt(2 (e x + 1)) (Corless et al., Advances in Computational Mathematics 5 (1996), section 4).
"""

from __future__ import annotations

import functools
import math

import numpy as np

BRANCH_POINT = -math.exp(-1)  # the float64 below -1/e
PAST = 3.3784855259134226e-17  # -(e BRANCH_POINT + 1)
NEAR = 2e-3  # from the branch point; scipy has 14 digits of 1 + W beyond
ROUNDED = 4 * math.ulp(BRANCH_POINT)  # an argument so far below stands for the branch point itself
TERMS = 16


@functools.cache
def _coefficients() -> tuple[float, ...]:
    """Of the powers of p in W."""
    mu, alpha = [-1.0, 1.0], [2.0, -1.0]
    for k in range(2, TERMS):
        alpha.append(sum(mu[j] * mu[k + 1 - j] for j in range(2, k)))
        first = (k - 1) / (k + 1) * (mu[k - 2] / 2 + alpha[k - 2] / 4)
        mu.append(first - alpha[k] / 2 - mu[k - 1] / (k + 1))
    return tuple(mu)


def lambertw(x: np.ndarray | float, branch: float = 0) -> np.ndarray:
    """W_branch(x) for branch 0 or -1; nan where it is not real."""
    from scipy import special

    x, k = np.asarray(x, dtype=float), int(branch)
    with np.errstate(all="ignore"):
        found = special.lambertw(x, k)
        real = np.where(found.imag == 0, found.real, np.nan)
    beyond = x - BRANCH_POINT
    near = (beyond >= -ROUNDED) & (beyond < NEAR)
    if k not in (0, -1) or not near.any():
        return real
    p = np.sqrt(np.maximum(2 * (math.e * np.where(near, beyond, 0.0) - PAST), 0.0))
    series = np.polynomial.polynomial.polyval(p if k == 0 else -p, _coefficients())
    return np.where(near, series, real)
