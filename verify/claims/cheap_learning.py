"""Chapter cheap_learning (document 003): what shallow and deep networks compute cheaply."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from derivations.activations import GELU, SIGMOID, SOFTPLUS, TANH
from derivations.cheap_learning import multiplication_gate
from numerics.cheap_learning.multiplication import gate_sweep, trained_gate
from numerics.measurement import Measurement
from verify.checks import Certified, Ladder, Precision, Property
from verify.claim import Claim, Ordeal
from verify.compile import numpy_function, torch_function
from verify.references import cheap_learning as reference

POINTS = (
    {"phi": SIGMOID, "b": "1.3", "u": "0.7", "v": "0.43", "lamda": "0.37"},
    {"phi": SOFTPLUS, "b": "0", "u": "-0.83", "v": "0.57", "lamda": "0.71"},
    {"phi": TANH, "b": "-0.6", "u": "0.37", "v": "-1.21", "lamda": "0.23"},
    {"phi": GELU, "b": "0.45", "u": "0.91", "v": "0.64", "lamda": "0.53"},
)


def _sweep(**run: Any) -> Measurement:
    return gate_sweep(
        activations=[numpy_function(a) for a, _ in reference.GATES], biases=[b for _, b in reference.GATES],
        curvatures=[float(numpy_function(a, 2)(np.asarray(b))) / 2 for a, b in reference.GATES], **run,
    )  # fmt: skip


def _training(**run: Any) -> Measurement:
    curvature = float(numpy_function(SIGMOID, 2)(np.asarray(reference.START))) / 2
    return trained_gate(activation=torch_function(SIGMOID), bias=reference.START, curvature=curvature, **run)


CLAIMS = (
    Claim(
        statement=multiplication_gate.STATEMENT,
        checks=(
            Precision(
                name="network at a tiny scale", reference=reference.below_fourth_order, points=POINTS,
                against="the sum over the four neurons, its expansion in the scale extrapolated from two tiny scales",
            ),
            Certified(
                name="network as a certified power series", reference=reference.power_series, points=POINTS[:2],
                against="the power series of the four neurons in ball arithmetic",
            ),
            Property(
                name="symmetries", residual=reference.asymmetry, parameters=multiplication_gate.STATEMENT.parameters,
                sentence="symmetric, odd in each factor, and trading the scale of the weights for that of the inputs",
                constraint=lambda point: min(abs(float(point["u"])), abs(float(point["v"]))) > 0.01, examples=12,
            ),
            Ladder(
                name="four neurons", predict=reference.swept, quick=_sweep, full=functools.partial(_sweep, count=400),
                order=2, steps=(0.4, 0.2, 0.1, 0.05), full_steps=(0.4, 0.2, 0.1, 0.05, 0.025),
                axis="first factor", quantity="output",
                series=tuple(
                    f"{a.name}, {what}" for a, _ in reference.GATES for what in ("output", "change with the scale")
                ),
            ),
            Ladder(
                name="network trained to multiply", predict=reference.trained, order=2, steps=(0.4, 0.2, 0.1),
                quick=_training, full=functools.partial(_training, examples=500), full_steps=(0.4, 0.2, 0.1, 0.05),
            ),
        ),
        convention="sigma_k are derivatives over k!; the output weights are plus or minus 1/(8 sigma_2 lambda^2).",
        independence="The network sums over its neurons; training is told products only and moves nine parameters.",
        printed={
            "E8": Ordeal(
                fails=Precision(
                    name="logistic network without bias", reference=reference.neurons_alone,
                    points=({**POINTS[0], "b": "0"},),
                    against="the four neurons at bias 0, which cancel, so that no finite output weight gives a product",
                ),
                holds=Precision(
                    name="logistic network with a bias", reference=reference.vanishing_scale, points=POINTS[:1],
                    against="the logistic network with a bias, for a vanishing scale",
                ),
            ),
            "E6a": Ordeal(
                fails=Precision(
                    name="network at a growing scale",
                    reference=reference.relative_error, evaluate=reference.predicted_error,
                    points=tuple({**POINTS[0], "lamda": scale} for scale in ("1e2", "1e4", "1e6")),
                    against="the relative error of the network, which tends to -1 as the scale grows",
                ),
            ),
        },
    ),
)  # fmt: skip
