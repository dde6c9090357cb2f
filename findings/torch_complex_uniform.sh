#!/usr/bin/env bash
# torch's uniform initializers give complex weights twice the variance that the normal ones give them.
#
# Guess:    xavier_uniform_ and xavier_normal_ have one variance, 2 / (fan_in + fan_out), whatever the type; for complex
#           weights it is that of |w|, as torch.randn shares it between the two parts.
# Happens:  so it is for xavier_normal_ and kaiming_normal_. xavier_uniform_ and kaiming_uniform_ fill the real and the
#           imaginary part each with the whole variance: E |w|^2 is twice as large, in every layer. Twenty linear layers of
#           width 512 keep the squared length of a signal with the normal law and multiply it by a million with the uniform
#           one. The default of Linear and Conv, 1 / (3 fan_in), is doubled as well.
# Matters:  complex networks are critical or not by this factor; who changes the law of the weights, which has no
#           effect in theory, changes the phase. orthogonal_ refuses complex weights in words, these two say nothing.
# Version:  torch 2.13.0. Documentation of torch.nn.init: bounds and standard deviations for a real matrix, no word on
#           complex ones, which are accepted; that of randn shares the variance of a complex number between its parts.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet torch==2.13.0 numpy==2.4.6
"$place/venv/bin/python" -W ignore - <<'PYTHON'
import sys

import torch

torch.manual_seed(1)
torch.set_num_threads(1)
seen = [f"torch {torch.__version__.split('+')[0]}"]
rows, columns = 400, 900


def words(value, told):
    return f"{told:g} within 1 %" if abs(value / told - 1) < 0.01 else f"{value:g}"


expectation = {"xavier": 2 / (rows + columns), "kaiming": 1 / columns}
for scheme, options in (("xavier", {}), ("kaiming", {"nonlinearity": "linear"})):
    for law, factor in (("normal", 1), ("uniform", 2)):
        for kind in (torch.float64, torch.complex128):
            weights = torch.empty(rows, columns, dtype=kind)
            getattr(torch.nn.init, f"{scheme}_{law}_")(weights, **options)
            share = float((weights.abs() ** 2).mean()) / expectation[scheme]
            told = factor if kind.is_complex else 1
            seen.append(f"{scheme}_{law}_, {str(kind)[6:]}: {words(share, told)} of the variance that is stated")
for kind, told in ((torch.float64, 1 / 3), (torch.complex128, 2 / 3)):
    layer = torch.nn.Linear(columns, rows, dtype=kind)
    share = float((layer.weight.detach().abs() ** 2).mean()) * columns
    seen.append(f"Linear's default, {str(kind)[6:]}: {'1/3' if told < 0.5 else '2/3'} of 1 / fan_in: {abs(share - told) < 0.01}")
for law in ("normal", "uniform"):
    signal = torch.randn(512, dtype=torch.complex128)
    before = float((signal.abs() ** 2).sum())
    for _ in range(20):
        weights = torch.empty(512, 512, dtype=torch.complex128)
        getattr(torch.nn.init, f"xavier_{law}_")(weights)
        signal = weights @ signal
    growth = float((signal.abs() ** 2).sum()) / before
    told = 1 if law == "normal" else 2**20
    seen.append(f"twenty layers with xavier_{law}_: squared length times {told} within a factor of 2: {0.5 < growth / told < 2}")

print("\n".join(seen))
expected = """\
torch 2.13.0
xavier_normal_, float64: 1 within 1 % of the variance that is stated
xavier_normal_, complex128: 1 within 1 % of the variance that is stated
xavier_uniform_, float64: 1 within 1 % of the variance that is stated
xavier_uniform_, complex128: 2 within 1 % of the variance that is stated
kaiming_normal_, float64: 1 within 1 % of the variance that is stated
kaiming_normal_, complex128: 1 within 1 % of the variance that is stated
kaiming_uniform_, float64: 1 within 1 % of the variance that is stated
kaiming_uniform_, complex128: 2 within 1 % of the variance that is stated
Linear's default, float64: 1/3 of 1 / fan_in: True
Linear's default, complex128: 2/3 of 1 / fan_in: True
twenty layers with xavier_normal_: squared length times 1 within a factor of 2: True
twenty layers with xavier_uniform_: squared length times 1048576 within a factor of 2: True"""
sys.exit(0 if "\n".join(seen) == expected else "changed: expected\n" + expected)
PYTHON
