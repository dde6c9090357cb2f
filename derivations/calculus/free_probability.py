r"""Free probability on truncated power series: moments, the psi-, eta-, chi-, S- and R-transforms, and free products.

A law is given by its moments m_1, m_2, ..., as SymPy expressions, to some order n; every transform is then exact to
that order. A series c_0 + c_1 z + ... is the tuple (c_0, c_1, ...) of its coefficients, and as long as it is known.

    psi(z) = m_1 z + m_2 z^2 + ...     chi its inverse     S(z) = (1 + z) chi(z) / z     eta = psi / (1 + psi)
    z R(z) is the inverse of z S(z); R(z) = kappa_1 + kappa_2 z + ... has the free cumulants as coefficients

Free independence is a rule for moments of products: words whose factors alternate between the two algebras and are
centred have mean zero. `mixed_moment` works out any word from that rule alone, and `multiplication_law` derives
S_AB = S_A S_B from it. Source: Nica and Speicher 2006, lectures 5, 16 and 18; Mingo and Speicher 2017, on asymptotic
freeness.
"""

from __future__ import annotations

import collections
import functools
import itertools
import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp
from sympy.polys.constructor import construct_domain

from derivations.proof import Step
from derivations.statement import Source

Series = tuple[sp.Expr, ...]
Word = tuple[str, ...]

ASYMPTOTIC = Source(document="voiculescu1991limit", where="asymptotic freeness of independently rotated matrices")
HAAR = Source(document="mingo2017free", where="asymptotic freeness of Haar and Gaussian random matrices")
Z = sp.Symbol("z")  # argument of the transforms

# ------------------------------------------------------------------------------------------------ truncated series


def _in_their_field(
    rule: Callable[..., Sequence[Any]],
) -> Callable[..., Series]:
    """A rule for series, carried out in the field that their coefficients generate: quotients are reduced there."""

    @functools.wraps(rule)
    def on_expressions(*series: Sequence[sp.Expr]) -> Series:
        field, numbers = construct_domain([c for one in series for c in one], field=True)
        left = iter(numbers)
        found = rule(*([next(left) for _ in one] for one in series))
        return tuple(field.to_sympy(field.convert(c)) for c in found)

    return on_expressions


def _product(*factors: Sequence[Any]) -> list[Any]:
    length = min(map(len, factors))
    total = list(factors[0][:length])
    for factor in factors[1:]:
        total = [sum(total[i] * factor[k - i] for i in range(k + 1)) for k in range(length)]
    return total


def _reciprocal(series: Sequence[Any]) -> list[Any]:
    found = [1 / series[0]]
    for k in range(1, len(series)):
        found.append(-sum(series[i] * found[k - i] for i in range(1, k + 1)) / series[0])
    return found


def _inverted(series: Sequence[Any]) -> list[Any]:
    ratio = _reciprocal(series[1:])
    powers, found = ratio, [0 * ratio[0], ratio[0]]
    for k in range(2, len(series)):
        powers = _product(powers, ratio)
        found.append(powers[k - 1] / k)
    return found


@_in_their_field
def product(*factors: Sequence[Any]) -> Sequence[Any]:
    """The product of series, as far as the shortest of them is known.

    >>> product((sp.S(1), sp.S(1)), (sp.S(1), sp.S(2)))
    (1, 3)
    """
    return _product(*factors)


@_in_their_field
def reciprocal(series: Sequence[Any]) -> Sequence[Any]:
    """1 / series, for a constant term that does not vanish."""
    return _reciprocal(series)


def power(series: Series, exponent: sp.Expr) -> Series:
    """series^exponent for any exponent, symbolic ones included; the constant term must not vanish.

    From f = g^a follows g f' = a g' f, one coefficient after the other.
    """
    found = [series[0] ** exponent]
    for k in range(1, len(series)):
        total = sum((exponent * i - (k - i)) * series[i] * found[k - i] for i in range(1, k + 1))
        found.append(sp.expand(sp.cancel(total / (k * series[0]))))
    return tuple(found)


def multiplication(series: Series) -> sp.Matrix:
    """The product with a series, as a matrix that acts on the coefficients of the other factor."""
    return sp.Matrix(len(series), len(series), lambda i, j: series[i - j] if i >= j else 0)


def composed(outer: Series, inner: Series) -> Series:
    """outer(inner(z)) for a series `inner` without constant term."""
    total: Series = tuple([sp.S.Zero] * len(inner))
    for coefficient in reversed(outer):
        total = product(total, inner)
        total = (total[0] + coefficient, *total[1:])
    return total


@_in_their_field
def inverted(series: Sequence[Any]) -> Sequence[Any]:
    """The inverse under composition of a series with coefficients (0, c_1 != 0, ...), by Lagrange's formula.

    >>> inverted((sp.S(0), sp.S(1), sp.S(1), sp.S(0)))
    (0, 1, -1, 2)
    """
    return _inverted(series)


# ------------------------------------------------------------------------------------------------ transforms


def psi(moments: Sequence[sp.Expr]) -> Series:
    """m_1 z + m_2 z^2 + ... of the moments m_1, m_2, ..."""
    return (sp.S.Zero, *(sp.sympify(m) for m in moments))


def eta(moments: Sequence[sp.Expr]) -> Series:
    """psi / (1 + psi)."""
    numerator = psi(moments)
    return product(numerator, reciprocal((sp.S.One, *numerator[1:])))


def chi(moments: Sequence[sp.Expr]) -> Series:
    """The inverse of psi; exists where the mean m_1 is not zero."""
    return inverted(psi(moments))


@_in_their_field
def s_transform(moments: Sequence[Any]) -> Sequence[Any]:
    """S(z) = (1 + z) chi(z) / z, with as many coefficients as moments.

    >>> m_1, m_2 = sp.symbols("m_1 m_2")
    >>> s_transform((m_1, m_2))[1].equals((m_1**2 - m_2) / m_1**3)
    True
    """
    found = _inverted([0 * moments[0], *moments])
    return [after + before for before, after in itertools.pairwise(found)]


@_in_their_field
def moments_of_s(series: Sequence[Any]) -> Sequence[Any]:
    """The moments of the law with an S-transform: m_k = [z^(k-1)] ((1 + z) / S(z))^k / k, by Lagrange's formula."""
    found = _reciprocal(series)
    ratio = [after + before for before, after in itertools.pairwise([0 * found[0], *found])]
    powers = [ratio]
    while len(powers) < len(ratio):
        powers.append(_product(powers[-1], ratio))
    return [power[k] / (k + 1) for k, power in enumerate(powers)]


def r_transform(moments: Sequence[sp.Expr]) -> Series:
    """R(z) = kappa_1 + kappa_2 z + ...: with M = 1 + psi and C(z) = 1 + z R(z), C(z M(z)) = M(z).

    >>> r_transform((1, 2, 5, 14))  # a square Gaussian matrix: all free cumulants of W W^T are 1
    (1, 1, 1, 1)
    """
    whole = (sp.S.One, *(sp.sympify(m) for m in moments))
    inside = inverted((sp.S.Zero, *whole[:-1]))  # the inverse of z M(z)
    return tuple(sp.expand(c) for c in composed(whole, inside)[1:])


def free_product(first: Sequence[sp.Expr], second: Sequence[sp.Expr]) -> tuple[sp.Expr, ...]:
    """Moments of the free multiplicative convolution of two laws, by S_AB = S_A S_B."""
    return moments_of_s(product(s_transform(first), s_transform(second)))


# ------------------------------------------------------------------------------------------------ free independence


def mixed_moment(word: Word, moment: Callable[[str, int], sp.Expr]) -> sp.Expr:
    """Mean of a word in free letters, from the vanishing of alternating centred words alone.

    `word` is a tuple of letters, as in ("a", "b", "a", "b"); `moment(letter, k)` is the mean of letter^k.

    >>> mean = lambda letter, k: sp.Symbol(f"{letter}_{k}")
    >>> mixed_moment(("a", "b", "a", "b"), mean)
    -a_1**2*b_1**2 + a_1**2*b_2 + a_2*b_1**2
    """
    return _mixed_moments([word], moment)[0]


def _mixed_moments(words: Sequence[Word], moment: Callable[[str, int], sp.Expr]) -> tuple[sp.Expr, ...]:
    often = functools.reduce(operator.or_, map(collections.Counter, words))
    names = [(letter, k) for letter, many in often.items() for k in range(1, many + 1)]
    ring, numbers = construct_domain([moment(*name) for name in names])
    moments = dict(zip(names, numbers, strict=True))

    @functools.cache
    def mean(blocks: tuple[tuple[str, int], ...]) -> Any:
        """Mean of letter^k ... of blocks whose letters alternate."""
        if not blocks:
            return ring.one
        if len(blocks) == 1:
            return moments[blocks[0]]
        # 0 = mean of the product of (x_i - mean x_i): all terms but the word itself are shorter words
        total = ring.zero
        places = range(len(blocks))
        for size in range(1, len(blocks) + 1):
            for dropped in itertools.combinations(places, size):
                factor = math.prod((-moments[blocks[i]] for i in dropped), start=ring.one)
                kept = [block for i, block in enumerate(blocks) if i not in dropped]
                total -= factor * mean(_merged(kept))
        return total

    return tuple(ring.to_sympy(mean(_merged([(letter, 1) for letter in word]))) for word in words)


def _merged(blocks: Sequence[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    found: list[tuple[str, int]] = []
    for letter, count in blocks:
        if found and found[-1][0] == letter:
            found[-1] = (letter, found[-1][1] + count)
        else:
            found.append((letter, count))
    return tuple(found)


def product_moments(order: int, moment: Callable[[str, int], sp.Expr]) -> tuple[sp.Expr, ...]:
    """Means of ab, (ab)^2, ..., (ab)^order for free a and b, from the definition of freeness."""
    return _mixed_moments([("a", "b") * k for k in range(1, order + 1)], moment)


def letter_moment(letter: str, k: int) -> sp.Symbol:
    """The symbol of the mean of letter^k; positive, as for a positive variable."""
    return sp.Symbol(f"{letter}_{k}", positive=True)


# ------------------------------------------------------------------------------------------------ steps


def asymptotic_freeness() -> tuple[Step, ...]:
    """What is assumed of wide networks: matrices in independent general position become free."""
    a, b, mean = sp.Symbol("a"), sp.Symbol("b"), sp.Function(r"\varphi")
    return (
        Step(
            claim="Matrices that are rotated against one another by independent Haar rotations become free as N grows.",
            because="Traces of words in them converge to those of free variables: words with alternating centred "
            "factors have trace zero. Independent Gaussian matrices are their special case.",
            assumption=ASYMPTOTIC,
            shows=sp.Eq(mean((a - mean(a)) * (b - mean(b))), 0, evaluate=False),
        ),
    )


def multiplication_law(order: int = 4) -> tuple[Step, ...]:
    """S_AB = S_A S_B, coefficient by coefficient, from the definition of free independence."""
    first, second = ([letter_moment(name, k) for k in range(1, order + 1)] for name in ("a", "b"))
    found = product_moments(order, letter_moment)
    together, of_a, of_b = (s_transform(moments) for moments in (found, first, second))
    a1, a2, b1, b2 = first[0], first[1], second[0], second[1]
    transform = [sp.Symbol(f"S_{name}(z)", commutative=False) for name in ("AB", "A", "B")]
    abab = sp.Symbol(r"\varphi(abab)")
    return (
        Step(
            claim="Free variables have the mean of abab that the vanishing of centred alternating words gives.",
            because="The mean of (a - a_1)(b - b_1)(a - a_1)(b - b_1) is expanded and set to zero; shorter words are "
            "treated alike.",
            shows=sp.Eq(abab, a2 * b1**2 + a1**2 * b2 - a1**2 * b1**2, evaluate=False),
            means={abab: mixed_moment(("a", "b", "a", "b"), letter_moment)},
        ),
        Step(
            claim="The S-transforms of two free factors multiply.",
            instances=f"the first {order} coefficients, that is all moments of ab up to (ab)^{order}",
            because="Moments of ab are worked out from the definition of freeness for any moments of a and b; their "
            "S-transform, by reversion of series, is compared with the product of the two.",
            shows=sp.Eq(transform[0], transform[1] * transform[2], evaluate=False),
            means={
                transform[0]: sp.Matrix(together),
                transform[1]: multiplication(of_a),
                transform[2]: sp.Matrix(of_b),
            },
        ),
    )


def positive_factors() -> tuple[Step, ...]:
    """For which operators the law speaks: positive ones, in the symmetric product A^(1/2) B A^(1/2)."""
    a1, a2, b1, b2 = sp.symbols("alpha_1 alpha_2 beta_1 beta_2", nonnegative=True)
    c, s = sp.symbols("c s", real=True)
    rotation = sp.Matrix([[c, -s], [s, c]])
    root, other = sp.diag(a1, a2), rotation * sp.diag(b1, b2) * rotation.T  # A^(1/2), and B
    symmetric = root * other * root
    weights = rotation * sp.diag(b1, b2)  # of a layer D W, with D^2 = A and W W^T = B of b_i^2
    jacobian = root * weights
    u1, u2 = sp.symbols("u_1 u_2", real=True)
    half = sp.diag(sp.sqrt(b1), sp.sqrt(b2)) * rotation.T * root * sp.Matrix([u1, u2])
    form = (sp.Matrix([[u1, u2]]) * symmetric * sp.Matrix([u1, u2]))[0]
    mean_of_w = letter_moment("w", 1)
    J, J_t, D, W, W_t = sp.symbols("J J^{T} D W W^{T}", commutative=False)
    at_zero, mean = sp.symbols(r"S_W(0) \varphi(w)")
    return (
        Step(
            claim="A^(1/2) B A^(1/2) of positive factors is positive and has the moments of AB.",
            instances="2 x 2 matrices in general position",
            because="Its form is the squared length of B^(1/2) A^(1/2) u, and its powers have the traces of those "
            "of AB. For factors of either sign, AB may have complex eigenvalues and no law.",
            obligation=(
                sp.expand(form - (half.T * half)[0]),
                *(sp.expand((symmetric**k - (root * root * other) ** k).trace()) for k in (1, 2, 3)),
            ),
        ),
        Step(
            claim="In a layer D W they are D^2 and W W^T, not D and W.",
            instances="2 x 2 matrices in general position",
            because="The squared singular values of D W are the eigenvalues of D W W^T D.",
            shows=sp.Eq(J * J_t, D * W * W_t * D, evaluate=False),
            means={J: jacobian, J_t: jacobian.T, D: root, W: weights, W_t: weights.T},
        ),
        Step(
            claim="W itself has mean zero, and so no S-transform: 1 / S(0) is the mean.",
            because="chi is the inverse of psi, whose first coefficient is the mean.",
            shows=sp.Eq(1 / at_zero, mean, evaluate=False),
            means={at_zero: s_transform((mean_of_w, letter_moment("w", 2)))[0], mean: mean_of_w},
        ),
    )


def fuss_catalan(depth: sp.Expr, k: sp.Expr) -> sp.Expr:
    """Moment k of J J^T for a product of `depth` square Gaussian matrices of unit gain.

    >>> [fuss_catalan(2, k) for k in range(1, 5)]
    [1, 3, 12, 55]
    """
    return sp.binomial((depth + 1) * k, k) / (depth * k + 1)


def fuss_catalan_numbers(order: int = 6) -> tuple[Step, ...]:
    """Moments of a product of L square Gaussian matrices, from the functional equation of their generating function."""
    depth = sp.Symbol("L", positive=True)
    one_layer = moments_of_s(reciprocal((sp.S.One, sp.S.One, *[sp.S.Zero] * (order - 2))))
    series = power((sp.S.One, sp.S.One, *[sp.S.Zero] * (order - 2)), -depth)
    moments = moments_of_s(series)
    whole = (sp.S.One, *moments)
    raised = (sp.S.Zero, *power(whole, depth + 1)[:-1])  # z M^(L+1)
    return (
        Step(
            claim="One square Gaussian matrix has S(z) = 1 / (1 + z): its moments are Catalan's numbers.",
            instances=f"the first {order} moments",
            because="Reversion of chi(z) = z / (1 + z)^2.",
            obligation=tuple(m - sp.catalan(k) for k, m in enumerate(one_layer, 1)),
        ),
        Step(
            claim="L of them have S(z) = (1 + z)^(-L), and M = 1 + psi solves M = 1 + z M^(L + 1).",
            instances=f"the first {order} moments, any L",
            because="chi(psi(z)) = z reads psi = z (1 + psi)^(L + 1).",
            obligation=tuple(sp.expand(x - y) for x, y in zip((sp.S.Zero, *moments), raised, strict=True)),
            shows=sp.Eq(sp.Symbol("M"), 1 + Z * sp.Symbol("M") ** (depth + 1), evaluate=False),
        ),
        Step(
            claim="The moments are the Fuss-Catalan numbers.",
            instances=f"the first {order} moments, any L",
            because="By Lagrange's formula m_k is the coefficient of z^(k-1) in (1 + z)^((L + 1) k) / k.",
            obligation=(
                *(sp.expand(m - _written_out(depth, k)) for k, m in enumerate(moments, 1)),
                *(fuss_catalan(n, k) - _written_out(n, k) for n in (1, 2, 3, 7) for k in range(1, order + 1)),
            ),
            shows=sp.Eq(
                sp.Symbol("m_k"), fuss_catalan(depth, sp.Symbol("k", integer=True, positive=True)), evaluate=False
            ),
        ),
    )


def _written_out(depth: sp.Expr, k: int) -> sp.Expr:
    """The Fuss-Catalan number with its binomial written out: (L k + 2) ... (L k + k) / k!."""
    return sp.expand(sp.prod([depth * k + j for j in range(2, k + 1)]) / sp.factorial(k))
