#!/usr/bin/env bash
# scikit-rmt's tridiagonal Gaussian ensembles repel like beta = 4/3 and 8/3 where its dense ones do like 1 and 2.
#
# Guess:    GaussianEnsemble(beta, n, tridiagonal_form=True) has the spectrum of the dense form, as its page says ("the
#           same eigenvalues than its standard form"), only faster.
# Happens:  only the semicircle agrees. The trace has half of its variance. The largest eigenvalue's variance is 1.2 in
#           units of n^(-1/3) for beta = 1, not 1.6, and the mean ratio of neighbouring spacings 0.557, not 0.531; for
#           beta = 2 they are 0.61, not 0.82, and 0.630, not 0.600. The last two are the values of beta' = 4 beta / 3,
#           at every n. For beta = 4 the dense form has n different eigenvalues, the tridiagonal one 2 n.
# Matters:  level repulsion and the Tracy-Widom edge are what such matrices are sampled for: they decide whether the
#           spectrum of a Hessian has Wigner statistics and whether an eigenvalue is an outlier. The histogram, which
#           the package's own comparison of both forms draws, does not show it.
# Version:  scikit-rmt 2.1.1 with numpy 1.26.4, scipy 1.12.0. Dumitriu and Edelman 2002 have N(0, 2) on the diagonal
#           beside chi variables of beta (n - 1), ..., beta; the code has N(0, 1). Diagonal and neighbours act at the
#           edge with noise 2 + 4 / 2 = 4, here 1 + 4 / 2 = 3, and 4 / beta' = 3 / beta. The dense form and the own
#           tridiagonal one with N(0, 2) agree (lines below); WishartEnsemble's two forms agree for beta = 1 and 2.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet numpy==1.26.4 scipy==1.12.0 matplotlib==3.8.4 scikit-rmt==2.1.1
MPLBACKEND=Agg OPENBLAS_NUM_THREADS=1 "$place/venv/bin/python" -W ignore - <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
from scipy.linalg import eigvalsh_tridiagonal
from skrmt.ensemble.gaussian_ensemble import GaussianEnsemble

np.random.seed(1)
seen = [f"scikit-rmt {version('scikit-rmt')}, numpy {np.__version__}"]


def words(value, told, tolerance):
    return f"{told:g} within {tolerance} %" if abs(value / told - 1) < tolerance / 100 else f"{value:.4g}"


def library(beta, n, tridiagonal):
    ensemble = GaussianEnsemble(beta=beta, n=n, tridiagonal_form=tridiagonal)

    def draw():
        ensemble.resample()
        return np.sort(ensemble.eigvals())

    return draw


def own(beta, n):
    """Dumitriu and Edelman's matrix, for any beta."""
    degrees = beta * np.arange(n - 1, 0, -1)

    def draw():
        return eigvalsh_tridiagonal(np.sqrt(2) * np.random.standard_normal(n), np.sqrt(np.random.chisquare(degrees)))

    return draw


def statistics(draw, beta, n, draws):
    """Variance of the trace over n, of the largest eigenvalue at the edge's scale, and the mean ratio of spacings."""
    traces, largest, ratios = [], [], []
    for _ in range(draws):
        levels = draw()
        gaps = np.diff(levels[n // 4 : -(n // 4)])
        traces.append(levels.sum() / np.sqrt(n))
        largest.append(levels[-1] / np.sqrt(beta) * n ** (1 / 6))
        ratios.append(np.mean(np.minimum(gaps[1:], gaps[:-1]) / np.maximum(gaps[1:], gaps[:-1])))
    return np.var(traces), np.var(largest), np.mean(ratios)


told = {1: (1.62, 1.22, 0.531, 0.557), 2: (0.83, 0.61, 0.600, 0.630)}
for beta, (wide, narrow, weak, strong) in told.items():
    for name, draw, scale, expected_trace, edge, ratio in (
        ("dense", library(beta, 100, False), beta, 2, wide, weak),
        ("tridiagonal", library(beta, 100, True), beta, 1, narrow, strong),
        ("own tridiagonal", own(beta, 100), beta, 2, wide, weak),
        ("own tridiagonal, beta' = 4 beta / 3", own(4 * beta / 3, 100), 4 * beta / 3, 2, narrow, strong),
    ):
        found = statistics(draw, scale, 100, 4000)
        seen.append(
            f"beta {beta}, {name}: trace {words(found[0], expected_trace, 8)}, "
            f"largest {words(found[1], edge, 8)}, spacings {words(found[2], ratio, 1)}"
        )
    _, _, found = statistics(library(beta, 400, True), beta, 400, 300)
    seen.append(f"beta {beta}, tridiagonal, n = 400: spacings {words(found, strong, 1)}")
for name, tridiagonal in (("dense", False), ("tridiagonal", True)):
    levels = library(4, 50, tridiagonal)()
    different = 1 + int(np.sum(np.diff(levels) > 1e-9))
    seen.append(f"beta 4, n = 50, {name}: {different} different eigenvalues of {len(levels)}")

print("\n".join(seen))
expected = """\
scikit-rmt 2.1.1, numpy 1.26.4
beta 1, dense: trace 2 within 8 %, largest 1.62 within 8 %, spacings 0.531 within 1 %
beta 1, tridiagonal: trace 1 within 8 %, largest 1.22 within 8 %, spacings 0.557 within 1 %
beta 1, own tridiagonal: trace 2 within 8 %, largest 1.62 within 8 %, spacings 0.531 within 1 %
beta 1, own tridiagonal, beta' = 4 beta / 3: trace 2 within 8 %, largest 1.22 within 8 %, spacings 0.557 within 1 %
beta 1, tridiagonal, n = 400: spacings 0.557 within 1 %
beta 2, dense: trace 2 within 8 %, largest 0.83 within 8 %, spacings 0.6 within 1 %
beta 2, tridiagonal: trace 1 within 8 %, largest 0.61 within 8 %, spacings 0.63 within 1 %
beta 2, own tridiagonal: trace 2 within 8 %, largest 0.83 within 8 %, spacings 0.6 within 1 %
beta 2, own tridiagonal, beta' = 4 beta / 3: trace 2 within 8 %, largest 0.61 within 8 %, spacings 0.63 within 1 %
beta 2, tridiagonal, n = 400: spacings 0.63 within 1 %
beta 4, n = 50, dense: 50 different eigenvalues of 100
beta 4, n = 50, tridiagonal: 100 different eigenvalues of 100"""
sys.exit(0 if "\n".join(seen) == expected else "changed: expected\n" + expected)
PYTHON
