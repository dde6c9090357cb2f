"""Where learning starts: random matrices, orthogonal ones, pretrained ones."""

from __future__ import annotations

import itertools
from functools import partial

import numpy as np

from derivations.deep_linear import (
    amplified_fraction,
    determinant_obstruction,
    greedy_pretraining,
    norm_preservation,
    orthogonal_initialization,
)
from numerics.deep_linear.initialization import growth_with_depth, norm_of_images
from numerics.deep_linear.pretraining import (
    autoencoder_curves,
    coupling_after_pretraining,
    learning_after_pretraining,
)
from numerics.deep_linear.random_chains import amplified_directions, signal_lengths
from numerics.deep_linear.signed_learning import remaining_loss, signed_curves, singular_value_rates
from verify.checks import Certified, FiniteSize, Ladder, Precision, Replicas, Trend
from verify.claim import Claim, Ordeal
from verify.claims.deep_linear import CONVENTION, FULL_STEPS, STEPS
from verify.references import deep_linear_chain as of_chains
from verify.references import deep_linear_starts as of_starts

SQUARE = ((5, 7, 5), (5, 6, 8, 5), (5, 5, 7, 6, 5), (5, 8, 6, 5, 7, 5))

WIDE_SQUARE = ((20, 28, 20), (20, 24, 32, 20), (20, 20, 28, 24, 20), (20, 32, 24, 20, 28, 20))

turning = partial(
    singular_value_rates, singular_values=(1.9, 1.5, 1.2, 0.9, 0.6), initial=(2.3, 1.7, 1.1, 0.8, 0.45), tau=1.7,
)  # fmt: skip

reversed_modes = partial(
    signed_curves, singular_values=(1.4, 1.1, 0.7), initial=(0.35, -0.5, -0.9), tau=1.7,
    times=tuple(np.arange(0, 3.85, 0.24)),
)  # fmt: skip

at_the_end = partial(
    remaining_loss, singular_values=(1.3, 1.2, 1.1, 0.9, 0.7), until=60.0, courant=0.8,
    networks=((5, 5, 7, 5), (5, 8, 6, 7, 5)),
)  # fmt: skip

STILL_DECAYING = "at the end of training, after 60 tau, the reversed mode still decays like a power of the time"

left_over = partial(
    Replicas, predict=of_starts.remaining_loss, replicas=8, bias=lambda formula, measured: 2e-4,
    bias_note=STILL_DECAYING,
)  # fmt: skip

# alike in outputs and variance, with other numbers of inputs; and Glorot's weights between unequal widths
ALIKE = (
    ((8, 6, 6, 6, 6), (1 / 6,) * 4),
    ((5, 11, 11, 11, 11), (1.3 / 11,) * 4),
    ((13, 17, 17, 17, 17), (0.7 / 17,) * 4),
)

GLOROT = tuple(
    (widths, tuple(2 / (a + b) for a, b in itertools.pairwise(widths)))
    for widths in ((9, 14, 6, 11, 5), (7, 5, 12, 8, 16))
)

LENGTH_MEANS = ("square", "logarithm", "squared logarithm")

directions = partial(amplified_directions, depths=(1, 2, 4), levels=tuple(np.arange(0.3, 1.61, 0.1)))

on_digits = partial(growth_with_depth, inputs=40, hidden=48, slowest=0.5, tolerance=0.01, longest=100)

on_digits_full = partial(growth_with_depth, inputs=50, hidden=80, slowest=0.5, tolerance=0.01, longest=400)

DEPTHS, SHALLOW_DEPTHS, FULL_DEPTHS, TRIED = (4, 8, 16, 32), (2, 4, 8), (4, 8, 16, 32, 64, 100), (0.35, 0.7, 1.4)

EIGENVALUES = (2.1, 1.6, 1.1, 0.5, 0.3)

components = partial(
    autoencoder_curves, initial=(0.02, 0.05, 0.11), tau=1.7, times=tuple(np.arange(0, 3.01, 0.12)),
)  # fmt: skip

after_pretraining = partial(
    learning_after_pretraining, singular_values=(2.3, 1.4, 0.8), tau=1.7, times=tuple(np.arange(0, 3.61, 0.24)),
)  # fmt: skip

coupled = partial(
    coupling_after_pretraining, widths=(5, 3, 4), eigenvalues=EIGENVALUES, singular_values=(2.3, 1.4, 0.8), allowed=0.1,
    updates=60, learning_rate=0.05, examples=24,
)  # fmt: skip

WIDE_EIGENVALUES = (*EIGENVALUES, *np.linspace(0.28, 0.02, 45))


CLAIMS = (
    Claim(
        statement=determinant_obstruction.STATEMENT,
        checks=(
            Precision(
                name="two dimensions in motion",
                reference=of_starts.singular_value_in_motion,
                parameters=determinant_obstruction.STATEMENT.parameters,
                count=4,
                digits=(20, 30),
                against="balanced 2 x 2 matrices that descend their loss, and the nearest singular matrix",
            ),
            Ladder(
                name="rates of undecoupled networks",
                predict=of_starts.singular_value_rates,
                steps=tuple(0.001 / 2**k for k in range(5)),
                quick=partial(turning, networks=SQUARE, examples=24),
            ),
            Ladder(
                name="reversed modes in training",
                predict=of_starts.signed_curves,
                steps=STEPS,
                full_steps=FULL_STEPS,
                quick=partial(reversed_modes, networks=SQUARE[:3], examples=24),
                full=partial(reversed_modes, networks=WIDE_SQUARE, examples=100),
                axis="time",
                quantity="strength",
                series=("2 matrices, s = 1.4", "reversed, s = 1.1", "reversed, s = 0.7", "3 matrices, s = 1.4"),
            ),
            left_over(name="end of training", quick=partial(at_the_end, same_sign=False)),
        ),
        convention="Time counts presentations, tau = P / lambda; the loss is half the squared distance of the map from "
        "the correlation of whitened examples.",
        independence="All matrices are free, with unequal hidden widths. Random orthogonal starts follow Runge-Kutta "
        "steps, since plain descent unbalances the layers and crosses the determinant's zero after a while.",
        printed={
            "E13": Ordeal(
                fails=left_over(name="end of training", quick=partial(at_the_end, same_sign=False)),
                holds=left_over(name="starts of the right sign", quick=partial(at_the_end, same_sign=True)),
            )
        },
    ),
    Claim(
        statement=norm_preservation.STATEMENT,
        checks=(
            Certified(
                name="pairs of Gaussian numbers",
                reference=of_chains.by_recurrence,
                points=({"sigma_w": "1.3", "N": 7, "D": 5}, {"sigma_w": "0.7", "N": 14, "D": 3}),
                against="one or two Gaussian numbers to which pairs are added, added up over the matrices",
            ),
            Precision(
                name="average over shells",
                reference=of_chains.averaged_over_shells,
                count=2,
                parameters=norm_preservation.STATEMENT.parameters,
                against="quadrature over the length behind one matrix, added up over the matrices",
            ),
            Replicas(
                name="equal matrices",
                predict=of_chains.equal_layers,
                replicas=20_000,
                full_replicas=100_000,
                quick=partial(signal_lengths, networks=ALIKE),
                axis="number of matrices",
                quantity="mean over networks",
                series=(*(f"{name}, N = 6" for name in LENGTH_MEANS), "square, N = 11"),
            ),
            Replicas(
                name="Glorot's weights between unequal widths",
                predict=of_chains.signal_lengths,
                replicas=20_000,
                full_replicas=100_000,
                quick=partial(signal_lengths, networks=GLOROT),
                axis="number of matrices",
                quantity="mean over networks",
                series=(*LENGTH_MEANS, "square, other widths"),
            ),
        ),
        convention="The weights of a matrix have variance sigma_w^2 over the number of its outputs.",
        independence="One fixed signal is sent through sampled matrices of equal and of unequal widths; no law of its "
        "length is used.",
    ),
    Claim(
        statement=amplified_fraction.STATEMENT,
        checks=(
            Precision(
                name="moment series in the complex plane",
                reference=of_chains.moment_series,
                count=3,
                parameters=amplified_fraction.STATEMENT.parameters,
                constraint=of_chains.inside_the_spectrum,
                against="the moment series, followed along a detour around the spectrum and integrated",
            ),
            FiniteSize(
                name="sampled products",
                predict=of_chains.amplified,
                quick=directions,
                sizes=((16, 600), (24, 360), (36, 190), (54, 100)),
                full_sizes=((40, 4000), (60, 2000), (90, 1000), (140, 400)),
                axis="singular value",
                quantity="fraction above it",
                series=("1 matrix", "2 matrices", "4 matrices"),
            ),
        ),
        convention="The matrices are square and their entries have variance 1 / N; F counts singular values, not "
        "their squares.",
        independence="Matrices are sampled and multiplied, and their singular values are counted; no law of spectra is "
        "used.",
    ),
    Claim(
        statement=orthogonal_initialization.STATEMENT,
        checks=(
            Trend(
                name="decoupled starts of one strength",
                replicas=5,
                on_data=True,
                quick=partial(on_digits, start="decoupled", strength=0.5, depths=DEPTHS, rates=(0.2,)),
                control=partial(on_digits, start="decoupled", strength=1.0, gain=0.9, depths=DEPTHS, rates=(0.2,)),
                full=partial(on_digits_full, start="decoupled", strength=0.5, depths=FULL_DEPTHS, rates=(0.1,)),
                curves=of_starts.epochs_over_depth("decoupled"),
            ),
            Trend(
                name="fastest learning rates",
                replicas=12,
                on_data=True,
                quick=partial(
                    on_digits, start="orthogonal", depths=DEPTHS, rates=TRIED, beside=("glorot", SHALLOW_DEPTHS)
                ),
                control=partial(on_digits, start="gaussian", depths=SHALLOW_DEPTHS, rates=TRIED),
                full=partial(
                    on_digits_full,
                    start="orthogonal",
                    depths=FULL_DEPTHS,
                    rates=TRIED,
                    beside=("glorot", (2, 4, 8, 16)),
                ),
                full_control=partial(on_digits_full, start="gaussian", depths=(2, 4, 8, 16), rates=TRIED),
                curves=of_starts.epochs_over_depth("orthogonal"),
            ),
            Trend(
                name="learning rates like one over depth",
                replicas=10,
                on_data=True,
                quick=partial(on_digits, start="orthogonal", depths=DEPTHS, rates=(0.3,)),
                control=partial(on_digits, start="orthogonal", depths=DEPTHS, rates=(0.1,), one_rate=True),
                full=partial(on_digits_full, start="orthogonal", depths=FULL_DEPTHS, rates=(0.3,)),
                curves=of_starts.epochs_over_depth("orthogonal"),
            ),
            Trend(
                name="Glorot between equal widths",
                replicas=10,
                quick=partial(norm_of_images, widths=(100, 100, 100), allowed=0.2),
                control=partial(norm_of_images, widths=(100, 50), allowed=0.2),
            ),
        ),
        convention="An epoch is one update on all digits; epochs count until 1 % of the squared error is left that the "
        "best map does not have, and the learning rate is that of half the squared error.",
        independence="Real digits; all matrices are free, and trained on all digits at once. The line beside "
        "decoupled starts is the flow of their modes, without the discreteness of epochs.",
    ),
    Claim(
        statement=greedy_pretraining.STATEMENT,
        checks=(
            Precision(
                name="autoencoder and layers in motion",
                reference=of_starts.pretraining_in_motion,
                parameters=greedy_pretraining.STATEMENT.parameters,
                count=3,
                digits=(15, 25),
                against="two weights integrated by Taylor series, and two layers that descend their loss",
            ),
            Ladder(
                name="autoencoder trained",
                predict=of_starts.autoencoder_curves,
                steps=STEPS,
                full_steps=FULL_STEPS,
                quick=partial(components, widths=(5, 3), eigenvalues=EIGENVALUES, examples=24),
                full=partial(components, widths=(50, 3), eigenvalues=WIDE_EIGENVALUES, examples=200),
                axis="time",
                quantity="strength",
                series=tuple(f"component of eigenvalue {value}" for value in EIGENVALUES[:3]),
            ),
            Ladder(
                name="learning after pretraining",
                predict=of_starts.learning_after_pretraining,
                steps=STEPS,
                quick=partial(after_pretraining, widths=(5, 3, 4), eigenvalues=EIGENVALUES, examples=24),
                full=partial(after_pretraining, widths=(50, 3, 20), eigenvalues=WIDE_EIGENVALUES, examples=200),
                full_steps=FULL_STEPS,
                axis="time",
                quantity="strength",
                series=tuple(f"mode with s = {s}" for s in (2.3, 1.4, 0.8)),
            ),
            Trend(
                name="shared input modes decouple",
                replicas=4,
                quick=partial(coupled, aligned=True),
                control=partial(coupled, aligned=False),
            ),
        ),
        convention=CONVENTION,
        independence="The autoencoder starts at small random weights before the outputs are learned; all weights are "
        "free and trained, with unequal widths.",
    ),
)
