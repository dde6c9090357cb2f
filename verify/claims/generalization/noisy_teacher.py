"""Mean, variance and lengths of a noisy correlation, against all signs of the noise and sampled data sets.

For noise of two values all data sets are enumerated, which gives means without sampling. In simulation teacher,
inputs and Gaussian noise are drawn; the best student is found by least squares on the examples, and covariances of
entries that share a row or a column are taken over fresh data sets. The size of the correlation is counted with a
teacher of two matrices between layers of three sizes.
"""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.generalization import noisy_teacher
from numerics.generalization.noisy_labels import correlation_size, correlation_statistics
from numerics.measurement import Measurement
from verify.checks import Enumeration, Precision, Replicas
from verify.checks.precision import Point
from verify.claim import Claim, Ordeal
from verify.compile import Candidate

noisy_data_sets = partial(correlation_statistics, strength=4.4, noise=0.3)

SMALL_DATA = (
    {"sbar": "1.3", "ubar_i": "0.37", "vbar_j": "-0.61", "sigma_z": "0.7", "N_1": 3, "N_3": 4, "P": 5},
    {"sbar": "2.6", "ubar_i": "-0.43", "vbar_j": "0.29", "sigma_z": "1.1", "N_1": 4, "N_3": 3, "P": 6},
    {"sbar": "0.8", "ubar_i": "0.83", "vbar_j": "0.19", "sigma_z": "0.3", "N_1": 3, "N_3": 5, "P": 7},
)


def all_signs(dps: int, point: Point) -> list:
    """Mean and variance of an entry, mean squared length, mean error of the best fit: over all signs of the noise.

    The labels of one output are enumerated at a time; directions have the given entry first, then equal ones.
    """
    inputs, outputs, count = (point[name] for name in ("N_1", "N_3", "P"))
    strength, noise = mpmath.mpf(point["sbar"]), mpmath.mpf(point["sigma_z"])

    def direction(first: Any, size: int) -> list:
        return [first, *([mpmath.sqrt((1 - first**2) / (size - 1))] * (size - 1))]

    u, v = direction(mpmath.mpf(point["ubar_i"]), outputs), direction(mpmath.mpf(point["vbar_j"]), inputs)
    # the full QR: columns up to N_1 are the white inputs, the others are what no student sees
    frame = mpmath.qr(
        mpmath.matrix([[mpmath.cos(3 * i * i + 7 * j + i * j) for j in range(inputs)] for i in range(count)])
    )[0]
    patterns = [[noise * sign for sign in signs] for signs in itertools.product((-1, 1), repeat=count)]
    entries, length, rest = [], mpmath.mpf(0), mpmath.mpf(0)
    for row in range(outputs):
        clean = [strength * u[row] * mpmath.fdot((v[j], frame[mu, j]) for j in range(inputs)) for mu in range(count)]
        for pattern in patterns:
            labels = [a + b for a, b in zip(clean, pattern, strict=True)]
            seen = [mpmath.fdot((labels[mu], frame[mu, j]) for mu in range(count)) for j in range(inputs)]
            unseen = mpmath.fdot((e, e) for e in labels) - mpmath.fdot((e, e) for e in seen)
            length, rest = length + mpmath.fdot((e, e) for e in seen), rest + unseen
            if row == 0:
                entries.append(seen[0])
    mean = mpmath.fsum(entries) / len(patterns)
    variance = mpmath.fsum((entry - mean) ** 2 for entry in entries) / len(patterns)
    return [mean, variance, length / len(patterns), rest / len(patterns)]


def data_statistics(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Squared length, error of the best fit, means and covariances of entries, (rows, numbers of examples)."""
    g, count = measured.given, measured.axis
    u, v = (np.asarray(g[name]) for name in ("left", "right"))
    found = formula.numpy(
        sbar=g["teacher"],
        sigma_z=g["noise"],
        N_1=g["inputs"],
        N_3=g["outputs"],
        P=count,
        ubar_i=np.repeat(u, len(v))[:, None],
        vbar_j=np.tile(v, len(u))[:, None],
    )
    mean, variance, length, rest = found
    rows, columns = np.triu_indices(len(mean))
    covariances = np.where((rows == columns)[:, None], variance[rows], 0.0)
    return np.concatenate([length[:1], rest[:1], mean, covariances])


def size(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Rows and columns, (2,), by what a printed form says of them; what else is stated does not matter to them."""
    others = {"sbar": 1.0, "ubar_i": 0.5, "vbar_j": 0.5, "sigma_z": 1.0, "N_1": 3, "N_3": 4, "P": 5}
    hidden = int(np.asarray(measured.given["hidden"]))
    return np.asarray(formula.numpy(**others, N_2=hidden), dtype=float)


CLAIM = Claim(
    statement=noisy_teacher.STATEMENT,
    checks=(
        Precision(
            name="all signs of the noise",
            reference=all_signs,
            points=SMALL_DATA,
            against="data sets of noise +sigma_z and -sigma_z, enumerated",
        ),
        Replicas(
            name="sampled data sets",
            predict=data_statistics,
            replicas=40,
            full_replicas=340,
            quick=partial(noisy_data_sets, inputs=5, outputs=7, examples=(6, 8, 11, 14, 17), draws=120),
            full=partial(noisy_data_sets, inputs=30, outputs=20, examples=(35, 45, 60, 75, 90), draws=100),
            axis="number of examples P",
            quantity="mean over data sets",
            series=("squared length of the correlation", "squared error of the best student"),
        ),
    ),
    quantities=(
        r"E[\Sigma^{31}_{ij}]",
        r"\mathrm{Var}[\Sigma^{31}_{ij}]",
        r"E|\Sigma^{31}|^2",
        r"E \min_W \sum_\mu |y^\mu - W x^\mu|^2",
    ),
    printed={
        "E7t": Ordeal(
            fails=Enumeration(
                name="layers of three sizes",
                predict=size,
                quick=partial(correlation_size, widths=(3, 2, 5), examples=7),
            )
        )
    },
    convention="The correlation is the sum of y x^T over the examples, with white inputs; sigma_z^2 is the "
    "variance of the noise in one label, 1 / N_1 in the other claims of this chapter.",
    independence="Teacher, inputs and noise are sampled; the best student is found by least squares on the "
    "examples, and covariances of entries that share a row or a column are taken over fresh data sets.",
)
