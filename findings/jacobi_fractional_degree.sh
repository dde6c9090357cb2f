#!/usr/bin/env bash
# Jacobi functions of fractional degree: mpmath returns 0 at a = 0, SymPy the polynomial of the next lower degree.
#
# Guess:    jacobi(5/2, 0, -1/2, y) is the hypergeometric function of mpmath's page, which "generalizes to nonintegral
#           values of n"; SymPy keeps it as a function or refuses, as its legendre and laguerre do.
# Happens:  mpmath is right for integer n, for a that is none of 0, -1, -2, ..., and for a = 0 with an integer b. With
#           fractional n and b and a = 0 it is wrong at every precision: 0 where n + b is 0, 1, 2, ..., else another
#           function, infinite at y = 1, where the page says 1; beside it, at a = 10^-12, it is right. SymPy's jacobi
#           and gegenbauer drop the fraction of n: degrees 5/2 and 29/10 give the exact polynomial of degree 2, with
#           rational values.
# Matters:  P_n^(0, -1/2)(2 x^2 - 1) is the Legendre function of degree 2 n at x > 0, so the exact values are known: for
#           n = 5/2 the polynomial P_5. a = 0 are the functions of the disc and the hyperbolic plane, fractional n those
#           that meet a boundary condition at one end. A rational value looks certain, and two precisions agree on 0.
# Version:  mpmath 1.3.0 (1.4.1 alike) and sympy 1.14.0. mpmath takes a = 0 for a pole of its usual formula and
#           reflects, P_n^(a, b)(y) = (-1)^n P_n^(b, a)(-y), which holds for integer n alone. SymPy hands every number n
#           to jacobi_poly and gegenbauer_poly, whose recursion runs over the integers up to n.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet mpmath==1.3.0 sympy==1.14.0
"$place/venv/bin/python" - <<'PYTHON'
import sys

import mpmath as mp
import sympy
from sympy import Rational, Symbol

seen = [f"mpmath {mp.__version__}, sympy {sympy.__version__}"]
for digits in (15, 50):
    with mp.workdps(digits):
        half, x = mp.mpf(1) / 2, mp.mpf(3) / 5
        y = 2 * x * x - 1
        for name, degree in (("5/2", mp.mpf(5) / 2), ("5/4", mp.mpf(5) / 4)):
            for b, exact in ((-half, mp.legendre(2 * degree, x)), (half, mp.legendre(2 * degree + 1, x) / x)):
                found = mp.jacobi(degree, 0, b, y)
                near = mp.jacobi(degree, mp.mpf(10) ** -12, b, y)
                seen.append(
                    f"{digits} digits, degree {name}, a 0, b {mp.nstr(b, 2)}: jacobi {mp.nstr(found, 8)}, "
                    f"exact {mp.nstr(exact, 8)}, at a = 1e-12 {mp.nstr(near, 8)}, at y = 1 {mp.jacobi(degree, 0, b, 1)}"
                )
with mp.workdps(30):
    wrong = []
    for degree in (2, mp.mpf(5) / 2, mp.mpf(13) / 10):
        for a in (0, 1, mp.mpf(1) / 2, -mp.mpf(1) / 2):
            for b in (0, 1, 2, mp.mpf(1) / 2, mp.mpf(5) / 4):
                y = mp.mpf(3) / 10
                exact = mp.binomial(degree + a, degree) * mp.hyp2f1(-degree, 1 + a + b + degree, a + 1, (1 - y) / 2)
                if abs(mp.jacobi(degree, a, b, y) - exact) > mp.mpf(10) ** -25:
                    wrong.append(f"({mp.nstr(degree)}, {mp.nstr(a)}, {mp.nstr(b)})")
seen.append(f"(n, a, b) off from the page's formula, of 60: {' '.join(wrong)}")

x = Symbol("x")
for degree in (Rational(2), Rational(5, 2), Rational(29, 10)):
    pair = sympy.jacobi(degree, 1, Rational(1, 2), x), sympy.gegenbauer(degree, Rational(1, 3), x)
    seen.append(f"sympy, degree {degree}: jacobi {pair[0]}, gegenbauer {pair[1]}, legendre {sympy.legendre(degree, x)}")
value = sympy.jacobi(Rational(5, 2), 0, -Rational(1, 2), Rational(-7, 25))
seen.append(f"sympy, jacobi(5/2, 0, -1/2, -7/25): {value}, where P_5(3/5) is {sympy.legendre(5, Rational(3, 5))}")
try:
    seen.append(f"sympy, laguerre(5/2, x): {sympy.laguerre(Rational(5, 2), x)}")
except ValueError as refusal:
    seen.append(f"sympy, laguerre(5/2, x): {refusal}")

print("\n".join(seen))
expected = """\
mpmath 1.3.0, sympy 1.14.0
15 digits, degree 5/2, a 0, b -0.5: jacobi 0.0, exact -0.15264, at a = 1e-12 -0.15264, at y = 1 0.0
15 digits, degree 5/2, a 0, b 0.5: jacobi 0.0, exact 0.28682667, at a = 1e-12 0.28682667, at y = 1 0.0
15 digits, degree 5/4, a 0, b -0.5: jacobi 0.13671005, exact -0.19708509, at a = 1e-12 -0.19708509, at y = 1 -inf
15 digits, degree 5/4, a 0, b 0.5: jacobi -0.27105945, exact -0.71797472, at a = 1e-12 -0.71797472, at y = 1 -inf
50 digits, degree 5/2, a 0, b -0.5: jacobi 0.0, exact -0.15264, at a = 1e-12 -0.15264, at y = 1 0.0
50 digits, degree 5/2, a 0, b 0.5: jacobi 0.0, exact 0.28682667, at a = 1e-12 0.28682667, at y = 1 0.0
50 digits, degree 5/4, a 0, b -0.5: jacobi 0.13671005, exact -0.19708509, at a = 1e-12 -0.19708509, at y = 1 -inf
50 digits, degree 5/4, a 0, b 0.5: jacobi -0.27105945, exact -0.71797472, at a = 1e-12 -0.71797472, at y = 1 -inf
(n, a, b) off from the page's formula, of 60: (2.5, 0, 0.5) (2.5, 0, 1.25) (1.3, 0, 0.5) (1.3, 0, 1.25)
sympy, degree 2: jacobi 99*x**2/32 + 9*x/16 - 21/32, gegenbauer 8*x**2/9 - 1/3, legendre 3*x**2/2 - 1/2
sympy, degree 5/2: jacobi 99*x**2/32 + 9*x/16 - 21/32, gegenbauer 8*x**2/9 - 1/3, legendre legendre(5/2, x)
sympy, degree 29/10: jacobi 99*x**2/32 + 9*x/16 - 21/32, gegenbauer 8*x**2/9 - 1/3, legendre legendre(29/10, x)
sympy, jacobi(5/2, 0, -1/2, -7/25): -51/125, where P_5(3/5) is -477/3125
sympy, laguerre(5/2, x): Error: n should be an integer."""
sys.exit(0 if "\n".join(seen) == expected else "changed: expected\n" + expected)
PYTHON
