"""The ensemble of random networks, and the variances and kernels of its layers."""

from __future__ import annotations

from functools import partial

from derivations.activations import HARD_TANH, RELU, SIN, TANH
from derivations.signal_propagation import (
    gaussian_measure,
    kernel_recursion,
    kurtosis_law,
    maximum_entropy_ensemble,
    variance_map,
)
from derivations.statement import Source
from numerics.signal_propagation import finite_width, random_layers, weight_entropy
from verify.checks import Certified, FiniteSize, Literature, Precision, Replicas
from verify.claim import Claim, Ordeal
from verify.references import signal_propagation_entropy as entropy
from verify.references import signal_propagation_kernel as kernel
from verify.references import signal_propagation_variance as variance

SIZES, FULL_SIZES = ((60, 100), (120, 50), (240, 20)), ((200, 1000), (400, 500), (800, 200))
mean_squares = partial(random_layers.mean_squares, siblings=12)
mean_products = partial(random_layers.mean_products, siblings=12)

VARIANCE_MAP = Claim(
    statement=variance_map.STATEMENT,
    checks=(
        Literature(
            name="initialization of relu networks",
            published="2",
            source=Source(document="he2015delving", where="equation 10: half of n times the variance of a weight is 1"),
            evaluate=variance.neutral_gain,
            uncertainty=1e-9,
        ),
        Certified(
            name="tanh, Fourier integral",
            reference=variance.fourier_map,
            against="an integral over the Fourier transform of sech^2",
            bits=100,
            digits=20,
            points=({"phi": TANH, "sigma_w": "1.9", "sigma_b": "0.6", "V_l": "1.3"},),
        ),
        Certified(
            name="variances that tanh networks keep",
            reference=variance.kept_variance,
            evaluate=variance.at_kept_variance,
            against="the fixed point found in Fourier integrals",
            bits=100,
            digits=20,
            values=("V*",),
            points=(
                {"sigma_w": "1.5", "sigma_b": "0", "near": "0.79335"},
                {"sigma_w": "2.5", "sigma_b": "0.3", "near": "4.2"},
            ),
        ),
        Precision(
            name="networks with kinks, cumulative distributions",
            reference=variance.density_average,
            against="cumulative gamma distributions of the squared preactivation",
            points=(
                {"phi": RELU, "sigma_w": "1.3", "sigma_b": "0.7", "V_l": "2.6"},
                {"phi": HARD_TANH, "sigma_w": "1.7", "sigma_b": "0.4", "V_l": "1.9"},
            ),
            digits=(25, 40),
        ),
        FiniteSize(
            name="random networks of unequal widths",
            predict=partial(variance.by_layer, variance.NETWORKS),
            quick=partial(mean_squares, networks=variance.callables(variance.NETWORKS), layers=6),
            full=partial(mean_squares, networks=variance.callables(variance.NETWORKS), layers=12),
            sizes=SIZES,
            full_sizes=FULL_SIZES,
            axis="layer",
            quantity="variance of a preactivation",
            series=variance.SERIES,
        ),
    ),
    convention="V is the mean square of a preactivation over neurons and networks; layer 1 follows the inputs, whose "
    "mean square is passed on by linear neurons.",
    independence="Explicit networks with biases; no Gaussian average is taken, and no layer is assumed Gaussian.",
    printed={
        "E15": Ordeal(
            fails=Replicas(
                name="networks without biases, last layers",
                predict=partial(variance.sigmas_alone, variance.WITHOUT_BIAS),
                quick=partial(
                    mean_squares, networks=variance.callables(variance.WITHOUT_BIAS), layers=8, width=200
                ),
                replicas=30,
            ),
            holds=FiniteSize(
                name="networks with biases, deep layers",
                predict=partial(variance.sigmas_alone, variance.WITH_BIAS),
                quick=partial(
                    mean_squares, networks=variance.callables(variance.WITH_BIAS), layers=16, first=13
                ),
                sizes=((60, 50), (120, 30), (240, 16)),
            ),
        )
    },
)  # fmt: skip

KERNEL_RECURSION = Claim(
    statement=kernel_recursion.STATEMENT,
    checks=(
        Precision(
            name="signs, arcs and neurons",
            reference=kernel.explicit_averages,
            against="all signs of an explicit first layer; integrals over the arc where both are positive, and over "
            "one neuron given the other",
            points=(
                {"sigma_w": "1.3", "sigma_b": "0.7", "Omega_IJ": "-0.6", "K_II": "2.6", "K_JJ": "1.7", "K_IJ": "0.9"},
                {"sigma_w": "0.8", "sigma_b": "0.3", "Omega_IJ": "1.4", "K_II": "0.4", "K_JJ": "3.1", "K_IJ": "-0.7"},
            ),
        ),
        FiniteSize(
            name="pairs of inputs through random networks",
            predict=kernel.by_layer,
            quick=partial(mean_products, networks=kernel.callables(kernel.NETWORKS), layers=6),
            full=partial(mean_products, networks=kernel.callables(kernel.NETWORKS), layers=12),
            sizes=SIZES,
            full_sizes=FULL_SIZES,
            axis="layer",
            quantity="covariance of a preactivation",
            series=kernel.SERIES,
        ),
    ),
    convention="K is the mean product, over neurons and networks, of a preactivation for two inputs; layer 1 follows "
    "the inputs, whose mean product per entry is Omega.",
    independence="Explicit networks of unequal widths with biases; both inputs pass through the same weights, and no "
    "layer is assumed Gaussian.",
)  # fmt: skip

SECOND_LAYERS = ((4, 60, 400), (12, 120, 300), (40, 200, 100))  # widths of two layers, networks of a batch
FULL_SECOND_LAYERS = ((4, 60, 4000), (16, 128, 2000), (64, 512, 400), (256, 1024, 100))

KURTOSIS_LAW = Claim(
    statement=kurtosis_law.STATEMENT,
    checks=(
        Replicas(
            name="second layers behind few neurons",
            predict=kernel.cumulants,
            quick=partial(
                finite_width.second_layer, networks=variance.callables(kernel.FINITE), sizes=SECOND_LAYERS
            ),
            full=partial(
                finite_width.second_layer, networks=variance.callables(kernel.FINITE), sizes=FULL_SECOND_LAYERS
            ),
            replicas=40,
            full_replicas=80,
            axis="width N of layer 1",
            quantity="moment of a preactivation of layer 2",
            series=kernel.FINITE_SERIES,
        ),
        Certified(
            name="cumulants of the terms of a preactivation",
            reference=kernel.added_cumulants,
            against="the sum of the cumulants of independent terms weight times output",
            bits=80,
            digits=15,
            values=("mean square", "excess kurtosis"),
            points=({"phi": SIN, "sigma_w": "1.3", "sigma_b": "0.7", "V_l": "0.6", "N": 5},),
        ),
    ),
    convention="Excess kurtosis is E h^4 / (E h^2)^2 - 3, over networks; times (E h^2)^2 it is the fourth cumulant.",
    independence="Moments of preactivations over explicit networks of two layers, each estimate without bias; neither "
    "q nor a Gaussian average is computed.",
)  # fmt: skip

GAUSSIAN_MEASURE = Claim(
    statement=gaussian_measure.STATEMENT,
    checks=(
        Precision(
            name="explicit kernels",
            reference=kernel.explicit_determinant,
            against="inverse and determinant of explicit kernels",
            points=({"n_I": 3, "V_l": "0.7", "c_IJ": "0.43"}, {"n_I": 6, "V_l": "1.6", "c_IJ": "-0.13"}),
        ),
        FiniteSize(
            name="neurons near zero for several inputs",
            predict=kernel.bumps,
            quick=partial(
                random_layers.bump_averages, siblings=8,
                network=variance.callables((kernel.MEASURED,))[0], counts=(1, 2, 3, 4, 5), scale=kernel.NEAR,
            ),
            sizes=((50, 140), (100, 70), (200, 36)),
            full_sizes=((100, 6000), (200, 3000), (400, 1500)),
            axis="inputs",
            quantity="share of neurons near zero",
            series=("erf network, layer 2",),
        ),
    ),
    convention="The factor multiplies exp(-z M z / 2), the density of one neuron's preactivations for all inputs.",
    independence="Neurons of explicit networks are counted near zero; no density is assumed or fitted.",
)  # fmt: skip

MAXIMUM_ENTROPY_ENSEMBLE = Claim(
    statement=maximum_entropy_ensemble.STATEMENT,
    checks=(
        Precision(
            name="entropies integrated",
            reference=entropy.integrated,
            against="quadrature of -p ln p for every density",
            points=({"sigma_w": "1.3", "N": 7, "rho": "0.43"}, {"sigma_w": "0.6", "N": 23, "rho": "-0.81"}),
            digits=(20, 30),
        ),
        FiniteSize(
            name="spacings of sampled weights",
            predict=entropy.entropies,
            quick=partial(
                weight_entropy.sampled_weights,
                inputs=entropy.INPUTS, sigma_w=entropy.SIGMA_W, correlation=entropy.CORRELATION,
            ),
            sizes=((400, 60), (800, 40), (1600, 24)),
            full_sizes=((800, 300), (1600, 200), (3200, 100)),
            size_name="neurons",
        ),
    ),
    convention="Entropies are in nats, of a weight as it stands in the matrix, not of sqrt(N) times a weight.",
    independence="Distances between neighbouring weights of sampled matrices; no density is assumed or fitted.",
)  # fmt: skip

CLAIMS = (MAXIMUM_ENTROPY_ENSEMBLE, VARIANCE_MAP, KERNEL_RECURSION, KURTOSIS_LAW, GAUSSIAN_MEASURE)
