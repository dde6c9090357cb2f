"""Deep linear networks trained on digits from several starts: how the epochs grow with depth.

No formula enters, so each trend has a control that must not show it: Gaussian weights, one learning rate for all
depths, one strength a matrix, autoencoders trained too briefly, unequal widths. What the sentence says is measured on
both sides: epochs counted at several depths by one rule, and a power fitted.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from derivations.deep_linear import depth_n_mode, orthogonal_initialization
from numerics.deep_linear.initialization import STARTS, epochs_by_depth, norm_of_images
from numerics.measurement import Measurement
from verify.checks import Trend
from verify.claim import Claim
from verify.compile import candidate
from verify.evidence import Curve
from verify.references.layers_in_motion import integrated_along_log

on_digits = partial(epochs_by_depth, inputs=40, hidden=48, slowest=0.2, tolerance=0.01, longest=100)
on_digits_full = partial(epochs_by_depth, inputs=50, hidden=60, slowest=0.2, tolerance=0.01, longest=400)
DEPTHS, FULL_DEPTHS, SHALLOW_DEPTHS, CONTROL_DEPTHS = (8, 16, 32), (8, 16, 32, 64, 100), (2, 4, 8), (4, 8, 16)
TRIED = (0.35, 0.7, 1.4)
UPDATES, TOO_FEW = 20, 8  # of an autoencoder


def epochs_over_depth(label: str) -> Callable[[Measurement], tuple[Curve, ...]]:
    """Curves of epochs over the number of matrices, called `label` and as the starts beside it; decoupled ones have a
    theory, the flow of their modes.
    """

    def curve(label: str, axis: np.ndarray, theory: np.ndarray, epochs: np.ndarray, errors: np.ndarray) -> Curve:
        return Curve(
            label=label,
            axis_label="number of matrices D",
            value_label="number of epochs",
            axis=tuple(map(float, axis)),
            theory=tuple(map(float, theory)),
            measured=tuple(map(float, epochs)),
            error=tuple(map(float, errors)),
        )

    def curves(measured: Measurement) -> tuple[Curve, ...]:
        given: Any = measured.given
        theory = epochs_of_decoupled(given) if given["strength"] else np.full(len(given["depths"]), np.nan)
        drawn = [curve(label, given["depths"], theory, given["epochs"], given["deviation"])]
        for number in np.unique(given.get("beside_start", ())):
            kept = given["beside_start"] == number
            depths, *rest = (given[f"beside_{name}"][kept] for name in ("depths", "epochs", "deviation"))
            drawn.append(curve(STARTS[number], depths, np.full(len(depths), np.nan), *rest))
        return tuple(drawn)

    return curves


def epochs_of_decoupled(given: Any) -> np.ndarray:
    """Epochs that the flow of decoupled modes, all of the same initial strength, takes to the tolerance, on average."""
    from scipy.interpolate import PchipInterpolator

    rate, s = candidate(depth_n_mode.STATEMENT), np.asarray(given["singular_values"])
    depths, learning_rates = np.asarray(given["depths"]), np.asarray(given["rate"])
    asked = np.tile(s, (len(depths), 1))  # (depths and replicas, modes)
    number = np.repeat(depths + 1, s.size)[:, None]
    times = np.linspace(0, 8, 49)  # multiplied by the number of matrices, over tau

    def speed(a: np.ndarray) -> np.ndarray:
        return rate.numpy(N_l=number, a=a, s=asked.reshape(-1, 1), tau=1.0) / (number - 1)

    strengths = integrated_along_log(speed, np.full((asked.size, 1), given["strength"]), times).reshape(
        *asked.shape, -1
    )
    levels = np.log(np.sum((strengths - asked[..., None]) ** 2, axis=1) / np.sum(asked**2, axis=1)[:, None])
    passed = np.array([PchipInterpolator(-row, times)(-np.log(given["tolerance"])) for row in levels])
    return passed.reshape(len(depths), -1).mean(axis=1) / learning_rates


CLAIM = Claim(
    statement=orthogonal_initialization.STATEMENT,
    checks=(
        Trend(
            name="decoupled starts of one strength",
            replicas=18,
            on_data=True,
            quick=partial(on_digits, start="decoupled", strength=0.5, depths=DEPTHS, rates=(0.3,)),
            control=partial(
                on_digits, start="decoupled", strength=1.0, gain=0.9, depths=CONTROL_DEPTHS, rates=(0.2,), longest=60
            ),
            full=partial(on_digits_full, start="decoupled", strength=0.5, depths=FULL_DEPTHS, rates=(0.3,)),
            full_replicas=22,
            curves=epochs_over_depth("decoupled"),
        ),
        Trend(
            name="fastest learning rates",
            replicas=29,
            full_replicas=42,
            on_data=True,
            quick=partial(
                on_digits, start="orthogonal", depths=DEPTHS, rates=TRIED, beside=(("glorot", SHALLOW_DEPTHS),)
            ),
            control=partial(on_digits, start="gaussian", depths=SHALLOW_DEPTHS, rates=TRIED),
            full=partial(
                on_digits_full,
                start="orthogonal",
                depths=FULL_DEPTHS,
                rates=TRIED,
                beside=(("glorot", SHALLOW_DEPTHS),),
            ),
            full_control=partial(on_digits_full, start="gaussian", depths=SHALLOW_DEPTHS, rates=TRIED),
            curves=epochs_over_depth("orthogonal"),
        ),
        Trend(
            name="learning rates like one over depth",
            replicas=16,
            full_replicas=20,
            on_data=True,
            quick=partial(on_digits, start="orthogonal", depths=DEPTHS, rates=(0.3,)),
            control=partial(on_digits, start="orthogonal", depths=CONTROL_DEPTHS, rates=(0.2,), power=0.0, longest=60),
            full=partial(on_digits_full, start="orthogonal", depths=FULL_DEPTHS, rates=(0.3,)),
            curves=epochs_over_depth("orthogonal"),
        ),
        Trend(
            name="autoencoders one on top of the other",
            replicas=16,
            on_data=True,
            quick=partial(on_digits, start="pretrained", updates=UPDATES, depths=DEPTHS, rates=(0.3,)),
            control=partial(
                on_digits, start="pretrained", updates=TOO_FEW, depths=CONTROL_DEPTHS, rates=(0.3,), longest=60
            ),
            full=partial(
                on_digits_full,
                start="pretrained",
                updates=UPDATES,
                depths=FULL_DEPTHS[:-1],
                rates=TRIED,
                beside=(("orthogonal", FULL_DEPTHS), ("glorot", SHALLOW_DEPTHS)),
            ),
            curves=epochs_over_depth("pretrained"),
            coarse="the exponent is compared with one fifth, which it is not far from",
        ),
        Trend(
            name="Glorot between equal widths",
            replicas=208,
            full_replicas=230,
            quick=partial(norm_of_images, widths=(200, 200, 200), allowed=0.05),
            full=partial(norm_of_images, widths=(1000, 1000, 1000), allowed=0.05),
            control=partial(norm_of_images, widths=(200, 100), allowed=0.05),
            shared={1: "what is too short is not too long"},
        ),
    ),
    convention="An epoch is one update on all digits; epochs count until 1 % of the squared error is left that the "
    "best map does not have, and the learning rate is that of half the squared error.",
    independence="Real digits; all matrices are free, and trained on all digits at once. The line beside "
    "decoupled starts is the flow of their modes, without the discreteness of epochs.",
)
