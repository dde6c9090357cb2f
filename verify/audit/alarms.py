"""How often do true claims fail by chance? Stochastic checks with fresh seeds, and the chances that they show.

A claim's formula is true, so every refutation here is a false one. The p-value of a check is that of one of its values,
chosen by the seed: values of one measurement depend on one another, those of different seeds do not. Where the formula
is exact the p-values are uniform if the error bars are right; where a bias is allowed they are larger than uniform
ones. A bias of one value of many hardly shows in them; it shows in the mean deviation of that value over the seeds.
Trends have no formula and no p-value.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.checks import Check, Context
from verify.checks.simulation import ROUNDING, TwoStages, distance, scale_of
from verify.claim import Claim
from verify.compile import Candidate
from verify.evidence import Holds

CONFIDENCE = 0.95
NOT_UNIFORM = 0.01  # probability, divided over all checks, below which p-values count as not uniform, means as biased
BIASED = 1 / 3  # of a standard error, beyond which a mean deviation may count as a bias
VALUES = 64  # of a check, whose deviations are kept
TINY = 1e-12  # least variance of deviations: they are kept with three decimals
FEWEST = 5  # p-values below which nothing is said of their uniformity; deviations below which, of their mean
PARTS = 20  # of the unit interval, in which p-values are counted


@dataclass(frozen=True, kw_only=True)
class Draw:
    """What one check said with one seed; `chance` is its p-value, `exact` whether that is uniform by right.

    deviations   of measured values from the formula in standard errors: of all, or of VALUES of them, the same for each
                 seed; None where a bias is allowed, or the value is known to rounding
    """

    check: str
    seed: int
    verdict: str
    deviations: tuple[float | None, ...]
    chance: float | None = None
    exact: bool = True
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Bias:
    """The mean deviation over the seeds that is clearest of zero, of the `value`-th of a check's values (from 1).

    deviation, error   in standard errors of a single seed; `error` is that of the mean, from the scatter of the seeds
    chance             probability that one of `of` values without bias is so clear of zero (Student, Bonferroni)
    """

    value: int
    of: int
    deviation: float
    error: float
    chance: float


@dataclass(frozen=True, kw_only=True)
class Alarms:
    """One check over all seeds.

    refuted, undecided   how many of `seeds` gave that verdict (errors count as undecided), `reasons` why, each once
    uniformity           probability with which p-values of a true formula deviate from uniform ones as much as these do
                         (Kolmogorov and Smirnov, where they are not exact only towards small ones; or so many in the
                         smallest twentieth); None if too few
    smallest             p-value
    parts                how many p-values lie in each twentieth of the unit interval, so that sweeps can be added up
    largest_bias         None where no value has FEWEST deviations
    sums                 how many deviations each value has, their sum and that of their squares, as `parts`
    bound                upper limit of the rate of false refutations at 95 % (Clopper and Pearson)
    """

    claim: str
    check: str
    seeds: int
    refuted: int
    undecided: int
    uniformity: float | None
    exact: bool
    smallest: float | None
    bound: float
    parts: tuple[int, ...] = ()
    largest_bias: Bias | None = None
    sums: tuple[tuple[int, float, float], ...] = ()
    reasons: tuple[str, ...] = ()


def stochastic(claim: Claim, profile: str) -> tuple[Check, ...]:
    """The checks of a claim that draw random numbers in a profile."""
    return tuple(check for check in claim.checks_in(profile) if check.stochastic)


def draws(claim: Claim, context: Context, seeds: Iterable[int]) -> list[Draw]:
    """Run the stochastic checks of a claim with the seeds, nothing else: no proof, no audit."""
    true = None if claim.is_observation else claim.candidate()
    regime = getattr(claim.statement, "regime", None)
    return [
        _draw(check, true, dataclasses.replace(context, seed=seed, regime=regime))
        for seed in seeds
        for check in stochastic(claim, context.profile)
    ]


def _draw(check: Check, true: Candidate | None, context: Context) -> Draw:
    prepared = check.prepare(context)
    found = check.judge(true, prepared, context)
    with np.errstate(all="ignore"):  # as where it is judged; what overflows on the way is seen in the values
        deviations, chance, exact = _compared(check, true, prepared, context)
    return Draw(
        check=check.name,
        seed=context.seed,
        verdict=found.verdict.value,
        deviations=deviations,
        chance=chance,
        exact=exact,
        reason="" if found.verdict is Holds.HOLDS else found.detail,
    )


def _compared(
    check: Check, true: Candidate | None, prepared: Any, context: Context
) -> tuple[tuple[float | None, ...], float | None, bool]:
    """Of the first sample: deviations as `Draw` keeps them; p-value of one value; whether no bias is allowed at it."""
    from scipy import special

    if not isinstance(check, TwoStages) or true is None:
        return (), None, True
    first = check.samples(prepared, context)[0]
    values, errors = first.values.reshape(-1), first.errors.reshape(-1)
    told = errors > ROUNDING * scale_of(values)  # the rest the check calls equal anyway
    bias = np.broadcast_to(check.allowance(true, first.measured), first.values.shape).reshape(-1)
    predicted = check.expected(true, first.measured).reshape(-1)
    kept = np.unique(np.linspace(0, values.size - 1, min(values.size, VALUES)).astype(int))
    deviations = tuple(
        round(float((values[k] - predicted[k]) / errors[k]), 3) if told[k] and bias[k] == 0 else None for k in kept
    )
    if not told.any():
        return deviations, None, True
    value = int(context.stream(check.name).child("value").generator().choice(np.flatnonzero(told)))
    apart = distance(values, predicted)[value]
    strain = max(float(apart) - float(bias[value]), 0.0) / float(errors[value])
    return deviations, float(2 * special.stdtr(first.freedom, -strain)), bool(bias[value] == 0)


def summary(claim: str, found: Sequence[Draw]) -> list[Alarms]:
    """One row for each check of a claim, in the order of the first seed."""
    rows = []
    for name in dict.fromkeys(draw.check for draw in found):
        own = [draw for draw in found if draw.check == name]
        chances = [draw.chance for draw in own if draw.chance is not None]
        exact = all(draw.exact for draw in own)
        refuted = sum(draw.verdict == Holds.REFUTED.value for draw in own)
        parts = tuple(np.histogram(chances, PARTS, (0.0, 1.0))[0].tolist()) if chances else ()
        told = len(chances) >= FEWEST
        sums = _sums([draw.deviations for draw in own])
        rows.append(
            Alarms(
                claim=claim,
                check=name,
                seeds=len(own),
                refuted=refuted,
                undecided=sum(draw.verdict in (Holds.UNDECIDED.value, Holds.ERROR.value) for draw in own),
                uniformity=with_smallest(uniformity(chances, two_sided=exact), parts) if told else None,
                exact=exact,
                smallest=min(chances, default=None),
                bound=rate_bound(refuted, len(own)),
                parts=parts,
                largest_bias=largest_bias(sums),
                sums=sums,
                reasons=tuple(dict.fromkeys(draw.reason for draw in own if draw.reason)),
            )
        )
    return rows


def _sums(deviations: Sequence[tuple[float | None, ...]]) -> tuple[tuple[int, float, float], ...]:
    """Number, sum and sum of squares of each value's deviations; none where seeds have different numbers of values."""
    if len({len(one) for one in deviations}) != 1:
        return ()
    found = np.array(deviations, dtype=float).reshape(len(deviations), -1)  # None is nan
    counts = np.sum(~np.isnan(found), axis=0)
    sums = np.nansum(found, axis=0), np.nansum(found**2, axis=0)
    return tuple((int(n), round(float(a), 3), round(float(b), 3)) for n, a, b in zip(counts, *sums, strict=True))


def largest_bias(sums: Sequence[Sequence[float]]) -> Bias | None:
    """The clearest mean deviation of several values, of which numbers, sums and sums of squares are given.

    >>> largest_bias([(100, 2.0, 101.0), (100, 50.0, 125.0)]).value, largest_bias([(3, 9.0, 27.1)])
    (2, None)
    """
    from scipy import special

    told = [k for k, (count, *_) in enumerate(sums) if count >= FEWEST]
    if not told:
        return None
    counts, totals, squares = np.array([sums[k] for k in told], dtype=float).T
    means = totals / counts
    errors = np.sqrt(np.maximum(squares / counts - means**2, TINY) / (counts - 1))
    clearest = int(np.argmax(np.abs(means) / errors))
    chance = 2 * special.stdtr(counts[clearest] - 1, -abs(means[clearest]) / errors[clearest])
    return Bias(
        value=told[clearest] + 1,
        of=len(sums),
        deviation=float(means[clearest]),
        error=float(errors[clearest]),
        chance=min(1.0, len(told) * float(chance)),
    )


def is_biased(bias: Bias, checks: int) -> bool:
    """Whether the largest bias of one of several checks is larger than a third of a standard error, and not chance."""
    return abs(bias.deviation) > BIASED and bias.chance < NOT_UNIFORM / checks


def uniformity(chances: Sequence[float], *, two_sided: bool = True) -> float:
    """Probability of so large a distance from the uniform law; one-sided, of so large an excess of small p-values.

    >>> uniformity([0.05, 0.25, 0.45, 0.65, 0.85]) > 0.9, uniformity([1e-3] * 20) < 1e-9
    (True, True)
    """
    count, ordered = len(chances), sorted(chances)
    above = max((k + 1) / count - p for k, p in enumerate(ordered))
    below = max(p - k / count for k, p in enumerate(ordered))
    return _tail(above, below, count, two_sided)


def uniformity_of_parts(parts: Sequence[int], *, two_sided: bool = True) -> float:
    """The same where p-values have been counted in equal parts of the unit interval: never smaller.

    >>> uniformity_of_parts([5] * 20), uniformity_of_parts([20] + [0] * 19) < 1e-9
    (1.0, True)
    """
    count, edges = sum(parts), np.arange(1, len(parts) + 1) / len(parts)
    excess = np.cumsum(parts) / count - edges
    return _tail(float(excess.max()), float(-excess.min()), count, two_sided)


def with_smallest(uniform: float, parts: Sequence[int]) -> float:
    """That probability, or the one of so many p-values in the smallest part if it is less, for two looks at them.

    Kolmogorov and Smirnov look at the middle; the bias of one value of many, and errors with heavy tails, make few
    p-values too small.

    >>> with_smallest(0.8, [5] * 20), with_smallest(0.8, [83] + [48] * 19) < 1e-4
    (1.0, True)
    """
    from scipy.special import betainc

    small, count = parts[0], sum(parts)
    chance = float(betainc(small, count - small + 1, 1 / len(parts))) if small else 1.0
    return min(1.0, 2 * min(uniform, chance))


def _tail(above: float, below: float, count: int, two_sided: bool) -> float:
    """Kolmogorov and Smirnov's: the chance of such distances of `count` numbers from the uniform law, on both sides."""
    from scipy import special

    largest = max(above, below) if two_sided else above
    tail = float(special.smirnov(count, min(max(largest, 0.0), 1.0)))
    return min(1.0, 2 * tail) if two_sided else tail


def rate_bound(failed: int, tried: int) -> float:
    """Upper limit of a rate at 95 %, one side, from so many failures (Clopper and Pearson).

    >>> round(rate_bound(0, 1000), 5), rate_bound(3, 3), math.isclose(rate_bound(0, 1), 0.95)
    (0.00299, 1.0, True)
    """
    from scipy.special import betaincinv

    return 1.0 if failed >= tried else float(betaincinv(failed + 1, tried - failed, CONFIDENCE))


def fewest_seeds(rate: float) -> int:
    """How many seeds without a failure show that the rate of failures is below `rate`, at 95 %.

    >>> fewest_seeds(0.003)
    998
    """
    return math.ceil(math.log(1 - CONFIDENCE) / math.log1p(-rate))
