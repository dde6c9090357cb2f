"""Monomials and units of a sum-product network.

Networks with random whole weights are expanded into dictionaries of monomials and compared with their own forward pass;
networks that add before they multiply are the control.
"""

from __future__ import annotations

import functools

import numpy as np

from derivations.expressivity import sum_product_monomials
from numerics.expressivity.sum_product import expanded_networks
from numerics.measurement import Measurement
from verify.checks import Enumeration, Precision
from verify.checks.precision import Point
from verify.claim import Claim
from verify.compile import Candidate
from verify.evidence import Path, Plane


def monomials_and_units(candidate: Candidate, measured: Measurement) -> np.ndarray:
    """Monomials and units by level, shape (2, levels)."""
    return candidate.numpy(i=measured.axis)


def network_of_ones(dps: int, point: Point) -> list[int]:
    """Output of the network whose weights and inputs are all 1, one for each monomial, and its units, counted."""
    values, multiply, units = [1] * 4 ** int(point["i"]), True, 0
    while len(values) > 1:
        values = [a * b if multiply else a + b for a, b in zip(values[::2], values[1::2], strict=True)]
        units, multiply = units + len(values), not multiply
    return [values[0], units]


def cost_over_inputs(candidate: Candidate, measured: Measurement) -> tuple[Plane, ...]:
    """Units of the deep network and product units of a shallow one, over the number of inputs."""
    inputs = np.log2(np.asarray(measured.given["inputs"]))
    said, counted = np.log2(monomials_and_units(candidate, measured)), np.log2(measured.values)
    names = ("product units of one layer: one for each monomial", "units of the deep network")
    return (
        Plane(
            title="What the same polynomial costs a deep and a shallow network",
            x_label="number of inputs, logarithm to base 2",
            y_label="number of units, logarithm to base 2",
            paths=tuple(
                Path(
                    label=name,
                    group=k,
                    theory=(tuple(inputs.tolist()), tuple(said[k].tolist())),
                    measured=(tuple(inputs.tolist()), tuple(counted[k].tolist())),
                )
                for k, name in enumerate(names)
            ),
        ),
    )


CLAIM = Claim(
    statement=sum_product_monomials.STATEMENT,
    checks=(
        Precision(
            name="network of ones",
            reference=network_of_ones,
            against="the output of the network at ones, to which every monomial adds one, and its units, counted",
            points=({"i": 3}, {"i": 4}, {"i": 5}),
        ),
        Enumeration(
            name="networks expanded",
            predict=monomials_and_units,
            quick=functools.partial(expanded_networks, levels=(1, 2, 3, 4), products_first=True),
            control=functools.partial(expanded_networks, levels=(1, 2, 3), products_first=False),
            axis="pairs of layers i",
            quantity="number counted",
            series=("monomials", "units of the network"),
            picture=cost_over_inputs,
        ),
    ),
    quantities=("M(n)", "u(n)"),
    convention="Monomials in the inputs that have a coefficient other than zero; units are sums and products.",
    independence="Networks expanded with whole numbers in dictionaries and compared with their forward pass.",
)
