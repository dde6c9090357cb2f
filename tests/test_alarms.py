"""False alarms are counted over fresh seeds, p-values are uniform where error bars are right, and a sweep goes on.

Where no value is biased, none is off on the average over the seeds.
"""

from __future__ import annotations

import dataclasses
import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from numerics.measurement import Measurement, from_replicas, ratio_of_means
from tests.faulty_claims import PACKAGE
from verify.audit import alarms
from verify.catalogue import load_claims
from verify.checks import Context, Replicas
from verify.command import alarms as command
from verify.command.cli import main
from verify.report import reliability
from verify.run import sweep
from verify.run.settings import Event, Settings
from verify.run.store import Store

CLAIM = load_claims()["sgd_noise.discrete_chain"]


def noise(
    *, replicas: int, stream, device: str, shrink: float = 1.0, shift: float = 0.0, of: int = 5, one: float = 0.0
) -> Measurement:
    """So many numbers of mean 10 + shift, the third one by `one` more; error bars are too small by `shrink`."""
    samples = 10 + shift + stream.generator().standard_normal((replicas, of))
    samples[:, 2] += one
    measured = from_replicas(samples)
    return dataclasses.replace(measured, errors=measured.errors * shrink)


def constant(candidate, measured: Measurement) -> np.ndarray:
    return np.full(measured.values.shape, 10.0)


def drawn(count: int, bias: float = 0.0, **wrong: float) -> alarms.Alarms:
    check = Replicas(
        name="noise",
        predict=constant,
        quick=partial(noise, **wrong),
        replicas=30,
        bias=lambda c, m: bias,
        bias_note="x",
    )
    claim = dataclasses.replace(CLAIM, checks=(check,))
    context = Context(claim=claim.id, false_alarms=1e-8)
    (row,) = alarms.summary(claim.id, alarms.draws(claim, context, sweep.seeds(1, count)))
    return row


def test_right_error_bars_give_uniform_chances_and_no_refutation():
    row = drawn(200)
    assert (row.seeds, row.refuted, row.undecided, row.exact) == (200, 0, 0, True)
    assert row.uniformity is not None and row.uniformity > 0.001
    assert row.bound == pytest.approx(0.0149, abs=1e-4)  # 1 - 0.05^(1/200)
    assert row.smallest is not None and 0 < row.smallest < 0.05


@pytest.mark.parametrize(
    ("chances", "two_sided", "probability"),
    [
        ([0.1, 0.2], False, 0.04),  # an excess of 0.8 over both: both below 0.2
        ([0.8, 0.9], True, 0.08),
        ([0.8, 0.9], False, 0.89),  # large ones are no excess of small ones: 0.1 is met by most pairs
        ([0.1, 0.95], True, 0.695),  # 0.45 below at the second
        ([0.25, 0.75], True, 1.0),
    ],
)
def test_the_distance_from_the_uniform_law_has_its_probability(chances, two_sided, probability):
    """Of two numbers, by hand: above the diagonal by 0.8 where both lie below 0.2, with 0.2^2."""
    assert alarms.uniformity(chances, two_sided=two_sided) == pytest.approx(probability)


@pytest.mark.parametrize(("small", "count"), [(1, 12), (6, 12), (83, 1000), (50, 1000)])
def test_an_excess_of_the_smallest_chances_has_its_probability(small, count):
    """By the binomial distribution; looked at beside the distance from the uniform law, it counts twice."""
    from scipy import stats

    parts = [small, *np.diff(np.linspace(0, count - small, alarms.PARTS).astype(int))]
    exact = stats.binom.sf(small - 1, count, 1 / alarms.PARTS)
    assert alarms.with_smallest(1.0, parts) == pytest.approx(min(1.0, 2 * exact))
    assert alarms.with_smallest(1e-9, parts) == pytest.approx(2e-9)


def test_nothing_is_said_of_the_uniformity_of_few_chances():
    assert drawn(alarms.FEWEST).uniformity is not None and drawn(alarms.FEWEST - 1).uniformity is None


@pytest.mark.parametrize("rate", [0.1, 0.003, 0.001])
def test_so_many_seeds_without_a_refutation_show_a_rate_and_fewer_do_not(rate):
    seeds = alarms.fewest_seeds(rate)
    assert alarms.rate_bound(0, seeds) <= rate < alarms.rate_bound(0, seeds - 1)


@pytest.mark.parametrize("wrong", ({"shrink": 0.5}, {"shift": 0.3}))
def test_wrong_error_bars_and_hidden_biases_show_in_the_chances_long_before_they_refute(wrong):
    row = drawn(200, **wrong)
    assert row.refuted == 0 and row.uniformity is not None and row.uniformity < 1e-4
    assert command.suspicious([row]) == [row]


def test_a_bias_of_one_value_of_many_is_found_in_its_mean_and_an_honest_check_is_not():
    """Half a standard error in one of thirty values, which the p-values hardly show."""
    honest, wrong = drawn(300, of=30), drawn(300, of=30, one=0.5 / 30**0.5)
    assert command.biased([honest, wrong]) == [(wrong, wrong.largest_bias)]
    assert command.suspicious([honest, wrong]) == [] and wrong.refuted == 0
    bias = wrong.largest_bias
    assert (bias.value, bias.of) == (3, 30) and bias.deviation == pytest.approx(0.5, abs=0.25)
    assert bias.error == pytest.approx(300**-0.5, rel=0.2) and bias.chance < 1e-6
    assert honest.largest_bias is not None and honest.largest_bias.chance > 0.01


def test_a_bias_below_a_third_of_a_standard_error_is_none_however_clear():
    bias = alarms.Bias(value=1, of=2, deviation=0.3, error=0.01, chance=1e-200)
    assert not alarms.is_biased(bias, 1)
    assert alarms.is_biased(dataclasses.replace(bias, deviation=-0.4, chance=0.0009), 10)
    assert not alarms.is_biased(dataclasses.replace(bias, deviation=-0.4, chance=0.0011), 10)


def test_the_clearest_mean_has_the_probability_of_student():
    """Against SciPy's test of one sample; of the values three have deviations enough."""
    from scipy import stats

    values = np.random.default_rng(4).normal(0.3, 1.2, (4, 20))
    sums = [[len(v), v.sum(), (v**2).sum()] for v in (*values[:3], values[3][:4])]
    tests = [stats.ttest_1samp(v, 0.0) for v in values[:3]]
    found, least = alarms.largest_bias(sums), int(np.argmin([test.pvalue for test in tests]))
    assert (found.value, found.of) == (least + 1, 4)
    assert found.chance == pytest.approx(min(1.0, 3 * tests[least].pvalue))
    assert found.deviation == pytest.approx(values[least].mean())
    assert found.error == pytest.approx(stats.sem(values[least]))
    assert alarms.largest_bias([]) is None and alarms.largest_bias(sums[3:]) is None
    assert alarms.largest_bias([[9, 9.0, 9.0]]).chance < 1e-9  # off by as much with every seed


def test_of_many_values_the_same_are_kept_with_each_seed():
    row = drawn(6, of=200)
    assert len(row.sums) == alarms.VALUES and row.largest_bias.of == alarms.VALUES
    assert drawn(6, of=7).largest_bias.of == 7
    many = [alarms.Draw(check="a", seed=k, verdict="holds", deviations=(0.1,) * (3 + k)) for k in range(9)]
    assert alarms.summary("c", many)[0].largest_bias is None  # values that are not the same ones


def test_where_a_bias_is_allowed_large_chances_are_right():
    row = drawn(60, bias=0.3)
    assert row.largest_bias is None and set(row.sums) == {(0, 0.0, 0.0)}
    assert not row.exact and row.uniformity is not None and row.uniformity > 0.5


def test_refutations_are_counted_with_their_reason():
    row = drawn(5, shift=5.0)
    assert row.refuted == 5 and row.bound == 1.0
    assert any("values are off" in reason for reason in row.reasons)


def test_seeds_are_fresh_and_the_first_of_more_are_the_same():
    assert sweep.seeds(1, 5) == sweep.seeds(1, 9)[:5]
    assert len({*sweep.seeds(1, 300), *sweep.seeds(2, 300)}) == 600 and 1 not in sweep.seeds(1, 300)


def test_a_sweep_goes_on_where_it_ended(tmp_path, monkeypatch):
    store, settings = Store(tmp_path / "outcomes"), Settings(jobs=1)
    sweep.sweep([CLAIM], settings, 2, store)
    told: list[Event] = []
    first = sweep.sweep([CLAIM], settings, 3, store, told.append)
    assert [(event.done, event.total) for event in told] == [(3, 3)]
    (kept,) = (tmp_path / sweep.FOLDER).glob("*.json")
    assert [d.seed for d in first.draws[CLAIM.id]] == sweep.seeds(1, 3)
    monkeypatch.setattr(sweep, "crew_of", None)  # nothing more may be run
    with pytest.raises(TypeError):
        sweep.sweep([CLAIM], settings, 4, store)
    other = dataclasses.replace(first.draws[CLAIM.id][0], seed=5)
    sweep._keep(kept, {5: [other]}, store)  # another sweep of the same claim takes nothing away
    assert set(sweep._kept(kept, store)) == {5, *sweep.seeds(1, 3)}
    entries = json.loads(kept.read_text())
    without = [{name: value for name, value in entry.items() if name != "deviations"} for entry in entries]
    for text in (json.dumps([*entries, {"broken": 1}]), json.dumps(without)):  # the second as once written
        kept.write_text(text)
        warned: list[str] = []
        assert sweep._kept(kept, Store(tmp_path, warned.append)) == {}
        assert len(warned) == 1 and "begins anew" in warned[0]


def test_the_command_prints_a_row_for_each_check(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("REDERIVE_STORE", str(tmp_path))
    assert main(["audit", "sound", "--false-alarms", "6", "--jobs", "1"], package=PACKAGE) in (0, 4)
    out = capsys.readouterr().out
    assert "sound.ordering" in out and "runs of" in out and "checks are unbiased" in out
    assert main(["audit", "sound", "--false-alarms", "6", "--json"], package=PACKAGE) in (0, 4)
    found = json.loads(capsys.readouterr().out)
    assert found["runs"] == 6 * len(found["checks"]) and found["refuted"] == 0 and found["failed"] == {}
    assert found["biased"] == [] and {"value", "of", "deviation", "error", "chance"} in [
        (row["largest_bias"] or {}).keys() for row in found["checks"]
    ]
    kept = reliability.sweeps(reliability.with_sweep([], found))
    assert kept["runs"] == found["runs"] and kept["seeds"] == 6 and kept["not_uniform"] == 0
    assert kept.keys() == json.loads(reliability.FILE.read_text(encoding="utf-8")).keys() - {"experiments"}


def test_values_that_are_known_to_rounding_have_no_p_value():
    assert drawn(8, shift=1e-14, shrink=1e-14).uniformity is None
    assert drawn(8, shift=1e-9, shrink=1e-14).refuted == 8


def test_sweeps_with_other_seeds_add_up():
    def found(seed: int, check: str, chances: list[float], refuted: int = 0) -> dict:
        drawn = [
            alarms.Draw(check=check, seed=k, verdict="holds", chance=p, deviations=(1.5 - p, p - 0.5, None))
            for k, p in enumerate(chances)
        ]
        (row,) = alarms.summary("c", drawn)
        return command.data([dataclasses.replace(row, refuted=refuted)], sweep.Sweep(draws={}, failed={}), seed)

    many = [(k + 0.5) / 100 for k in range(100)]
    rows = reliability.with_sweep([], found(1, "a", many))
    rows = reliability.with_sweep(rows, found(1, "a", many[:12], refuted=7))  # shorter: changes nothing
    rows = reliability.with_sweep(rows, found(2, "a", many, refuted=1))
    rows = reliability.with_sweep(rows, found(1, "b", [1e-3] * 20))
    a, b = reliability.added(rows)
    assert (a["seeds"], a["refuted"], a["parts"]) == (200, 1, [10] * 20) and (b["seeds"], b["refuted"]) == (20, 0)
    kept = reliability.sweeps(rows)
    assert (kept["seeds"], kept["most_seeds"], kept["longest"], kept["runs"], kept["refuted"]) == (20, 200, 1, 220, 1)
    assert (kept["with_p_values"], kept["not_uniform"]) == (2, 1) and kept["bound"] == alarms.rate_bound(1, 220)
    assert [sums[0] for sums in a["sums"]] == [200, 200, 0] and [sums[0] for sums in b["sums"]] == [20, 20, 0]
    assert a["sums"][0][1:] == pytest.approx([200.0, 2 * sum((1.5 - p) ** 2 for p in many)], abs=0.01)
    assert alarms.largest_bias(a["sums"]).deviation == pytest.approx(1.0)
    assert (kept["with_means"], kept["biased"]) == (2, 2)
    for row in rows:
        del row["sums"]  # as sweeps of older versions are kept
    kept = reliability.sweeps(reliability.with_sweep(rows, found(3, "c", many)))
    assert (kept["with_means"], kept["biased"], kept["with_p_values"]) == (1, 1, 3)
    long = [dict(a, check=name, seeds=seeds) for name, seeds in (("c", 1000), ("d", 1012), ("e", 999))]
    kept = reliability.sweeps([*rows, *long])
    assert (kept["most_seeds"], kept["longest"]) == (reliability.MANY, 2)
    assert reliability.sweep_table(rows).splitlines()[2:] == [
        f"| 200 | 1 | 200 | 1 | 0 | {alarms.rate_bound(1, 200):.2g} |",
        f"| 20 | 1 | 20 | 0 | 0 | {alarms.rate_bound(0, 20):.2g} |",
    ]


@pytest.mark.parametrize("two_sided", [True, False])
def test_p_values_that_were_counted_are_as_uniform_as_they_were(two_sided):
    generator = np.random.default_rng(3)
    for chances in (generator.random(400), generator.random(400) ** 1.3, generator.random(400) ** 0.8):
        parts = np.histogram(chances, alarms.PARTS, (0.0, 1.0))[0]
        exact = alarms.uniformity(chances.tolist(), two_sided=two_sided)
        counted = alarms.uniformity_of_parts(parts.tolist(), two_sided=two_sided)
        assert exact <= counted <= max(40 * exact, exact + 0.3)


def test_every_stochastic_check_has_its_seeds_kept():
    kept = json.loads(reliability.FILE.read_text(encoding="utf-8"))
    checks = [(claim.id, c.name) for claim in load_claims().values() for c in alarms.stochastic(claim, "quick")]
    assert sorted(checks) == [(row["claim"], row["check"]) for row in reliability.added(kept["sweeps"])]
    text = (Path(__file__).parents[1] / "docs" / "reliability.md").read_text(encoding="utf-8")
    assert reliability.sweep_table(kept["sweeps"]) in text
    sums = "{refuted} of {runs:,} runs of {checks} checks of {claims} claims were refuted".format(**kept)
    assert sums in text and "Undecided: {undecided} run".format(**kept) in text


@pytest.mark.parametrize(("failed", "tried"), [(0, 20), (1, 10), (3, 1000), (9, 10)])
def test_at_the_upper_limit_of_a_rate_so_few_failures_have_a_chance_of_a_twentieth(failed, tried):
    """Clopper and Pearson, by the binomial distribution."""
    from scipy import stats

    assert stats.binom.cdf(failed, tried, alarms.rate_bound(failed, tried)) == pytest.approx(0.05)


def test_claims_without_random_numbers_are_refused(capsys):
    assert main(["audit", "deep_linear.mode_logistic", "--false-alarms", "3"]) in (0, 5)
    assert main(["audit", "--false-alarms", "0"]) == 2
    assert "--false-alarms: 0 is out of range" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("off", "bias", "chance", "exact"),
    [
        (0.0, 0.0, 1.0, True),
        (2.0, 0.0, 0.068, True),
        (-2.0, 0.0, 0.068, True),
        (3.0, 1.0, 0.068, False),
        (2.0, 3.0, 1.0, False),  # within the bias
    ],
)
def test_the_chance_of_a_value_is_two_sided_and_leaves_out_the_bias(off, bias, chance, exact):
    """Student's distribution at two standard errors with 12 degrees of freedom; errors that are 0 are not asked."""

    def measured(*, replicas, stream, device):
        sample = noise(replicas=replicas, stream=stream, device=device)
        errors = sample.errors * np.array([0, 1, 1, 1, 1])
        return dataclasses.replace(sample, values=10 + off * errors, errors=errors)

    def allowed(candidate, measured):
        return bias * measured.errors

    check = Replicas(name="noise", predict=constant, quick=measured, replicas=13, bias=allowed)
    context = Context(claim="sample.noise", seed=3)
    deviations, *found = alarms._compared(check, object(), check.prepare(context), context)
    assert found == [pytest.approx(chance, abs=1e-3), exact]
    assert deviations == (None, *[off if exact else None] * 4)
    assert alarms._compared(check, None, {}, context) == ((), None, True)
    still = dataclasses.replace(check, quick=lambda **k: dataclasses.replace(measured(**k), errors=np.zeros(5)))
    assert alarms._compared(still, object(), still.prepare(context), context) == ((None,) * 5, None, True)


def test_parts_of_a_number_may_be_equal_by_chance_and_other_replicas_not():
    """Shares of 400 draws: one sweep in a hundred ended at two equal replicas of fifty."""
    shares = np.array([[0.25, 0.5], [0.25, 0.25], [0.5, 0.5], [0.25, 0.5]])
    assert from_replicas(shares).replicas == 4
    drawn = np.random.default_rng(1).normal(size=(40, 3))
    with pytest.raises(ValueError, match="of which only 39 are different"):
        from_replicas(np.concatenate([drawn[:39], drawn[:1]]))


def test_a_ratio_of_means_is_not_the_mean_of_ratios():
    rng = np.random.default_rng(2)
    below = rng.gamma(4.0, size=4000)
    samples = ratio_of_means(3 * rng.gamma(4.0, size=4000), below)
    assert samples.mean() == pytest.approx(3, abs=4 * samples.std() / 4000**0.5)
    assert np.mean(3 * rng.gamma(4.0, size=4000) / below) > 3.8  # 3 * 4 / (4 - 1) is its mean
