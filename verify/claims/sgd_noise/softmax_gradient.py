"""The loss of a classifier as its logits move.

The simulation calls the framework's cross-entropy and takes differences; it knows no softmax. The reference
differentiates the definition of the loss numerically at many digits.
"""

from __future__ import annotations

import functools
from typing import Any

import mpmath
import numpy as np

from derivations.sgd_noise import softmax_gradient
from numerics.measurement import Measurement
from numerics.sgd_noise.classifier import loss_by_logits
from verify.checks import Certified, Ladder, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.balls import numbers, slope

RAISED = (-1.5, 0.7, 3.0)


def from_definition(dps: int, point: Point) -> list:
    """Derivatives of -log p_y by two logits, and its value with the label's logit raised."""
    label, other, rest, raised = (mpmath.mpf(point[name]) for name in ("z_y", "z_i", "R_z", "m"))

    def loss(y: mpmath.mpf, i: mpmath.mpf) -> mpmath.mpf:
        return -mpmath.log(mpmath.exp(y) / (mpmath.exp(y) + mpmath.exp(i) + rest))

    with mpmath.workdps(3 * dps):
        slopes = [mpmath.diff(lambda y: loss(y, other), label), mpmath.diff(lambda i: loss(label, i), other)]
        return [*slopes, loss(label + raised, other)]


def of_classifier(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """The formula for each example, and for each raise of its label's logit."""
    logits = np.asarray(measured.given["logits"])
    found = [
        candidate.numpy(z_y=logits[:, 0], z_i=logits[:, 1], R_z=np.exp(logits[:, 2:]).sum(axis=1), m=raise_)
        for raise_ in np.asarray(measured.given["raised"])
    ]
    rows = [found[0][0], found[0][1], *(row[2] for row in found)]
    return np.stack([np.broadcast_to(row, len(logits)) for row in rows])


def certified_slopes(bits: int, point: Point) -> list[Any]:
    """Slopes of -log p_y along two scores, and the loss at a margin, as power series of the definition."""
    own, other, rest, margin = numbers(point, "z_y", "z_i", "R_z", "m")

    def loss(y: Any, i: Any) -> Any:
        return (y.exp() + i.exp() + rest).log() - y

    return [slope(lambda y: loss(y, other), own), slope(lambda i: loss(own, i), other), loss(own + margin, other)]


CLAIM = Claim(
    statement=softmax_gradient.STATEMENT,
    checks=(
        Certified(
            name="certified power series of the loss",
            reference=certified_slopes,
            against="-log p_y from its definition, as power series",
            values=("D_y", "D_i", "l_m"),
            points=(
                {"z_y": "0.83", "z_i": "-1.24", "R_z": "3.7", "m": "1.6"},
                {"z_y": "-2.3", "z_i": "0.7", "R_z": "0.9", "m": "0.4"},
            ),
        ),
        Precision(
            name="derivatives of the definition",
            reference=from_definition,
            points=(
                {"z_y": "0.83", "z_i": "-1.24", "R_z": "3.7", "m": "1.6"},
                {"z_y": "-0.37", "z_i": "0.55", "R_z": "0.41", "m": "-0.9"},
            ),
            against="numerical derivatives of -log p_y from its definition",
        ),
        Ladder(
            name="cross-entropy of a framework",
            predict=of_classifier,
            steps=(0.2, 0.1, 0.05, 0.025),
            order=2,
            quick=functools.partial(loss_by_logits, labels=7, examples=8, raised=RAISED),
            full=functools.partial(loss_by_logits, labels=10, examples=40, raised=RAISED),
            axis="number of the example",
            quantity="slope of the loss, loss",
            series=("by the label's logit", "by another logit", "loss, label lowered", "loss, label raised"),
            style="stem",
        ),
    ),
    quantities=("D_y", "D_i", "ell_m"),
    convention="Natural logarithms; the loss is that of one example.",
    independence="Differences of the framework's cross-entropy; no softmax and no derivative is known.",
)
