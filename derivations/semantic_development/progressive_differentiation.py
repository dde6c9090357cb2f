r"""Items drift apart from coarse to fine: internal representations of a deep linear network that learns a tree.

Premises: those of `mode_logistic` and of `tree_spectrum`. Inputs are one-hot, one neuron an item; targets are the N
features over sqrt(N), so that the singular values are s_l = sqrt(lambda_l); the start is balanced, and all modes start
with the same small strength. The representation h_i of an item is the activity of the hidden layer. The slides say that
the network must show progressive differentiation on any data of this class. They leave out that the start must be small
(below a fifth of s_l), that flips must not be fair, and that the tree must be regular; a network of one matrix learns
the same data without any order.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from derivations import semantic_development
from derivations.calculus import gradient_flow
from derivations.calculus import matrix_product as mp
from derivations.calculus import ultrametric as um
from derivations.calculus.linear_network import D1, D1T, RT, VT, R, V
from derivations.calculus.matrix_product import word
from derivations.calculus.ultrametric import K
from derivations.deep_linear import learning_time, shallow_has_no_stages
from derivations.deep_linear.balancedness import STATEMENT as BALANCEDNESS
from derivations.deep_linear.mode_logistic import STATEMENT as MODE_LOGISTIC
from derivations.deep_linear.mode_logistic import curve
from derivations.proof import Step
from derivations.semantic_development import spectrum_decreases, tree_spectrum
from derivations.semantic_development.tree_spectrum import LINK
from derivations.statement import Exact, Source, Statement
from derivations.symbols import B, D, a_0, a_f, c_0, l, s, t, tau, w_1, w_2

J = sp.Symbol("j", integer=True, nonnegative=True)
APART, HALF, SHALLOW_HALF = sp.Symbol("d_l^2"), sp.Symbol("t_l"), sp.Symbol("t_l^shallow")
ITEMS_APART = sp.Symbol(r"\left|h_i - h_j\right|^{2}")
S_L = sp.Symbol("s_l", positive=True)
UNFLIPPED = sp.Symbol("c", positive=True)
START = gradient_flow.INITIAL_STRENGTH.narrowed("the same for every mode", typical=(0.002, 0.03))
SMALL_START = "All modes start with the same strength a_0, less than a fifth of s_l."


def strength_of(level: sp.Expr) -> sp.Expr:
    """Singular value of the distinctions of a level."""
    return sp.sqrt((1 - UNFLIPPED) * sp.Sum((B * UNFLIPPED) ** J, (J, 0, D - level)))


def _learned(strength: sp.Expr) -> sp.Expr:
    """Mode strength at time t, without growing exponentials."""
    return sp.sympify(MODE_LOGISTIC.stable).subs(s, strength)


def item_distance(learned: Callable[[sp.Expr], sp.Expr], level: sp.Expr) -> sp.Expr:
    """Squared distance of two items that part at a level, from the mode strengths of that level and all below."""
    below = sp.Sum(B ** (K - D) * learned(K), (K, level, D))
    return 2 * B ** (level - 1 - D) * learned(level) + 2 * (1 - 1 / B) * below


STATEMENT = Statement(
    module=__name__,
    title="Progressive differentiation",
    formula=sp.Eq(
        sp.Tuple(APART, HALF, SHALLOW_HALF),
        sp.Tuple(
            2 * B ** (l - D) * _learned(S_L),
            tau * sp.log(S_L / a_0 - 1) / (2 * S_L),
            tau * sp.log(2),
        ),
        evaluate=False,
    ),
    where=(
        sp.Eq(UNFLIPPED, LINK, evaluate=False),
        sp.Eq(S_L, strength_of(l), evaluate=False),
    ),
    parameters=(
        gradient_flow.TIME.narrowed(typical=(0.3, 3.0)),
        semantic_development.BRANCHES,
        semantic_development.LINKS,
        semantic_development.LEVEL,
        semantic_development.FLIP,
        START,
        gradient_flow.TIME_CONSTANT,
    ),
    assumptions=(
        *semantic_development.DIFFUSION,
        semantic_development.ONE_HOT,
        *(sentence for sentence in MODE_LOGISTIC.assumptions if sentence != gradient_flow.WHITENED),
        SMALL_START,
        "d_l is the distance between the mean representations of two sibling categories of level l; t_l is the time at "
        "which their mean outputs are half as far apart as in the end.",
        "The network of one matrix starts at zero.",
    ),
    regime=Exact(),
    sources=(
        Source(document="000", where="Progressive differentiation"),
        Source(document="saxe2013hierarchical", where="hierarchical structure learning"),
    ),
    covers=("B3",),
    uses=(
        "semantic_development.tree_spectrum",
        "semantic_development.spectrum_decreases",
        "deep_linear.balancedness",
        "deep_linear.mode_logistic",
        "deep_linear.learning_time",
        "deep_linear.shallow_has_no_stages",
    ),
)


def derivation() -> tuple[Step, ...]:
    """From the hidden layer to distances of items on a tree, and from there to the times at which levels split."""
    return (*_representations(), *um.spectrum(), *_on_the_tree(), *_times())


def _representations() -> tuple[Step, ...]:
    hidden, other, frame = word(R, D1, VT), word(V, D1T, RT), word(RT, R)
    analyzer, strength = sp.Function("v", real=True), sp.Function("w", real=True)
    mode, i, j = sp.symbols("alpha i j", integer=True)

    def gram(one: sp.Symbol, two: sp.Symbol) -> sp.Expr:
        """What a mode adds to the product of the representations of two items: an entry of V D1^T D1 V^T."""
        return strength(mode) ** 2 * analyzer(mode, one) * analyzer(mode, two)

    of_mode = gram(i, i) + gram(j, j) - 2 * gram(i, j)
    imbalance = w_2**2 - w_1**2
    conserved = BALANCEDNESS.right[0].subs(c_0, imbalance.subs({w_1: sp.sqrt(a_0), w_2: sp.sqrt(a_0)}))
    v_i, v_j, total = sp.symbols(r"v_{\alpha}^{i} v_{\alpha}^{j} \alpha")
    of_first, of_mode_strength = sp.symbols("w_1 a")
    at_time, products = sp.Function("a")(total, t), word(mp.letter("H^{T}"), mp.letter("H"))
    over_modes = sp.Sum(at_time * (v_i - v_j) ** 2, (total, 1, sp.Symbol("N_2")))
    of_entries = {at_time: strength(mode) ** 2, v_i: analyzer(mode, i), v_j: analyzer(mode, j)}
    return (
        Step(
            claim="Inner products of representations do not depend on the hidden directions.",
            because="Inputs are one-hot, so representations are columns of W21; hidden directions are orthonormal.",
            shows=sp.Eq(products, word(V, D1T, D1, VT), evaluate=False),
            means={products: mp.contract(word(other, hidden), frame)},
        ),
        Step(
            claim="With a balanced start the first layer carries each mode with the square root of its strength.",
            because="w_2^2 is w_1^2 and the imbalance, which is conserved and zero at the start.",
            obligation=conserved,
            shows=sp.Eq(of_first**2, of_mode_strength, evaluate=False),
            means={of_first: w_1, of_mode_strength: sp.Abs(w_1) * sp.sqrt(w_1**2 + conserved)},
        ),
        Step(
            claim="The squared distance of two items is the sum over modes of the mode strength times the squared "
            "difference of the items in the object analyzer.",
            because="The squared distance is a sum of three products of representations, each a sum over modes: the "
            "term of a mode completes a square.",
            shows=sp.Eq(ITEMS_APART, over_modes, evaluate=False),
            means={ITEMS_APART: of_mode, over_modes: over_modes.function.subs(of_entries)},
        ),
    )


def _on_the_tree() -> tuple[Step, ...]:
    mode, gram = sp.Function("a"), um.similarity  # of a level; inner product of items, by level of common ancestor
    sums = um.level_sum()
    apart = item_distance(mode, l)
    up = um.split_first(apart) - apart.subs(l, l + 1)
    bottom = apart.subs(l, D).doit()
    drawn, centroids, size = [], [], B ** (D - l)
    for branching in ((2, 2, 2), (3, 3), (2, 2, 2, 2)):
        base, depth, items = branching[0], len(branching), um.leaves(branching)
        a_of = [sp.Symbol(f"a_{k}") for k in range(depth + 1)]
        found = sp.zeros(base**depth, base**depth)
        for level in range(depth + 1):
            columns = um.contrasts(branching, level)
            found += a_of[level] * columns * (columns.T * columns).inv() * columns.T
        for level in range(1, depth + 1):
            centroid = um.contrasts(branching, level)[:, 0] / base ** (depth - level)
            stated = 2 * B ** (l - D) * a_of[level]
            centroids.append((centroid.T * found * centroid)[0] - stated.subs({B: base, D: depth, l: level}))
        for j in range(1, len(items)):
            level = um.ancestor_level(items[0], items[j]) + 1
            stated = apart.subs({B: base, D: depth, l: level}).doit().replace(mode, lambda k, a_of=a_of: a_of[int(k)])
            drawn.append(sp.expand(found[0, 0] + found[j, j] - 2 * found[0, j] - stated))
    eigen, summed = tree_spectrum.eigenvalue().subs(LINK, UNFLIPPED), STATEMENT.where[1].rhs ** 2
    last = summed.replace(
        lambda e: isinstance(e, sp.Sum),
        lambda e: sp.Sum(e.function, (J, 0, D - l - 1)) + e.function.subs(J, D - l),
    )
    one_up = last - summed.subs(l, l + 1) - (um.split_first(sp.expand(eigen)) - sp.expand(eigen.subs(l, l + 1)))
    definitions = {d.lhs: d.rhs for d in STATEMENT.where}
    at_bottom = eigen.subs(l, D).doit() - summed.subs(l, D).doit()
    return (
        Step(
            claim="The Gram matrix of the representations is a matrix on the tree, whose neighbouring eigenvalues, the "
            "mode strengths of neighbouring levels, differ by one difference of its entries.",
            because="It has the eigenvectors of the tree; the sum over levels is split after its first term.",
            shows=sp.Eq(mode(l) - mode(l + 1), B ** (D - l) * (gram(l) - gram(l - 1)), evaluate=False),
            means={mode(l): um.split_first(sums), mode(l + 1): sums.subs(l, l + 1)},
        ),
        Step(
            claim="Items that part one level higher are farther apart by twice that difference; the finest distance is "
            "2 a_D.",
            because="The distance stated is split after its first term, and evaluated at the lowest level.",
            shows=sp.Eq(ITEMS_APART, apart, evaluate=False),
            means=(  # by induction: what both gain from one level to the next, and are at the lowest
                {ITEMS_APART: 2 * B ** (l - D) * (mode(l) - mode(l + 1)), apart: up},
                {ITEMS_APART: 2 * mode(D), apart: bottom},
            ),
        ),
        Step(
            claim="Explicit trees have these distances between all items.",
            because="Gram matrices of three trees are built from the projectors on the distinctions of each level.",
            obligation=tuple(drawn),
        ),
        Step(
            claim="The mean representations of sibling categories are apart by the modes of their level alone.",
            because="The difference of two centroids is a contrast, hence an eigenvector, of squared length 2 "
            "B^(l-D), as it has B^(D-l) entries of either sign over B^(D-l). Gram matrices of the same trees act on "
            "it too.",
            obligation=tuple(centroids),
            shows=sp.Eq(APART, 2 * B ** (l - D) * mode(l), evaluate=False),
            means={APART: 2 * size * (1 / size) ** 2 * mode(l)},
        ),
        Step(
            claim="The squared singular values are geometric sums, at the lowest level and from level to level.",
            because="The eigenvalues of the branching diffusion and the geometric sum are split at their ends.",
            obligation=(at_bottom, one_up, definitions[UNFLIPPED] - LINK, definitions[S_L] ** 2 - summed),
            shows=sp.Eq(S_L**2, strength_of(l) ** 2, evaluate=False),
        ),
        Step(
            claim="With the logistic learning curve of each level this is the distance stated.",
            because="The logistic curve of a mode is inserted, in the form without growing exponentials.",
            obligation=STATEMENT.right[0] - 2 * B ** (l - D) * curve().subs(s, S_L),
            shows=STATEMENT.formula,
        ),
    )


def faster_when_stronger() -> tuple[Step, ...]:
    """A mode with a larger singular value reaches its half earlier, if both start with the same small strength."""
    half = STATEMENT.right[1].subs(S_L, s)
    ratio = sp.Symbol("x", positive=True)  # s / a_0 - 1
    margin = ratio * sp.log(ratio) - 1 - ratio
    return (
        Step(
            claim="The time to half strength falls with s where x log x > 1 + x, with x = s / a_0 - 1.",
            because="The time is differentiated by the singular value.",
            shows=sp.Eq(sp.Derivative(HALF, s), -tau * margin / (2 * s**2 * ratio), evaluate=False),
            means={HALF: half, ratio: s / a_0 - 1},
        ),
        Step(
            claim="That is so for all starts below a fifth of the singular value, where x > 4.",
            because="The margin grows with slope log x, and at x = 4 it is 8 log 2 - 5, which is positive.",
            obligation=sp.diff(margin, ratio) - sp.log(ratio),
            shows=sp.Gt(margin, 0, evaluate=False),
            means={ratio: 4},
        ),
    )


def _times() -> tuple[Step, ...]:
    _, half, shallow_half = STATEMENT.right
    (total,) = strength_of(l).atoms(sp.Sum)
    finest = (1 - UNFLIPPED) * total.function.subs(J, D - l)  # the term that the next level lacks
    shallow = shallow_has_no_stages.STATEMENT.right[0].subs(a_0, 0)
    below, less = sp.Symbol("s_{l+1}", positive=True), {UNFLIPPED: 1 / (1 + sp.Symbol("p", positive=True))}
    return (
        Step(
            claim="Outputs are apart by the mode strength, so a level splits by half when its modes reach s / 2.",
            because="The strength s / 2 is inserted into the learning time, and the time into the learning curve.",
            obligation=(
                half - learning_time.learning_time().subs(a_f, s / 2).subs(s, S_L),
                curve().subs(t, half.subs(S_L, s)) - s / 2,
            ),
            shows=sp.Eq(HALF, half, evaluate=False),
        ),
        *faster_when_stronger(),
        Step(
            claim="Levels split in order, coarse before fine: the singular value falls from each level to the next.",
            because="The last term of the geometric sum is the difference of the eigenvalues, which is positive.",
            obligation=(
                total.limits[0][2] - total.subs(l, l + 1).limits[0][2] - 1,
                finest.subs(UNFLIPPED, LINK) - spectrum_decreases.STATEMENT.right[1],
            ),
            shows=sp.Gt(S_L**2, below**2, evaluate=False),
            means={S_L: sp.sqrt(below**2 + finest.subs(less))},
        ),
        Step(
            claim="In a network of one matrix all levels split at the same time.",
            because="Its curve, started at zero, is evaluated at the time stated: half of s, whatever s is.",
            obligation=shallow.subs(t, shallow_half) - s / 2,
            shows=sp.Eq(SHALLOW_HALF, shallow_half, evaluate=False),
        ),
    )
