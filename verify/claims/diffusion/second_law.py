"""Divergence of Gaussian starts in a bowl, as chances of cells that exchange probability, against the formula.

The cells have rates of jumps and know neither a density nor a moment. The smaller the cells, the nearer the diffusion.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from derivations.diffusion import second_law
from numerics.diffusion.boxes import divergences_in_a_bowl
from numerics.measurement import Measurement
from verify.checks import Certified, Ladder
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.references.balls import average, numbers

STARTS = ((0.7, 0.3), (-1.1, 1.7), (0.2, 0.6))


def predicted(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Divergences and their rates, (2 starts, T)."""
    means, variances = (np.asarray(measured.given[name])[:, None] for name in ("means", "variances"))
    return np.concatenate(list(candidate.numpy(t=measured.axis, mu_0=means, v_0=variances)))


bowl = partial(
    divergences_in_a_bowl,
    means=tuple(mean for mean, _ in STARTS),
    variances=tuple(variance for _, variance in STARTS),
    reach=11.2,
    times=tuple(np.arange(0.1, 1.8, 0.15)),
)


def certified_divergence(bits: int, point: Point) -> list[Any]:
    """The mean log ratio to the standard Gaussian, and minus the mean square of its slope, as Gaussian averages."""
    time, start, variance = numbers(point, "t", "mu_0", "v_0")
    fade = (-2 * time).exp()
    mean, spread = start * fade.sqrt(), 1 + (variance - 1) * fade
    size = spread.sqrt()
    bound = (4 * (1 + mean**2 + spread + 1 / spread + abs(spread.log()))).upper()
    ratio = average(lambda z: ((mean + size * z) ** 2 - z * z - spread.log()) / 2, (bound, 2, 0))
    slopes = average(lambda z: (mean + size * z - z / size) ** 2, (bound, 2, 0))
    return [ratio, -slopes]


CLAIM = Claim(
    statement=second_law.STATEMENT,
    checks=(
        Certified(
            name="certified divergence and its rate",
            reference=certified_divergence,
            against="Gaussian averages of the log ratio and of its squared slope",
            values=("D", "dD/dt"),
            points=({"t": "0.37", "mu_0": "0.7", "v_0": "1.9"}, {"t": "1.3", "mu_0": "-1.6", "v_0": "0.23"}),
        ),
        Ladder(
            name="cells in a bowl",
            predict=predicted,
            steps=(0.16, 0.08, 0.04),
            full_steps=(0.08, 0.04, 0.02),
            order=2,
            quick=bowl,
            axis="time t",
            quantity="divergence (nats), rates (nats per t)",
            series=tuple(f"start {mean} with variance {variance}" for mean, variance in STARTS),
        ),
    ),
    quantities=("D_KL(t)", "Derivative(D_KL(t), t)"),
    convention="dx = -x dt + sqrt(2) dW, nats; a chain of steps of variance beta takes the time beta/2 for each.",
    independence="Cells exchange probability at rates that hold for any potential; only the first density is assumed.",
)
