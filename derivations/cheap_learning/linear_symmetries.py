r"""Linear maps that commute with translations are convolutions (document 003).

Premises: the shift of a ring of n places; the two shifts of a square torus, and its rotation by a right angle. A map
that commutes with the shift is fixed by its first column; with rotations, values of the filter on one orbit are equal.
The slide gives "n log2(n) parameters" where n parameters are needed, and n log2(n) multiplications in two fast Fourier
transforms.
"""

from __future__ import annotations

import sympy as sp

from derivations.cheap_learning import VARIABLES
from derivations.proof import Step
from derivations.statement import Exact, Printed, Source, Statement
from derivations.symbols import n

LINEAR = Source(document="003", where="translations, rotations, scaling are linear operations")
CONVOLUTION = Source(document="003", where="example: f(v) linear vector valued")
PARAMETERS, PRODUCTS, TURNED = sp.Function("P"), sp.Function("F"), sp.Function("R")
LEFT = sp.Tuple(PARAMETERS(n), PRODUCTS(n), TURNED(n))
TRANSFORMS = n * sp.log(n) / sp.log(2)
ORBITS = (2 * n**2 + 11 + 5 * (-1) ** n) / 8

STATEMENT = Statement(
    module=__name__,
    title="Translation invariance makes a convolution",
    formula=sp.Eq(LEFT, sp.Tuple(n, TRANSFORMS, ORBITS), evaluate=False),
    parameters=(VARIABLES,),
    assumptions=(
        "P is the dimension of the linear maps of n values on a ring that commute with its shift; all linear maps have "
        "n^2 parameters.",
        "F counts multiplications by roots of unity in two fast Fourier transforms of n = 2^q values, the trivial ones "
        "among them; the n products by the transformed filter come on top, that transform is made once.",
        "R is the dimension of the maps on a torus of n times n places that commute with both shifts and with the "
        "rotation by a right angle; without the rotation it is n^2, and without the shifts n^4.",
    ),
    regime=Exact(),
    sources=(LINEAR, CONVOLUTION, Source(document="lin2017cheap", where="symmetry: convolutions")),
    covers=("H11", "H14"),
    printed=(
        Printed(
            erratum="E25",
            kind="ambiguous",
            formula=sp.Eq(LEFT, sp.Tuple(TRANSFORMS, TRANSFORMS, ORBITS), evaluate=False),
            note="A convolution on n places has n parameters; n log2(n) is the number of multiplications of two fast "
            "Fourier transforms.",
            source=CONVOLUTION,
        ),
    ),
)


def shift(places: int) -> sp.Matrix:
    """Moves every value of a ring to the next place."""
    return sp.Matrix(places, places, lambda row, column: int(row == (column + 1) % places))


def derivation() -> tuple[Step, ...]:
    """From commutation to circulant matrices, from halves to the transform, from orbits to rotations."""
    parameters, products, turned = STATEMENT.right
    filters = sp.symbols("c_0:4")
    circulant = sum((filters[k] * shift(4) ** k for k in range(4)), sp.zeros(4))
    entries = sp.Matrix(4, 4, sp.symbols("a_0:16"))
    commuting = shift(4) * entries * shift(4).T
    angle, scale, move, x, y = sp.symbols("theta s a x y", real=True)
    turn = sp.Matrix([[sp.cos(angle), -sp.sin(angle)], [sp.sin(angle), sp.cos(angle)]])
    root, half = sp.Symbol("w"), sp.Symbol("m", integer=True, positive=True)
    values, others = sp.symbols("v_0:4"), sp.symbols("u_0:4")
    T, S, entry, powers = sp.Function("T"), sp.Function("S"), sp.Function("a"), sp.Sum(1, (half, 1, n))

    def moved(field: list) -> sp.Matrix:
        return sp.Matrix([field[3], *field[:3]])

    fourier = sp.Matrix(4, 4, lambda j, k: sp.I ** (j * k))
    waves = [(1 if j == 0 else sp.I**j) for j in range(4)]
    return (
        Step(
            claim="Translations, rotations and changes of scale of a field are linear, and so is the Fourier "
            "transform: they are matrices.",
            because="The shift and the transform of four values as matrices, and the rotation of two components; the "
            "shift of a sum is the sum of the shifts.",
            obligation=(
                *(shift(4) * sp.Matrix(values) - moved(values)),
                *(turn.T * turn - sp.eye(2)).applyfunc(sp.trigsimp),
                *(fourier * fourier.H - 4 * sp.eye(4)),
            ),
            shows=sp.Eq(T(scale * x + y), scale * T(x) + T(y), evaluate=False),
            means={
                T(scale * x + y): moved([scale * v + u for v, u in zip(values, others, strict=True)]),
                T(x): moved(values),
                T(y): moved(others),
            },
            instances="four places, and the plane",
        ),
        Step(
            claim="A translation of the coordinates themselves is not linear: it moves the origin.",
            because="x + a is a at x = 0; it is linear in (x, 1).",
            obligation=sp.Matrix([[1, move]]) * sp.Matrix([x, 1]) - sp.Matrix([x + move]),
            shows=sp.Eq(T(0), move, evaluate=False),
            means={T(0): (x + move).subs(x, 0)},
        ),
        Step(
            claim="A matrix that commutes with the shift has the entry of its first column at the same distance: "
            "a_(j+1, k+1) = a_(j, k).",
            because="S a S^T has the entries of a moved along the diagonal; on four places.",
            shows=sp.Eq(entry(x + 1, y + 1), entry(x, y), evaluate=False),
            means=tuple(
                {entry(x + 1, y + 1): commuting[(j + 1) % 4, (k + 1) % 4], entry(x, y): entries[j, k]}
                for j in range(4)
                for k in range(4)
            ),
            instances="a ring of four places",
        ),
        Step(
            claim="So it is a sum of powers of the shift, one parameter for each: a convolution with n parameters.",
            because="n powers, of which no two have an entry in common; each commutes with the shift. On four places, "
            "applied to a field.",
            obligation=(
                *(circulant * shift(4) - shift(4) * circulant),
                *(
                    (circulant * sp.Matrix(values))[j] - sum(filters[k] * values[(j - k) % 4] for k in range(4))
                    for j in range(4)
                ),
            ),
            shows=sp.Eq(PARAMETERS(n), powers, evaluate=False),
            means={PARAMETERS(n): parameters, powers: powers.doit()},
        ),
        Step(
            claim="Waves are eigenvectors of every convolution, so that the Fourier transform makes it n products.",
            because="A shift multiplies the wave w^j by 1/w, if w^n = 1; on four places with w = i.",
            shows=sp.Eq(S(root**x), root ** (x - 1), evaluate=False),
            means=tuple({S(root**x): moved(waves)[j], root: sp.I, x: j} for j in range(4)),
            instances="a ring of four places",
        ),
        Step(
            claim="A transform of 2 m values is two of m values and m multiplications: two of 2^q values take q 2^q.",
            because="Half the values at even places, the others times a root; the number satisfies this recursion, and "
            "one value needs none.",
            obligation=(
                sp.expand_log(sp.expand(products.subs(n, 2 * half) / 2 - 2 * products.subs(n, half) / 2 - half)),
                products.subs(n, 1),
            ),
            shows=sp.Eq(PRODUCTS(2 * half), 2 * PRODUCTS(half) + 2 * half, evaluate=False),
        ),
        Step(
            claim="With rotations by right angles, values of the filter on an orbit are equal: the orbits are the mean "
            "number of places that the four rotations leave (Burnside).",
            because="All n^2 places, twice the places that a right angle leaves, and those of half a turn: 1 and 1 on "
            "a torus of odd size, 2 and 4 of even size; counted for up to six places a side.",
            obligation=(
                sp.expand(turned.subs(n, 2 * half) - ((2 * half) ** 2 + 2 * 2 + 4) / 4),
                sp.expand(turned.subs(n, 2 * half - 1) - ((2 * half - 1) ** 2 + 2 * 1 + 1) / 4),
                *(_left(side, turns) - (1 if side % 2 else 2**turns) for side in range(2, 7) for turns in (1, 2)),
            ),
            shows=sp.Eq(TURNED(2 * half), half**2 + 2, evaluate=False),
            instances="fixed places up to a side of six",
        ),
    )


def _left(side: int, turns: int) -> int:
    """Places of a torus that a rotation by so many right angles leaves."""

    def turned(place: tuple[int, int]) -> tuple[int, int]:
        for _ in range(turns):
            place = (-place[1] % side, place[0])
        return place

    return sum(turned((a, b)) == (a, b) for a in range(side) for b in range(side))
