"""An activation as the solvers see it: float64 callables, and what places quadrature nodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Function = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, kw_only=True)
class NearZero:
    """Averages at short lengths as series in s = sqrt(q) / unit, lowest power first, each to about 1e-16 of its size.

    unit        the radius of phi's own series, so that phi(k x) has the coefficients of phi and none overflows
    largest     variance up to which they hold
    square      E phi^2;  gradient  E phi'^2;  curvature  E phi''^2 (where phi' does not jump)
    gap         q E phi'^2 - E phi^2, whose first terms often cancel; empty where phi does not vanish at zero
    """

    unit: float
    largest: float
    square: tuple[float, ...]
    gradient: tuple[float, ...]
    curvature: tuple[float, ...]
    gap: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Nonlinearity:
    """An activation phi with its derivatives, each a function of a float64 array of any shape.

    second       None where phi' jumps, so that phi'' is not a function
    breakpoints  where phi or a derivative of it is not analytic, in ascending order
    reach        distance from the real axis to the nearest singularity of phi, or the scale on which phi varies
    scales       (centre, width) of places where phi may bend, so that no rule steps over a narrow bump
    jumps        whether phi itself jumps at a breakpoint: `first` is then its slope elsewhere, and E phi'^2 is infinite
    closed       name of the closed forms of its Gaussian averages ("relu", "erf", "hard_tanh", "sin"), or None
    near_zero    its averages at short lengths, where it has series on both sides of zero
    monomial     (a, b, p) with phi = a |x|^p for x < 0 and b x^p for x > 0
    terms        (c, m, r) of phi = sum c x^m exp(r x), c and r complex; empty where it has no such form
    """

    name: str
    value: Function
    first: Function
    second: Function | None = None
    breakpoints: tuple[float, ...] = ()
    reach: float = 1.0
    scales: tuple[tuple[float, float], ...] = ()
    jumps: bool = False
    closed: str | None = None
    near_zero: NearZero | None = None
    monomial: tuple[float, float, float] | None = None
    terms: tuple[tuple[complex, int, complex], ...] = ()

    def __post_init__(self) -> None:
        if not self.reach > 0:
            raise ValueError(f"{self.name}: reach is {self.reach}; it is a distance, hence positive")
        if list(self.breakpoints) != sorted(set(self.breakpoints)):
            raise ValueError(f"{self.name}: breakpoints {self.breakpoints} are not in ascending order")
