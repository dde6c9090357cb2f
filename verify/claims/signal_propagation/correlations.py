"""Two inputs: how fast they move apart in a layer, and where their correlation ends."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from derivations.activations import TANH
from derivations.signal_propagation import correlation_slope, phases, stretch_factor
from numerics.signal_propagation.jacobians import squared_singular_values, stretch_by_length
from numerics.signal_propagation.two_inputs import correlations, differences, ends, separation
from verify.checks import Certified, FiniteSize, Precision, Replicas
from verify.claim import Claim, Ordeal
from verify.compile import numpy_function
from verify.references import signal_propagation_correlation as reference
from verify.references import signal_propagation_phases as phase
from verify.references import signal_propagation_stretch as stretch
from verify.references.manifold_geometry import fixed_point

# ------------------------------------------------------------------------------------ slope of the correlation map


_CHAOTIC: dict[str, Any] = {
    "network": reference.simulated(reference.CHAOTIC),
    "correlations": tuple(np.linspace(-0.6, 1.0, 6)),
}
_NEARBY = tuple(map(reference.simulated, reference.NEARBY))

CORRELATION_SLOPE = Claim(
    statement=correlation_slope.STATEMENT,
    checks=(
        Precision(
            name="closed kernel differentiated",
            reference=reference.kernel_derivatives,
            against="the kernel of sin(x + 0.7) in closed form, differentiated numerically",
            points=({"phi": reference.SHIFTED, "sigma_w": "1.3", "q_star": "0.7", "c_l": "-0.58"},),
            digits=(14, 20),
            evaluate=reference.in_float64,
        ),
        Replicas(
            name="nearby inputs of ordered and chaotic tanh networks",
            predict=reference.nearby,
            quick=partial(separation, width=120, networks=_NEARBY, siblings=16),
            full=partial(separation, width=1000, networks=_NEARBY, siblings=16),
            replicas=60,
            full_replicas=300,
        ),
        Replicas(
            name="finite differences of the map of chaotic tanh networks",
            predict=partial(reference.by_differences, reference.CHAOTIC),
            quick=partial(differences, width=150, siblings=16, **_CHAOTIC),
            full=partial(differences, width=1000, siblings=16, **_CHAOTIC),
            replicas=160,
            full_replicas=1000,
            axis="correlation of two inputs",
            quantity="map, slope, curvature",
            series=("slope", "curvature", "map"),
            picture=partial(reference.map_plane, reference.CHAOTIC),
        ),
    ),
    convention="F(c) is the mean product of the preactivations over q*; slope by the covariance is that by c, and the "
    "curvature by the covariance lacks the factor q*.",
    independence="Explicit networks of unequal widths with biases; differences of measured correlations with the same "
    "weights, no derivative and no Gaussian average.",
)

# -------------------------------------------------------------------------------------------------- stretch factor


def _jacobians(kind: str, network: stretch.Network) -> FiniteSize:
    setting = {**stretch.callables(network), "squared_length": fixed_point(*network)}
    return FiniteSize(
        name=f"Jacobians of {kind} tanh networks",
        predict=partial(stretch.by_depth, network),
        quick=partial(squared_singular_values, layers=5, siblings=5, columns=8, **setting),
        full=partial(squared_singular_values, layers=10, siblings=5, columns=20, **setting),
        sizes=((40, 160), (80, 100), (160, 50)),
        full_sizes=((100, 1000), (200, 400), (400, 100)),
        axis="layers of weights",
        quantity="mean squared singular value",
        series=("by x^0", "by h^0"),
    )


STRETCH_FACTOR = Claim(
    statement=stretch_factor.STATEMENT,
    checks=(
        FiniteSize(
            name="one layer at lengths other than q*",
            predict=partial(stretch.by_length, stretch.CHAOTIC),
            quick=partial(
                stretch_by_length, squared_lengths=(0.2, 0.5, 1.3, 4.1, 9.0), **stretch.callables(stretch.CHAOTIC)
            ),
            sizes=((40, 800), (80, 400), (160, 200)),
            full_sizes=((100, 4000), (200, 2000), (400, 1000)),
            axis="squared length per neuron",
            quantity="mean squared singular value of a layer",
        ),
        _jacobians("ordered", stretch.ORDERED),
        _jacobians("critical", stretch.CRITICAL),
        _jacobians("chaotic", stretch.CHAOTIC),
        Certified(
            name="tanh, Fourier integrals",
            reference=stretch.fourier_stretch,
            against="integrals over the Fourier transform of sech^4, multiplied layer by layer",
            bits=100,
            digits=20,
            points=({"phi": TANH, "sigma_w": "1.7", "q_star": "0.83", "D": 3},),
        ),
    ),
    convention="The trace of J^T J is divided by the width of the last layer; layers are counted by their weights.",
    independence="Columns of the Jacobians of explicit networks of unequal widths with biases, multiplied out; weights "
    "and slopes of a row depend on each other as they do.",
)

# ---------------------------------------------------------------------------------------------------------- phases

STARTS = (-0.5, 0.2, 0.6)
SPREAD = 2.0  # times 1 / width: how far the mean correlation of networks of finite width may lie from the limit


def _layers(kind: str, network: reference.Network, starts: tuple[float, ...]) -> FiniteSize:
    setting: dict[str, Any] = {"network": reference.simulated(network), "starts": starts, "siblings": 12}
    return FiniteSize(
        name=f"pairs of inputs in {kind} tanh networks",
        predict=partial(phase.by_layer, network),
        quick=partial(correlations, layers=8, **setting),
        full=partial(correlations, layers=20, **setting),
        sizes=((60, 50), (120, 28), (240, 18)),
        full_sizes=((150, 1000), (300, 400), (600, 100)),
        axis="layer",
        quantity="correlation of two inputs",
        series=tuple(f"start at {start:g}" for start in starts),
    )


def _ends(name: str, networks: tuple[reference.Network, ...], settings: tuple) -> Replicas:
    return Replicas(
        name=name,
        predict=partial(phase.ends, networks),
        quick=partial(ends, networks=settings, width=100, starts=STARTS, layers=40, siblings=1),
        full=partial(ends, networks=settings, width=500, starts=STARTS, layers=40, siblings=1),
        replicas=24,
        bias=lambda candidate, measured: SPREAD / measured.resolution["width"],
        bias_note="2 / width, for networks of finite width after finitely many layers",
        axis="correlation in the first layer",
        quantity="correlation in the last layer",
        series=tuple(f"sigma_w {sigma_w:g}, sigma_b {sigma_b:g}" for _, sigma_w, sigma_b in networks),
    )


_BOTH = (phase.ORDERED, phase.CHAOTIC)
LAST_LAYER = _ends("last layer of deep networks", _BOTH, tuple(map(reference.simulated, _BOTH)))

PHASES = Claim(
    statement=phases.STATEMENT,
    checks=(
        Precision(
            name="closed kernel iterated close to the transition",
            reference=phase.iterated_kernel,
            evaluate=phase.at_kept_length,
            against=f"the closed kernel of sin(x + 0.2) iterated {phase.LAYERS} times, at chi_1 = 0.970 and 1.030",
            points=(
                {"sigma_w": "1.205", "sigma_b": "0.15", "c_l": "-0.58"},
                {"sigma_w": "1.274", "sigma_b": "0.15", "c_l": "0.37"},
            ),
            digits=(14, 20),
        ),
        LAST_LAYER,
        _layers("ordered", phase.ORDERED, starts=(0.0, 0.4, 0.8)),
        _layers("chaotic", phase.CHAOTIC, starts=(-0.5, 0.3, 0.95)),
    ),
    convention="The correlation is the inner product of the preactivations of two inputs over their norms; layer 1 is "
    "the first that follows the inputs.",
    independence="Explicit networks of unequal widths with biases and fresh weights in every layer; nothing is "
    "iterated but the network.",
    printed={
        "E16": Ordeal(
            fails=_ends(
                "networks without biases",
                (phase.WITHOUT_BIAS,),
                ((numpy_function(TANH), *phase.WITHOUT_BIAS[1:], 1.0),),
            ),
            holds=LAST_LAYER,
        )
    },
)

CLAIMS = (CORRELATION_SLOPE, STRETCH_FACTOR, PHASES)
