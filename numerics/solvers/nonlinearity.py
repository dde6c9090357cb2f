"""An activation as the solvers see it: float64 callables, and what places quadrature nodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Function = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Nonlinearity:
    """An activation phi with its derivatives, each a function of a float64 array of any shape.

    second       None where phi' jumps, so that phi'' is not a function
    breakpoints  where phi or a derivative of it is not analytic, in ascending order
    reach        distance from the real axis to the nearest singularity of phi, or the scale on which phi varies
    jumps        whether phi itself jumps at a breakpoint: `first` is then its slope elsewhere, and E phi'^2 is infinite
    closed       name of the closed forms of its Gaussian averages ("relu", "erf", "hard_tanh", "sin"), or None
    """

    name: str
    value: Function
    first: Function
    second: Function | None = None
    breakpoints: tuple[float, ...] = ()
    reach: float = 1.0
    jumps: bool = False
    closed: str | None = None

    def __post_init__(self) -> None:
        if not self.reach > 0:
            raise ValueError(f"{self.name}: reach is {self.reach}; it is a distance, hence positive")
        if list(self.breakpoints) != sorted(set(self.breakpoints)):
            raise ValueError(f"{self.name}: breakpoints {self.breakpoints} are not in ascending order")
