"""Chapter manifold_geometry (document 001): curves in the space of a layer, and what random layers do to them."""

from __future__ import annotations

from typing import Any

from derivations.activations import Activation
from verify.compile import numpy_function
from verify.references.mean_field import fixed_point


def at_fixed_point(activation: Activation, sigma_w: float, sigma_b: float, points: int) -> dict[str, Any]:
    """The settings of an experiment on networks at their fixed point that carries derivatives along."""
    derivatives = tuple(numpy_function(activation, k) for k in range(3))
    return {**_settings(activation, sigma_w, sigma_b, points), "derivatives": derivatives}


def outputs_at_fixed_point(activation: Activation, sigma_w: float, sigma_b: float, points: int) -> dict[str, Any]:
    """The settings of an experiment on networks at their fixed point that only evaluates them."""
    return {**_settings(activation, sigma_w, sigma_b, points), "activation": numpy_function(activation)}


def _settings(activation: Activation, sigma_w: float, sigma_b: float, points: int) -> dict[str, Any]:
    length = fixed_point(activation, sigma_w, sigma_b)
    return {"sigma_w": sigma_w, "sigma_b": sigma_b, "squared_length": length, "points": points}
