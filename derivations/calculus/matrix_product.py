r"""Gradient flow of a product of matrices: explicit chains of any widths, and words in noncommuting letters.

A chain W^d ... W^2 W^1 maps widths[0] inputs to widths[d] outputs; W^l is widths[l] x widths[l-1]. Two tools serve the
derivations of deep linear learning:

* explicit matrices of symbols, whose loss is differentiated entry by entry (`squared_error`, `gradient`), so that the
  rule of backpropagation (`backpropagated`) is established rather than recalled;
* noncommuting letters, one for each matrix of whatever size, for steps that hold for all widths; a transpose is a
  letter of its own, and orthonormality R^T R = 1 is the rewriting of one word (`contract`).
"""

from __future__ import annotations

from collections.abc import Sequence

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


def contract(expression: sp.Expr, *words: sp.Expr) -> sp.Expr:
    """The expression with each of `words` (such as R^T R for orthonormal columns) replaced by the unit matrix."""
    expression = sp.expand(expression)
    while True:
        shorter = sp.expand(expression.subs([(w, sp.S.One) for w in words]))
        if shorter == expression:
            return expression
        expression = shorter
