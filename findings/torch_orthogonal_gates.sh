#!/usr/bin/env bash
# orthogonal_ on the recurrent weights of an LSTM makes no recurrent matrix orthogonal.
#
# Guess:    torch.nn.init.orthogonal_(lstm.weight_hh_l0), as found in many programs, gives recurrent matrices that keep
#           lengths, as it does for an RNN.
# Happens:  the parameter is the stack of four gates, 4N x N, and only the stack has orthonormal columns. One gate's
#           matrix is a quarter of it: its mean squared singular value is 1/4, the singular values fill the interval
#           from 0 to sqrt(3)/2 = 0.866 (the Jacobi law of a corner: 4 c (1 - c) at c = 1/4), none reaches 1. GRU: 1/3,
#           and up to sqrt(8)/3 = 0.943. Fifty steps of such a matrix shrink a vector by 12 (GRU) and 15 (LSTM) orders
#           of magnitude (its spectral radius is 1/sqrt(3) and 1/2), not by none.
# Matters:  dynamical isometry is why one asks for orthogonal weights; here the gain is 1/2 in root mean square and
#           the isometry is gone, without a word.
# Version:  torch 2.13.0 (the CPU build is enough). Documentation: orthogonal_ speaks of the whole tensor, the LSTM
#           page gives the shape (4*hidden_size, hidden_size); neither draws the conclusion.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet torch==2.13.0 numpy==2.4.6
"$place/venv/bin/python" - <<'PYTHON'
import math
import sys

import torch

torch.manual_seed(1)
torch.set_default_dtype(torch.float64)
size, steps, right = 400, 50, True
print("torch", torch.__version__)
for layer, gates in ((torch.nn.RNN, 1), (torch.nn.GRU, 3), (torch.nn.LSTM, 4)):
    weight = torch.nn.init.orthogonal_(layer(2, size).weight_hh_l0).detach()
    gate = weight[:size]
    singular = torch.linalg.svdvals(gate)
    mean, largest, smallest = (singular**2).mean().item(), singular.max().item(), singular.min().item()
    edge = math.sqrt(4 * (1 / gates) * (1 - 1 / gates)) if gates > 1 else 1.0
    vector = torch.randn(size)
    length = (torch.linalg.matrix_power(gate, steps) @ vector).norm() / vector.norm()
    orders = math.log10(length)
    stacked = torch.allclose(weight.mT @ weight, torch.eye(size))
    print(
        f"{layer.__name__:4} stack orthonormal: {stacked}; one gate: mean squared singular value {mean:.3f} "
        f"(theory {1 / gates:.3f}), largest {largest:.3f} (theory {edge:.3f}), smallest {smallest:.3f}, "
        f"length after {steps} steps {length:.0e}"
    )
    right &= stacked and abs(mean - 1 / gates) < 0.02 and abs(largest - edge) < 0.02
    right &= abs(smallest - 1) < 1e-9 and abs(orders) < 1e-9 if gates == 1 else smallest < 0.02 and orders < -9
sys.exit(0 if right and torch.__version__.split("+")[0] == "2.13.0" else "changed")
PYTHON
