r"""One hidden layer of relu neurons approximates any smooth function, with a sharp constant.

Premises: n relu neurons with kinks at 0, 1/n, ..., (n - 1)/n interpolate a function at the n + 1 ends of equal
intervals. Where the function has a second derivative its distance from a chord is bounded by Rolle's theorem. Parabolas
attain the bound. The slides name the theorem without a rate: smooth functions have the rate n^-2, a kink leaves n^-1.
"""

from __future__ import annotations

import itertools

import sympy as sp

from derivations.proof import Step
from derivations.statement import POSITIVE, Bound, Parameter, Source, Statement
from derivations.symbols import f_2, n

SLIDE = Source(document="001", where="The problem of expressivity")
THEOREM = Source(
    document="003", where="Theorems proving that neural networks can approximate arbitrary (smooth) functions"
)
ERROR = sp.Symbol("E")

STATEMENT = Statement(
    module=__name__,
    title="One hidden layer approximates smooth functions",
    formula=sp.Le(ERROR, f_2 / (8 * n**2), evaluate=False),
    parameters=(
        Parameter(symbol=n, meaning="neurons of a hidden layer", domain=sp.Range(1, sp.oo), typical=(3, 12)),
        Parameter(
            symbol=f_2,
            meaning="largest absolute second derivative of the function on [0, 1]",
            domain=POSITIVE,
            typical=(0.5, 9),
        ),
    ),
    assumptions=(
        "E is the largest distance on [0, 1] between a twice continuously differentiable function and the network of n "
        "relu neurons, and a bias of the output, that agrees with it at 0, 1/n, ..., 1.",
        "Parabolas attain the bound for every n; the constant 1/8 cannot be improved for these networks.",
        "A function with a kink between the places of agreement is left with an error of the order 1/n.",
    ),
    regime=Bound(tight=True),
    sources=(SLIDE, THEOREM),
    covers=("D27",),
)


def derivation() -> tuple[Step, ...]:
    """From kinks to interpolation, from Rolle to the error of a chord, and to the functions that attain it."""
    bound = STATEMENT.right[0]
    heights = sp.symbols("y_0:4", real=True)
    slopes = [3 * (b - a) for a, b in itertools.pairwise(heights)]
    t, a, b, c, x = sp.symbols("t a b c x", real=True)
    f = sp.Function("f", real=True)
    chord = f(a) + (f(b) - f(a)) / (b - a) * (t - a)
    excess = (f(x) - chord.subs(t, x)) / ((x - a) * (x - b))
    helper = f(t) - chord - excess * (t - a) * (t - b)
    parabola, kinked = c * x**2, c * sp.Abs(x)
    width = sp.Symbol("h", positive=True)
    N, h, left = sp.Function("N"), sp.Function("h"), sp.Symbol("E_kink")
    places = [sp.Rational(k, 3) for k in range(4)]

    def network(place: sp.Rational) -> sp.Expr:
        changes = [slopes[0], slopes[1] - slopes[0], slopes[2] - slopes[1]]
        relus = [max(sp.Integer(0), place - sp.Rational(k, 3)) for k in range(3)]
        return heights[0] + sum(w * r for w, r in zip(changes, relus, strict=True))

    def above_middle(function: sp.Expr, low: sp.Expr, high: sp.Expr) -> sp.Expr:
        """Height of the chord above the function in the middle of an interval."""
        return (function.subs(x, low) + function.subs(x, high)) / 2 - function.subs(x, (low + high) / 2)

    return (
        Step(
            claim="Neurons with kinks at k/n, weighted by the change of slope there, agree with the function at all "
            "k/n.",
            because="The slopes add up to that of the chord behind each kink; for three neurons.",
            shows=sp.Eq(sp.Tuple(*map(N, places)), sp.Tuple(*heights), evaluate=False),
            means={N(place): network(place) for place in places},
            instances="three neurons",
        ),
        Step(
            claim="The distance from a chord, less a parabola through both ends and any place x, vanishes at three "
            "places, so that its second derivative vanishes between them (Rolle).",
            because="The auxiliary function at a, b and x; the second derivative of the parabola is twice its factor.",
            obligation=(
                helper.subs(t, a),
                sp.simplify(helper.subs(t, b)),
                sp.simplify(helper.subs(t, x)),
            ),
            shows=sp.Eq(sp.Derivative(h(t), (t, 2)), sp.Derivative(f(t), (t, 2)) - 2 * excess, evaluate=False),
            means={h(t): helper},
        ),
        Step(
            claim="So the distance from the chord is |f''| (x - a)(b - x)/2 at most, largest in the middle.",
            because="The product is a quarter of the square of the interval, less the square of the distance from its "
            "middle.",
            obligation=sp.expand((x - a) * (b - x) - ((b - a) ** 2 / 4 - (x - (a + b) / 2) ** 2)),
            shows=sp.Le((x - a) * (b - x), (b - a) ** 2 / 4, evaluate=False),
            means={},
        ),
        Step(
            claim="With intervals of 1/n it is f_2/(8 n^2).",
            because="Half of f_2 times a quarter of 1/n^2.",
            obligation=f_2 / 2 * (width**2 / 4).subs(width, 1 / n) - bound,
            shows=STATEMENT.formula,
        ),
        Step(
            claim="A parabola attains it in the middle of every interval.",
            because="c x^2 has the second derivative 2 c; its distance from the chord in the middle is put in.",
            obligation=(
                sp.expand(above_middle(parabola, a, b) - (2 * c) * (b - a) ** 2 / 8),
                sp.diff(parabola, x, 2) - 2 * c,
            ),
            shows=sp.Eq((a**2 + b**2) / 2 - ((a + b) / 2) ** 2, (b - a) ** 2 / 4, evaluate=False),
        ),
        Step(
            claim="A kink in the middle of an interval leaves c/(2 n): half as many neurons, twice the error.",
            because="c |x| over an interval of 1/n around 0 has the chord c/(2 n), and is 0 at the kink.",
            shows=sp.Eq(left, c / (2 * n), evaluate=False),
            means={left: above_middle(kinked, -width / 2, width / 2).subs(width, 1 / n)},
        ),
    )
