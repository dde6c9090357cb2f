"""Deep linear networks: how the modes of the input-output map are learned."""

from __future__ import annotations

from typing import Any

import numpy as np

from derivations.statement import Statement

CONVENTION = "Time counts presentations, tau = P / lambda; the loss is half the squared error summed over examples."

TRAINED = (
    "All entries of all matrices are free and descend the error on examples, by gradients from the correlations of the "
    "examples; widths are unequal."
)

ON_EXAMPLES = "Trained on examples by automatic differentiation: all entries of all matrices free, unequal widths."
CHAINS = ((7, 9, 5), (6, 8, 5, 7), (5, 7, 6, 8, 6), (7, 5, 8, 6, 9, 6), (6, 9, 5, 7, 6, 8, 5), (5, 6, 9, 7, 5, 8, 6, 7))
WIDE_CHAINS = tuple(tuple(5 * width for width in chain) for chain in CHAINS)
STEPS = (0.02, 0.01, 0.005, 0.0025)
FULL_STEPS = (0.01, 0.005, 0.0025, 0.00125)
SINGULAR_VALUES = (3.1, 2.3, 1.4, 0.9)
PASSES = (0.001, 0.0005, 0.00025, 0.000125)  # times of one pass over the examples, over tau
DEEP_SINGULAR_VALUES = (1.7, 1.2, 0.8)

FINISHED = (
    "training ends where no slope exceeds 1e-13 of the largest singular value, and the last updates show what is left"
)
THREE_MODES, POWERS = (2.6, 1.7, 0.9), (2.2, 0.6, 1.3, 0.8, 1.1, 0.7)  # singular values, and powers of the inputs
SMALL_ENDS: dict[str, Any] = {"inputs": 6, "outputs": 4, "powers": POWERS, "examples": 24}
WIDE_ENDS: dict[str, Any] = {
    "inputs": 40,
    "outputs": 25,
    "powers": (*POWERS[:3], *np.linspace(0.6, 1.4, 37)),
    "examples": 120,
}


def fewest_layers(statement: Statement) -> int:
    """The smallest number of layers of neurons for which a statement is made, from the domain of N_l."""
    (domain,) = (p.domain for p in statement.parameters if p.name == "N_l" and p.domain is not None)
    return int(domain.inf)


def balanced(depth: int, initial: tuple[float, ...]) -> np.ndarray:
    """Layer strengths that multiply to the initial mode strengths, equal in all layers."""
    return np.tile(np.asarray(initial) ** (1 / depth), (depth, 1))
