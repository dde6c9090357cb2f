"""The line between order and chaos, and the depths to which signals keep apart on either side of it."""

from __future__ import annotations

from functools import partial

from derivations.activations import ERF, SIN, TANH
from derivations.signal_propagation import correlation_depth, critical_decay, phase_boundary
from derivations.statement import Source
from numerics.signal_propagation.neighbours import crossings
from numerics.signal_propagation.relaxation import gaps
from numerics.signal_propagation.slow_decay import remainders
from verify.checks import Certified, FiniteSize, Literature, Precision
from verify.claim import Claim
from verify.references import signal_propagation_boundary as boundary
from verify.references import signal_propagation_criticality as criticality
from verify.references import signal_propagation_depth as depth

PHASE_BOUNDARY = Claim(
    statement=phase_boundary.STATEMENT,
    checks=(
        Precision(
            name="sine and error function, closed forms",
            reference=boundary.closed_averages,
            against="the characteristic function of a Gaussian, and the arcsine kernel",
            points=({"phi": SIN, "q_star": "0.83"}, {"phi": ERF, "q_star": "1.37"}),
            digits=(18, 24),
            evaluate=boundary.fast,
        ),
        Literature(
            name="critical tanh network with sigma_w^2 = 1.05",
            published="2.01e-5",
            source=Source(
                document="pennington2017resurrecting", where="experiments: critical tanh networks with sigma_w^2 = 1.05"
            ),
            evaluate=boundary.published_bias,
        ),
        FiniteSize(
            name="distances of nearby inputs in random networks",
            predict=boundary.crossing,
            quick=partial(
                crossings, lines=boundary.callables(boundary.LINES), places=5, settle=9, layers=12, networks=8
            ),
            full=partial(
                crossings, lines=boundary.callables(boundary.LINES), places=7, settle=20, layers=40, networks=8
            ),
            sizes=((60, 20), (90, 16), (140, 12)),
            full_sizes=((100, 60), (200, 40), (400, 16)),
            axis="sigma_b (the last point: error function)",
            quantity="critical sigma_w",
            series=("tanh and error function",),
            picture=boundary.pictures,
        ),
        Certified(
            name="critical tanh networks",
            reference=boundary.fourier_line,
            evaluate=boundary.on_line,
            against="Fourier integrals of sech^2 and sech^4, with the critical length found in them",
            bits=110,
            digits=20,
            values=("q*", "sigma_w^2", "sigma_b^2"),
            points=({"sigma_b^2": "0.05", "near": "0.570048"},),
        ),
    ),
    convention="Distances are Euclidean, per layer and over its width; sigma_w and sigma_b are standard deviations.",
    independence="Explicit networks with biases and unequal widths, run on both sides of the line.",
)


def _relaxation(kind: str, network: depth.Network) -> FiniteSize:
    return FiniteSize(
        name=f"{kind} tanh networks",
        predict=partial(depth.decay, network),
        quick=partial(gaps, layers=5, pairs=24, **depth.settings(network)),
        full=partial(gaps, layers=6, pairs=24, **depth.settings(network)),
        sizes=((50, 200), (100, 100), (200, 40)),
        full_sizes=((100, 2000), (200, 1000), (400, 400)),
        axis="layer",
        quantity="what is left of a difference",
        series=("of lengths", "of correlations"),
        picture=partial(depth.picture, network),
    )


CORRELATION_DEPTH = Claim(
    statement=correlation_depth.STATEMENT,
    checks=(
        Precision(
            name="closed kernels iterated",
            reference=depth.iterated_kernel,
            against="ratios of successive changes of closed kernels, iterated in the chaotic and the ordered phase",
            points=(
                {"phi": depth.SHIFTED, "sigma_w": "1.5", "sigma_b": "0.4"},
                {"phi": ERF, "sigma_w": "0.8", "sigma_b": "0.3"},
            ),
            digits=(14, 20),
            evaluate=depth.at_kernel,
        ),
        Precision(
            name="maps of tanh iterated on a lattice",
            reference=depth.iterated_lattice,
            against="ratios of successive deviations, iterated on a square lattice of two Gaussians",
            points=({"phi": TANH, "sigma_w": "2.5", "sigma_b": "0.3"},),
            digits=(6, 8),
            evaluate=depth.at_lattice,
        ),
        _relaxation("chaotic", depth.CHAOTIC),
        _relaxation("ordered", depth.ORDERED),
    ),
    convention="Depths count layers; sigma_w and sigma_b are standard deviations.",
    independence="Explicit networks of unequal widths with biases, started near their fixed points; differences of "
    "measured lengths and correlations, so that no fixed point enters the comparison.",
)

CRITICAL_DECAY = Claim(
    statement=critical_decay.STATEMENT,
    checks=(
        Precision(
            name="increments of closed kernels",
            reference=criticality.increments,
            against="the increment in one layer of the inverse of a tiny deviation, from closed kernels",
            points=({"phi": SIN, "q_star": "0.83", "l": 7}, {"phi": ERF, "q_star": "1.37", "l": 12}),
            digits=(16, 24),
            evaluate=criticality.fast,
        ),
        FiniteSize(
            name="critical tanh networks",
            predict=criticality.remainder,
            quick=partial(remainders, layers=7, pairs=32, **criticality.settings()),
            full=partial(remainders, layers=10, pairs=32, **criticality.settings()),
            sizes=((50, 120), (100, 64), (200, 28)),
            full_sizes=((100, 2000), (200, 1000), (400, 400)),
            axis="layers times start",
            quantity="what is left of a small start",
            series=("1 - c, on the critical line", "length, without biases at gain 1"),
        ),
        Certified(
            name="tanh, Fourier integrals",
            reference=criticality.fourier_decay,
            against="integrals over the Fourier transforms of sech^4 and sech^6",
            bits=100,
            digits=20,
            points=({"phi": TANH, "q_star": "1.5", "l": 11},),
        ),
    ),
    convention="A start that is not large counts as the layers in which the law would have come down to it.",
    independence="Explicit networks of unequal widths; from two starts at equal products of start and depth the first "
    "order of the start is removed, and no map is used.",
)

CLAIMS = (PHASE_BOUNDARY, CORRELATION_DEPTH, CRITICAL_DECAY)
