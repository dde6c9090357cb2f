"""Critical points of continuous lines with bends, by what their averages are in closed form."""

from __future__ import annotations

import mpmath

from derivations.activations import Activation
from derivations.symbols import x
from verify.compile.exact import Mpmath
from verify.compile.structure import pieces

DIGITS = 60
EXACT = Mpmath()


def folded(activation: Activation, bias: float) -> tuple[int, str] | None:
    """How many critical points of positive length a line with bends has at sigma_b, and why; None without a rule.

    With pieces a x + c, which are a x beside zero, Q the tail of a Gaussian of variance q and p its density,

        q E phi'^2 - E phi^2 = sum over bends at t of (c^2 outside - c^2 inside) (q p(t) / |t| - Q(|t|)).

    The last factor is positive (Mills) and grows with q, without bound. If c^2 never falls outwards there is no
    critical point at sigma_b = 0; if a^2 never grows outwards either, E phi'^2 falls with q, and there is one at any
    other sigma_b.
    """
    if not activation.breakpoints or activation.smoothness != 0:
        return None
    parts = pieces(activation)
    if any(part.diff(x).free_symbols for part in parts):
        return None
    with mpmath.workdps(DIGITS):
        places = [EXACT.evaluate(place, {}) for place in activation.breakpoints]
        lines = [[EXACT.evaluate(value, {}) ** 2 for value in (part.diff(x), part.subs(x, 0))] for part in parts]
    right = next((k for k, place in enumerate(places) if place > 0), len(places))
    left = next((k for k, place in enumerate(places) if place >= 0), len(places))
    sides = lines[right:], lines[left::-1]
    offsets = [[c for _, c in side] for side in sides]
    slopes = [[a for a, _ in side] for side in sides]
    if any(c[0] != 0 or c != sorted(c) for c in offsets) or not any(map(any, offsets)):
        return None
    if bias == 0:
        return 0, "phi bends away from its lines through zero: q E phi'^2 > E phi^2"
    if any(a != sorted(a, reverse=True) for a in slopes):
        return None
    return 1, "phi bends away from its lines through zero and never steepens: q - E phi^2 / E phi'^2 grows with q"
