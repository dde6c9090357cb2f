"""The same quantities with proven digits, by ball arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from derivations.activations import Activation
from derivations.calculus.gaussian import GaussE
from derivations.symbols import phi, q, x, z
from verify import certify
from verify.activation.network import CriticalPoint, Propagation
from verify.compile import Candidate, CandidateError, Unsupported
from verify.references.mean_field import PARAMETERS, length_fixed_point

MOST = 100  # digits
SPARE = 60  # bits beyond the digits asked for: an enclosure loses some on the way
FIELD = sp.sqrt(q) * z
FIRST, SECOND = (sp.Subs(phi(x).diff(x, k), x, FIELD) for k in (1, 2))
AVERAGES = {
    "square": GaussE(phi(FIELD) ** 2, z),
    "gradient": GaussE(FIRST**2, z),
    "curvature": GaussE(SECOND**2, z),
    # d/dq E f(sqrt(q) z) = E f (z^2 - 1) / (2 q) needs no derivative of f, which may jump.
    "square_slope": GaussE(phi(FIELD) ** 2 * (z**2 - 1), z) / (2 * q),
    "gradient_slope": GaussE(FIRST**2 * (z**2 - 1), z) / (2 * q),
}
FORMULAS = {
    name: Candidate((average,), (), tuple(p for p in PARAMETERS if p.symbol in (phi, q)))
    for name, average in AVERAGES.items()
}


class NotCertified(ArithmeticError):
    """No proof is known for the digits that were asked for; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Certified:
    """Decimal strings of `digits` significant digits, each proven to within one unit of its last digit.

    None where the quantity does not exist. `critical` has sigma_w, q_star and variance_slope.
    """

    digits: int
    q_star: str | None = None
    chi1: str | None = None
    chi2: str | None = None
    variance_slope: str | None = None
    critical: Mapping[str, str] | None = None


def certified(
    activation: Activation, found: Propagation, digits: int, weight: str | None, bias: str | None
) -> Certified:
    """Enclosures of what `found` has as floats; `weight` and `bias` are sigma_w and sigma_b as decimal text.

    Raises NotCertified where no growth bound of the activation is known, or the digits are not proven.
    """
    bits = int(3.33 * digits) + SPARE
    try:
        with certify.precision(bits):
            network = _network(activation, found, digits, weight, bias or "0", bits)
            point = found.critical
            critical = _critical(activation, point, digits, bias or "0", bits) if point is not None else None
    except (certify.Unbounded, Unsupported, CandidateError) as problem:
        raise NotCertified(f"no digits of {activation.name} can be proven: {problem}") from problem
    except ArithmeticError as problem:
        raise NotCertified(f"{digits} digits of {activation.name} are not proven: {problem}") from problem
    return Certified(digits=digits, critical=critical, **network)


def _average(activation: Activation, name: str, length: Any, bits: int) -> Any:
    return FORMULAS[name].arb(bits, q=length, phi=activation)


def _network(
    activation: Activation, found: Propagation, digits: int, weight: str | None, bias: str, bits: int
) -> dict[str, str | None]:
    if weight is None or found.chi1 is None:
        return {}
    w2 = certify.ball(weight) ** 2
    if not found.q_star:  # zero, or any length where the activation treats all alike
        values = {"chi1": w2 * _square_at_zero(activation, 1)}
        values["variance_slope"] = values["chi1"]
        if found.q_star is not None:
            values["q_star"] = certify.ball(0)
            if found.chi2 is not None:
                values["chi2"] = w2 * _square_at_zero(activation, 2)
    else:
        length = length_fixed_point(activation, weight, bias, repr(found.q_star), bits)
        values = {
            "q_star": length,
            "chi1": w2 * _average(activation, "gradient", length, bits),
            "variance_slope": w2 * _average(activation, "square_slope", length, bits),
        }
        if found.chi2 is not None:
            values["chi2"] = w2 * _average(activation, "curvature", length, bits)
    return {name: _text(value, digits) for name, value in values.items()}


def _critical(activation: Activation, point: CriticalPoint, digits: int, bias: str, bits: int) -> dict[str, str]:
    if not point.q_star:
        weight = 1 / _square_at_zero(activation, 1).sqrt()
        length = {} if point.q_star is None else {"q_star": "0"}
        return {"sigma_w": _text(weight, digits), **length, "variance_slope": "1"}
    b2 = certify.ball(bias) ** 2

    def excess(v: Any) -> Any:
        return v - _average(activation, "square", v, bits) / _average(activation, "gradient", v, bits) - b2

    def slope(v: Any) -> Any:
        square, gradient, *slopes = (
            _average(activation, name, v, bits) for name in ("square", "gradient", "square_slope", "gradient_slope")
        )
        return 1 - (slopes[0] * gradient - square * slopes[1]) / gradient**2

    length = certify.root(excess, slope, repr(point.q_star), bits)
    w2 = 1 / _average(activation, "gradient", length, bits)
    stability = w2 * _average(activation, "square_slope", length, bits)
    found = {"sigma_w": w2.sqrt(), "q_star": length, "variance_slope": stability}
    return {name: _text(value, digits) for name, value in found.items()}


def _square_at_zero(activation: Activation, order: int) -> Any:
    """The average over both sides of zero of the squared derivative there."""
    sides = [_side(activation.derivative(order), sign) for sign in (-1, 1)]
    exact = Candidate((sum(side**2 for side in sides) / 2,))
    return exact.arb(_bits())


def _bits() -> int:
    import flint

    return flint.ctx.prec


def _side(expression: sp.Expr, sign: int) -> sp.Expr:
    """The value at zero of the piece that holds just beside it."""
    near = sign * sp.Rational(1, 10**30)
    for node in expression.atoms(sp.Piecewise):
        piece = next(value for value, condition in node.args if condition == sp.true or bool(condition.subs(x, near)))
        expression = expression.xreplace({node: piece})
    return expression.subs(x, 0)


def _text(value: Any, digits: int) -> str:
    text = value.str(digits, radius=False)
    if not value.is_finite() or (value.rel_accuracy_bits() < 3.33 * digits and not value == 0):
        raise NotCertified(f"the enclosure {certify.digits(value, digits)} is too wide")
    return text
