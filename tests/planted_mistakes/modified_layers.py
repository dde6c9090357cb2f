"""Mistakes planted in the claims on residual branches, dropout and normalizations."""

from __future__ import annotations

import sympy as sp

from derivations.calculus.gaussian import GaussE
from derivations.signal_propagation import batch_normalization, feature_normalization, residual_branch
from derivations.symbols import V_l, c, c_batch, p_keep, phi, sigma_b, sigma_u, sigma_w, z
from tests.planted_mistakes import Mistake, with_experiment, with_formula, with_step
from tests.planted_mistakes.signal_propagation import at, planted, swapped, with_definition, with_domain
from verify.claims.signal_propagation import batch_normalization as batch_entry
from verify.claims.signal_propagation import dropout as dropout_entry
from verify.claims.signal_propagation import feature_normalization as feature_entry
from verify.claims.signal_propagation import residual_branch as residual_entry
from verify.references.modified_layers import settings

EXACT = "characteristic functions"
CLAIMS = (  # claim, its entry, its simulation, what its quantities are
    ("residual_branch", residual_entry, "pairs through explicit branches"),
    ("dropout", dropout_entry, "pairs through layers with masks"),
    ("feature_normalization", feature_entry, "pairs through normalized layers"),
    ("batch_normalization", batch_entry, "batches through normalized layers"),
)


def off(numbers: tuple[dict[str, float], ...], name: str) -> tuple[dict[str, float], ...]:
    """Numbers of the experiments, one of them 4 % too large."""
    return tuple({**one, name: one[name] * 1.04} for one in numbers)


MISTAKES: tuple[Mistake, ...] = (
    *(
        planted(claim, "left side", "variance and covariance swapped", with_formula(swapped), EXACT)
        for claim, _, _ in CLAIMS
    ),
    *(
        planted(
            claim,
            "experiment",
            "weights 4 % too large",
            with_experiment(simulated, settings=settings(off(entry.NUMBERS, "sigma_w"))),
            simulated,
        )
        for claim, entry, simulated in CLAIMS
    ),
    *(
        planted(
            claim,
            "formula",
            "a small term of second order",
            at(1, lambda e: e + sigma_w**4 * V_l**2 / 10**9),
            EXACT,
        )
        for claim, _, _ in CLAIMS
    ),
    planted("residual_branch", "formula", "the stream itself left out", at(0, lambda e: e - V_l), EXACT),
    planted(
        "residual_branch",
        "formula",
        "the cross term of stream and branch kept",
        at(0, lambda e: e + 2 * sigma_u * sp.sqrt(V_l) * GaussE(phi(sp.sqrt(V_l) * z), z) / 100),
        EXACT,
    ),
    planted("residual_branch", "formula", "gradients without the direct path", at(2, lambda e: e - 1), EXACT),
    planted(
        "residual_branch",
        "definition",
        "the branch's correlation taken for the stream's",
        with_definition(1, lambda _: c),
        EXACT,
    ),
    planted(
        "residual_branch",
        "step",
        "squared lengths multiply where they add up",
        with_step(0, obligation=residual_branch.derivation()[0].residuals[0] + sp.Symbol("u_1", real=True) ** 2),
    ),
    planted(
        "dropout", "formula", "two inputs with one mask", at(1, lambda e: sigma_b**2 + (e - sigma_b**2) / p_keep), EXACT
    ),
    planted("dropout", "formula", "kept neurons not divided by p", at(0, lambda e: e * p_keep**2), EXACT),
    planted(
        "dropout",
        "formula",
        "probability of dropping for that of keeping",
        at(2, lambda e: e.subs(p_keep, 1 - p_keep)),
        EXACT,
    ),
    planted(
        "dropout",
        "domain",
        "everything may be dropped",
        with_domain(p_keep, sp.Interval(0, 1)),
        EXACT,
    ),
    planted("feature_normalization", "formula", "biases normalized, too", at(0, lambda e: e - sigma_b**2), EXACT),
    planted(
        "feature_normalization",
        "formula",
        "the mean taken off in the numerator only",
        at(
            1,
            lambda e: e.subs(
                feature_normalization.SQUARE - feature_normalization.MEAN**2, feature_normalization.SQUARE
            ),
        ),
        EXACT,
    ),
    planted(
        "feature_normalization",
        "left side",
        "layer and RMS normalization swapped",
        with_formula(lambda left, right: (sp.Tuple(left[0], left[3], left[4], left[1], left[2]), right)),
        EXACT,
    ),
    planted(
        "feature_normalization",
        "formula",
        "a slope for a squared slope of the scale",
        at(2, lambda e: e / sigma_w),
        EXACT,
    ),
    planted(
        "batch_normalization",
        "formula",
        "gradients not divided by what the batch does not share",
        at(3, lambda e: e * (1 - c_batch)),
        EXACT,
    ),
    planted(
        "batch_normalization",
        "formula",
        "the mean of phi left out of the settled network",
        at(4, lambda _: batch_normalization.SLOPE / batch_normalization.SQUARE),
        "gradient explosion of relu networks",
    ),
    planted(
        "batch_normalization",
        "definition",
        "the batch's correlation not taken off",
        with_definition(0, lambda _: c / (1 - c_batch)),
        EXACT,
    ),
    planted(
        "batch_normalization",
        "experiment",
        "batches that do not grow with the width",
        with_experiment("batches through normalized layers", share=0.1),
        "batches through normalized layers",
    ),
    planted(
        "batch_normalization",
        "domain",
        "a batch of equal inputs",
        with_domain(c_batch, sp.Interval(0, 1)),
        EXACT,
    ),
)
