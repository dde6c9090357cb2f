r"""Similarities on a tree: matrices whose entry depends on the nearest common ancestor of two leaves alone.

An explicit tree is given by its branching numbers, one a level; a leaf is the tuple of the branches taken from the
root, and two leaves have their nearest common ancestor at the level up to which these tuples agree. The rows of a
regular tree of any size are treated by counting: a leaf has B^(D-k) - B^(D-k-1) leaves whose nearest common ancestor
with it stands at level k < D, and one, itself, at level D.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product, takewhile

import sympy as sp

from derivations.calculus.matrix_product import letter, word
from derivations.proof import Step
from derivations.symbols import B, D, l

K = sp.Symbol("k", integer=True, nonnegative=True)  # level of a nearest common ancestor
similarity = sp.Function("q", real=True)  # of two leaves, as a function of the level of their nearest common ancestor
AT_LEVEL = B ** (D - K) - B ** (D - K - 1)  # leaves whose nearest common ancestor with one leaf stands at level k
TREES = ((2, 3), (3, 2, 2), (2, 2, 2, 2), (4, 3))


def leaves(branching: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """All leaves of a tree in order.

    >>> leaves((2, 2))
    ((0, 0), (0, 1), (1, 0), (1, 1))
    """
    return tuple(product(*(range(count) for count in branching)))


def ancestor_level(first: Sequence[int], second: Sequence[int]) -> int:
    """Level of the nearest common ancestor of two leaves; the root has level 0.

    >>> ancestor_level((1, 0, 1), (1, 0, 2))
    2
    """
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=True))))


def tree_matrix(branching: Sequence[int], values: Sequence[sp.Expr]) -> sp.Matrix:
    """Matrix over pairs of leaves with the entry values[level of the nearest common ancestor]."""
    items = leaves(branching)
    return sp.Matrix(len(items), len(items), lambda i, j: values[ancestor_level(items[i], items[j])])


def contrasts(branching: Sequence[int], level: int) -> sp.Matrix:
    """Haar vectors of a level as columns: one branch minus a sibling that ends at that level; the mean for level 0."""
    items = leaves(branching)
    if level == 0:
        return sp.ones(len(items), 1)
    columns = [
        [(item[:level] == (*parent, 0)) - (item[:level] == (*parent, other)) for item in items]
        for parent in leaves(branching[: level - 1])
        for other in range(1, branching[level - 1])
    ]
    return sp.Matrix(columns).T


def nodes(branching: Sequence[int], level: int) -> int:
    """Number of nodes at a level."""
    return int(sp.prod(branching[:level]))


def within() -> sp.Expr:
    """Sum of a leaf's similarities to all leaves below its ancestor at level l, itself included; regular tree."""
    return similarity(D) + sp.Sum(AT_LEVEL * similarity(K), (K, l, D - 1))


def contrast_value() -> sp.Expr:
    """Row of a tree matrix times a contrast of level l: the leaf's own branch minus the sibling branch."""
    return within() - B ** (D - l) * similarity(l - 1)


def level_sum() -> sp.Sum:
    """Eigenvalue of level l as a sum over the levels below: P sum (q_k - q_(k-1)) / M_k, with P / M_k = B^(D-k)."""
    return sp.Sum(B ** (D - K) * (similarity(K) - similarity(K - 1)), (K, l, D))


def split_first(expression: sp.Expr) -> sp.Expr:
    """Every sum with its first term written out.

    >>> k, n = sp.symbols("k n", integer=True)
    >>> split_first(sp.Sum(k**2, (k, 3, n)))
    Sum(k**2, (k, 4, n)) + 9
    """

    def split(total: sp.Sum) -> sp.Expr:
        index, low, high = total.limits[0]
        return total.function.subs(index, low) + sp.Sum(total.function, (index, low + 1, high))

    return expression.replace(lambda e: isinstance(e, sp.Sum), split)


def spectrum() -> tuple[Step, ...]:
    """Eigenvectors, multiplicities and eigenvalues of a tree matrix, with any similarities q_0, ..., q_D."""
    return (*_eigenvectors(), *_counted())


def _eigenvectors() -> tuple[Step, ...]:
    """By induction over the levels, from the matrix of a subtree to that of the tree made of b such subtrees."""
    inside, ones, mean, vector = (letter(name) for name in ("C'", "J", r"\mathbf{1}", "v"))
    size, branches = sp.symbols("n b", positive=True)  # leaves of a subtree; branches at the root
    root, row, value = sp.symbols("q_0 rho lambda", real=True)  # between subtrees; row sum, eigenvalue of a subtree
    known = {
        word(ones, mean): size * mean,  # J is the matrix of ones
        word(inside, mean): row * mean,
        word(ones, vector): sp.S.Zero,  # a contrast inside a subtree adds up to zero
        word(inside, vector): value * vector,
    }

    def blocks(part: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        """What the tree's matrix makes of a vector in one subtree: in this subtree, and in every other one."""
        return tuple(sp.expand(sp.expand(w).subs(known)) for w in (word(inside, part), root * word(ones, part)))

    of_contrast, of_mean = blocks(vector), blocks(mean)
    pair = row - size * root  # eigenvalue of one branch at the root minus another
    all_of_them = row + (branches - 1) * size * root
    below = {row: within(), size: B ** (D - l), root: similarity(l - 1)}
    number = B**l - B ** (l - 1)
    tree_value, tree_vector = sp.Symbol("lambda_l"), letter("v")
    row_times_vector = word(letter("C"), tree_vector)
    counts = sp.symbols("n_l M_l M_{l-1}")
    explicit = [_of_explicit_tree(branching) for branching in TREES]
    return (
        Step(
            claim="A branch minus its sibling is an eigenvector, and so is the mean: the eigenvectors mirror the tree.",
            because="By induction. A tree has the matrices of its subtrees as blocks and q_0 between them: a contrast "
            "inside a subtree is seen there alone, two subtrees at the root have the eigenvalue rho - n q_0, and all "
            "of them rho + (b - 1) n q_0. Explicit matrices of four trees act on these vectors as well.",
            obligation=(of_contrast[1], contrast_value() - pair.subs(below), *(eigen for eigen, _, _ in explicit)),
            shows=sp.Eq(row_times_vector, tree_value * tree_vector, evaluate=False),
            means=(
                {row_times_vector: of_contrast[0], tree_value: value, tree_vector: vector},
                {row_times_vector: of_mean[0] - of_mean[1], tree_value: pair, tree_vector: mean},
                {
                    row_times_vector: of_mean[0] + (branches - 1) * of_mean[1],
                    tree_value: all_of_them,
                    tree_vector: mean,
                },
            ),
        ),
        Step(
            claim="Level l has M_l - M_(l-1) independent contrasts, orthogonal to all other levels; there are no more.",
            because="B branches have B - 1 independent differences, and every level B times as many as the one above; "
            "with the mean they are as many as the leaves. A contrast inside a branch is orthogonal to what is "
            "constant there. Ranks and products of explicit vectors are computed for four trees as well.",
            obligation=(
                number.subs(l, 1) - (B - 1),
                sp.powsimp(sp.expand(number.subs(l, l + 1) - B * number)),
                sp.expand(1 + number.subs(l, 1) - B),
                sp.expand(B**l + number.subs(l, l + 1) - B ** (l + 1)),
                *(rest for _, rest, _ in explicit),
            ),
            shows=sp.Eq(counts[0], counts[1] - counts[2], evaluate=False),
            means=tuple(dict(zip(counts, row, strict=True)) for _, _, rows in explicit for row in rows),
        ),
    )


def _of_explicit_tree(branching: tuple[int, ...]) -> tuple[tuple, tuple, tuple]:
    """Residuals of the eigenvalue equations of a tree, and of the number and products of its contrasts.

    Then, of each level, the rank of its contrasts, its number of nodes, and that of the level above.
    """
    depth, total = len(branching), nodes(branching, len(branching))
    q = [sp.Symbol(f"q_{k}", real=True) for k in range(depth + 1)]
    differences = [q[k] - (q[k - 1] if k else 0) for k in range(depth + 1)]
    matrix, vectors = tree_matrix(branching, q), [contrasts(branching, level) for level in range(depth + 1)]
    eigen, rest, counts = [], [sum(columns.cols for columns in vectors) - total], []
    for level, columns in enumerate(vectors):
        value = total * sum(differences[k] / nodes(branching, k) for k in range(level, depth + 1))
        eigen.append(matrix * columns - value * columns)
        rest += [columns.T * other for other in vectors[level + 1 :]]
        counts.append((columns.rank(), nodes(branching, level), nodes(branching, level - 1) if level else 0))
    return tuple(eigen), tuple(rest), tuple(counts)


def _counted() -> tuple[Step, ...]:
    below = B ** (D - K)  # leaves below a node of level k
    counts = [below.subs(K, D) - 1, below - B * below.subs(K, K + 1), below - below.subs(K, K + 1) - AT_LEVEL]
    for branching in ((2,) * 4, (3,) * 3, (5,) * 2):
        base, depth = branching[0], len(branching)
        for k in range(depth):
            found = sum(ancestor_level(leaves(branching)[0], leaf) == k for leaf in leaves(branching))
            counts.append(found - AT_LEVEL.subs({B: base, D: depth, K: k}))
    row, total = contrast_value(), level_sum()
    up = [split_first(e) - e.subs(l, l + 1) for e in (row, total)]
    lowest = sp.Symbol("lambda_D")
    return (
        Step(
            claim="A leaf has B^(D-k) - B^(D-k-1) leaves whose nearest common ancestor with it stands at level k < D.",
            because="Those below the ancestor at level k, less those below the ancestor at level k + 1: one leaf below "
            "level D, and B times as many one level higher. Counted in three trees as well.",
            obligation=tuple(counts),
        ),
        Step(
            claim="At the lowest level the row sum of a contrast is the sum over levels.",
            because="At l = D a contrast is a leaf minus its sibling, and both sums have at most one term.",
            shows=sp.Eq(lowest, similarity(D) - similarity(D - 1), evaluate=False),
            means=tuple({lowest: e.subs(l, D).doit()} for e in (row, total)),
        ),
        Step(
            claim="One level higher both change alike, so they agree at all levels, for any B, D and similarities.",
            because="Both sums are split after their first term.",
            shows=sp.Eq(row, total, evaluate=False),
            means={row: up[0], total: up[1]},  # by induction: what they gain from one level to the next
        ),
    )
