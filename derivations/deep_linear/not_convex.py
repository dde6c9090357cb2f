r"""Not convex from the start: at the origin the loss falls along products only, and the later the deeper the network.

Premises: a linear network of D matrices of any widths, half the squared error of whitened inputs. At the origin of the
weights all derivatives below the D-th vanish. With two matrices the Hessian is indefinite there, with more it is zero;
with a single one the loss is convex. What can be represented is no issue: the map reaches all matrices of rank up to
the smallest width. The slides say "nonlinear; coupled; nonconvex" and "not representation power", without a formula.
"""

from __future__ import annotations

import sympy as sp

from derivations.calculus import gradient_flow
from derivations.calculus import matrix_product as mp
from derivations.calculus.matrix_product import contract, letter, word
from derivations.deep_linear import MATRICES
from derivations.deep_linear.saddles import STATEMENT as SADDLES
from derivations.deep_linear.saddles import SUMMED
from derivations.proof import Step
from derivations.statement import Exact, Parameter, Source, Statement
from derivations.symbols import N_1, N_3, D, s, s_i, s_j

FALL, RANK = sp.Symbol("h_D", real=True), sp.Symbol("r_max", nonnegative=True)
N_h = sp.Symbol("N_h", integer=True, positive=True)

STATEMENT = Statement(
    module=__name__,
    title="Not convex from the start",
    formula=sp.Eq(
        sp.Tuple(FALL, RANK), sp.Tuple(-s * sp.factorial(D) / D ** (D / 2), sp.Min(N_1, N_h, N_3)), evaluate=False
    ),
    parameters=(
        gradient_flow.SINGULAR_VALUE.narrowed("the largest one"),
        MATRICES.narrowed(domain=sp.Range(2, sp.oo), typical=(2, 5)),
        Parameter(symbol=N_1, meaning="number of inputs", domain=sp.Range(1, sp.oo), typical=(3, 7)),
        Parameter(symbol=N_h, meaning="smallest width of a hidden layer", domain=sp.Range(1, sp.oo), typical=(2, 8)),
        Parameter(symbol=N_3, meaning="number of outputs", domain=sp.Range(1, sp.oo), typical=(4, 9)),
    ),
    assumptions=(
        SUMMED,
        gradient_flow.WHITENED,
        "h_D is the lowest D-th derivative of the loss at the origin along a direction of unit length in the space of "
        "all weights; all lower derivatives vanish there.",
        "r_max is the largest rank of a map that the network reaches; it reaches all maps of that rank and below.",
    ),
    regime=Exact(),
    sources=(
        Source(document="000", where="Deep linear network"),
        Source(document="001", where="Deep linear network"),
        Source(document="kawaguchi2016deep", where="critical points of deep linear networks"),
    ),
    covers=("A25",),
    uses=("deep_linear.saddles",),
)


def derivation() -> tuple[Step, ...]:
    """From the loss along any direction to its first derivative that does not vanish, and to the maps reached."""
    return (*_derivatives(), *_steepest(), *_second(), *_ranks())


def _along(count: int) -> tuple[sp.Expr, sp.Expr, sp.Symbol]:
    """Loss along a direction from the origin, the product that it meets, and the distance."""
    size = sp.Symbol("epsilon", real=True)
    X, Y = letter("X"), letter("Y")
    moved = word(*(letter(f"V_{{{k}}}") for k in range(count, 0, -1)))
    error = Y - size**count * word(moved, X)
    return sp.expand(sp.transpose(error) * error) / 2, word(sp.transpose(Y), moved, X), size


def _derivatives() -> tuple[Step, ...]:
    vanishing, last = [], []
    derivative = letter(r"\delta^{D} L")
    along = letter(r"\mathrm{tr}\, \Sigma^{31 T} V_{D} \cdots V_{1}")
    for count in (2, 3, 4):
        loss, product, size = _along(count)
        derivatives = [sp.expand(sp.diff(loss, size, k)).subs(size, 0) for k in range(1, count + 1)]
        vanishing += derivatives[:-1]
        last.append({derivative: mp.trace(derivatives[-1]), along: mp.trace(product), D: count})
    return (
        Step(
            claim="Along any direction the first D - 1 derivatives vanish; the D-th is -D! times what the product of "
            "the changes has of the input-output correlation.",
            because="Half the trace of the squared error is differentiated at the origin, for any widths.",
            obligation=tuple(vanishing),
            shows=sp.Eq(derivative, -sp.factorial(D) * along, evaluate=False),
            means=tuple(last),
            instances="two, three and four matrices",
        ),
    )


def _steepest() -> tuple[Step, ...]:
    first, second = mp.matrix("a", 2, 2), mp.matrix("b", 2, 2)
    pairs = [(i, j) for i in range(4) for j in range(i + 1, 4)]
    lagrange = sum((first[i] * second[j] - first[j] * second[i]) ** 2 for i, j in pairs)
    inner, left, right = (
        sum(first[k] * second[k] for k in range(4)),
        sum(x**2 for x in first),
        sum(x**2 for x in second),
    )
    values = sp.symbols("s_1 s_2", positive=True)
    scaled = sp.diag(*values) * first
    beside = values[0] ** 2 * left - sum(x**2 for x in scaled)
    column = second[:, 0]
    applied = first * column
    rows = sum((first[i, 0] * column[1] - first[i, 1] * column[0]) ** 2 for i in range(2))
    along, norms = letter(r"\mathrm{tr}\, \Sigma^{31 T} V_{D} \cdots V_{1}"), letter(r"\prod_{l} |V_{l}|")
    slope = sp.Symbol("k", real=True)
    unit = sp.Matrix([1 - slope**2, 2 * slope]) / (1 + slope**2)  # of any direction: a column, or two norms
    lengths, across = sp.symbols("g h", nonnegative=True), sp.Matrix([1, 0])
    y = sp.Symbol("y", positive=True)  # squared norm of one change; all add up to 1
    tangent = D * y - 1 - sp.log(D)
    gap = tangent - sp.log(y)
    u, ut, v, vt = (letter(name) for name in ("u", "u^{T}", "v", "v^{T}"))
    asked_t = word(v, s, ut)  # of the leading mode
    chain = word(u, letter("h_{2}^{T}"), letter("h_{2}"), letter("h_{1}^{T}"), letter("h_{1}"), vt)
    units = [word(letter(f"h_{{{k}}}^{{T}}"), letter(f"h_{{{k}}}")) for k in (1, 2)]
    found = contract(word(asked_t, contract(chain, *units)), word(ut, u))
    return (
        Step(
            claim="What the product has of the correlation is at most s times the product of the norms of the changes.",
            because="The inner product of two matrices is at most the product of their norms, by the identity of "
            "Lagrange; a singular value of at most s lengthens no row by more, and a product of matrices is no longer "
            "than the product of their norms, row by row.",
            obligation=(
                sp.expand(left * right - inner**2 - lagrange),
                sp.expand(beside - (values[0] ** 2 - values[1] ** 2) * sum(x**2 for x in first.row(1))),
                sp.expand(left * sum(x**2 for x in column) - sum(x**2 for x in applied) - rows),
            ),
            shows=sp.Le(along, s * norms, evaluate=False),
            means={along: s * (lengths[1] * across.T * lengths[0] * unit)[0], norms: lengths[0] * lengths[1]},
            instances="matrices of two rows and columns",
        ),
        Step(
            claim="With unit length in all the product of the norms is at most D^(-D/2), where all are equal.",
            because="The logarithm lies below its tangent at 1 / D: the gap vanishes there with its slope, and is "
            "convex. Summed over D squared norms that add up to 1 the tangents give -D ln D.",
            obligation=(
                sp.expand_log(gap.subs(y, 1 / D), force=True),
                sp.diff(gap, y).subs(y, 1 / D),
                sp.diff(gap, y, 2) - 1 / y**2,
                sp.expand(D * tangent.subs(y, 1 / D) + D * sp.log(D)),
            ),
            shows=sp.Le(norms, D ** (-D / 2), evaluate=False),
            means={norms: unit[0] * unit[1], D: len(unit)},
        ),
        Step(
            claim="It is reached by equal changes that carry the leading mode through one neuron of each hidden layer: "
            "the lowest derivative is the one stated.",
            because="Unit vectors of neighbouring layers contract; the trace of v s v^T is s.",
            obligation=(
                found - word(v, s, vt),
                -sp.factorial(D) * s * D ** (-D / 2) - STATEMENT.right[0],
            ),
            shows=sp.Eq(FALL, STATEMENT.right[0], evaluate=False),
            instances="three matrices",
        ),
    )


def _second() -> tuple[Step, ...]:
    down, up = (h.subs(s_i, 0) for h in SADDLES.right[:2])
    single, of_two, bend = sp.Symbol("w", real=True), sp.Symbol("h_2"), sp.Symbol("L''")
    loss = (s - single) ** 2 / 2
    return (
        Step(
            claim="With two matrices the Hessian at the origin has the eigenvalues -s_j and s_j of every mode: it is a "
            "strict saddle, and the lowest curvature is that of the largest singular value.",
            because="The curvatures of a mode beside a neuron that holds nothing are taken over.",
            obligation=(down + s_j, up - s_j),
            shows=sp.Eq(of_two, -s, evaluate=False),
            means={of_two: STATEMENT.right[0].subs(D, 2)},
        ),
        Step(
            claim="A single matrix has a convex loss: the curvature is 1 in every direction.",
            because="Half the squared error of one mode is differentiated twice.",
            shows=sp.Eq(bend, 1, evaluate=False),
            means={bend: sp.diff(loss, single, 2)},
        ),
    )


def _ranks() -> tuple[Step, ...]:
    low, high = mp.matrix("a", 2, 3), mp.matrix("b", 3, 2)
    narrow, narrow_last = mp.matrix("a", 1, 2), mp.matrix("b", 2, 1)
    U, V, R, RT = (letter(name) for name in ("U", "V^{T}", "R", "R^{T}"))
    strengths, rank = letter("S"), sp.Symbol("r")
    networks = (4, 2, 3), (3, 5, 4), (4, 5, 2)
    most = [STATEMENT.right[1].subs(dict(zip((N_1, N_h, N_3), widths, strict=True))) for widths in networks]
    reached = [(_rank_through(*widths), bound) for widths, bound in zip(networks, most, strict=True)]
    equal_rows = int((high * sp.ones(2, 4)).rank()), most[0]
    return (
        Step(
            claim="No map has a rank above the smallest width.",
            because="Minors of a product through fewer neurons vanish: three through two, and two through one.",
            obligation=(sp.expand((high * low).det()), sp.expand((narrow_last * narrow).det())),
            shows=sp.Le(rank, RANK, evaluate=False),
            means=tuple({rank: found, RANK: bound} for found, bound in (equal_rows, *reached)),
            instances="ranks two and three",
        ),
        Step(
            claim="Every map of that rank or below is reached, U S V^T as U S R^T times R V^T, any number of R R^T in "
            "between.",
            because="Orthonormal directions of the hidden layer drop out.",
            obligation=(
                contract(word(U, strengths, RT, R, V), word(RT, R)) - word(U, strengths, V),
                contract(word(U, strengths, RT, R, RT, R, V), word(RT, R)) - word(U, strengths, V),
                *(found - bound for found, bound in reached),
            ),
            shows=sp.Eq(RANK, STATEMENT.right[1], evaluate=False),
            instances="one and two hidden layers, and ranks of three networks",
        ),
    )


def _rank_through(inputs: int, hidden: int, outputs: int) -> int:
    """Rank of a product of two matrices of these widths, whose entries are powers of different numbers."""
    first = sp.Matrix(hidden, inputs, lambda i, j: (i + 2) ** j)
    last = sp.Matrix(outputs, hidden, lambda i, j: (i + 3) ** j)
    return int((last * first).rank())
