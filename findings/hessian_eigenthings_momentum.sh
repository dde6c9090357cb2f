#!/usr/bin/env bash
# hessian-eigenthings' power iteration with momentum returns the eigenvalue minus the momentum, as converged.
#
# Guess:    momentum in deflated_power_iteration speeds up the same iteration: the same eigenvalues, sooner. Averages
#           over a data loader count each example once. Without a seed, repeated estimates differ.
# Happens:  the largest eigenvalue of a network's Hessian, 0.73, comes out as 0.68, 0.63 and 0.43 at momentum 0.05, 0.1
#           and 0.3, converged and with a small residual: it is 0.73 minus the momentum, with the right eigenvector.
#           Batches count equally whatever their size: of 65 examples in batches of 64 and 1, the last has half of the
#           weight, in the empirical Fisher matrix, documented as (1/N) sum of g g^T, and in a Hessian with
#           microbatch_size=64, meant to save memory. Without a seed every call draws the same probes: five traces of
#           three probes each are one number, while over seeds they spread by more than a tenth.
# Matters:  2 / (learning rate) is compared with that eigenvalue, and deflation takes the wrong amount out for the
#           next ones. The residual, which should warn, is that of the shifted matrix. Take v . H v of the eigenvector,
#           drop the last batch or give batches of one size, and pass a seed, another one each time.
# Version:  hessian-eigenthings 1.0.0a5 with torch 2.13.0. The estimate is v . (H v - momentum v_before), and at the
#           fixed point v_before is v (or -v, where the eigenvalue is negative). The accelerated iteration that is cited
#           (De Sa et al. 2017) scales both vectors alike and needs the Rayleigh quotient of H. torch.Generator() has a
#           fixed default seed.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet torch==2.13.0 numpy==2.4.6 hessian-eigenthings==1.0.0a5
"$place/venv/bin/python" -W ignore - <<'PYTHON'
import sys
from importlib.metadata import version

import torch
from hessian_eigenthings import EmpiricalFisherOperator, HessianOperator, deflated_power_iteration, trace

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
torch.manual_seed(0)
seen = [f"hessian-eigenthings {version('hessian-eigenthings')}, torch {torch.__version__.split('+')[0]}"]
network = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3))
x, y = 2 * torch.randn(65, 6), torch.randint(3, (65,))
x[-1] *= 4
names, values = zip(*network.named_parameters())
sizes = [value.numel() for value in values]
start = torch.cat([value.detach().flatten() for value in values])


def entropy(model, batch):
    return torch.nn.functional.cross_entropy(model(batch[0]), batch[1])


def at(flat, inputs, labels):
    given = {name: part.view_as(value) for name, part, value in zip(names, flat.split(sizes), values)}
    return torch.nn.functional.cross_entropy(torch.func.functional_call(network, given, (inputs,)), labels)


exact = torch.func.hessian(at)(start, x, y)
top = torch.linalg.eigvalsh(exact)[-1].item()
seen.append(f"exact largest eigenvalue: {top:.2f}")
whole = HessianOperator(network, [(x, y)], entropy)
for momentum in (0.0, 0.05, 0.1, 0.3):
    found = deflated_power_iteration(whole, k=1, max_iter=5000, tol=1e-7, momentum=momentum, seed=0)
    value, vector = found.eigenvalues[0].item(), found.eigenvectors[0]
    seen.append(
        f"momentum {momentum}: {value:.2f}, exact minus momentum: {abs(value - top + momentum) < 1e-6}, "
        f"converged {found.converged[0].item()}, residual below 1e-5: {found.residuals[0].item() < 1e-5}, "
        f"v . H v exact: {abs((vector @ whole.matvec(vector)).item() - top) < 1e-6}"
    )


def dense(operator):
    return torch.stack([operator.matvec(row) for row in torch.eye(operator.size)])


gradients = torch.stack([torch.func.grad(at)(start, x[i : i + 1], y[i : i + 1]) for i in range(65)])
outer = torch.einsum("ni,nj->nij", gradients, gradients)
batches = [(x[:64], y[:64]), (x[64:], y[64:])]


def one(model, sample):
    return torch.nn.functional.cross_entropy(model(sample[0]), sample[1])


fisher = dense(EmpiricalFisherOperator(network, batches, one))
half = (outer[:64].mean(0) + outer[64]) / 2
seen.append(
    f"Fisher, batches of 64 and 1: mean of all {torch.allclose(fisher, outer.mean(0))}, "
    f"last has half of the weight {torch.allclose(fisher, half)}"
)
chunked = dense(HessianOperator(network, [(x, y)], entropy, microbatch_size=64))
half = (torch.func.hessian(at)(start, *batches[0]) + torch.func.hessian(at)(start, *batches[1])) / 2
seen.append(
    f"Hessian, microbatches of 64: as without {torch.allclose(chunked, exact)}, "
    f"last has half of the weight {torch.allclose(chunked, half)}"
)
estimates = [trace(whole, num_matvecs=3, method="hutchinson").estimate for _ in range(5)]
seeded = [trace(whole, num_matvecs=3, method="hutchinson", seed=k).estimate for k in range(200)]
spread = torch.tensor(seeded).std().item() / exact.trace().item()
words = f"with seeds they spread by more than a tenth: {spread > 0.1}"
seen.append(f"five traces without a seed: {len(set(estimates))} value; {words}")

print("\n".join(seen))
expected = """\
hessian-eigenthings 1.0.0a5, torch 2.13.0
exact largest eigenvalue: 0.73
momentum 0.0: 0.73, exact minus momentum: True, converged True, residual below 1e-5: True, v . H v exact: True
momentum 0.05: 0.68, exact minus momentum: True, converged True, residual below 1e-5: True, v . H v exact: True
momentum 0.1: 0.63, exact minus momentum: True, converged True, residual below 1e-5: True, v . H v exact: True
momentum 0.3: 0.43, exact minus momentum: True, converged True, residual below 1e-5: True, v . H v exact: True
Fisher, batches of 64 and 1: mean of all False, last has half of the weight True
Hessian, microbatches of 64: as without False, last has half of the weight True
five traces without a seed: 1 value; with seeds they spread by more than a tenth: True"""
sys.exit(0 if "\n".join(seen) == expected else "changed: expected\n" + expected)
PYTHON
