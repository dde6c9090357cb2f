#!/usr/bin/env bash
# The second derivative of torch.sinc is nan at 0, or silently 0, and wrong by up to five times around it in float32.
#
# Guess:    sinc is entire, torch gives its value at 0 and its first derivative there, so it can be differentiated as
#           often as wanted: sinc''(0) = -pi^2 / 3 = -3.29, and nowhere is it larger.
# Happens:  value and first derivative are right, 1 and 0. The second derivative at 0 is nan by two backward passes, in
#           float32 and in float64, and 0 by torch.func.hessian, which goes forward over backward. Of a million standard
#           normal numbers in float32 it is wrong by more than one in a hundred at 1,053, with 17.3 where -3.29 stands;
#           the third derivative, 7.4 at most, reaches 800,000. The power series near 0 has none of this.
# Matters:  sinc is an activation of coordinate networks, whose losses take a Laplacian; curvature needs phi''. One
#           pre-activation of 0 (no bias, a blank input) makes a Hessian nan, or its trace 0 in place of -14.4, in
#           float64 too.
# Version:  torch 2.13.0 (the CPU build is enough). Documentation of torch.sinc: the value at 0, nothing on derivatives.
#           The first derivative is probably coded as (cos(pi x) pi x - sin(pi x)) / (pi x^2) with 0 put in at 0, and the
#           second by differentiating that quotient.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet torch==2.13.0 numpy==2.4.6
"$place/venv/bin/python" - <<'PYTHON'
import math
import sys

import torch


def by_series(x):
    """The same function: its power series where |x| < 0.3, the quotient elsewhere."""
    square, term, total = (math.pi * x) ** 2, torch.ones_like(x), torch.ones_like(x)
    for n in range(1, 8):
        term = -term * square / (2 * n * (2 * n + 1))
        total = total + term
    near = x.abs() < 0.3
    far = torch.where(near, 1.0, math.pi * x)
    return torch.where(near, total, torch.sin(far) / far)


def derivatives(function, x, count):
    x = x.clone().requires_grad_()
    values = [function(x)]
    for _ in range(count):
        values.append(torch.autograd.grad(values[-1].sum(), x, create_graph=True)[0])
    return [value.detach() for value in values]


forms = {"torch.sinc": torch.sinc, "its power series": by_series}
seen = [f"torch {torch.__version__.split('+')[0]}"]
for dtype in (torch.float32, torch.float64):
    for name, form in forms.items():
        found = [round(value.item(), 4) for value in derivatives(form, torch.zeros(1, dtype=dtype), 2)]
        seen.append(f"{str(dtype)[6:]}, {name}: value and two derivatives at 0: {found}")

numbers = torch.randn(10**6, generator=torch.Generator().manual_seed(1))
exact = derivatives(by_series, numbers.double(), 2)[2]
assert exact.abs().max() < math.pi**2 / 3
for name, form in forms.items():
    second = derivatives(form, numbers, 2)[2].double()
    wrong = ((second - exact).abs() > 0.01).sum().item()
    size = second.abs().max().item()
    seen.append(f"a million normal numbers, {name}: second derivative off by 0.01: {wrong > 0}, beyond 10: {size > 10}")

# A network of one hidden layer without a bias, one of whose inputs is blank: the trace of its Hessian by the inputs.
weights = torch.tensor([[0.5, -1.0, 0.25], [1.5, 0.75, -0.5]], dtype=torch.float64)
for name, form in forms.items():
    hessian = torch.func.hessian(lambda inputs, form=form: form(inputs @ weights).sum())
    traces = [round(hessian(torch.tensor(inputs, dtype=torch.float64)).trace().item(), 4) for inputs in ([1, 2], [0, 0])]
    seen.append(f"Laplacian of a network, {name}: {traces}")

print("\n".join(seen))
expected = """\
torch 2.13.0
float32, torch.sinc: value and two derivatives at 0: [1.0, 0.0, nan]
float32, its power series: value and two derivatives at 0: [1.0, 0.0, -3.2899]
float64, torch.sinc: value and two derivatives at 0: [1.0, 0.0, nan]
float64, its power series: value and two derivatives at 0: [1.0, 0.0, -3.2899]
a million normal numbers, torch.sinc: second derivative off by 0.01: True, beyond 10: True
a million normal numbers, its power series: second derivative off by 0.01: False, beyond 10: False
Laplacian of a network, torch.sinc: [0.5407, 0.0]
Laplacian of a network, its power series: [0.5407, -14.3932]"""
sys.exit(0 if "\n".join(seen) == expected else "changed: expected\n" + expected)
PYTHON
