#!/usr/bin/env bash
# A stack of dirac_ convolutions with an even kernel and padding="same" is no identity: it empties the image.
#
# Guess:    torch.nn.init.dirac_ "preserves the identity of the inputs in convolutional layers", and padding="same"
#           keeps the size, so a deep linear network of such layers returns its input.
# Happens:  for kernels 3 and 5 it does. For 2 and 4, dirac_ puts the one at k // 2, and padding="same" puts the odd
#           pixel on the right, so its centre is (k - 1) // 2: every layer moves the image by one pixel and fills with
#           zeros. Eight layers return nothing of an input of length 8. With padding=k // 2 the input comes back, one
#           pixel longer per layer.
# Matters:  delta-orthogonal weights are the convolutions with dynamical isometry (10,000 layers deep); with an even
#           kernel the norm is gone after as many layers as the image has pixels, at weights that look right.
# Version:  torch 2.13.0 (the CPU build is enough). Documentation: the quoted sentence, no word on even kernels; torch
#           warns that even kernels need a copy, not that they shift.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet torch==2.13.0 numpy==2.4.6
"$place/venv/bin/python" -W ignore - <<'PYTHON'
import sys

import torch

seen = [f"torch {torch.__version__.split('+')[0]}"]
signal = torch.arange(1.0, 9.0).reshape(1, 1, 8)
for kernel in (2, 3, 4, 5):
    layer = torch.nn.Conv1d(1, 1, kernel, padding="same", bias=False)
    torch.nn.init.dirac_(layer.weight)
    after, value = [], signal
    for depth in range(1, 9):
        value = layer(value)
        if depth in (1, 8):
            after.append(f"after {depth}: {[int(v) for v in value.flatten()]}")
    seen.append(f"kernel {kernel}: {'; '.join(after)}")

print("\n".join(seen))
expected = """\
torch 2.13.0
kernel 2: after 1: [2, 3, 4, 5, 6, 7, 8, 0]; after 8: [0, 0, 0, 0, 0, 0, 0, 0]
kernel 3: after 1: [1, 2, 3, 4, 5, 6, 7, 8]; after 8: [1, 2, 3, 4, 5, 6, 7, 8]
kernel 4: after 1: [2, 3, 4, 5, 6, 7, 8, 0]; after 8: [0, 0, 0, 0, 0, 0, 0, 0]
kernel 5: after 1: [1, 2, 3, 4, 5, 6, 7, 8]; after 8: [1, 2, 3, 4, 5, 6, 7, 8]"""
sys.exit(0 if "\n".join(seen) == expected else "changed: expected\n" + expected)
PYTHON
