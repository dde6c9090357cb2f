"""Are the replicas of an experiment independent of one another?

Standard errors from replicas that share something (one noise, one minibatch, one teacher for all) are too small, and an
error bar that is too small refutes the truth or lends a wrong formula a resolution that is not there. The experiment is
run in several batches, each from a stream of its own: what the replicas of a batch share makes the means of the batches
differ by more than the spread inside a batch explains (one-way analysis of variance, Fisher's F at every value). What
a batch was given (its data, its network) is taken out by comparing distances from the formula.

Seen is a shared part rho of the variance of about 1 / (replicas of a batch) and more. Not seen is what all batches
share, such as noise from a fixed seed instead of the given stream. Replicas that are equal are refused by
`numerics.measurement.from_replicas`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from verify.checks.base import Context
from verify.checks.replicas import FiniteSize, Replicas
from verify.checks.simulation import standard_errors
from verify.compile import Candidate

BATCHES = 6


def chance(check: Replicas | FiniteSize, formula: Candidate, context: Context, replicas: int) -> float:
    """The probability with which independent replicas show batches that differ at least as much; 0 to 1.

    `replicas` are those of one batch; a ladder of widths is run at its smallest.
    """
    size = {"width": check.sizes[0][0]} if isinstance(check, FiniteSize) else {}
    experiment = replace(check, full=None).experiment(context)
    stream = context.stream(check.name).child("batches")
    batches = [
        experiment(replicas=replicas, stream=stream.child(k), device=context.device, **size) for k in range(BATCHES)
    ]
    distances = np.stack([m.values - check.expected(formula, m) for m in batches])
    return _chance(distances, np.stack([standard_errors(m, check.name) for m in batches]), replicas)


def _chance(means: np.ndarray, errors: np.ndarray, replicas: int) -> float:
    from scipy import special

    count = len(means)
    inside, between = replicas * np.mean(errors**2, axis=0), replicas * np.var(means, axis=0, ddof=1)
    told = inside > 0
    if not told.any():
        return 1.0  # an experiment without chance
    ratio = between[told] / inside[told]
    # The upper tail of F, through the lower tail of its inverse, which keeps small numbers.
    tail = special.fdtr(count * (replicas - 1), count - 1, 1 / np.maximum(ratio, 1e-300))
    return float(min(1.0, np.min(tail) * told.sum()))
