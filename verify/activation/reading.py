"""An activation from what a user types: a name, a line of a framework, or an expression in x. Nothing is executed.

The text becomes an expression in `syntax`; kinks (abs, max, min, relu, if) are located exactly, and the function is
rewritten as one smooth piece between each two of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import mpmath
import numpy as np
import sympy as sp

from derivations.activations import ACTIVATIONS, Activation
from derivations.symbols import x
from verify.activation import pieces
from verify.activation.bounds import ActivationError
from verify.activation.pieces import Unreadable
from verify.activation.syntax import parsed
from verify.compile import mpmath_function, numpy_function
from verify.compile.structure import turned

PROBES, HIGHEST = np.linspace(-8, 8, 1601), 1e15  # where a function must be real, finite and below a bound
EXACT = 80  # every so many of them are compared with mpmath


@dataclass(frozen=True)
class Reading:
    """An activation and what is to be said about how the text was understood."""

    activation: Activation
    notes: tuple[str, ...] = ()


def activation(text: str) -> Activation:
    """The activation that a text names or spells, as in "tanh", "nn.LeakyReLU(0.2)", "x * sigmoid(1.7 * x)".

    Raises ActivationError with one line for a text that is too long, uses anything but the whitelisted functions,
    is complex or infinite somewhere, has kinks that cannot be located, or does not depend on x.
    """
    return read(text).activation


def read(text: str) -> Reading:
    """The activation, and notes where frameworks mean different things by its name; raises ActivationError."""
    name = text.strip()
    if name in ACTIVATIONS:
        return Reading(ACTIVATIONS[name])
    try:
        reader, expression = parsed(name)
        if x not in expression.free_symbols:
            raise ActivationError(f"{name!r} does not depend on x; an activation is a function of x, as in tanh(x)")
        return Reading(_activation(reader.title or name, expression), tuple(dict.fromkeys(reader.notes)))
    except Unreadable as problem:
        raise ActivationError(f"{name!r} is refused: {problem}") from None
    except RecursionError:
        raise ActivationError("the expression is nested too deeply") from None


def _activation(name: str, expression: sp.Expr) -> Activation:
    found, parts = pieces.activation(name, expression)
    if not found.expression.free_symbols:
        raise ActivationError(f"{name!r} does not depend on x; an activation is a function of x, as in tanh(x)")
    _probe(name, found)
    for known in ACTIVATIONS.values():
        if _same(known, found, [p.expression for p in parts]):
            return known
    return found


def _same(known: Activation, found: Activation, parts: list[sp.Expr]) -> bool:
    """Whether an activation is the known one; numbers decide first, so that SymPy expands what is equal only."""
    if known.breakpoints != found.breakpoints:
        return False
    with np.errstate(all="ignore"):
        ours, theirs = (numpy_function(a)(PROBES[::EXACT]) for a in (found, known))
    if not np.allclose(ours, theirs, rtol=1e-12, atol=1e-12):
        return False
    whole = known.expression
    pieces_of_it = [value for value, _ in whole.args] if isinstance(whole, sp.Piecewise) else [whole]
    return all(sp.expand(a - b) == 0 for a, b in zip(parts, pieces_of_it, strict=True))


def _probe(name: str, found: Activation) -> None:
    """Refuse a function that is complex, infinite or huge, and one whose digits float64 cannot keep."""
    kinks = [float(place) for place in found.breakpoints]
    with np.errstate(all="ignore"):
        for order in (0, 1):
            try:
                values = _values(found.expression, order, PROBES)
            except (TypeError, OverflowError, ZeroDivisionError, NotImplementedError) as problem:
                raise ActivationError(f"{name!r} cannot be evaluated: {problem}") from None
            bad = ~np.isfinite(values) | (np.abs(values) > HIGHEST) | (np.abs(values.imag) > 0)
            bad &= ~(np.isin(PROBES, kinks) & np.isnan(values))  # 0 / 0: what it tends to there is known
            if bad.any():
                place = PROBES[int(np.argmax(bad))]
                what = "its derivative" if order else "it"
                raise ActivationError(
                    f"{name!r} is refused: at x = {place:g} {what} is not a real number below {HIGHEST:g}"
                )
    exact = mpmath_function(found, 0)
    for place in PROBES[::EXACT]:
        if float(place) in kinks:
            continue
        try:
            with mpmath.workdps(30):
                precise = float(mpmath.re(exact(mpmath.mpf(float(place)))))
        except ZeroDivisionError:  # float64 goes on with infinity
            raise ActivationError(f"{name!r} is refused: at x = {place:g} it divides by zero") from None
        with np.errstate(all="ignore"):
            fast = float(np.real(_values(found.expression, 0, np.array([place]))[0]))
        if abs(precise - fast) > 1e-9 * (1 + abs(precise)):
            raise ActivationError(
                f"{name!r} loses its digits in float64 at x = {place:g}; write it in a form that does not cancel"
            )


def _values(expression: sp.Expr, order: int, at: np.ndarray) -> np.ndarray:
    """A derivative at places, complex; where float64 overflows on the way, in a form where it may not."""

    def by_numpy(form: sp.Expr, places: np.ndarray) -> np.ndarray:
        part = Activation(name="part", expression=form)
        return np.broadcast_to(np.asarray(numpy_function(part, order)(places), dtype=complex), places.shape)

    values = by_numpy(expression, at)
    lost = ~np.isfinite(values)
    if not lost.any() or (other := turned(expression)) == expression:
        return values
    return np.where(lost, by_numpy(other, at), values)
