"""Gradients on their way back through random networks, and the training of deep ones."""

from __future__ import annotations

from functools import partial

from derivations.activations import ERF, SIN, TANH
from derivations.signal_propagation import gradient_depth, trainable_depth
from derivations.statement import Source
from numerics.signal_propagation.backward_pass import decay_rates, gradients_by_layer
from numerics.signal_propagation.deep_training import Training, depth_limits, ridge
from verify.checks import Certified, FiniteSize, Literature, Precision, Replicas, Trend
from verify.claim import Claim, Ordeal
from verify.references import signal_propagation_gradients as reference
from verify.references.manifold_geometry import finite

PHASES = reference.networks(1.0, reference.CRITICAL, 1.9)
SCANNED = reference.networks(0.8, 1.0, 1.2, reference.CRITICAL, 1.5, 1.8, 2.2, 2.8)
OFF_LENGTH = tuple((w, b, share * q) for (w, b, q), share in zip(reference.networks(1.2, 1.9), (8, 0.1), strict=True))
through = partial(gradients_by_layer, ratios=(1.0, 1.25), outputs=10, inputs=12, activation=reference.tanh)

by_layer = partial(
    FiniteSize,
    sizes=((50, 150), (100, 72), (180, 38)),
    full_sizes=((100, 300), (200, 120), (400, 40)),
    axis="layer",
    quantity="logarithm of the squared gradient",
)

SMALL, WIDER = (
    Training(width=32, sigma_b=reference.BIAS),
    Training(width=64, sigma_b=reference.BIAS, batch=128, rate=0.02),
)
FIVE, FULL_FIVE = (0.8, 1.03, reference.CRITICAL, 1.68, 2.5), (0.8, 1.08, reference.CRITICAL, 1.68, 2.5)
limits = partial(depth_limits, training=SMALL, level=0.35)

CLAIMS = (
    Claim(
        statement=gradient_depth.STATEMENT,
        checks=(
            FiniteSize(
                name="decay per layer, over sigma_w",
                predict=partial(reference.rates, SCANNED),
                quick=partial(decay_rates, networks=SCANNED, layers=8, outputs=10, inputs=8, activation=reference.tanh),
                full=partial(decay_rates, networks=SCANNED, layers=12, outputs=10, inputs=8, activation=reference.tanh),
                sizes=((40, 160), (80, 80), (160, 30)),
                full_sizes=((100, 300), (200, 120), (400, 40)),
                axis="sigma_w",
                quantity="1 / xi",
                series=("gradients of real networks",),
            ),
            by_layer(
                name="gradients by layer",
                predict=partial(reference.by_layer, PHASES),
                quick=partial(through, networks=PHASES, layers=10),
                full=partial(through, networks=PHASES, layers=18),
                series=(
                    "ordered",
                    "ordered, fresh weights back",
                    "critical",
                    "critical, fresh weights back",
                    "chaotic",
                    "chaotic, fresh weights back",
                ),
            ),
            by_layer(
                name="behind inputs of another length",
                predict=partial(reference.by_length, OFF_LENGTH),
                quick=partial(through, networks=OFF_LENGTH, layers=8),
                full=partial(through, networks=OFF_LENGTH, layers=12),
                series=("ordered", "ordered, fresh weights back", "chaotic", "chaotic, fresh weights back"),
            ),
            Literature(
                name="critical point of tanh networks",
                published="2.01e-5",
                source=Source(
                    document="pennington2017resurrecting",
                    where="experiments: critical tanh networks with sigma_w^2 = 1.05",
                ),
                evaluate=reference.critical_bias,
            ),
            Certified(
                name="error function",
                reference=reference.by_gauss,
                against="one layer after the other, with the Gaussian integral of a Gaussian",
                bits=100,
                digits=20,
                points=(
                    {
                        "phi": ERF,
                        "sigma_w": "1.9",
                        "q_star": "2.4",
                        "g^L": "0.63",
                        "N^l": 23,
                        "N^L": 6,
                        "L": 14,
                        "l": 9,
                    },
                ),
            ),
            Certified(
                name="tanh, Fourier integrals",
                reference=reference.by_fourier,
                against="one layer after the other, with an integral over the Fourier transform of sech^4",
                bits=100,
                digits=20,
                points=(
                    {
                        "phi": TANH,
                        "sigma_w": "1.3",
                        "q_star": "0.61",
                        "g^L": "1.7",
                        "N^l": 9,
                        "N^L": 31,
                        "L": 12,
                        "l": 5,
                    },
                ),
            ),
            Precision(
                name="layer by layer",
                reference=reference.layer_by_layer,
                against="mean squares sent back through one layer after the other, averaged on a trapezoid",
                digits=(25, 40),
                evaluate=finite,
                points=(
                    {"phi": TANH, "sigma_w": "1.7", "q_star": "1.3", "g^L": "0.8", "N^l": 7, "N^L": 5, "L": 13, "l": 8},
                    {"phi": SIN, "sigma_w": "2.3", "q_star": "0.7", "g^L": "2.6", "N^l": 11, "N^L": 40, "L": 9, "l": 3},
                ),
            ),
        ),
        convention="g^l is a mean over the neurons of a layer; simulations give the squared norm over all neurons, "
        "divided by that of the last layer. Layer 1 is the first one with the length q*.",
        independence="Real networks of unequal widths with ten outputs and the cross-entropy of random labels, by "
        "automatic differentiation, beside weights drawn afresh for the way back; no average is computed.",
        printed={
            "E20": Ordeal(
                fails=Replicas(
                    name="labels, and an input of another length",
                    predict=partial(reference.by_layer, OFF_LENGTH),
                    quick=partial(through, networks=OFF_LENGTH, layers=8, width=100),
                    replicas=20,
                    bias=lambda candidate, measured: 0.2,
                    bias_note="twice the layers over the width",
                ),
                holds=by_layer(
                    name="equal widths at the fixed length",
                    predict=partial(reference.by_layer, PHASES),
                    quick=partial(
                        gradients_by_layer,
                        networks=PHASES,
                        layers=6,
                        ratios=(1.0,),
                        outputs=None,
                        inputs=4,
                        activation=reference.tanh,
                    ),
                ),
            )
        },
    ),
    Claim(
        statement=trainable_depth.STATEMENT,
        checks=(
            Trend(
                name="ridge at the critical sigma_w",
                replicas=18,
                on_data=True,
                quick=partial(ridge, training=SMALL, sigma_w=FIVE, depths=(20, 4), updates=45),
                control=partial(ridge, training=SMALL, sigma_w=FIVE, depths=(3,), updates=45),
                full=partial(ridge, training=WIDER, sigma_w=FULL_FIVE, depths=(40, 10, 20, 70), updates=250),
                full_control=partial(ridge, training=WIDER, sigma_w=FULL_FIVE, depths=(3,), updates=250),
                curves=reference.accuracy_over_weight,
            ),
            Trend(
                name="depth at which training fails, over the updates",
                replicas=12,
                on_data=True,
                quick=partial(limits, sigma_w=(0.8, 2.1), depths=(2, 6, 12), budgets=(24, 96)),
                control=partial(limits, sigma_w=(0.8, 2.1), depths=(2, 6, 12), budgets=(24, 24)),
                full=partial(limits, sigma_w=(0.8, 0.9, 2.0, 2.4), depths=(2, 4, 8, 14), budgets=(30, 120)),
                full_control=partial(limits, sigma_w=(0.8, 0.9, 2.0, 2.4), depths=(2, 4, 8, 14), budgets=(30, 30)),
                curves=reference.failing_depth,
            ),
        ),
        convention="Depth counts weight matrices; accuracy is that on the last 8 minibatches, before the network "
        "learns from them; training fails where it falls below 0.35.",
        independence="Real digits; deep networks of all sigma_w are trained side by side by automatic differentiation. "
        "The line 6 xi_c in the figure is the published one and enters no verdict.",
    ),
)
