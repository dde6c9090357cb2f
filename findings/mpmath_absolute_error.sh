#!/usr/bin/env bash
# mpmath's quad and nsum measure errors against 1: small integrals and sums are wrong at any precision, large ones untold.
#
# Guess:    with 30 working digits an integral or a sum of a smooth function has about 30 digits whatever its size, or
#           error=True tells how many; the same integrand times a constant gives the same integral times it.
# Happens:  both stop once an absolute error is below the working epsilon. 10^-65 / (1 + 2500 x^2) over [-1, 1] comes out
#           6.4 times too large at 15, 30 and 50 digits, where the same without the factor has 2, 4 and 8 digits right;
#           a Gaussian's second moment beyond 14 is off by 4e-5 at 15 and at 30 digits; the sum of (k + 100)^-30 by
#           6.2 % at 15, 30 and 50. The error that quad returns is never above 1: of 10^30 / (1 + 2500 x^2) it is 1.0
#           where the value is off by 8e26, 4e24 and 2e20.
# Matters:  comparing two working precisions is the usual way to trust a reference, and here both give the same wrong
#           digits. Tails of densities, rates of escape, likelihoods and evidences are that small. Divide by the size
#           first, or add as many digits as the result has zeros behind the point.
# Version:  mpmath 1.3.0. Documentation of quad: `error` is "the estimated error", nothing on what it is relative to;
#           of nsum: `tol` is the "desired maximum final error".
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet mpmath==1.3.0
"$place/venv/bin/python" - <<'PYTHON'
import sys

import mpmath as mp


def off(value, exact):
    return mp.nstr(value / exact - 1, 2)


def narrow(size, digits):
    """The integral with its reported error at so many digits, and what it is."""
    with mp.workdps(digits):
        found = mp.quad(lambda x: size / (1 + 2500 * x * x), [-1, 1], error=True)
    with mp.workdps(80):
        return *found, size * 2 * mp.atan(50) / 50


seen = [f"mpmath {mp.__version__}"]
for size in (mp.mpf(10) ** -65, mp.mpf(1), mp.mpf(10) ** 30):
    for digits in (15, 30, 50):
        value, reported, exact = narrow(size, digits)
        with mp.workdps(80):
            words = f"relative error {off(value, exact)}, reported {mp.nstr(reported, 2)}, absolute {mp.nstr(abs(value - exact), 2)}"
        seen.append(f"{mp.nstr(size, 2)} / (1 + 2500 x^2), {digits} digits: {words}")
for digits in (15, 30, 50):
    with mp.workdps(digits):
        moment = mp.quad(lambda x: x * x * mp.npdf(x), [14, mp.inf])
        total = mp.nsum(lambda k: (k + 100) ** -mp.mpf(30), [0, mp.inf])
        direct = mp.fsum((k + 100) ** -mp.mpf(30) for k in range(20_000))  # what is left out is 10^-119
    with mp.workdps(80):
        exact = 14 * mp.npdf(14) + mp.ncdf(-14)
        tail = off(moment, exact) if abs(moment / exact - 1) > mp.mpf(10) ** -15 else "below 1e-15"
    seen.append(f"second moment beyond 14, {digits} digits: {tail}; sum of (k + 100)^-30: {off(total, direct)}")

print("\n".join(seen))
expected = """\
mpmath 1.3.0
1.0e-65 / (1 + 2500 x^2), 15 digits: relative error 5.4, reported 3.9e-66, absolute 3.3e-66
1.0e-65 / (1 + 2500 x^2), 30 digits: relative error 5.4, reported 3.9e-66, absolute 3.3e-66
1.0e-65 / (1 + 2500 x^2), 50 digits: relative error 5.4, reported 3.9e-66, absolute 3.3e-66
1.0 / (1 + 2500 x^2), 15 digits: relative error 0.012, reported 0.001, absolute 0.00076
1.0 / (1 + 2500 x^2), 30 digits: relative error 7.2e-5, reported 0.0001, absolute 4.5e-6
1.0 / (1 + 2500 x^2), 50 digits: relative error 2.6e-9, reported 1.0e-9, absolute 1.6e-10
1.0e+30 / (1 + 2500 x^2), 15 digits: relative error 0.012, reported 1.0, absolute 7.6e+26
1.0e+30 / (1 + 2500 x^2), 30 digits: relative error 7.2e-5, reported 1.0, absolute 4.5e+24
1.0e+30 / (1 + 2500 x^2), 50 digits: relative error 2.6e-9, reported 1.0, absolute 1.6e+20
second moment beyond 14, 15 digits: 4.3e-5; sum of (k + 100)^-30: -0.062
second moment beyond 14, 30 digits: 4.3e-5; sum of (k + 100)^-30: -0.062
second moment beyond 14, 50 digits: below 1e-15; sum of (k + 100)^-30: -0.062"""
sys.exit(0 if "\n".join(seen) == expected else "changed: expected\n" + expected)
PYTHON
