r"""Noise of a rectangular matrix: the Marchenko-Pastur law through the traces of its resolvents.

Z is N_3 x N_1 with independent entries of variance 1 / N_1, and A = N_3 / N_1. At w = z^2, g is the trace of
(w - Z Z^T)^(-1) over N_3 and gtilde that of (w - Z^T Z)^(-1) over N_1, in the limit of large sizes. D = w g gtilde, the
D-transform, makes all of them rational: no square root and no branch of one is needed.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import matrix_product as mp
from derivations.proof import Step
from derivations.statement import Source
from derivations.symbols import A

ISOTROPY = Source(document="benaych2012singular", where="concentration of bilinear forms of the resolvent")
W, G, GT, D = (sp.Symbol(name, positive=True) for name in ("w", "g", "gtilde", "D"))
SQUARE = (1 + D) * (1 + A * D) / D  # w as a function of D
TRACES = ((1 + D) / W, (1 + A * D) / W)  # g and gtilde as functions of D


def noise_transform() -> tuple[Step, ...]:
    """From independent entries to w, g and gtilde as functions of the D-transform, and to the edge of the noise."""
    noise, row = mp.matrix("Z", 2, 3), mp.matrix("z", 1, 3)
    whole = noise.col_join(row)
    inside = W * sp.eye(3) - noise.T * noise
    size, form = inside.det(), (row * inside.adjugate() * row.T)[0]  # the form in the inverse is form / size
    # the corner of an inverse is a cofactor over the determinant
    cofactor, determinant = ((W * sp.eye(m.rows) - m * m.T).det() for m in (noise, whole))
    rows, columns = W * G * (1 - GT) - 1, W * GT * (1 - A * G) - 1
    of_rows = {G: mp.solved(rows, G)}
    solved = {W: mp.solved(sp.cancel(columns.subs(of_rows)), W)}
    solved[G] = of_rows[G].subs(solved)
    edge = 1 / sp.sqrt(A)
    resolvent, form_of_row = map(
        sp.Symbol, (r"\left[(w - Z Z^T)^{-1}\right]_{ii}", r"z_i (w - Z_{-i}^T Z_{-i})^{-1} z_i^T")
    )
    return (
        Step(
            claim="A diagonal entry of the noise's resolvent needs its own row only through a form in the other rows.",
            instances="a row added to two, of three entries",
            because="A row z is added to an explicit 2 x 3 matrix Z. The corner of the inverse is the determinant of "
            "w - Z Z^T over that with the row; times w the first is det(w - Z^T Z), and the second is det(w - Z^T Z) "
            "less the form of z in its adjugate.",
            shows=sp.Eq(resolvent, 1 / (W * (1 - form_of_row)), evaluate=False),
            means={resolvent: cofactor / determinant, form_of_row: form / size},
        ),
        Step(
            claim="These forms become traces: gtilde for a row, and A g for a column, which has A N_1 entries.",
            because="Independent entries of variance 1 / N_1 average a resolvent that they do not enter.",
            assumption=ISOTROPY,
            shows=sp.Eq(sp.Tuple(W * G * (1 - GT), W * GT * (1 - A * G)), sp.Tuple(1, 1), evaluate=False),
        ),
        Step(
            claim="Both traces are linear in D = w g gtilde, and w is a function of D.",
            because="The equation of the rows is solved for g, and with it that of the columns for w.",
            shows=sp.Eq(sp.Tuple(W * G, W * GT, W), sp.Tuple(1 + D, 1 + A * D, SQUARE), evaluate=False),
            means={**solved, D: (W * G * GT).subs(of_rows)},
        ),
        Step(
            claim="Outside the noise D falls from 1 / sqrt(A), at the edge z = 1 + sqrt(A), to 0.",
            because="w(D) is differentiated: it falls while D^2 < 1 / A, and has its minimum at the edge.",
            obligation=(
                sp.diff(SQUARE, D).subs(D, edge),
                SQUARE.subs(D, edge) - (1 + sp.sqrt(A)) ** 2,
            ),
            shows=sp.Eq(sp.Derivative(W, D), A - 1 / D**2, evaluate=False),
            means={W: SQUARE},
        ),
    )
