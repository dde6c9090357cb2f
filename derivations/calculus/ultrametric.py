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

from derivations.proof import Step
from derivations.symbols import B, D, l

K = sp.Symbol("k", integer=True, nonnegative=True)  # level of a nearest common ancestor
similarity = sp.Function("q", real=True)  # of two leaves, as a function of the level of their nearest common ancestor
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
    return similarity(D) + sp.Sum((B ** (D - K) - B ** (D - K - 1)) * similarity(K), (K, l, D - 1))


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
    return (*_explicit(), *_counted())


def _explicit() -> tuple[Step, ...]:
    eigen, complete, orthogonal, number = [], [], [], []
    for branching in TREES:
        depth = len(branching)
        q = [sp.Symbol(f"q_{k}", real=True) for k in range(depth + 1)]
        differences = [q[k] - (q[k - 1] if k else 0) for k in range(depth + 1)]
        matrix = tree_matrix(branching, q)
        vectors = [contrasts(branching, level) for level in range(depth + 1)]
        total = nodes(branching, depth)
        for level, columns in enumerate(vectors):
            value = total * sum(differences[k] / nodes(branching, k) for k in range(level, depth + 1))
            eigen.append(matrix * columns - value * columns)
            orthogonal += [columns.T * other for other in vectors[level + 1 :]]
            complete.append(columns.rank() - nodes(branching, level) + (nodes(branching, level - 1) if level else 0))
        number.append(sum(columns.cols for columns in vectors) - total)
    lamda_l, vector = sp.Symbol("lambda_l"), sp.Symbol("v")
    return (
        Step(
            claim="A branch minus its sibling is an eigenvector, and so is the mean: the eigenvectors mirror the tree.",
            because="Matrices of four trees, with a symbol for the similarity at each level, act on these vectors.",
            obligation=tuple(eigen),
            shows=sp.Eq(sp.Symbol("C") * vector, lamda_l * vector, evaluate=False),
        ),
        Step(
            claim="Level l has M_l - M_(l-1) independent contrasts, orthogonal to all other levels; there are no more.",
            because="Ranks and products are computed for the same trees; the numbers add up to the number of leaves.",
            obligation=(*complete, *orthogonal, *number),
            shows=sp.Eq(sp.Symbol("n_l"), sp.Symbol("M_l") - sp.Symbol("M_{l-1}"), evaluate=False),
        ),
    )


def _counted() -> tuple[Step, ...]:
    counts = []
    for branching in ((2,) * 4, (3,) * 3, (5,) * 2):
        base, depth = branching[0], len(branching)
        for k in range(depth):
            found = sum(ancestor_level(leaves(branching)[0], leaf) == k for leaf in leaves(branching))
            counts.append(found - (B ** (D - K) - B ** (D - K - 1)).subs({B: base, D: depth, K: k}))
    row, total = contrast_value(), level_sum()
    bottom = (row - total).subs(l, D).doit()
    up = [split_first(e) - e.subs(l, l + 1) for e in (row, total)]
    return (
        Step(
            claim="A leaf has B^(D-k) - B^(D-k-1) leaves whose nearest common ancestor with it stands at level k < D.",
            because="Those below the ancestor at level k, less those below the ancestor at level k + 1; counted for "
            "three trees.",
            obligation=tuple(counts),
        ),
        Step(
            claim="At the lowest level the row sum of a contrast is the sum over levels.",
            because="At l = D a contrast is a leaf minus its sibling, and both sums have at most one term.",
            obligation=bottom,
            shows=sp.Eq(sp.Symbol("lambda_D"), similarity(D) - similarity(D - 1), evaluate=False),
        ),
        Step(
            claim="One level higher both change alike, so they agree at all levels, for any B, D and similarities.",
            because="Both sums are split after their first term.",
            obligation=up[0] - up[1],
            shows=sp.Eq(row, total, evaluate=False),
        ),
    )
