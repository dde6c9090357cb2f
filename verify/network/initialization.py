"""Which initialization a tensor of weights has, by its variance, its law and its fans; common slips among them.

A variance is compared with every candidate within its own sampling error, so that a name means agreement to a fraction
of a percent for a million weights. Several names may fit one variance: the right ones are told before the slips.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from verify.network.weights import RECURRENT, Weights

SIGMAS, ROUNDING = 4.0, 2e-3  # of the sampling error, relative error of a formula's own rounding
FEWEST = 100  # weights from which a variance tells formulas apart
TANH_GAIN = 5 / 3  # torch.nn.init.calculate_gain("tanh")
SINE = 30.0  # omega_0 of a SIREN: Sitzmann et al. 2020
CUT = 0.7737413035499233  # variance of a Gaussian cut at two standard deviations
KURTOSIS = {"normal": 3.0, "uniform": 1.8, "truncated normal": 2.37}


@dataclass(frozen=True, kw_only=True)
class Guess:
    """A name for an initialization; `slip` where it is a known mistake, `intended` the variance that was meant."""

    name: str
    slip: bool = False
    intended: float | None = None


def guesses(weights: Weights) -> tuple[Guess, ...]:
    """What the initialization may be: right names, or else slips; none where nothing fits or weights are few."""
    if weights.size < FEWEST or not weights.variance or weights.layer == "Embedding":
        return ()
    kurtosis = KURTOSIS.get(weights.law, 3.0)
    error = SIGMAS * math.sqrt((kurtosis - 1) / weights.size) + ROUNDING
    fitting = [
        guess
        for variance, law, guess in _candidates(weights)
        if (not law or weights.law in law) and abs(weights.variance / variance - 1) < error
    ]
    right = [g for g in fitting if not g.slip]
    return tuple({g.name: g for g in (right or fitting)}.values())


def _candidates(weights: Weights) -> Iterator[tuple[float, tuple[str, ...], Guess]]:
    """Variances with the laws that they come in; no law means any."""
    fan_in, fan_out = weights.fan_in, weights.fan_out
    plain, other = float(weights.torch_fan_in), float(weights.shape[0] * math.prod(weights.shape[2:]))
    any_law: tuple[str, ...] = ("normal", "uniform", "truncated normal")
    if weights.layer == "inputs by outputs":
        plain, other = other, plain
    own = {
        "He by fan-in": 2 / fan_in,
        "1 / fan-in (LeCun)": 1 / fan_in,
        "Xavier": 2 / (fan_in + fan_out),
        "gain 5/3 by fan-in": TANH_GAIN**2 / fan_in,
        "Xavier with gain 5/3": TANH_GAIN**2 * 2 / (fan_in + fan_out),
        "Xavier with gain sqrt 2": 4 / (fan_in + fan_out),
    }
    for name, variance in own.items():
        yield variance, any_law, Guess(name=name)
    if (plain, other) != (fan_in, fan_out) and not weights.layer.startswith("ConvTranspose"):
        yield 2 / (plain + other), any_law, Guess(name="Xavier")
    yield 1 / (3 * fan_in**2), ("uniform",), Guess(name="SIREN, first layer")
    yield 2 / (fan_in * SINE**2), ("uniform",), Guess(name="SIREN, omega_0 = 30")
    yield 0.02**2, ("normal", "truncated normal"), Guess(name="std 0.02, whatever the fan-in")
    yield from _defaults(weights, plain)
    yield from _slips(weights, own, plain, other)


def _defaults(weights: Weights, plain: float) -> Iterator[tuple[float, tuple[str, ...], Guess]]:
    terms = plain
    if weights.layer in RECURRENT:
        terms = weights.shape[0] / {"LSTM": 4, "LSTMCell": 4, "GRU": 3, "GRUCell": 3}.get(weights.layer, 1)
    elif weights.layer == "Bilinear":
        terms = float(weights.shape[1])
    name = "PyTorch's default, uniform up to 1 / sqrt(fan-in): a third of 1 / fan-in"
    if weights.layer in RECURRENT:
        name = "PyTorch's default for recurrent layers, uniform up to 1 / sqrt(hidden size) whatever the fan-in"
    elif weights.layer == "Bilinear":
        name = "PyTorch's default, uniform up to 1 / sqrt(first inputs), though products of both are added up"
    elif weights.layer.startswith("ConvTranspose") and abs(plain / weights.fan_in - 1) > ROUNDING:
        name = "PyTorch's default, by the second axis: the fan-out of a ConvTranspose"
    yield 1 / (3 * terms), ("uniform",), Guess(name=name)


def _slips(
    weights: Weights, own: dict[str, float], plain: float, other: float
) -> Iterator[tuple[float, tuple[str, ...], Guess]]:
    names = ("He by fan-in", "1 / fan-in (LeCun)", "Xavier")
    stated = {  # what a formula gives with the fans that people read off the shape
        "He by fan-in": 2 / plain,
        "1 / fan-in (LeCun)": 1 / plain,
        "Xavier": 2 / (plain + other),
    }
    transposed = weights.layer.startswith("ConvTranspose")
    name, meant = "SIREN, omega_0 = 30", 2 / (weights.fan_in * SINE**2)
    bound = math.sqrt(3 * meant)
    for text, wrong in (
        ("without the square root", 6 / weights.fan_in / SINE),
        ("the square of its bound used as the bound", bound**2),
        ("without the factor sqrt 3", math.sqrt(meant)),
    ):
        yield wrong**2 / 3, ("uniform",), Guess(name=f"{name}, {text}", slip=True, intended=meant)
    for name in names:
        meant = own[name]
        variance = meant if not transposed else stated[name]

        def slip(text: str, name: str = name, meant: float = meant) -> Guess:
            return Guess(name=f"{name}, {text}", slip=True, intended=meant)

        yield variance / 3, ("uniform",), slip("as a uniform law without the factor sqrt 3")
        yield variance**2, ("normal", "truncated normal"), slip("its variance used as the standard deviation")
        yield variance**2 / 3, ("uniform",), slip("its variance used as the bound of a uniform law")
        yield math.sqrt(variance), ("normal", "truncated normal"), slip("its standard deviation used as the variance")
        yield CUT * variance, ("truncated normal",), slip("cut at two standard deviations and not rescaled")
        if transposed:
            axis = "with the fan of the wrong axis (torch.nn.init takes the second, the outputs of a ConvTranspose)"
            yield stated[name], (), slip(axis)
        elif abs(other / plain - 1) > ROUNDING and name != "Xavier":
            yield meant * plain / other, (), slip("with fan-out for fan-in")
    meant = own["Xavier"]

    def brackets(text: str) -> Guess:
        return Guess(name=f"Xavier without brackets: {text}", slip=True, intended=meant)

    for top in (1, 2):
        yield top / plain + other, ("normal",), brackets(f"std sqrt({top} / fan_in + fan_out)")
        yield (top / plain + other) ** 2, ("normal",), brackets(f"std {top} / fan_in + fan_out")
        yield (math.sqrt(top) / plain + other) ** 2, ("normal",), brackets(f"std sqrt({top}) / fan_in + fan_out")
    yield (6 / plain + other) / 3, ("uniform",), brackets("bound sqrt(6 / fan_in + fan_out)")
    yield (math.sqrt(6) / plain + other) ** 2 / 3, ("uniform",), brackets("bound sqrt(6) / fan_in + fan_out")
