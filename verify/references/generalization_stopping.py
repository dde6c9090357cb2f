"""Predictions and references for early stopping in the chapter generalization: widths of students."""

from __future__ import annotations

import functools
from typing import Any

import mpmath
import numpy as np

from derivations.deep_linear import mode_logistic
from numerics.measurement import Measurement
from verify.checks.precision import Point
from verify.compile import Candidate, candidate
from verify.references import deep_linear

COARSE, FINE = 60, 41
EARLY, LATE = -5.0, 5.0  # logarithm of a / (shat - a), between which the error is smallest

# ------------------------------------------------------------------------------------------------ one further neuron


def changed_distance(dps: int, point: Point) -> Any:
    """Change of a student's squared distance to its teacher by a second mode, both modes integrated up to time t."""
    teacher, overlap = mpmath.mpf(point["sbar"]), mpmath.mpf(point["O"])
    reached = [mpmath.mpf(_integrated(dps, point["t"], point[name], point["a_0"])) for name in ("shat", "s")]
    p, q = mpmath.sqrt(abs(overlap)), mpmath.sign(overlap) * mpmath.sqrt(abs(overlap))
    return (_distance(reached, teacher, p, q) - _distance(reached[:1], teacher, p, q)) / teacher**2


def _distance(strengths: list, teacher: Any, p: Any, q: Any) -> Any:
    """Squared distance of a student with these modes to a teacher with overlaps p, q with the second mode only."""
    u, v = ([mpmath.mpf(0), k, mpmath.sqrt(1 - k * k)] for k in (p, q))
    return mpmath.fsum(
        ((strengths[i] if i == j and i < len(strengths) else 0) - teacher * u[i] * v[j]) ** 2
        for i in range(3) for j in range(3)
    )  # fmt: skip


@functools.lru_cache(maxsize=64)
def _integrated(dps: int, t: str, s: str, a_0: str) -> Any:
    return deep_linear.two_layers(dps, {"t": t, "s": s, "a_0": a_0, "tau": "1"})


def of_reached(formula: Candidate, dps: int, point: Point) -> Any:
    """The change stated, at the strength that the largest mode has reached by the time t."""
    reached = _integrated(dps, point["t"], point["shat"], point["a_0"])
    return formula.mpmath(dps, **{**{k: v for k, v in point.items() if k != "t"}, "a": reached})


def errors_over_width(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Smallest test errors, (teachers, initials, widths), for data of one replica."""
    given: Any = measured.given
    return _smallest(formula, given, np.asarray(measured.axis))[:, 0]


def changes_by_width(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Smallest test errors less that of the first width, (initials, widths - 1), averaged over replicas."""
    g: Any = measured.given
    each = {**g, "singular_values": g["singular_values"][None], "overlaps": g["overlaps"][None]}
    found = _smallest(formula, {**each, "teacher": np.array([g["teacher"]])}, g["width"])[0]
    return (found[..., 1:] - found[..., :1]).mean(axis=0)


def errors_over_time(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Test errors, (teachers, initials, widths, T), for data of one replica."""
    g: Any = measured.given
    largest, start = g["singular_values"][:, :, :1], g["initial"][:, None]
    strength = candidate(mode_logistic.STATEMENT).numpy(
        t=measured.axis, s=largest[..., None], a_0=start, tau=1.0
    )  # (teachers, 1, initials, T)
    total = _totals(formula, g, strength)
    return np.stack([total[:, 0, :, _held(g, width)] for width in g["width"]], axis=2)


def _held(given: Any, width: float) -> int:
    """Index of the last mode of the data that so many hidden neurons hold."""
    return min(round(float(width)), given["singular_values"].shape[-1]) - 1


def _totals(formula: Candidate, given: Any, strength: np.ndarray) -> np.ndarray:
    """Test errors of students that hold 1, 2, ... modes, (teachers, R, initials, modes, G).

    strength  of the largest mode, (teachers, R, initials, G). The largest mode alone leaves (a^2 + sbar^2 - 2 a sbar O)
    / sbar^2; the formula says what each further mode adds.
    """
    values, overlaps = (given[k][:, :, None, :, None] for k in ("singular_values", "overlaps"))
    teacher = given["teacher"][:, None, None, None, None]
    a = strength[:, :, :, None, :]
    first = 1 + (a**2 - 2 * teacher * overlaps[:, :, :, :1] * a) / teacher**2
    further = formula.numpy(
        s=values[:, :, :, 1:], shat=values[:, :, :, :1], a=a, a_0=given["initial"][:, None, None], sbar=teacher,
        O=overlaps[:, :, :, 1:],
    )  # fmt: skip
    return np.cumsum(np.concatenate([first, further], axis=3), axis=3)


def _smallest(formula: Candidate, given: Any, widths: np.ndarray) -> np.ndarray:
    """Smallest test errors along the way, (teachers, R, initials, widths): a coarse grid, a fine one, a parabola."""
    largest = given["singular_values"][:, :, None, :1]
    start = np.log(given["initial"][:, None] / (largest - given["initial"][:, None]))

    def totals(logit: np.ndarray) -> np.ndarray:
        return _totals(formula, given, largest / (1 + np.exp(-logit)))

    low = np.maximum(start, EARLY)
    coarse = low + (LATE - low) * np.linspace(0, 1, COARSE)
    held = sorted({_held(given, width) for width in widths})
    rough = totals(coarse)
    found = {}
    for k in held:
        best = np.argmin(rough[:, :, :, k], axis=-1)[..., None]
        middle = np.take_along_axis(coarse, np.clip(best, 1, COARSE - 2), axis=-1)
        cell = (LATE - low) / (COARSE - 1)
        fine = totals(middle + cell * np.linspace(-1, 1, FINE))[:, :, :, k]
        at = np.clip(np.argmin(fine, axis=-1), 1, FINE - 2)[..., None]
        before, here, after = (np.take_along_axis(fine, at + j, axis=-1)[..., 0] for j in (-1, 0, 1))
        bend = before - 2 * here + after
        with np.errstate(all="ignore"):
            vertex = here - (after - before) ** 2 / (8 * bend)
        found[k] = np.where((bend > 0) & (np.abs(after - before) <= 2 * bend), vertex, np.min(fine, axis=-1))
    return np.stack([found[_held(given, width)] for width in widths], axis=-1)


# -------------------------------------------------------------------------------------- one further neuron, at depth

FAINTEST = 60  # digits by which the start lies below 1, so that the order above the leading one is not seen


def deep_neuron(dps: int, point: Point) -> list:
    """Strength of a mode, and change of the squared distance to the teacher, when a larger mode has escaped.

    Layers of equal strength w descend half the squared error; their time is integrated over v = w^(2 - d).
    """
    d = point["N_l"] - 1
    teacher, overlap = mpmath.mpf(point["sbar"]), mpmath.mpf(point["O"])
    a_0 = mpmath.mpf(point["a_0"]) / mpmath.mpf(10) ** FAINTEST
    start, power = a_0 ** (mpmath.mpf(2 - d) / d), mpmath.mpf(d) / (2 - d)

    def duration(value: Any, end: Any) -> Any:  # until v, which falls, is `end` times what it was
        return mpmath.quad(lambda share: 1 / (value - (share * start) ** power), [end, 1])

    shat, s = mpmath.mpf(point["shat"]), mpmath.mpf(point["s"])
    escape = duration(shat, (shat / 2) ** (1 / power) / start)
    share = mpmath.findroot(
        lambda end: duration(s, end) / escape - 1, (mpmath.mpf("0.4"), mpmath.mpf("0.5")),
        tol=mpmath.mpf(10) ** (8 - 2 * dps),
    )  # fmt: skip
    strength = (share * start) ** power
    with mpmath.workdps(dps + 2 * FAINTEST + 20):
        p, q = mpmath.sqrt(abs(overlap)), mpmath.sign(overlap) * mpmath.sqrt(abs(overlap))
        change = _distance([shat / 2, strength], teacher, p, q) - _distance([shat / 2], teacher, p, q)
    return [strength, change / teacher**2]


def deep_formula(formula: Candidate, dps: int, point: Point) -> list:
    """The strength and the change stated, at the faint start of the reference."""
    a_0 = mpmath.mpf(point["a_0"]) / mpmath.mpf(10) ** FAINTEST
    return formula.mpmath(dps, **{**point, "a_0": a_0})


def growth_left_behind(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Strengths over initial strengths of the modes that have been left behind."""
    g: Any = measured.given
    start = 1e-3
    return formula.numpy(s=measured.axis, shat=g["shat"], N_l=g["layers"], a_0=start, sbar=1.3, O=0.3)[0] / start


def deep_changes(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Smallest test errors less that of the first width, (initials, widths - 1), averaged over replicas."""
    return _deep_terms(formula, measured, lambda strength, change: change)


def _deep_terms(formula: Candidate, measured: Measurement, term: Any) -> np.ndarray:
    g: Any = measured.given
    values, overlaps = g["singular_values"][:, None], g["overlaps"][:, None]
    strength, change = formula.numpy(
        s=values[..., 1:], shat=values[..., :1], N_l=g["layers"], a_0=g["initial"][:, None], sbar=g["teacher"],
        O=overlaps[..., 1:],
    )  # fmt: skip
    sums = np.cumsum(term(strength, change), axis=-1).mean(axis=0)
    return np.stack([sums[:, _held(g, width) - 1] for width in g["width"][1:]], axis=-1)
