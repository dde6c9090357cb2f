r"""Gradient flow of a product of matrices: explicit chains of any widths, and words in noncommuting letters.

A chain W^d ... W^2 W^1 maps widths[0] inputs to widths[d] outputs; W^l is widths[l] x widths[l-1]. Two tools serve the
derivations of deep linear learning:

* explicit matrices of symbols, whose loss is differentiated entry by entry (`squared_error`, `gradient`), so that the
  rule of backpropagation (`backpropagated`) is established rather than recalled;
* noncommuting letters, one for each matrix of whatever size, for steps that hold for all widths; a transpose is a
  letter of its own, or `sympy.transpose` of one; orthonormality R^T R = 1 is the rewriting of one word (`contract`);
  traces are words on a circle (`trace`), and matrices may be put back for the letters (`inserted`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import sympy as sp


def matrix(letter: str, rows: int, columns: int) -> sp.Matrix:
    """A matrix of real symbols letter_i_j, counted from 1."""
    return sp.Matrix(rows, columns, lambda i, j: sp.Symbol(f"{letter}_{i + 1}_{j + 1}", real=True))


def diagonal(letter: str, rows: int, columns: int) -> sp.Matrix:
    """A rectangular diagonal matrix of real symbols letter_i, counted from 1."""
    return sp.Matrix(rows, columns, lambda i, j: sp.Symbol(f"{letter}_{i + 1}", real=True) if i == j else 0)


def chain(widths: Sequence[int]) -> tuple[sp.Matrix, ...]:
    """Weights (W^1, ..., W^d) of symbols for layers of the given widths."""
    return tuple(matrix(f"W{k + 1}", widths[k + 1], widths[k]) for k in range(len(widths) - 1))


def product(weights: Sequence[sp.Matrix], size: int) -> sp.Matrix:
    """W^d ... W^1 of weights (W^1, ..., W^d); `size` is the number of its columns."""
    total = sp.eye(size)
    for weight in weights:
        total = weight * total
    return total


def squared_error(weights: Sequence[sp.Matrix], inputs: sp.Matrix, outputs: sp.Matrix) -> sp.Expr:
    """1/2 sum over examples (columns) of |y - W^d ... W^1 x|^2; the factor 1/2 fixes the unit of the learning rate."""
    error = outputs - product(weights, inputs.shape[0]) * inputs
    return sum((e**2 for e in error), sp.S.Zero) / 2


def gradient(loss: sp.Expr, weight: sp.Matrix) -> sp.Matrix:
    """Derivatives of a loss by the entries of a matrix of symbols, entry by entry."""
    return weight.applyfunc(lambda entry: sp.diff(loss, entry))


def backpropagated(weights: Sequence[sp.Matrix], layer: int, error: sp.Matrix) -> sp.Matrix:
    """(W^d ... W^{l+1})^T error (W^{l-1} ... W^1)^T for `layer` = l, counted from 1."""
    above = product(weights[layer:], weights[layer - 1].shape[0])
    below = product(weights[: layer - 1], weights[0].shape[1])
    return above.T * error * below.T


def letter(name: str) -> sp.Symbol:
    """A matrix of whatever size as a noncommuting letter; `name` is its LaTeX."""
    return sp.Symbol(name, commutative=False)


def rate(name: str) -> sp.Symbol:
    """The letter for the time derivative of the matrix called `name`."""
    return letter(rf"\dot{{{name}}}")


def word(*letters: sp.Expr) -> sp.Expr:
    """The product of letters in the order given."""
    return sp.Mul(*letters)


def written(expression: sp.Expr) -> str:
    """An expression in letters as LaTeX, for a name that speaks of it: of its norm, its trace or its rate.

    >>> A, B = letter("A"), letter("B")
    >>> written(B * A - A * sp.transpose(B))
    'B A - A (B)^{T}'
    """
    terms = sorted(sp.Add.make_args(expression), key=lambda term: term.could_extract_minus_sign())
    text = " + ".join(map(str, terms)).replace("+ -", "- ")
    return re.sub(r"transpose\((.*?)\)", r"(\1)^{T}", text).replace("*", " ")


def squared_norm(expression: sp.Expr) -> sp.Symbol:
    """The letter for the squared norm of an expression in letters."""
    return letter(rf"\| {written(expression)} \|^2")


def trace_name(expression: sp.Expr) -> sp.Symbol:
    """The letter for the trace of an expression in letters."""
    return letter(rf"\mathrm{{tr}}\, {written(expression)}")


def contract(expression: sp.Expr, *words: sp.Expr) -> sp.Expr:
    """The expression with each of `words` (such as R^T R for orthonormal columns) replaced by the unit matrix."""
    expression = sp.expand(expression)
    while True:
        shorter = sp.expand(expression.subs([(w, sp.S.One) for w in words]))
        if shorter == expression:
            return expression
        expression = shorter


def solved(expression: sp.Expr, unknown: sp.Symbol) -> sp.Expr:
    """What a letter must be for an expression to vanish that is linear in it, with a number before it.

    >>> A, B, n = letter("A"), letter("B"), sp.Symbol("n")
    >>> solved(B * B - n * A, A)
    B**2/n
    """
    return -expression.subs(unknown, 0) / sp.diff(expression, unknown)


def _words(expression: sp.Expr) -> list[tuple[sp.Expr, list[sp.Expr]]]:
    """The terms of an expression as coefficients and lists of letters, powers written out."""
    found = []
    for term in sp.Add.make_args(sp.expand(expression)):
        coefficient, factors = term.args_cnc()
        letters = [base for base, power in (f.as_base_exp() for f in factors) for _ in range(int(power))]
        found.append((sp.Mul(*coefficient), letters))
    return found


def trace(expression: sp.Expr) -> sp.Expr:
    """The trace of an expression in letters: words that a rotation or a transposition turns into each other are equal.

    >>> A, B = letter("A"), letter("B")
    >>> trace(A * B * sp.transpose(A) - sp.transpose(B) * sp.transpose(A) * A)
    0
    """
    total = sp.S.Zero
    for coefficient, letters in _words(expression):
        turned = [sp.transpose(w) for w in reversed(letters)]
        words = [list(map(str, word)) for word in (letters, turned)]
        total += coefficient * sp.Symbol(min(" ".join(word[k:] + word[:k]) for word in words for k in range(len(word))))
    return total


def change(expression: sp.Expr, rates: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    """The rate of an expression in letters of which some have these rates, by the product rule.

    >>> A, B = letter("A"), letter("B")
    >>> change(A * sp.transpose(A), {A: B})
    A*transpose(B) + B*transpose(A)
    """
    time = sp.Symbol("epsilon", real=True)
    moved = expression.subs({letter: letter + time * rate for letter, rate in rates.items()}, simultaneous=True)
    return sp.diff(sp.expand(moved), time).subs(time, 0)


def inserted(expression: sp.Expr, matrices: Mapping[sp.Symbol, sp.Matrix]) -> sp.Matrix:
    """The expression with explicit matrices in place of its letters and their transposes."""
    terms = []
    for coefficient, letters in _words(expression):
        factors = [matrices[w] if w.is_Symbol else matrices[w.args[0]].T for w in letters]
        total = factors[0]
        for factor in factors[1:]:
            total = total * factor
        terms.append(coefficient * total)
    return sum(terms[1:], terms[0])
