#!/usr/bin/env bash
# The third derivative of torch's tanh-approximated GELU is nan beyond |x| = 13 in float32.
#
# Guess:    F.gelu(x, approximate="tanh") can be differentiated as often as the same formula written out, and far from
#           zero, where it is x or 0, its higher derivatives are 0.
# Happens:  value, first and second derivative are right; the third is nan for every |x| above 13 (float32) or 26.9
#           (float64). The exact GELU and the formula written out with torch.tanh are finite everywhere.
# Matters:  whatever differentiates a Hessian (the gradient of its trace, of its largest eigenvalue, of a
#           Hessian-vector product; penalties on sharpness) needs this derivative: one pre-activation of 14 makes the
#           gradient of every weight nan, although loss, gradient and Hessian are finite.
# Version:  torch 2.13.0 (the CPU build is enough). Documentation of torch.nn.functional.gelu: nothing on this.
#           It starts where cosh of the inner argument, sqrt(2/pi) (x + 0.044715 x^3), overflows: probably the second
#           derivative is coded with 1 / cosh, whose own derivative is then infinity over infinity.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet torch==2.13.0 numpy==2.4.6
"$place/venv/bin/python" - <<'PYTHON'
import math
import sys

import torch
import torch.nn.functional as F


def written_out(x):
    return x / 2 * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def derivatives(function, x):
    x = x.clone().requires_grad_()
    values = [function(x)]
    for _ in range(3):
        values.append(torch.autograd.grad(values[-1].sum(), x, create_graph=True)[0])
    return [value.detach() for value in values]


forms = {
    'gelu(approximate="tanh")': lambda x: F.gelu(x, approximate="tanh"),
    "the same written out": written_out,
    "gelu": F.gelu,
}
seen = [f"torch {torch.__version__.split('+')[0]}"]
for dtype in (torch.float32, torch.float64):
    x = torch.arange(0.25, 40, 0.5, dtype=dtype)
    for name, form in forms.items():
        for sign in (1, -1):
            first = [(x[torch.isnan(d)].tolist() or [None])[0] for d in derivatives(form, sign * x)]
            where = ["never" if f is None else f"from {f:.2f} on" for f in first]
            seen.append(f"{str(dtype)[6:]}, {'+-'[sign < 0]}x, {name}: nan in derivatives 0 to 3: {', '.join(where)}")

# A network of one hidden layer, one of whose inputs reaches a pre-activation of 14: gradient of the Hessian's trace.
torch.manual_seed(0)
inputs = torch.randn(8, 3)
for name, form in forms.items():
    weights = torch.full((3, 4), 0.5)
    inputs[0] = 28 / 3

    def loss(w, form=form):
        return form(inputs @ w).mean()

    def trace(w):
        return torch.func.hessian(loss)(w).reshape(12, 12).trace()

    finite = [bool(torch.isfinite(v).all()) for v in (loss(weights), torch.func.grad(loss)(weights), trace(weights))]
    lost = int(torch.isnan(torch.func.grad(trace)(weights)).sum())
    seen.append(f"{name}: loss, gradient, Hessian finite: {finite}; nan in its trace's gradient: {lost} of 12")

print("\n".join(seen))
expected = """\
torch 2.13.0
float32, +x, gelu(approximate="tanh"): nan in derivatives 0 to 3: never, never, never, from 13.25 on
float32, -x, gelu(approximate="tanh"): nan in derivatives 0 to 3: never, never, never, from 13.25 on
float32, +x, the same written out: nan in derivatives 0 to 3: never, never, never, never
float32, -x, the same written out: nan in derivatives 0 to 3: never, never, never, never
float32, +x, gelu: nan in derivatives 0 to 3: never, never, never, never
float32, -x, gelu: nan in derivatives 0 to 3: never, never, never, never
float64, +x, gelu(approximate="tanh"): nan in derivatives 0 to 3: never, never, never, from 27.25 on
float64, -x, gelu(approximate="tanh"): nan in derivatives 0 to 3: never, never, never, from 27.25 on
float64, +x, the same written out: nan in derivatives 0 to 3: never, never, never, never
float64, -x, the same written out: nan in derivatives 0 to 3: never, never, never, never
float64, +x, gelu: nan in derivatives 0 to 3: never, never, never, never
float64, -x, gelu: nan in derivatives 0 to 3: never, never, never, never
gelu(approximate="tanh"): loss, gradient, Hessian finite: [True, True, True]; nan in its trace's gradient: 12 of 12
the same written out: loss, gradient, Hessian finite: [True, True, True]; nan in its trace's gradient: 0 of 12
gelu: loss, gradient, Hessian finite: [True, True, True]; nan in its trace's gradient: 0 of 12"""
sys.exit(0 if "\n".join(seen) == expected else "changed: expected\n" + expected)
PYTHON
