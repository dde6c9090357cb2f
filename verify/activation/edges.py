"""The largest squared singular value of a deep network's Jacobian with proven digits, for any activation.

Outside the values of s = phi'(h)^2 the level lambda over gain^L is a function of one real w > sup s, as in
numerics.solvers.spectrum_smooth, with m(w) = E s / (w - s):

    orthogonal weights   w (w m / (1 + m))^(L-1)          Gaussian weights   w (w m)^(L-1) (1 + m)

log(w m / (1 + m)), log(w m) and log(1 + m) are Cauchy transforms of positive measures, so that log lambda is convex in
log w: its one stationary point is the edge, and a tangent bounds it from below. Averages are enclosed by integration
of analytic functions in balls, which proves on the way that w is no value of s.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import flint
import numpy as np
from flint import acb, arb

from derivations.activations import Activation
from verify import certify
from verify.activation.certified import NotCertified, certified
from verify.activation.enclosed import HIGHEST, LOWEST, enclosure, sizes
from verify.activation.network import Propagation

GUARD = 10  # digits beyond those asked for, of the length and of the weights
SPARE = 80  # bits
STEPS = 12  # of the secant method
WEIGHTS = ("orthogonal", "gaussian")


def proven_edges(
    activation: Activation,
    found: Propagation,
    layers: int,
    digits: int,
    given: tuple[str | None, str | None],
    starts: Mapping[str, float],
) -> dict[str, str]:
    """Decimal strings of the largest squared singular value by kind of weights, each proven to its last digit.

    given   sigma_w and sigma_b as decimal text; without sigma_w the network is the critical one
    starts  the edges as floating-point numbers, by kind of weights

    Raises NotCertified where the digits are not proven, or the edge is no stationary point of the level.
    """
    known = certified(activation, found, digits + GUARD, *given)
    if found.sigma_w is not None:
        weight, length, some = given[0], known.q_star, found.q_star
    elif known.critical is not None and found.critical is not None:
        weight, length, some = known.critical["sigma_w"], known.critical.get("q_star"), found.critical.q_star
    else:
        return {}
    if weight is None or (length is None and some is not None):  # without a length the activation treats all alike
        raise NotCertified("the digits of the weight and length at which the network stands are not proven")
    if length == "0":
        raise NotCertified("at length zero the law has no edge of its own")
    with certify.precision(int(3.33 * (digits + GUARD)) + SPARE):
        gain = _near(weight, digits + GUARD) ** 2 if found.sigma_w is None else certify.ball(weight) ** 2
        averages = _Averages(activation, arb(1) if length is None else _near(length, digits + GUARD))
        width = arb(10) ** (-(digits + GUARD) // 2)  # beyond what is unknown of the length
        answers = {kind: _edge(averages, layers, kind, start, width) for kind, start in starts.items()}
        return {kind: _text(gain**layers * value, digits) for kind, value in answers.items()}


def _near(text: str, digits: int) -> Any:
    """A ball around a number whose decimal text is within a unit of its last digit."""
    value = certify.ball(text)
    return value + arb(0, abs(value).upper() * arb(10) ** (1 - digits))


class _Averages:
    """E s / (w - s) and E w s / (w - s)^2 as balls, for real w above all values of s."""

    def __init__(self, activation: Activation, length: Any):
        self.enclosure, self.deviation = enclosure(activation), length.sqrt()
        self.places = [certify.ball(str(b)) / self.deviation for b in activation.breakpoints]
        reach = float((2 * flint.ctx.prec * arb(2).log() + 40).sqrt().mid()) - 1
        start = reach * float(self.deviation.lower())
        beyond = 2.0 ** np.arange(LOWEST + 1, HIGHEST + 1) > start
        with certify.precision(64):
            self.tail = arb(float(np.max(sizes(activation, 1)[:, beyond]))).exp() ** 2  # s far out

    def at(self, w: Any) -> tuple[Any, Any]:
        if not w > self.tail:
            raise NotCertified("values of phi'^2 far out are not proven to lie below the edge")
        far = self.tail / (w - self.tail)

        def of(power: int) -> Any:
            def on_panel(middle: Any) -> Any:
                piece = self.enclosure.piece(float((middle * self.deviation).mid()))

                def function(z: Any, analytic: bool) -> Any:
                    slope = self.enclosure.at(piece, 1, acb(z * self.deviation))
                    if slope is None:
                        return acb(float("nan"))
                    s = slope * slope
                    return s / (w - s) if power == 1 else w * s / (w - s) ** 2

                return function

            bound = far if power == 1 else far * w / (w - self.tail)
            return certify.gaussian_expectation(on_panel, self.places, (bound.upper(), 0, arb(0)))

        return of(1), of(2)


def _edge(averages: _Averages, layers: int, weights: str, start: float, width: Any) -> Any:
    """A ball around the least level over w above all s.

    start  a w close to the stationary one
    width  of log w, on both sides, at which the level is proven to fall and to rise
    """

    def level(u: Any) -> tuple[Any, Any]:
        """log lambda and its slope at log w = u."""
        m, moved = averages.at(u.exp())
        if not m > 0:
            raise NotCertified("the averages are not proven to be positive")
        if weights == "orthogonal":
            return (
                layers * u + (layers - 1) * (m.log() - (1 + m).log()),
                layers - (layers - 1) * moved / (m * (1 + m)),
            )
        return layers * u + (layers - 1) * m.log() + (1 + m).log(), layers - (layers - 1) * moved / m - moved / (1 + m)

    u, before = arb(start).log(), arb(start).log() + arb(10) ** -6
    u, before = arb(u.mid()), arb(before.mid())
    old = arb(level(before)[1].mid())
    for _ in range(STEPS):
        new = arb(level(u)[1].mid())
        if new == old:
            break
        step = arb((new * (u - before) / (new - old)).mid())
        before, old, u = u, new, arb((u - step).mid())
        if abs(step) < width / 1000:
            break
    below, above = level(u - width)[1], level(u + width)[1]
    if not (below < 0 and above > 0):
        raise NotCertified("the edge is no proven stationary point of the level")
    value, slope = level(u)
    lowest = (value - abs(slope) * width).exp().lower()  # by the tangent; the value itself is an upper bound
    return lowest.union(value.exp().upper())


def _text(value: Any, digits: int) -> str:
    if not value.is_finite() or value.rel_accuracy_bits() < 3.33 * digits:
        raise NotCertified(f"the enclosure {certify.digits(value, digits)} of the edge is too wide")
    return str(value.str(digits, radius=False))
