"""The same quantities with proven digits, by ball arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sympy as sp

from derivations.activations import Activation
from derivations.calculus.gaussian import GaussE
from derivations.symbols import phi, q, x, z
from verify import certify
from verify.activation.network import CriticalPoint, Propagation
from verify.compile import Candidate, CandidateError, Unsupported
from verify.compile.nonlinearity import nonlinearity
from verify.references.mean_field import PARAMETERS

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

    None where the quantity does not exist or is not proven; `notes` say of each that is not proven why. `critical` has
    sigma_w, q_star and variance_slope.
    """

    digits: int
    q_star: str | None = None
    chi1: str | None = None
    chi2: str | None = None
    variance_slope: str | None = None
    critical: Mapping[str, str | None] | None = None
    notes: tuple[str, ...] = ()


def certified(
    activation: Activation, found: Propagation, digits: int, weight: str | None, bias: str | None
) -> Certified:
    """Enclosures of what `found` has as floats; `weight` and `bias` are sigma_w and sigma_b as decimal text.

    Raises NotCertified where there are numbers and not one of them is proven.
    """
    proving = _Proving(activation=activation, digits=digits, bits=int(3.33 * digits) + SPARE)
    with certify.precision(proving.bits):
        network = _network(proving, found, weight, bias or "0")
        critical = None if found.critical is None else _critical(proving, found.critical, bias or "0")
    numbers = [*network.values(), *(critical or {}).values()]
    if proving.notes and all(number is None for number in numbers):
        raise NotCertified(f"no digits of {activation.name} can be proven: {proving.reason}")
    if not numbers:
        proving.notes.append("There is no number whose digits could be proven: no q_star, and no critical point.")
    return Certified(digits=digits, critical=critical, notes=tuple(proving.notes), **network)


@dataclass(kw_only=True)
class _Proving:
    """Numbers of one activation, each with its own failure."""

    activation: Activation
    digits: int
    bits: int
    notes: list[str] = field(default_factory=list)
    reason: str = ""

    def average(self, name: str, length: Any) -> Any:
        return FORMULAS[name].arb(self.bits, q=length, phi=self.activation)

    def ball(self, names: str, work: Callable[[], Any]) -> Any | None:
        """What `work` encloses; None with a note on the numbers `names` where it does not."""
        try:
            return work()
        except (certify.Unbounded, Unsupported, CandidateError, ArithmeticError) as problem:
            self.reason = why = str(problem)
            self.notes.append(f"Not proven to {self.digits} digits: {names}. {why[:1].upper()}{why[1:]}.")
            return None

    def text(self, name: str, work: Callable[[], Any]) -> str | None:
        return self.ball(name, lambda: _text(work(), self.digits))

    def root(self, names: str, excess: Callable, slope: Callable, guess: float) -> Any | None:
        return self.ball(names, lambda: certify.root(excess, slope, repr(guess), self.bits))


def _network(proving: _Proving, found: Propagation, weight: str | None, bias: str) -> dict[str, str | None]:
    if weight is None or (found.chi1 is None and not found.q_star):
        return {}
    w2, b2 = certify.ball(weight) ** 2, certify.ball(bias) ** 2
    activation, average, chi2 = proving.activation, proving.average, found.chi2 is not None
    if not found.q_star:  # zero, or any length where the activation treats all alike
        chi1 = proving.text("chi1, variance_slope", lambda: w2 * _square_at_zero(activation, 1))
        values = {"chi1": chi1, "variance_slope": chi1}
        if found.q_star is not None:
            values["q_star"] = "0"
            if chi2:
                values["chi2"] = proving.text("chi2", lambda: w2 * _square_at_zero(activation, 2))
        return values
    power = nonlinearity(activation).monomial
    flat = power is not None and power[2] == 0  # a constant on either side of zero: no digits, but exact
    asked = {} if flat else {"variance_slope": "square_slope"}
    asked |= {} if found.chi1 is None else {"chi1": "gradient"}
    asked |= {"chi2": "curvature"} if chi2 else {}
    length = proving.root(
        ", ".join(("q_star", *asked)),
        lambda v: b2 + w2 * average("square", v) - v,
        lambda v: w2 * average("square_slope", v) - 1,
        found.q_star,
    )
    if length is None:
        return dict.fromkeys(("q_star", *asked))
    values = {"q_star": proving.text("q_star", lambda: length)} | ({"variance_slope": "0"} if flat else {})
    for key, name in asked.items():
        values[key] = proving.text(key, lambda name=name: w2 * average(name, length))  # type: ignore[misc]
    return values


def _critical(proving: _Proving, point: CriticalPoint, bias: str) -> dict[str, str | None]:
    average, b2 = proving.average, certify.ball(bias) ** 2
    if not point.q_star:
        weight = proving.text(
            "sigma_w of the critical point", lambda: 1 / _square_at_zero(proving.activation, 1).sqrt()
        )
        kept = {} if point.q_star is None else {"q_star": "0"}
        return {"sigma_w": weight, **kept, "variance_slope": "1"}

    def excess(v: Any) -> Any:
        return v - average("square", v) / average("gradient", v) - b2

    def slope(v: Any) -> Any:
        square, gradient, *slopes = (
            average(name, v) for name in ("square", "gradient", "square_slope", "gradient_slope")
        )
        return 1 - (slopes[0] * gradient - square * slopes[1]) / gradient**2

    length = proving.root("the critical point", excess, slope, point.q_star)
    if length is None:
        return dict.fromkeys(("sigma_w", "q_star", "variance_slope"))
    numbers: dict[str, Callable[[], Any]] = {
        "sigma_w": lambda: (1 / average("gradient", length)).sqrt(),
        "q_star": lambda: length,
        "variance_slope": lambda: average("square_slope", length) / average("gradient", length),
    }
    return {name: proving.text(f"{name} of the critical point", work) for name, work in numbers.items()}


def _square_at_zero(activation: Activation, order: int) -> Any:
    """The average over both sides of zero of the squared derivative there."""
    if activation.smoothness < order:  # beside a kink or a jump there is a slope; whoever asks knows of none at zero
        activation = replace(activation, smoothness=order)
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
