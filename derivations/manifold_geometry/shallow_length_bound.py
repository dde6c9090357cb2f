r"""How long one hidden layer can make a curve: at most its width times the turns of the curve times its range.

Premises: one hidden layer x_i = phi(w_i . x^0(theta) + b_i) of N_1 neurons with a monotone activation of range R, and a
curve x^0(theta) whose velocity changes sign in no projection more than s_theta times. The length is bounded by the sum
of the total variations of the neurons. The slide prints the bias outside the activation, which only moves the image.
It leaves out that on a closed curve the changes are counted around the circle, which saves one piece, and does not say
that the constant cannot be improved: staircases attain both bounds. Monotony is needed: sin(10 h) violates the bound.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import sympy as sp

from derivations import manifold_geometry
from derivations.proof import Step
from derivations.statement import Bound, Parameter, Printed, Source, Statement
from derivations.symbols import L_E, N_1, L_closed, R, b, phi, s_theta, x

THEOREM = Source(document="001", where="Exponential expressivity is not achievable by shallow nets: Theorem 1")
OPEN = N_1 * (1 + s_theta) * R


def bounds(closed: sp.Expr) -> sp.Basic:
    """Bounds of the open and of the closed curve as one relation."""
    return sp.Le(sp.Tuple(L_E, L_closed), sp.Tuple(OPEN, closed), evaluate=False)


STATEMENT = Statement(
    module=__name__,
    title="Length of a curve behind one hidden layer",
    formula=bounds(N_1 * s_theta * R),
    parameters=(
        Parameter(symbol=N_1, meaning="neurons of the hidden layer", domain=sp.Range(1, sp.oo), typical=(3, 9)),
        Parameter(
            symbol=s_theta,
            meaning="most changes of sign, over all directions, of the projected velocity of the input curve",
            domain=sp.Range(0, sp.oo),
            typical=(3, 7),
        ),
        manifold_geometry.RANGE.narrowed("supremum minus infimum"),
    ),
    assumptions=(
        "The activation is monotone and bounded; weights and biases are arbitrary.",
        "The bound for a closed curve counts the changes of sign once around it; an open curve keeps the first bound.",
        "Both bounds are attained, by staircases of hard tanh neurons on curves that run to and fro on a line.",
    ),
    regime=Bound(tight=True),
    sources=(THEOREM, Source(document="poole2016exponential", where="Theorem 1 and its proof")),
    covers=("D24",),
    printed=(
        Printed(
            erratum="E11",
            kind="assumption",
            formula=bounds(OPEN),
            note="The theorem is right as printed, constant and power of N_1 included; a closed curve has a sharper "
            "one. It needs the monotone activation that it assumes: sin(10 h) is more than three times as long.",
            source=THEOREM,
        ),
    ),
)

time = sp.Symbol("theta", real=True)  # along the curve


def hard_step(field: sp.Rational) -> sp.Rational:
    """A monotone activation of range 1: hard tanh, scaled."""
    return min(max(field, sp.Integer(-1)), sp.Integer(1)) / 2


def staircase(width: int, pieces: int) -> sp.Expr:
    """Length behind a layer of `width` neurons of range 1 whose input runs `pieces` times along a line, to and fro.

    Neuron i climbs between 4 i - 1 and 4 i + 1, alone. The image is a polygon, so its length is a finite sum.
    """
    stops = [sp.Integer(k) for i in range(1, width + 1) for k in (4 * i - 1, 4 * i + 1)]
    leg = [sp.S.Zero, *stops, sp.Integer(4 * width + 4)]
    places = [place for k in range(pieces) for place in (leg if k % 2 == 0 else leg[::-1])]
    image = [[hard_step(place - 4 * i) for i in range(1, width + 1)] for place in places]
    return polygon(image)


def polygon(points: Sequence[Sequence[sp.Expr]]) -> sp.Expr:
    """Length of the polygon through points."""
    sides = itertools.pairwise(points)
    return sum((sp.sqrt(sum((q - p) ** 2 for p, q in zip(a, c, strict=True))) for a, c in sides), sp.S.Zero)


def rises(climb: sp.Expr, places: Sequence[sp.Expr]) -> sp.Expr:
    """Total variation along a line of a function of `time` that is monotone between the places."""
    heights = [climb.subs(time, place) for place in places]
    return sum((sp.Abs(high - low) for low, high in itertools.pairwise(heights)), sp.S.Zero)


def derivation() -> tuple[Step, ...]:
    """From the speed of the image to the sum of total variations, and to curves that attain it."""
    bound, closed_bound = STATEMENT.right
    v = sp.symbols("v_1:4", real=True)
    speed2, total = sum(c**2 for c in v), sum(sp.Abs(c) for c in v)
    inputs = [sp.Function(f"x_{k}", real=True)(time) for k in (1, 2)]
    weights = sp.symbols("w_1 w_2", real=True)
    field = sum((w * c for w, c in zip(weights, inputs, strict=True)), b)
    projected = sum((w * c.diff(time) for w, c in zip(weights, inputs, strict=True)), sp.S.Zero)
    slope_there, sign = phi(x).diff(x).subs(x, field), sp.Symbol("epsilon_k", real=True)
    slope, rate = sp.Symbol("phi^prime", nonnegative=True), sp.Symbol("r", real=True)
    floor, ends = sp.Symbol("m", real=True), sp.symbols("h_start h_end", real=True)
    below, above = sp.symbols("p q", nonnegative=True)
    start, end = floor + below, floor + R - above
    i, k = sp.symbols("i k", integer=True)
    all_pieces, all_closed = (sp.Sum(sp.Sum(R, (k, start_at, s_theta)), (i, 1, N_1)) for start_at in (0, 1))
    covered, lacking = sp.Abs(phi(ends[1]) - phi(ends[0])), sp.Symbol("u", nonnegative=True)
    climbed, long, short = sp.symbols("L_staircase^E L_12^E L_3^E")
    cases = ((3, 4), (4, 2), (5, 1))
    wave = sp.sin(10 * time)
    peaks = [sp.Integer(0), *(sp.pi * (2 * n + 1) / 20 for n in range(3)), sp.Integer(1)]
    return (
        Step(
            claim="The speed of a curve is at most the sum of the speeds of its coordinates.",
            because="The squares of both differ by products of absolute values; three coordinates show every product.",
            shows=sp.Le(speed2, total**2, evaluate=False),
            means={},
        ),
        Step(
            claim="Where w . x^0 moves in one direction, of sign epsilon_k, so does a neuron: epsilon_k phi(h) grows "
            "at its speed.",
            because="Chain rule with a slope that is nowhere negative; a kink or a jump counts by its rise.",
            obligation=(
                (sign * phi(field)).diff(time).doit() - sign * slope_there * projected,
                sp.Abs(slope * rate) - slope * sp.Abs(rate),
            ),
            shows=sp.Eq(sp.Derivative(phi(field), time), slope_there * projected, evaluate=False),
        ),
        Step(
            claim="On such a piece the neuron therefore covers the distance between its first and its last value, at "
            "most R.",
            because="Values lie between m and m + R; what is left of R are the gaps at both ends, not negative.",
            shows=sp.Le(covered, R, evaluate=False),
            means={covered: end - start},
        ),
        Step(
            claim="With at most s_theta changes of direction there are at most 1 + s_theta pieces, so the sum over "
            "pieces and neurons bounds the length.",
            because="Each change ends one piece and begins the next; what pieces lack of R is not negative.",
            shows=sp.Le(L_E, all_pieces, evaluate=False),
            means={L_E: bound - lacking, all_pieces: all_pieces.doit()},
        ),
        Step(
            claim="Around a closed curve the last piece continues in the first: s_theta changes cut it into s_theta "
            "pieces.",
            because="The same sum, with one piece fewer.",
            shows=sp.Le(L_closed, all_closed, evaluate=False),
            means={L_closed: closed_bound - lacking, all_closed: all_closed.doit()},
        ),
        Step(
            claim="Both bounds are attained: neurons that climb one after the other, on a line run to and fro.",
            because="Length of the polygon that hard tanh neurons make of 1 + s_theta legs, or of s_theta legs that "
            "end where they began; in exact arithmetic.",
            obligation=tuple(
                R * staircase(n, s) - closed_bound.subs({N_1: n, s_theta: s}) for n, s in cases if s % 2 == 0
            ),
            shows=sp.Eq(climbed, bound, evaluate=False),
            means=tuple({climbed: R * staircase(n, s + 1), N_1: n, s_theta: s} for n, s in cases),
        ),
        Step(
            claim="No smaller power of N_1 would do: a staircase of four times as many neurons is four times as long.",
            because="Lengths of two staircases on the same curve.",
            shows=sp.Eq(long, 4 * short, evaluate=False),
            means={long: staircase(12, 3), short: staircase(3, 3)},
        ),
        Step(
            claim="Without monotony the bound fails: sin(10 h) on 0 < h < 1 has range 2, and the image has length "
            "6 - sin 10 = 6.54.",
            because="Total variation between the places where its derivative vanishes.",
            obligation=(
                *(wave.diff(time).subs(time, place) for place in peaks[1:-1]),
                rises(wave, peaks) - (6 - sp.sin(10)),
                sp.Max(0, rises(wave, peaks) - bound.subs({N_1: 1, s_theta: 0, R: 2})) - (4 - sp.sin(10)),
            ),
            shows=sp.Gt(6 - sp.sin(10), 2, evaluate=False),
            means={},
        ),
    )
