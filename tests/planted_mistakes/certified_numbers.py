"""Mistakes planted in references that give certified numbers: balls that are narrow and wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from flint import acb, arb

from tests.planted_mistakes import Mistake, with_check
from verify.references import ball_spectra
from verify.references.balls import arrival, average, integral, numbers, travel


def _mistake(claim: str, check: str, what: str, reference: Callable[[int, Any], Any]) -> Mistake:
    """A reference put in the place of a check's own."""
    plant = with_check(check, lambda right: dataclasses.replace(right, reference=reference))
    return Mistake(claim=claim, kind="reference", what=what, plant=plant, checks=(check,))


def _one_layer(bits: int, point: Any) -> Any:
    t, s, start, tau = numbers(point, "t", "s", "a_0", "tau")
    return arrival(lambda a: a * (s - a) / tau, start, t, "0.55" if point["a_0"] == "0.13" else "1.48")


def _depth_for_depth_less_one(bits: int, point: Any) -> Any:
    s, start, end = numbers(point, "s", "a_0", "a_f")
    return travel(lambda a: a**3 * (s - a), start, end)


def _edge_without_weights(bits: int, point: Any) -> list[Any]:
    layers = point["L"]

    def transform(z: Any) -> Any:
        return 1 / (1 + z) ** (layers - 1)

    return [ball_spectra.edge(transform, str(1 / (layers - 1))), *ball_spectra.moments(transform, point["k"])[-1:]]


def _both_tails(bits: int, point: Any) -> list[Any]:
    time, speed = numbers(point, "t", "u_0")
    mean = integral(lambda s: speed**2 * (1 - (-s).exp()), arb(0), time)
    return [mean, 2 * average(lambda z: acb(1), beyond=(mean / 2).sqrt())]


def _uncut_noise(bits: int, point: Any) -> list[Any]:
    share, noise, datum = numbers(point, "alphabar_s", "beta_t", "v_0")
    known, unknown = (1 / (1 / prior + 1 / noise) for prior in (1 - share, 1 - share + share * datum))
    return [(2 * arb.pi() * variance).log() / 2 + arb(1) / 2 for variance in (known, unknown, noise)]


MISTAKES = (
    _mistake(
        "deep_linear.mode_logistic", "strength after a certified time", "the rate of one layer, not of two", _one_layer
    ),
    _mistake(
        "deep_linear.infinite_depth_time",
        "certified time at infinite depth",
        "a power of the strength too many in the rate",
        _depth_for_depth_less_one,
    ),
    _mistake(
        "jacobian_spectrum.gaussian_product",
        "certified edge and moment",
        "one matrix too few in the S-transform",
        _edge_without_weights,
    ),
    _mistake(
        "diffusion.transient_entropy_decrease",
        "certified work",
        "both tails of the Gaussian in place of one",
        _both_tails,
    ),
    _mistake(
        "diffusion.step_entropies",
        "certified entropies",
        "a step back that does not scale the state",
        _uncut_noise,
    ),
)
