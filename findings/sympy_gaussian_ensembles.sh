#!/usr/bin/env bash
# SymPy's Gaussian ensembles: densities of eigenvalues that are not normalized, on another scale than their own matrix.
#
# Guess:    sympy.stats.joint_eigen_distribution(GaussianOrthogonalEnsemble("G", n)) is a probability density, and the
#           density of a 1 x 1 matrix is that of its one eigenvalue.
# Happens:  only beta = 2 (unitary) has mass 1. For the orthogonal ensemble the mass is 0.7071 (n = 1) and 0.3536
#           (n = 2), for the symplectic one 1.4142 and 8. The matrix is given the weight exp(-beta n Tr H^2 / 4), the
#           eigenvalues exp(-n sum l^2 / 2) for every beta: a 1 x 1 orthogonal matrix has variance 2, its eigenvalue 1.
#           The matrix density of the unitary ensemble is not normalized either: mass 1/4 at n = 2. None of this shows
#           in use, as SymPy does not multiply out the product over pairs: the density at a point is not a number.
# Matters:  these are the laws against which spectra of Hessians and of random weight matrices are read.
# Version:  sympy 1.14.0, mpmath 1.3.0. Source: sympy/stats/random_matrix_models.py; the documentation promises the
#           "joint probability distribution of eigen values" and gives no constant. Masses and variances below: Gaussian
#           integrals by hand, beside numerical integration of what SymPy returns.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet sympy==1.14.0 mpmath==1.3.0
"$place/venv/bin/python" - <<'PYTHON'
import sys

import mpmath
import sympy
from sympy.stats import (
    GaussianOrthogonalEnsemble,
    GaussianSymplecticEnsemble,
    GaussianUnitaryEnsemble,
    density,
    joint_eigen_distribution,
)



def eigenvalues_density(ensemble, n):
    """Its variables, as plain symbols, and its formula."""
    law = joint_eigen_distribution(ensemble("G", n)).expr
    (pairs,) = law.atoms(sympy.Product)  # left standing by doit, as its first limits hold the second index
    (j, *_), (i, *_) = pairs.limits
    ordered = [(sympy.Integer(k), sympy.Integer(m)) for m in range(1, n + 1) for k in range(1, m)]
    factors = [pairs.function.xreplace({i: k, j: m}) for k, m in ordered]
    law = law.xreplace({pairs: sympy.prod(factors)})
    plain = {old: sympy.Symbol(f"l{old.indices[0]}", real=True) for old in law.atoms(sympy.Indexed)}
    return sorted(plain.values(), key=str), law.xreplace(plain)


seen = [f"sympy {sympy.__version__}"]
for ensemble in (GaussianUnitaryEnsemble, GaussianOrthogonalEnsemble, GaussianSymplecticEnsemble):
    for n in (1, 2):
        p = sympy.lambdify(*eigenvalues_density(ensemble, n), "mpmath")
        if n == 1:
            mass = mpmath.quad(p, [-12, 0, 12])
        else:  # the two halves l_2 < l_1 and l_1 < l_2 are equal
            mass = 2 * mpmath.quad(lambda a: mpmath.quad(lambda b: p(a, b), [-9, a]), [-9, 0, 9])
        seen.append(f"{ensemble.__name__} n = {n}: mass of the eigenvalues' density {mpmath.nstr(mass, 5)}")

x = sympy.Symbol("x", real=True)
for ensemble in (GaussianUnitaryEnsemble, GaussianOrthogonalEnsemble, GaussianSymplecticEnsemble):
    matrix = sympy.MatrixSymbol("X", 1, 1)
    weight = next(f for f in density(ensemble("G", 1))(matrix).atoms(sympy.exp) if f.has(matrix))
    weight = weight.subs(matrix, sympy.Matrix([[x]])).doit()
    (symbol,), eigenvalue = eigenvalues_density(ensemble, 1)
    eigenvalue = eigenvalue.subs(symbol, x)
    of_matrix, of_eigenvalue = (
        sympy.integrate(x**2 * f, (x, -sympy.oo, sympy.oo)) / sympy.integrate(f, (x, -sympy.oo, sympy.oo))
        for f in (weight, eigenvalue)
    )
    seen.append(f"{ensemble.__name__} n = 1: variance {of_matrix} as a matrix, {of_eigenvalue} as an eigenvalue")

matrix = sympy.MatrixSymbol("X", 2, 2)
law = density(GaussianUnitaryEnsemble("G", 2))(matrix)
factor = law / sympy.exp(-sympy.Trace(matrix**2))
# over Hermitian 2 x 2: Tr H^2 = a^2 + d^2 + 2 (b^2 + c^2) for H = [[a, b + ic], [b - ic, d]], so pi times pi / 2
seen.append(f"GaussianUnitaryEnsemble n = 2: mass of the matrix density {factor * sympy.pi**2 / 2}")

print("\n".join(seen))
expected = """\
sympy 1.14.0
GaussianUnitaryEnsemble n = 1: mass of the eigenvalues' density 1.0
GaussianUnitaryEnsemble n = 2: mass of the eigenvalues' density 1.0
GaussianOrthogonalEnsemble n = 1: mass of the eigenvalues' density 0.70711
GaussianOrthogonalEnsemble n = 2: mass of the eigenvalues' density 0.35355
GaussianSymplecticEnsemble n = 1: mass of the eigenvalues' density 1.4142
GaussianSymplecticEnsemble n = 2: mass of the eigenvalues' density 8.0
GaussianUnitaryEnsemble n = 1: variance 1 as a matrix, 1 as an eigenvalue
GaussianOrthogonalEnsemble n = 1: variance 2 as a matrix, 1 as an eigenvalue
GaussianSymplecticEnsemble n = 1: variance 1/2 as a matrix, 1 as an eigenvalue
GaussianUnitaryEnsemble n = 2: mass of the matrix density 1/4"""
sys.exit(0 if "\n".join(seen) == expected else "changed: expected\n" + expected)
PYTHON
