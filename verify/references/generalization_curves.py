"""Independent evaluations and predictions for training data of a noisy teacher, and for train and test errors."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import mpmath
import numpy as np

from derivations.deep_linear import mode_logistic
from derivations.generalization import spiked_singular_values
from numerics.measurement import Measurement
from verify.checks.precision import Point
from verify.compile import Candidate, candidate
from verify.evidence import Path, Plane
from verify.references import generalization

# --------------------------------------------------------------------------------------------------- the noisy teacher

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
    frame = mpmath.qr(mpmath.matrix([[mpmath.cos(3 * i * i + 7 * j + i * j) for j in range(inputs)]
                                     for i in range(count)]))[0]  # fmt: skip
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
        sbar=g["teacher"], sigma_z=g["noise"], N_1=g["inputs"], N_3=g["outputs"], P=count,
        ubar_i=np.repeat(u, len(v))[:, None], vbar_j=np.tile(v, len(u))[:, None],
    )  # fmt: skip
    mean, variance, length, rest = found
    rows, columns = np.triu_indices(len(mean))
    covariances = np.where((rows == columns)[:, None], variance[rows], 0.0)
    return np.concatenate([length[:1], rest[:1], mean, covariances])


# ------------------------------------------------------------------------------------- errors of students, mode by mode

LOGITS = np.linspace(-14.0, 28.0, 600)  # of (a - a_0) / (shat - a_0)


def _axis(measured: Measurement) -> np.ndarray:
    """The times of a measurement; they are always there in this chapter."""
    assert measured.axis is not None
    return measured.axis


def one_mode(dps: int, point: Point) -> list:
    """Terms of both errors from explicit maps and labels; times from descent of two and of four equal layers."""
    names = ("a", "a_0", "shat", "sbar", "O", "Y", "tau")
    a, a_0, shat, sbar, both, labels, tau = (mpmath.mpf(point[name]) for name in names)
    cosine = mpmath.sqrt(abs(both))
    u = [mpmath.sign(both) * cosine, mpmath.sqrt(1 - cosine**2)]  # the teacher stands in the first directions
    v = [cosine, mpmath.sqrt(1 - cosine**2)]

    def test(strength: Any) -> Any:
        return mpmath.fsum(
            (strength * u[i] * v[j] - (sbar if i == j == 0 else 0)) ** 2 for i in range(2) for j in range(2)
        )

    def train(strength: Any) -> Any:  # one example along v, and labels that no student can fit
        return (shat - strength) ** 2 + (labels - shat**2)

    def time(count: int) -> Any:
        def per_growth(log_strength: Any) -> Any:
            layer = mpmath.exp(log_strength / count)
            moving = layer ** (count - 1) * (shat - layer**count) / tau
            return layer / (count * moving)

        return mpmath.quad(per_growth, mpmath.linspace(mpmath.log(a_0), mpmath.log(a), 5))

    return [test(a) / test(0) - 1, train(a) / train(0) - 1, time(2), time(4)]


def fits_the_labels(point: Point) -> bool:
    """Whether the labels are longer than their part along the mode."""
    return float(point["Y"]) > float(point["shat"]) ** 2


def student_errors(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Test and train error of each student over time, (2 students, T)."""
    g, rows, axis = measured.given, [], _axis(measured)
    for layers, initial, carried in zip(*(np.asarray(g[k]) for k in ("layers", "initial", "carried")), strict=True):
        modes, component = slice(0, int(carried)), 2 if layers == 3 else 3
        shat, overlaps = (np.asarray(g[name])[modes, None] for name in ("singular_values", "overlaps"))
        known = {"a_0": initial, "shat": shat, "sbar": g["teacher"], "O": overlaps, "Y": g["labels"], "tau": g["tau"]}

        def terms(logit: np.ndarray, shat: np.ndarray = shat, initial: Any = initial, known: dict = known) -> Any:
            return formula.numpy(a=initial + (shat - initial) / (1 + np.exp(-logit)), **known)

        # the strength at which the time stated is the time on the axis: a table, and two steps of Newton's method
        table = terms(LOGITS[None, :])[component]
        with np.errstate(all="ignore"):
            slopes = (LOGITS[1] - LOGITS[0]) / np.gradient(table, axis=1)
        logit = np.stack([np.interp(axis, row, LOGITS) for row in table])
        slope = np.stack([np.interp(axis, row, steep) for row, steep in zip(table, slopes, strict=True)])
        for _ in range(2):
            logit = np.clip(logit + slope * (axis - terms(logit)[component]), LOGITS[0], LOGITS[-1])
        found = terms(logit)
        rows += [1 + found[0].sum(axis=0), 1 + found[1].sum(axis=0)]
    return np.array(rows)


# ---------------------------------------------------------------------------------------- averages over the noise

CROSS_POWERS, POWERS = (1, 3, 5), (2, 4)
NODES = 160


def far_from_threshold(point: Point) -> bool:
    """Whether the pole of the data is so far from the noise that the trapezoid rule converges fast."""
    return float(point["sbar"]) > 1.5 * float(point["A"]) ** 0.25


def moments_of_words(dps: int, point: Point) -> list:
    """Sums of overlap times s^k, and of s^k per input, over the modes inside the noise, by counting words.

    ubar^T X X^T ... X vbar is expanded in words of teacher and noise; between two teachers stand products of an even
    number of noises, whose averages are the moments of the Marchenko-Pastur law (Narayana numbers). The largest mode is
    taken off, with its place and overlaps from integrals over that law.
    """
    s, ratio = mpmath.mpf(point["sbar"]), mpmath.mpf(point["A"])
    value, output, incoming = generalization.pole_of_the_data(dps, point)

    def noise(k: int) -> Any:  # per output; (1/N_3) tr (Z Z^T)^k
        if k == 0:
            return mpmath.mpf(1)
        return mpmath.fsum(mpmath.binomial(k, j) * mpmath.binomial(k - 1, j) / (j + 1) * ratio**j for j in range(k))

    half = (max(CROSS_POWERS) + 1) // 2
    gaps = [[noise(k) for k in range(half)], [noise(k) * (ratio if k else 1) for k in range(half)]]
    words = [mpmath.mpf(0)] * half  # coefficient j: words of length 2 j + 1
    series = [mpmath.mpf(1)] + [mpmath.mpf(0)] * (half - 1)
    for teachers in range(half):  # 2 teachers + 1 of them, and as many gaps of each kind as pairs, plus one
        for kind in gaps:
            series = [mpmath.fdot((series[i], kind[j - i]) for i in range(j + 1)) for j in range(half)]
        for j in range(half - teachers):
            words[j + teachers] += s ** (2 * teachers + 1) * series[j]
    both = mpmath.sqrt(output * incoming)
    cross = [words[(k - 1) // 2] - value**k * both for k in CROSS_POWERS]
    return [*cross, *(ratio * noise(k // 2) for k in POWERS)]


def integrated_moments(formula: Candidate, dps: int, point: Point) -> list:
    """The same sums as integrals of the densities, in double precision."""
    places, *weighted = _densities(formula, float(point["sbar"]), float(point["A"]))
    return [
        mpmath.mpf(float(np.sum(density * places**k)))
        for density, powers in zip(weighted, (CROSS_POWERS, POWERS), strict=True) for k in powers
    ]  # fmt: skip


def _densities(formula: Candidate, teacher: Any, ratio: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes inside the noise, and both densities times weights there, each (..., nodes).

    The midpoint rule over the angle of s^2 converges geometrically, at the rate of the nearest pole.
    """
    ratio, teacher = np.asarray(ratio, dtype=float)[..., None], np.asarray(teacher, dtype=float)[..., None]
    angles = (np.arange(NODES) + 0.5) * np.pi / NODES
    places = np.sqrt(1 + ratio + 2 * np.sqrt(ratio) * np.cos(angles))
    cross, density = formula.numpy(s=places, sbar=teacher, A=ratio)
    weights = np.pi / NODES * np.sqrt(ratio) * np.sin(angles) / places
    return places, cross * weights, density * weights


def sampled_moments(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Sums over the modes inside the noise of each teacher, (teachers, cross powers and powers)."""
    g = measured.given
    places, cross, density = _densities(formula, g["teacher"], g["ratio"])
    sums = [(cross * places**k).sum(axis=-1) for k in np.asarray(g["cross_powers"])]
    return np.stack([*sums, *((density * places**k).sum(axis=-1) for k in np.asarray(g["powers"]))], axis=1)


@functools.cache
def _known() -> tuple[Candidate, Candidate]:
    return candidate(mode_logistic.STATEMENT), candidate(spiked_singular_values.STATEMENT)


def averaged_curves(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Signal, and squared length and squared training error per input, at infinite size, (3, T)."""
    g, curve, spike = measured.given, *_known()
    found, output, incoming = (float(part) for part in spike.numpy(sbar=g["teacher"], A=g["ratio"]))
    places, cross, density = _densities(formula, g["teacher"], g["ratio"])
    known = {"t": _axis(measured)[:, None], "a_0": g["initial"], "tau": g["tau"]}
    inside, largest = curve.numpy(s=places, **known), curve.numpy(s=found, **known)[:, 0]
    signal = largest * np.sqrt(output * incoming) + inside @ cross
    left = np.sum((places - inside) ** 2 * density, axis=1)
    return np.stack([signal, inside**2 @ density, left])


def picture_of_test_error(formula: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """Mean test error over time at the largest number of inputs, with and without the overlaps inside the noise."""
    g = measured.given
    signal, length, _ = averaged_curves(formula, measured)
    found, output, incoming = (float(part) for part in _known()[1].numpy(sbar=g["teacher"], A=g["ratio"]))
    curve = _known()[0].numpy(t=measured.axis, s=found, a_0=g["initial"], tau=g["tau"])
    teacher, times = float(g["teacher"]), tuple(map(float, _axis(measured)))
    square = curve**2 + g["inputs"] * length

    def path(label: str, group: int, values: np.ndarray, measured: Any = ((), ())) -> Path:
        return Path(label=label, group=group, theory=(times, tuple(map(float, values))), measured=measured)

    with_overlaps = 1 - 2 * signal / teacher + square / teacher**2
    without = 1 - 2 * curve * np.sqrt(output * incoming) / teacher + square / teacher**2
    points = (times, tuple(map(float, np.asarray(g["test_error"]))))
    return (
        Plane(
            title=f"test error at {int(g['inputs'])} inputs (lines: leading order in their number)",
            x_label="time", y_label="relative error",
            paths=(
                path("with the overlaps inside the noise", 0, with_overlaps, points),
                path("without them", 1, without),
            ),
        ),
    )  # fmt: skip
