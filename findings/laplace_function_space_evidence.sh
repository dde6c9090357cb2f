#!/usr/bin/env bash
# The evidence of a function-space Laplace approximation counts the data twice.
#
# Guess:    for a linear network with Gaussian noise and prior the Laplace approximation is exact, so the log marginal
#           likelihood is that of Bayesian linear regression, in weights (hessian_structure="full") and in functions
#           ("gp", with all data in the subset) alike.
# Happens:  in weights it is, to 1e-12. In functions the log likelihood of the trained network is added to minus half of
#           log det(K + s^2) and of the scatter y^T (K + s^2)^-1 y, which hold the misfit and the noise's normalization
#           already: the evidence is off by that log likelihood (but for n/2 log 2 pi). Predictions are right.
# Matters:  as a function of the noise it peaks elsewhere: at 0.64 instead of 0.74 for 24 examples and 10 weights, since
#           the weights that were fitted are subtracted from the number of examples only half. Models compared by it are
#           compared by their training error a second time. Where the noise is known and one network is given, the best
#           prior precision stays the same.
# Version:  laplace-torch 0.3 with torch 2.13.0; FunctionalLaplace.log_marginal_likelihood, log_det_ratio and scatter,
#           whose documentation names the standard evidence of a Gaussian process.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet torch==2.13.0 numpy==2.4.6 laplace-torch==0.3
# not needed here, and it would have to be of the same build as torch
"$place/venv/bin/python" -m pip uninstall --quiet --yes torchvision
"$place/venv/bin/python" -W ignore - <<'PYTHON'
import sys
from importlib.metadata import version

import torch
from laplace import Laplace
from torch.utils.data import DataLoader, TensorDataset

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
torch.manual_seed(0)
seen = [f"laplace-torch {version('laplace-torch')}, torch {torch.__version__.split('+')[0]}"]
examples, inputs, precision = 24, 9, 0.01
x = torch.randn(examples, inputs)
y = x @ torch.randn(inputs, 1) + 0.5 * torch.randn(examples, 1)
data = DataLoader(TensorDataset(x, y), batch_size=examples)
features = torch.cat([x, torch.ones(examples, 1)], 1)


def exact(noise):
    covariance = features @ features.T / precision + noise**2 * torch.eye(examples)
    law = torch.distributions.MultivariateNormal(torch.zeros(examples), covariance)
    return law.log_prob(y[:, 0]).item()


def best_network(noise):
    curvature = features.T @ features / noise**2 + precision * torch.eye(inputs + 1)
    weights = torch.linalg.solve(curvature, features.T @ y / noise**2)
    network = torch.nn.Linear(inputs, 1)
    network.weight.data, network.bias.data = weights[:-1].T.clone(), weights[-1].clone()
    return network


def evidence(noise, structure):
    network = best_network(noise)
    subset = {"n_subset": examples} if structure == "gp" else {}
    fitted = Laplace(
        network,
        "regression",
        subset_of_weights="all",
        hessian_structure=structure,
        sigma_noise=noise,
        prior_precision=precision,
        **subset,
    )
    fitted.fit(data)
    law = torch.distributions.Normal(network(x), noise)
    return fitted.log_marginal_likelihood().item(), law.log_prob(y).sum().item()


noises = [0.5 + 0.02 * step for step in range(16)]
half = examples / 2 * torch.log(torch.tensor(2 * torch.pi)).item()
for structure in ("full", "gp"):
    found = [evidence(noise, structure) for noise in noises]
    apart = [value - exact(noise) for (value, _), noise in zip(found, noises)]
    twice = [value - exact(noise) - (fit + half) for (value, fit), noise in zip(found, noises)]
    is_exact, is_twice = max(map(abs, apart)) < 1e-9, max(map(abs, twice)) < 1e-9
    what = "exact" if is_exact else "the exact one plus the log likelihood without its 2 pi" if is_twice else "another"
    best = noises[max(range(len(noises)), key=lambda k: found[k][0])]
    seen.append(f"{structure}: evidence is {what}; largest at noise {best:.2f}")
seen.append(f"exact: largest at noise {max(noises, key=exact):.2f}")

print("\n".join(seen))
expected = """\
laplace-torch 0.3, torch 2.13.0
full: evidence is exact; largest at noise 0.74
gp: evidence is the exact one plus the log likelihood without its 2 pi; largest at noise 0.64
exact: largest at noise 0.74"""
sys.exit(0 if "\n".join(seen) == expected else "changed: expected\n" + expected)
PYTHON
