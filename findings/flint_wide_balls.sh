#!/usr/bin/env bash
# Arb's hyperbolic tangent of a ball of radius 20 is nan, and of radius 5 it is 22,000 wide.
#
# Guess:    tanh is bounded by 1, so the enclosure of tanh on any ball is at most about [-1, 1]; on the balls around
#           zero below, erf gives +/- 2.01 and atan at most +/- 1.58.
# Happens:  arb(0, 2).tanh() is [+/- 52.7], arb(0, 5).tanh() is [+/- 2.21e+4], arb(0, 20).tanh() is nan, and so is
#           arb(30, 41).tanh(); sech, which lies in (0, 1], is nan from radius 30 on. Neither is an error or a warning,
#           and more bits make it no better.
# Matters:  a proof by subdivision (where is q*, is there a second fixed point) starts from wide balls: with tanh it
#           starts from nan, which compares false with everything, while the same code with erf works at once. Cut to
#           [-1, 1], or evaluate at both ends: tanh is monotone.
# Version:  python-flint 0.9.0 (FLINT 3.6.0). Source: arb/tanh.c divides expm1(2x) by expm1(2x) + 2, two balls that
#           have forgotten each other; once the second contains 0 the quotient is nan. The documentation of arb_tanh
#           and arb_sech says nothing on wide balls.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet python-flint==0.9.0
"$place/venv/bin/python" - <<'PYTHON'
import sys

import flint
from flint import arb, ctx

seen = [f"python-flint {flint.__version__}, FLINT {flint.__FLINT_VERSION__}"]
for bits in (53, 320):
    ctx.prec = bits
    for middle, radius in ((0, 2), (0, 5), (0, 20), (0, 30), (30, 41)):
        ball = arb(middle, radius)
        names = ("tanh", "sech", "erf", "atan")
        values = ", ".join(f"{name} {getattr(ball, name)().str(3)}" for name in names)
        seen.append(f"{bits} bits, {middle} +/- {radius}: {values}")

print("\n".join(seen))
expected = """\
python-flint 0.9.0, FLINT 3.6.0
53 bits, 0 +/- 2: tanh [+/- 52.7], sech [+/- 1.01], erf [+/- 2.01], atan [+/- 1.11]
53 bits, 0 +/- 5: tanh [+/- 2.21e+4], sech [+/- 1.01], erf [+/- 2.01], atan [+/- 1.38]
53 bits, 0 +/- 20: tanh nan, sech [+/- 1.01], erf [+/- 2.01], atan [+/- 1.53]
53 bits, 0 +/- 30: tanh nan, sech nan, erf [+/- 2.01], atan [+/- 1.54]
53 bits, 30 +/- 41: tanh nan, sech nan, erf [+/- 5.01], atan [+/- 1.56]
320 bits, 0 +/- 2: tanh [+/- 52.7], sech [+/- 1.01], erf [+/- 2.01], atan [+/- 1.11]
320 bits, 0 +/- 5: tanh [+/- 2.21e+4], sech [+/- 1.01], erf [+/- 2.01], atan [+/- 1.38]
320 bits, 0 +/- 20: tanh nan, sech [+/- 1.01], erf [+/- 2.01], atan [+/- 1.53]
320 bits, 0 +/- 30: tanh nan, sech nan, erf [+/- 2.01], atan [+/- 1.54]
320 bits, 30 +/- 41: tanh nan, sech nan, erf [+/- 5.01], atan [+/- 1.56]"""
sys.exit(0 if "\n".join(seen) == expected else "changed: expected\n" + expected)
PYTHON
