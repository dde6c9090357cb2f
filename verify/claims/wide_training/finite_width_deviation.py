"""Deviation of a single network of finite width.

The squared gradients of explicit networks of few neurons scatter as stated, at every width; the activation of one kind
is neither odd nor even. What training on one example adds to the output of such networks is followed over the width, as
is that of linear networks, which are solved at every width by their constant of the motion.

Single networks with two hidden layers are trained on digits, and what they say of others is compared with the tangent
kernel of infinite width. As a control their outputs are made small, so that their weights have to move.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np

from derivations.activations import LINEAR, SIN, TANH, Activation
from derivations.wide_training import finite_width_deviation, linear_in_function_space
from numerics.measurement import Measurement
from numerics.wide_training.deviations import apart_from, kernel_variances, trained_variances
from verify.checks import FiniteSize, Precision, Rate, Replicas, Trend
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate, candidate, mpmath_function, torch_function
from verify.evidence import Curve
from verify.references.mean_field import SHIFTED
from verify.references.wide_digits import HIDDEN, NETWORK, kernel

Kind = tuple[Activation, float, float, float]
NETWORKS: tuple[Kind, ...] = (  # activation, sigma_w, sigma_b, mean square of the input's entries
    (SHIFTED, 0.9, 0.4, 0.6),
    (TANH, 1.2, 0.3, 0.9),
)
TRAINED: tuple[Activation, float, float] = (SHIFTED, 0.9, 0.4)
EXAMPLE, TIME = 1.3, 0.4  # target of the one example of a linear network, and when it is asked
NODES, STEPS = 24, 160  # of quadratures over a chi-square; of Runge and Kutta's method up to that time
ELSE = {"lambda_k": 3.0, "lambda_l": 1.4}  # where their answer is not asked for
NOTHING = {**ELSE, "y": 0.7, "t": 0.6, "tau": 1.7}
SPREAD = "It is the variance of trained networks, of which thousands leave percents, extrapolated over the width."
WRONG = (0.5, 0.1, 0.01)  # relative distances for which widths are told


def scatter(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Variances of kernels, times the width: (networks, widths)."""
    width, found = measured.axis, []
    for (activation, weight, bias, _), square in zip(NETWORKS, np.asarray(measured.given["squares"]), strict=True):
        variance = bias**2 + weight**2 * float(square)
        known = {"phi": activation, "sigma_w": weight, "sigma_b": bias, "K_II": variance, "N": width}
        found.append(width * formula.numpy(**NOTHING | known)[0])
    return np.array(found)


def after_training(formula: Candidate, measured: Measurement) -> np.ndarray:
    """Variances of outputs over time, times the width."""
    activation, weight, bias = TRAINED
    known = {"phi": activation, "sigma_w": weight, "sigma_b": bias, "N": 7, "t": measured.axis, **ELSE}
    known |= {"K_II": bias**2 + weight**2 * measured.given["square"], "y": measured.given["target"]}
    found: np.ndarray = 7 * formula.numpy(**known, tau=measured.given["tau"])[1]
    return found


def in_float64(formula: Candidate, dps: int, point: Point) -> list[float]:
    """The formula in float64, whose averages share their nodes."""
    return [float(v) for v in formula.numpy(**point)]


def one_neuron(dps: int, point: Point) -> list:
    """Variance of one neuron's part; the answers of an exponential and of that of a matrix, numerically."""
    phi, slope = (mpmath_function(point["phi"], order) for order in (0, 1))
    with mpmath.workdps(2 * dps + 10):
        weight, bias, variance, target, time, tau, first, second = (
            mpmath.mpf(point[name]) for name in ("sigma_w", "sigma_b", "K_II", "y", "t", "tau", "lambda_k", "lambda_l")
        )
        nodes = (
            (-mpmath.sqrt(3), mpmath.mpf(1) / 6),
            (mpmath.mpf(0), mpmath.mpf(2) / 3),
            (mpmath.sqrt(3), mpmath.mpf(1) / 6),
        )
        step, reach = mpmath.mpf(5) / (2 * dps), mpmath.sqrt(2 * dps * mpmath.log(10) + 30)
        moments = [mpmath.mpf(0)] * 2
        for k in range(-int(reach / step), int(reach / step) + 1):
            h, mass = mpmath.sqrt(variance) * k * step, step * mpmath.npdf(k * step)
            for a, share in nodes:
                part = weight**2 * (phi(h) ** 2 + a**2 * slope(h) ** 2 * variance)
                moments = [total + share * mass * part**n for n, total in enumerate(moments, start=1)]
        spread = (moments[1] - moments[0] ** 2) / int(point["N"])
        answer = mpmath.diff(lambda rate: target * (1 - mpmath.exp(-rate * time / tau)), bias**2 + moments[0])

        def coupled(entry: Any) -> Any:
            return mpmath.expm(mpmath.matrix([[first, entry], [entry, second]]) * (-time / tau))[0, 1]

        return [spread, spread * answer**2, -mpmath.diff(coupled, 0)]


def linear_networks(dps: int, point: Point) -> list[float]:
    """N times the variance of what training on one example adds to outputs a . w / sqrt(N) of N linear neurons.

    f and Theta = (|a|^2 + |w|^2) / N flow by f' = -Theta (f - y) and Theta' = -4 f (f - y) / N, which leaves Theta^2 -
    4 f^2 / N as it is; y is EXAMPLE above the start. There |a + w|^2 / N and |a - w|^2 / N are two independent
    chi-squares, times 2 / N.
    """
    width = float(point["N"])
    order = np.arange(1, NODES)
    beside = np.sqrt(order * (order + width / 2 - 1))  # of Laguerre's polynomials for x^(N/2 - 1) exp(-x)
    jacobi = np.diag(2.0 * np.arange(NODES) + width / 2) + np.diag(beside, 1) + np.diag(beside, -1)
    values, vectors = np.linalg.eigh(jacobi)
    one, other = np.meshgrid(4 * values / width, 4 * values / width)
    mass = np.multiply.outer(vectors[0] ** 2, vectors[0] ** 2)
    constant, start, step = one * other, np.sqrt(width) * (one - other) / 4, TIME / STEPS

    def slope(added: np.ndarray) -> np.ndarray:
        return -np.sqrt(constant + 4 * (start + added) ** 2 / width) * (added - EXAMPLE)

    added = np.zeros_like(start)
    for _ in range(STEPS):
        first = slope(added)
        second = slope(added + step / 2 * first)
        third = slope(added + step / 2 * second)
        added = added + step / 6 * (first + 2 * second + 2 * third + slope(added + step * third))
    mean = float((mass * added).sum())
    return [width * float((mass * (added - mean) ** 2).sum())]


def of_linear_networks(formula: Candidate, dps: int, point: Point) -> list[float]:
    """The same by the formula."""
    known = {"phi": LINEAR, "sigma_w": 1.0, "sigma_b": 0.0, "K_II": 1.0, "N": 7, "y": EXAMPLE, "t": TIME, "tau": 1.0}
    return [7 * float(formula.numpy(**known, **ELSE)[1])]


def expected(products: np.ndarray, labels: np.ndarray, count: int, time: float) -> np.ndarray:
    """What training adds to the outputs for the digits that are not learnt, by the modes of the kernel."""
    theta, learnt = kernel(products), len(labels)
    values, vectors = np.linalg.eigh(theta[:learnt, :learnt])
    known = {"t": time, "tau": 1.0, "lambda_k": values, "s_k": labels @ vectors, "u_k0": 0.0}
    rows = [
        candidate(linear_in_function_space.STATEMENT).numpy(**known, kappa_k=theta[row, :learnt] @ vectors)[1]
        for row in range(learnt, count)
    ]
    return np.array(rows).sum(axis=1)


def distance_over_width(measured: Measurement) -> tuple[Curve, ...]:
    """Distances over the width, and the widths at which the line through their logarithms is 50, 10 and 1 %."""
    widths, distance = (np.asarray(measured.given[name], dtype=float) for name in ("widths", "distance"))
    slope, offset = np.polyfit(np.log(widths), np.log(distance), 1)
    told = [np.exp((np.log(part) - offset) / slope) for part in WRONG]
    words = ", ".join(
        f"{part:.0%} at width {_rounded(width)}{'' if width <= widths[-1] else ' (extrapolated)'}"
        for part, width in zip(WRONG, told, strict=True)
    )
    return (
        Curve(
            label=f"power {slope:.2f} of the width; wrong by {words}",
            axis=tuple(widths.tolist()),
            theory=tuple(np.exp(offset + slope * np.log(widths)).tolist()),
            measured=tuple(distance.tolist()),
            error=tuple(np.asarray(measured.given["distance_error"], dtype=float).tolist()),
            axis_label="width N",
            value_label="distance from the kernel's prediction, relative",
        ),
    )


def _rounded(width: float) -> str:
    """Two digits of a width."""
    return f"{float(f'{width:.1e}'):,.0f}"


digits = partial(
    apart_from,
    expected=expected,
    network=(torch_function(NETWORK[0]), *NETWORK[1:]),
    ratios=HIDDEN,
    classes=(3, 8),
    examples=5,
    unseen=20,
    time=1.1,
    step=0.2,
    between=(0.25, 0.75),
)
SCATTER = partial(
    kernel_variances,
    networks=tuple((torch_function(kind[0]), *kind[1:]) for kind in NETWORKS),
)
ONE_EXAMPLE = partial(
    trained_variances,
    network=(torch_function(TRAINED[0]), *TRAINED[1:]),
    square=0.7,
    target=1.4,
    times=(0.8, 2.0),
    tau=1.6,
    step=0.4,
)

CLAIM = Claim(
    statement=finite_width_deviation.STATEMENT,
    checks=(
        Precision(
            name="one neuron, and flows with a kernel that is off",
            reference=one_neuron,
            against="the variance of one neuron's part; exponentials of a number and a matrix, differentiated",
            points=(
                {
                    **{"phi": SHIFTED, "sigma_w": "1.3", "sigma_b": "0.4", "K_II": "0.7", "N": 3, "y": "1.6"},
                    **{"t": "0.8", "tau": "1.7", "lambda_k": "3.3", "lambda_l": "1.4"},
                },
                {
                    **{"phi": SIN, "sigma_w": "0.8", "sigma_b": "0.7", "K_II": "1.6", "N": 5, "y": "-0.7"},
                    **{"t": "1.3", "tau": "0.6", "lambda_k": "0.9", "lambda_l": "1.7"},
                },
            ),
            digits=(10, 13),
            evaluate=in_float64,
        ),
        Rate(
            name="one example, linear networks of finite width",
            exact=linear_networks,
            against="variances over linear networks with N hidden neurons, solved by their constant of the motion",
            points=({},),
            values=("16", "64", "256", "1024"),
            digits=9,
            evaluate=of_linear_networks,
        ),
        Replicas(
            name="squared gradients of random networks",
            predict=scatter,
            quick=partial(SCATTER, widths=(3, 6), batch=2600),
            full=partial(SCATTER, widths=(3, 6, 12), batch=5800),
            replicas=40,
            full_replicas=80,
            axis="width N",
            quantity="N times the variance of the kernel",
            series=("shifted sine", "tanh"),
        ),
        FiniteSize(
            name="networks trained on one example",
            predict=after_training,
            quick=partial(ONE_EXAMPLE, batch=150),
            full=partial(ONE_EXAMPLE, batch=600),
            sizes=((20, 40), (40, 40), (80, 40)),
            full_sizes=((24, 80), (48, 80), (96, 80)),
            coarse=SPREAD,
            axis="time t",
            quantity="N times the variance of the output",
        ),
        Trend(
            name="single networks that learn digits",
            quick=partial(digits, widths=(10, 32, 100)),
            control=partial(digits, widths=(10, 60), mean_field=5.0),
            replicas=40,
            full_replicas=20,
            full=partial(digits, widths=(16, 64, 256, 768)),
            full_control=partial(digits, widths=(16, 64, 256), mean_field=5.0),
            shared={2: "a distance that does not fall does not fall too fast"},
            on_data=True,
            curves=distance_over_width,
        ),
    ),
    quantities=tuple(map(str, finite_width_deviation.STATEMENT.left)),
    convention="Theta is the squared gradient of an output (NTK parametrization), outputs are less those at the start; "
    "the width of the digits' networks is that of the first of two hidden layers.",
    independence="Gradients of explicit networks by automatic differentiation, and whole networks trained by the "
    "gradient of their loss. The digits are real; distances are those from what the kernel predicts for them.",
)
