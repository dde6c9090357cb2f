r"""Singular values of the Jacobian of a deep rectified network with Gaussian weights.

Premises: independent Gaussian weights of variance 2 / N, which is He's initialization and the critical point; relu
switches half of the neurons of every layer off. The page gives the growth with depth only. Here is the whole law:
beside that of orthogonal weights its spread is twice as large, and so is the growth of the largest squared singular
value, 2 e a layer.
"""

from __future__ import annotations

import functools

import sympy as sp

from derivations import jacobian_spectrum
from derivations.calculus import free_probability, mean_field
from derivations.jacobian_spectrum import ZETA, M
from derivations.proof import Step
from derivations.statement import Limit, Statement
from derivations.symbols import L, N, s, varphi

SINE, COSINE = sp.sin(varphi), sp.cos(varphi)
TURNED = sp.cos(L * varphi) / sp.sin(L * varphi) * SINE
R = sp.Symbol("R_M", positive=True)  # modulus of 1 + 2 M along the spectrum
ROOT = sp.sqrt(L**2 + 1)

STATEMENT = Statement(
    module=__name__,
    title="Spectrum of rectified networks with Gaussian weights",
    formula=sp.Eq(
        sp.Tuple(
            s,
            jacobian_spectrum.ABOVE,
            jacobian_spectrum.LARGEST,
            jacobian_spectrum.SECOND,
            jacobian_spectrum.THIRD,
        ),
        sp.Tuple(
            sp.sqrt(R**L) * ((1 + 2 * R * COSINE + R**2) / (1 - 2 * R * COSINE + R**2)) ** sp.Rational(1, 4),
            (sp.atan(R * SINE / (1 + R * COSINE)) + L * (varphi - R * SINE) / 2) / sp.pi,
            (L + ROOT) * ((1 + ROOT) / L) ** L,
            1 + 2 * L,
            6 * L**2 + 4 * L + 1,
        ),
        evaluate=False,
    ),
    where=(sp.Eq(R, TURNED + sp.sqrt(TURNED**2 + 1), evaluate=False),),
    parameters=(
        jacobian_spectrum.LAYERS,
        jacobian_spectrum.ANGLE.narrowed("from 0 to pi / L"),
    ),
    assumptions=(
        jacobian_spectrum.SQUARE,
        jacobian_spectrum.SLOPES,
        mean_field.GAUSSIAN,
        "Weights have variance 2 / N, and there are no biases; the activation is relu.",
        jacobian_spectrum.COUNTED,
    ),
    regime=Limit(parameter=N, towards=sp.oo, rate=1 / N),
    sources=(jacobian_spectrum.SUMMARY, jacobian_spectrum.RESURRECTING),
    covers=("J4",),
)


@functools.cache
def derivation() -> tuple[Step, ...]:
    """From one layer's S-transform, 1 / (1 + 2 zeta), to the law on a curve where lambda is real, its edge and
    moments."""
    half, one = sp.Rational(1, 2), 1 / (1 + 2 * ZETA)
    scaled = 1 / (1 + ZETA) / 2  # of W W^T times 2
    of_level = jacobian_spectrum.level(one**L)
    factors = {"a": lambda k: half, "b": lambda k: 2**k * sp.catalan(k)}  # squared slopes, and W W^T times 2
    layer = free_probability.product_moments(3, lambda factor, k: factors[factor](k))
    return (
        *jacobian_spectrum.gaussian_matrix(),
        jacobian_spectrum.switched(half),
        Step(
            claim="One layer has the S-transform 1 / (1 + 2 zeta).",
            because="Weights of variance 2 / N halve the S-transform of W W^T; that of the slopes multiplies it.",
            shows=sp.Eq(jacobian_spectrum.TRANSFORM(ZETA), one, evaluate=False),
            means={jacobian_spectrum.TRANSFORM(ZETA): scaled * jacobian_spectrum.of_switches(half)},
        ),
        *jacobian_spectrum.freeness(one**L, layer),
        *_curve(of_level),
        *jacobian_spectrum.distribution(of_level, L * M - sp.log(1 + M) - L / 2 * sp.log(1 + 2 * M)),
        *_law(of_level),
        jacobian_spectrum.moments(one**L, STATEMENT.right[3], STATEMENT.right[4]),
    )


TURN = sp.Symbol("c", real=True)  # half of R - 1 / R


def _curve(of_level: sp.Expr) -> tuple[Step, ...]:
    wave, back = sp.exp(sp.I * varphi), sp.exp(-sp.I * varphi)
    above, below = 1 + R * wave, R * wave - 1  # 2 (1 + M) and 2 M on the curve
    rational = R**2 - 1 - R * (wave - back)  # above times the conjugate of below
    squares = [sp.expand(f * g) for f, g in ((above, 1 + R * back), (below, R * back - 1))]
    stated = STATEMENT.right[0] ** 4
    moduli = (1 + 2 * R * COSINE + R**2, 1 - 2 * R * COSINE + R**2)
    return (
        Step(
            claim="With 1 + 2 M = R_M e^(i varphi) the level is (1 + R_M e^(i varphi)) / (R_M e^(i varphi) - 1) times "
            "(R_M e^(i varphi))^L.",
            because="M is inserted into (1 + M) (1 + 2 M)^L / M.",
            shows=sp.Eq(jacobian_spectrum.LAMBDA, above / below * (R * wave) ** L, evaluate=False),
            means={jacobian_spectrum.LAMBDA: of_level.subs(M, below / 2)},
        ),
        Step(
            claim="The first factor has the argument - L varphi, so that the level is real, where R_M - 1 / R_M is "
            "twice sin(varphi) cot(L varphi).",
            because="Times the conjugate of its denominator it is R_M^2 - 1 - 2 i R_M sin(varphi), of which the "
            "cotangent is (1 / R_M - R_M) / (2 sin(varphi)); and R_M solves the quadratic equation.",
            obligation=(
                sp.expand(sp.expand(above * (R * back - 1)) - rational),
                sp.expand((R * (wave - back)).rewrite(sp.cos) - 2 * sp.I * R * SINE),
                sp.expand((TURN + sp.sqrt(TURN**2 + 1)) ** 2 - 1 - 2 * TURN * (TURN + sp.sqrt(TURN**2 + 1))),
                STATEMENT.where[0].rhs - (TURN + sp.sqrt(TURN**2 + 1)).subs(TURN, TURNED),
            ),
            shows=sp.Eq(R - 1 / R, 2 * TURNED, evaluate=False),
        ),
        Step(
            claim="There the level is the square of the singular value stated.",
            because="The squared moduli of the factors are R_M^2 + 1 plus and minus 2 R_M cos(varphi).",
            obligation=(
                *(sp.expand(f.rewrite(sp.cos) - g) for f, g in zip(squares, moduli, strict=True)),
                sp.powsimp(stated / (R ** (2 * L) * moduli[0] / moduli[1])) - 1,
            ),
            shows=sp.Eq(s, STATEMENT.right[0], evaluate=False),
        ),
    )


def _law(of_level: sp.Expr) -> tuple[Step, ...]:
    beta = sp.Symbol("beta", real=True)
    fraction, edge = STATEMENT.right[1:3]
    argument = sp.atan(R * SINE / (1 + R * COSINE))
    stationary = (ROOT - (L - 1)) / (2 * L)
    slope = 1 / (1 + M) - 1 / M + 2 * L / (1 + 2 * M)
    exponent = (1 + ROOT) / L
    return (
        Step(
            claim="On the curve the fraction above is the one stated, with the argument of 1 + M.",
            because="The imaginary part of M is R_M sin(varphi) / 2, the argument of 1 + 2 M is varphi, and that of "
            "1 + M has the tangent R_M sin(varphi) / (1 + R_M cos(varphi)).",
            obligation=(
                sp.tan(argument) - sp.im(1 + R * sp.exp(sp.I * varphi)) / sp.re(1 + R * sp.exp(sp.I * varphi)),
                -(L * R * SINE / 2 - beta - L * varphi / 2) / sp.pi - fraction.subs(argument, beta),
            ),
            shows=sp.Eq(jacobian_spectrum.ABOVE, fraction, evaluate=False),
        ),
        Step(
            claim="The spectrum ends where the level is stationary, at the positive root of "
            "2 L M^2 + (2 L - 2) M - 1 = 0.",
            because="The logarithm of the level is differentiated, and the root inserted.",
            obligation=(
                sum(k * sp.diff(sp.log(f), M) for f, k in jacobian_spectrum.powers_of(of_level)) - slope,
                sp.expand(sp.simplify(slope * M * (1 + M) * (1 + 2 * M)) - (2 * L * M**2 + (2 * L - 2) * M - 1)),
                sp.expand((2 * L * M**2 + (2 * L - 2) * M - 1).subs(M, stationary)),
                sp.expand((1 + 2 * stationary) - exponent),
                sp.expand((1 + stationary) * (2 * L) - stationary * (2 * L) * (L + ROOT)),
                edge - (L + ROOT) * exponent**L,
            ),
            shows=sp.Eq(jacobian_spectrum.LARGEST, edge, evaluate=False),
        ),
        Step(
            claim="At the last angle, pi / L, the fraction is 1/2: the others vanish.",
            because="There R_M, a solution of R_M - 1 / R_M = 2 c with c towards minus infinity, goes to 0.",
            obligation=sp.limit(-TURN + sp.sqrt(TURN**2 + 1), TURN, sp.oo),
            shows=sp.Eq(jacobian_spectrum.ABOVE, sp.Rational(1, 2), evaluate=False),
            means={jacobian_spectrum.ABOVE: fraction.subs({R: 0, varphi: sp.pi / L})},
        ),
    )
