"""What parts one verdict from another: thresholds at their budget, tolerances, second samples, and figures told."""

from __future__ import annotations

import dataclasses
import functools
import math
from functools import partial

import flint
import mpmath
import numpy as np
import pytest
import sympy as sp
from scipy import special, stats

from derivations.statement import Limit, Parameter
from numerics.measurement import Measurement, from_replicas
from tests.test_checks import (
    CERTIFIED,
    CONTEXT,
    COUNT,
    COUNTS,
    LADDER,
    LITERATURE,
    POSITIVE,
    POWER,
    PRECISION,
    PROPERTY,
    REPLICAS,
    SIZES,
    TRUE,
    WRONG,
    S,
    T,
    decide,
)
from tests.test_regimes import APPROACH, CHECK, CONSTANT, LIMIT, N, approach, judged
from verify.checks import Context, Domain, FiniteSize, Replicas, Trend, independence
from verify.checks.base import FLOOR, resolved, scale_of
from verify.checks.draws import _telling, _value, both, draw, simpler
from verify.checks.ladder import Rungs, _order
from verify.checks.precision import tolerance_at
from verify.checks.simulation import POWER as SEEN
from verify.checks.simulation import captioned, place_of, twice
from verify.compile import Candidate, CandidateError
from verify.evidence import Holds, Plane

REGIME = Limit(parameter=N, towards=sp.oo, rate=1 / N)
NEARLY = (0.999, 1.001)  # just below and just above what decides


def given(values, errors=None, **more):
    """An experiment that always gives the same numbers."""
    numbers = {"values": np.array(values, dtype=float), **more}
    if errors is not None:
        numbers |= {"errors": np.array(errors, dtype=float), "replicas": 30}
    return lambda **_: Measurement(**numbers)


# ---------------------------------------------------------------------------------------------- second samples


def recorded(ran, **sample):
    """An experiment that notes its stream."""

    def experiment(*, stream, device, replicas, **_):
        ran.append(stream.integer())
        values = stream.generator().normal(size=(replicas, 2))
        return dataclasses.replace(from_replicas(values), **sample)

    return experiment


@pytest.mark.parametrize("kind", ["replicas", "sizes", "approach", "trend"])
def test_a_second_sample_is_drawn_once_and_from_streams_of_its_own(kind):
    ran: list[int] = []
    zero = {"name": kind, "predict": lambda c, m: np.zeros(2)}
    five = np.full(2, 5.0)
    checks = {
        "replicas": Replicas(**zero, quick=recorded(ran, values=five, errors=np.ones(2)), replicas=400),
        "sizes": FiniteSize(
            **zero,
            quick=recorded(ran, values=five, errors=np.ones(2)),
            sizes=tuple((width, 400) for width in (100, 200, 400)),
        ),
        "approach": APPROACH,
        "trend": Trend(
            name=kind,
            quick=recorded(ran, values=five, errors=np.ones(2)),
            control=recorded([]),
            replicas=400,
        ),
    }
    check = checks[kind]
    context = dataclasses.replace(CONTEXT, regime=REGIME)
    if kind == "approach":  # an exponent of 1.5 with an error that leaves a doubt

        def steep(*, width, **others):
            error = 0.25 / 4.7 * math.log(4) / math.sqrt(2)
            apart = 0.3 * (16 / width) ** 1.5
            values, errors = np.full(2, apart), np.full(2, error * apart)
            return recorded(ran, values=values, errors=errors, given={"c": 0.83})(**others)

        check = dataclasses.replace(check, predict=lambda c, m: np.zeros(2), quick=steep)
    if kind == "sizes":  # the extrapolated mean has a larger error than those at the widths
        first = check.prepare(context)[1][0]
        factor = float(first.errors[0])
        check = dataclasses.replace(check, quick=recorded(ran, values=five * factor, errors=np.ones(2)))
        ran.clear()
    prepared = check.prepare(context)
    before = len(ran)
    for _ in range(2):
        found = check.judge(TRUE if kind != "trend" else None, prepared, context)
    assert len({*ran}) == len(ran) == 2 * before, found.detail


@pytest.mark.parametrize("kind", ["replicas", "sizes", "approach", "trend"])
def test_a_second_sample_that_is_the_first_again_decides_nothing(kind):
    """An experiment with a seed of its own, off by what is in doubt in one sample."""

    def measured(values, **given):
        return lambda **_: Measurement(values=np.array(values), errors=np.ones(2), replicas=400, given=given)

    zero = {"name": kind, "predict": lambda c, m: np.zeros(2)}
    sizes = FiniteSize(**zero, quick=measured([5.0, 5.0]), sizes=tuple((width, 400) for width in (100, 200, 400)))
    doubt = 5 * sizes.prepare(CONTEXT)[1][0].errors

    def steep(*, width, **_):
        apart = 0.3 * (16 / width) ** 1.5
        error = np.full(2, 0.25 / 4.7 * math.log(4) / math.sqrt(2) * apart)
        return Measurement(values=np.full(2, apart), errors=error, replicas=400, given={"c": 0.83})

    check = {
        "replicas": Replicas(**zero, quick=measured([5.0, 5.0]), replicas=400),
        "sizes": dataclasses.replace(sizes, quick=measured(doubt)),
        "approach": dataclasses.replace(APPROACH, predict=lambda c, m: np.zeros(2), quick=steep),
        "trend": Trend(name=kind, quick=measured([5.0, 5.0]), control=measured([0.0, 0.0]), replicas=400),
    }[kind]
    found = decide(check, None if kind == "trend" else TRUE, dataclasses.replace(CONTEXT, regime=REGIME))
    assert found.verdict is Holds.UNDECIDED and "the second sample is the first again" in found.detail


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("first, second", [(a, b) for a in NEARLY for b in NEARLY])
def test_an_exponent_is_off_by_the_budget_of_one_or_of_two_samples(sign, first, second):
    """Half of the false alarms for an exponent that is far off in one sample, half for two that are off in both."""
    freedom, budget = 399, 1e-7
    far = -special.stdtrit(freedom, budget / 2 / 2)
    near = -special.stdtrit(freedom, math.sqrt(budget / 2) / 2)
    relative = 0.02
    error = relative * math.sqrt(2) / math.log(4)

    def off_by(count):
        def experiment(*, width, replicas, stream, device):
            apart = 0.3 * (16 / width) ** (1 + sign * (0.25 + count * error))
            return Measurement(values=np.array([apart]), errors=np.array([relative * apart]), replicas=replicas)

        return dataclasses.replace(APPROACH, predict=lambda c, m: np.zeros(1), quick=experiment)

    context = Context(claim="test.rate", regime=REGIME, false_alarms=budget)
    alone = off_by(first * far).prepare(context)
    found = off_by(0.0).judge(LIMIT, alone, context)
    assert (found.verdict is Holds.REFUTED, 2 in alone) == ((True, False) if first > 1 else (False, True))
    prepared = off_by(first * near).prepare(context)
    found = off_by((second + 1e-6) * near).judge(LIMIT, prepared, context)  # another sample, not the same again
    assert found.verdict is (Holds.REFUTED if min(first, second) > 1 else Holds.HOLDS)
    assert (2 in prepared) is (first > 1)


def test_the_exponent_is_that_of_the_value_whose_distance_is_clearest():
    """The other is farther off, with an error that is larger still, and falls like the square."""

    def experiment(*, width, replicas, stream, device):
        apart = np.array([0.3 * (16 / width) ** 2, 0.1 * 16 / width])
        return Measurement(values=apart, errors=np.array([0.1, 0.001]), replicas=replicas)

    found = judged(REGIME, dataclasses.replace(APPROACH, predict=lambda c, m: np.zeros(2), quick=experiment))
    assert found.verdict is Holds.HOLDS and "from value 2 of 2" in found.detail


def test_the_clearest_value_is_that_at_the_smaller_size():
    """At the larger one the other is clearer."""

    def experiment(*, width, replicas, stream, device):
        apart = np.array([0.3 * 16 / width, 0.3 * (16 / width) ** 2])
        errors = np.array([1e-3, 3e-3]) if width == 16 else np.array([3e-3, 1e-4])
        return Measurement(values=apart, errors=errors, replicas=replicas)

    found = judged(REGIME, dataclasses.replace(APPROACH, predict=lambda c, m: np.zeros(2), quick=experiment))
    assert found.verdict is Holds.HOLDS and "from value 1 of 2" in found.detail


def test_a_quantity_without_error_beside_others_shows_no_exponent_of_its_own():
    """Its distance from the formula is exactly nothing."""

    def experiment(*, width, replicas, stream, device):
        apart = 0.3 * 16 / width
        return Measurement(values=np.array([0.0, apart]), errors=np.array([0.0, 0.01 * apart]), replicas=replicas)

    check = dataclasses.replace(APPROACH, predict=lambda c, m: np.zeros(2), quick=experiment)
    assert judged(REGIME, check).verdict is Holds.HOLDS


@pytest.mark.parametrize("sign, verdict", [(1, Holds.HOLDS), (-1, Holds.UNDECIDED), (0, Holds.UNDECIDED)])
def test_distances_on_both_sides_of_the_formula_show_no_exponent(sign, verdict):
    def experiment(*, width, replicas, stream, device):
        apart = 0.3 * 16 / width * (sign if width > 16 else 1)
        return Measurement(values=np.array([apart]), errors=np.array([1e-4]), replicas=replicas)

    check = dataclasses.replace(APPROACH, predict=lambda c, m: np.zeros(1), quick=experiment)
    found = judged(REGIME, check)
    assert found.verdict is verdict and ("nothing shows it" in found.detail) is (verdict is Holds.UNDECIDED)


def test_a_trend_without_errors_is_clear_of_zero_or_nothing():
    """A control that is exactly nothing does not show it; nor does a quantity that is exactly nothing."""

    def verdict(trend, control):
        still = {"quick": given([trend], [0.0]), "control": given([control], [0.0])}
        check = Trend(name="trend", **still, replicas=30, alike="counts of the same things")
        return decide(check, None).verdict

    assert verdict(0.5, 0.0) is Holds.HOLDS and verdict(0.5, 0.1) is Holds.UNDECIDED
    assert verdict(0.0, 0.0) is Holds.UNDECIDED and verdict(-0.5, 0.0) is Holds.REFUTED


@pytest.mark.parametrize(("first", "second"), [((5, 5), (-5, -5)), ((-5, 2), (-2, -9)), ((2, -5), (-9, 2))])
def test_a_trend_is_refuted_where_one_quantity_is_negative_in_both_samples(first, second):
    """Not where one is in the first sample and another in the second."""
    check = Trend(name="trend", quick=given(second, [1, 1]), control=given([0, 0], [1, 1]), replicas=30)
    prepared = dataclasses.replace(check, quick=given(first, [1, 1])).prepare(CONTEXT)
    assert check.judge(None, prepared, CONTEXT).verdict is Holds.UNDECIDED and 2 in prepared


@pytest.mark.parametrize(
    ("error", "replicas", "verdict"), [(1.0, 30, Holds.HOLDS), (3.0, 30, Holds.UNDECIDED), (1.0, 2, Holds.UNDECIDED)]
)
def test_a_trend_is_shown_by_a_second_sample_with_errors_of_its_own(error, replicas, verdict):
    check = Trend(name="trend", quick=given([5], [1]), control=given([0], [1]), replicas=30)
    prepared = check.prepare(CONTEXT)
    second = given([5.1], [error])()
    prepared[2] = dataclasses.replace(
        prepared[1], values=second.values, errors=second.errors, freedom=replicas - 1, measured=second
    )
    assert check.judge(None, prepared, CONTEXT).verdict is verdict


def test_a_trend_tells_what_it_and_its_control_had_to_exceed():
    check = Trend(name="trend", quick=given([50, 60], [1, 1]), control=given([0], [2]), replicas=30)
    prepared = check.prepare(CONTEXT)
    found = check.judge(None, prepared, CONTEXT)
    needed, of_control = twice(prepared[1], CONTEXT), 2 * twice(prepared[0], CONTEXT)
    assert f"least value 50 with standard error 1, {needed:.2g} needed" in found.detail
    assert f"in the control least value 0 with standard error 2, {of_control:.2g} needed" in found.detail
    assert (found.verdict, found.points) == (Holds.HOLDS, 2)


def test_the_least_value_of_a_trend_is_the_one_that_is_nearest_to_failing():
    check = Trend(name="trend", quick=given([50, 20], [10, 0.1]), control=given([0], [2]), replicas=30)
    assert "least value 50 with standard error 10" in decide(check, None).detail


def test_pictures_of_a_trend_are_made_only_when_they_are_wanted():
    check = Trend(name="trend", quick=given([0.5], [0.01]), control=given([0.0], [0.01]), replicas=30)
    drawn = dataclasses.replace(check, picture=lambda m: (Plane(title="map", x_label="x", y_label="y", paths=()),))
    wanted = dataclasses.replace(CONTEXT, pictures=True)
    assert [len(decide(c, None, k).planes) for c in (check, drawn) for k in (CONTEXT, wanted)] == [0, 0, 0, 1]


# ---------------------------------------------------------------------------------------------- means and widths


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("off, verdict", [(1e-13, Holds.HOLDS), (1e-11, Holds.REFUTED)])
def test_numbers_without_errors_may_be_off_by_rounding_only(size, off, verdict):
    check = dataclasses.replace(
        REPLICAS,
        quick=given([size] * 3, [0.0, 0.0, size * 1e-20]),
        predict=lambda c, m: size * np.array([1, 1 + off, 1]),
    )
    found = decide(check, TRUE)
    assert found.verdict is verdict and found.resolution == pytest.approx(1e-12)
    assert "stages run: 1" in found.detail or verdict is Holds.REFUTED


def repeated(*, replicas, stream, device, values, width=np.inf):
    """An experiment that does not draw from its stream: all replicas are one."""
    return from_replicas(np.tile(np.array(values) * (1 + 1 / width), (replicas, 1)))


CONSTANT_CHECKS = {
    "replicas": Replicas(
        name="c", predict=lambda c, m: m.values, quick=partial(repeated, values=[0.1, 2]), replicas=20
    ),
    "widths": FiniteSize(
        name="c",
        predict=lambda c, m: np.array([0.1, 2]),
        quick=partial(repeated, values=[0.1, 2]),
        sizes=((10, 20), (20, 20), (40, 20)),
    ),
    "approach": dataclasses.replace(
        APPROACH, predict=lambda c, m: np.array([0.1, 2]), quick=partial(repeated, values=[0.1, 2])
    ),
    "trend": Trend(
        name="c", quick=partial(repeated, values=[0.1, 2]), control=partial(repeated, values=[-1, -2]), replicas=20
    ),
}


@pytest.mark.parametrize("kind", CONSTANT_CHECKS)
def test_an_experiment_that_ignores_its_stream_decides_nothing_unless_it_is_said_why(kind):
    check, formula = CONSTANT_CHECKS[kind], None if kind == "trend" else TRUE
    context = dataclasses.replace(CONTEXT, regime=REGIME)
    found = decide(check, formula, context)
    assert found.verdict is Holds.UNDECIDED and "the experiment does not draw from its stream" in found.detail
    told = decide(dataclasses.replace(check, alike="counts of the same things"), formula, context)
    assert told.verdict is Holds.HOLDS and "the replicas do not differ: counts of the same things" in told.detail


def test_constants_off_the_formula_refute_it_all_the_same():
    wrong = dataclasses.replace(CONSTANT_CHECKS["replicas"], predict=lambda c, m: np.array([0.1, 2.1]))
    assert decide(wrong, TRUE).verdict is Holds.REFUTED


def test_one_value_that_scatters_is_enough():
    check = dataclasses.replace(REPLICAS, quick=given([1, 2], [0, 0.01]), predict=lambda c, m: np.array([1, 2]))
    assert decide(check, TRUE).verdict is Holds.HOLDS


def test_the_worst_value_is_the_one_that_is_off_by_most_standard_errors_beyond_its_bias():
    """Not the one that is farthest off, nor one that is exact."""
    values, errors, bias = [0.0, 60.0, 40.0], [0.0, 1.0, 0.1], np.array([0.0, 0.0, 0.5])
    check = dataclasses.replace(
        REPLICAS, quick=given(values, errors), predict=lambda c, m: np.array([0.0, 30.0, 30.0]), bias=lambda c, m: bias
    )
    found = decide(check, TRUE)
    assert found.verdict is Holds.REFUTED and "2 of 3 values are off, by up to 95 standard errors" in found.detail
    assert (found.discrepancy, found.uncertainty) == pytest.approx((10 / 60, 0.1 / 60))
    sample = check.prepare(CONTEXT)[1]
    seen = (twice(sample, CONTEXT) + SEEN) * np.array(errors) + bias + 60e-12
    assert found.resolution_median == pytest.approx(min(seen[1:] / 30))  # of three: one is nothing
    assert found.resolution == pytest.approx(max(seen[1:] / 30))


def test_a_ladder_of_widths_follows_its_powers_within_the_budget():
    """Four widths and one power leave two degrees of freedom."""
    limit, _ = SIZES.prepare(CONTEXT)[1]
    share = CONTEXT.false_alarms / limit.values.size
    allowed = 2 * stats.f.isf(share, 2, 299)
    for factor, fits in zip(NEARLY, (True, False), strict=True):
        assert SIZES._fits({1: (limit, factor * allowed)}, CONTEXT) == fits


def test_means_at_several_widths_are_fitted_with_their_errors():
    """As NumPy fits a line through one of them, with the squares of what it misses."""
    stream = CONTEXT.stream("sizes", 1)
    rungs = [SIZES.quick(width=n, replicas=r, stream=stream.child(n), device="") for n, r in SIZES.sizes]
    inverse = [1 / n for n, _ in SIZES.sizes]
    limit, misfit = SIZES.prepare(CONTEXT)[1]
    misfits = []
    for point in range(5):
        values, errors = (np.array([getattr(m, part)[0, point] for m in rungs]) for part in ("values", "errors"))
        line, covariance = np.polyfit(inverse, values, 1, w=1 / errors, cov="unscaled")
        assert limit.values[0, point] == pytest.approx(line[1])
        assert limit.errors[0, point] == pytest.approx(math.sqrt(covariance[1, 1]))
        misfits.append(np.sum(((values - np.polyval(line, inverse)) / errors) ** 2))
    assert misfit == pytest.approx(max(misfits)) and limit.freedom == 299


def test_a_ladder_that_does_not_follow_its_powers_says_so():
    limit, misfit = SIZES.prepare(CONTEXT)[1]
    said = [SIZES.judge(TRUE, {1: (limit, factor * misfit)}, CONTEXT).detail for factor in (1, 1e3)]
    assert ["does not follow its declared powers" in detail for detail in said] == [False, True]


def test_the_place_of_the_worst_value_is_told():
    for axis, told in (("", "at axis = 0.4: "), ("time", "at time = 0.4: ")):
        assert told in decide(dataclasses.replace(REPLICAS, axis=axis), WRONG).detail


def test_the_place_is_that_on_the_axis_in_whichever_row():
    measured = Measurement(values=np.zeros((2, 5)), axis=np.array([1.0, 2.0, 4.0, 8.0, 16.0]))
    assert [place_of(measured, worst, "time") for worst in (4, 7)] == [" at time = 16: ", " at time = 4: "]
    assert place_of(dataclasses.replace(measured, values=np.zeros(5), axis=None), 4, "time") == ": "


@pytest.mark.parametrize(("axis", "smallest"), [(None, 0.05), (np.array([0.0, 1.0]), 0.1)])
def test_only_values_along_an_axis_are_resolved_against_the_largest(axis, smallest):
    """Without one the smaller value is a quantity of its own."""
    values = np.array([1.0, 0.05])
    check = dataclasses.replace(REPLICAS, quick=given(values, [1e-4, 1e-4], axis=axis), predict=lambda c, m: values)
    seen = (twice(check.prepare(CONTEXT)[1], CONTEXT) + SEEN) * 1e-4 + 1e-12
    assert decide(check, TRUE).resolution == pytest.approx(seen / smallest)


def test_a_bias_is_told_where_one_is_allowed():
    biased = dataclasses.replace(REPLICAS, bias=lambda c, m: np.array([0, 0, 0, 0, 0.01]), bias_note="a finite step")
    assert "bias up to 0.01 allowed: a finite step" in decide(biased, TRUE).detail
    assert "bias" not in decide(REPLICAS, TRUE).detail


def test_a_ladder_of_widths_needs_two_more_than_its_powers():
    short = dataclasses.replace(SIZES, sizes=SIZES.sizes[:2])
    with pytest.raises(ValueError, match="1 correction terms need at least 3 widths"):
        short.prepare(CONTEXT)
    assert dataclasses.replace(SIZES, sizes=SIZES.sizes[:3]).prepare(CONTEXT)
    assert "with the first power of its inverse" in decide(SIZES, TRUE).detail
    assert "with 2 powers of its inverse" in decide(dataclasses.replace(SIZES, terms=2), TRUE).detail


def test_the_size_of_nothing_is_one():
    assert scale_of(np.zeros(3)) == 1.0 and scale_of(np.array([0.0, -2.5])) == 2.5
    assert resolved(np.asarray(0.1), np.zeros(3), along_axis=True)["resolution"] == pytest.approx(0.1)


def test_what_a_formula_does_not_give_has_no_size_in_the_resolution():
    found = resolved(np.asarray(0.1), np.array([4.0, np.inf, 1.0, np.nan]), along_axis=False)
    everything = math.sqrt(17 / 4)
    assert found["resolution"] == pytest.approx(0.1) and found["resolution_median"] == pytest.approx(0.1 / everything)


# ---------------------------------------------------------------------------------------------- ladders of steps


def powers(scale, *coefficients):
    """An experiment whose error has these powers of its step."""

    def experiment(*, step, stream, device):
        return Measurement(values=scale * np.array([1 + sum(c * step ** (k + 1) for k, c in enumerate(coefficients))]))

    return experiment


@pytest.mark.parametrize("ratio", [2, 3])
def test_every_power_of_the_step_is_taken_out_at_every_ratio(ratio):
    steps = tuple(0.9 / ratio**k for k in range(4))
    rungs = dataclasses.replace(LADDER, quick=powers(1, 2.0, 3.0, 4.0), steps=steps).prepare(CONTEXT)
    assert rungs.values == pytest.approx(1, abs=1e-12)
    assert rungs.uncertainty == pytest.approx(4 * math.prod(steps[1:]))


@pytest.mark.parametrize("scale", [1e6, 1e-6])
def test_an_extrapolation_is_no_better_than_rounding(scale):
    rungs = dataclasses.replace(LADDER, quick=powers(scale, 0.5), steps=(0.5, 0.25, 0.125)).prepare(CONTEXT)
    assert rungs.uncertainty == pytest.approx(1e-12 * scale)


def test_the_order_is_that_of_the_last_rungs_continued_to_step_zero():
    """Of changes h + h^2 + h^3 the first rungs say more than their order; the last three leave one part in 10^4."""
    steps = 0.4 / 2.0 ** np.arange(6)
    assert _order([h + h**2 + h**3 for h in steps], 2.0) == pytest.approx(1, abs=1e-3)


def test_an_experiment_that_does_not_depend_on_its_step_shows_no_order():
    still = dataclasses.replace(LADDER, quick=powers(1), predict=lambda c, m: np.ones(1))
    assert still.prepare(CONTEXT).order == math.inf and decide(still, TRUE).verdict is Holds.UNDECIDED


@pytest.mark.parametrize("scale", [1e3, 1e-3])
@pytest.mark.parametrize("off, verdict", [(2.9, Holds.HOLDS), (3.1, Holds.REFUTED), (-3.1, Holds.REFUTED)])
def test_a_formula_lies_within_three_uncertainties_of_the_extrapolation(scale, off, verdict):
    values, uncertainty = scale * np.array([1.0, 0.02]), 1e-4 * scale
    finest = Measurement(values=values, axis=np.array([1.0, 2.0]), resolution={"step": 0.1, "steps_of_a_unit": 10})
    rungs = Rungs(values=values, uncertainty=uncertainty, order=1.1, finest=finest, steps=(0.4, 0.2, 0.1))
    check = dataclasses.replace(LADDER, predict=lambda c, m: values + np.array([off, 0]) * uncertainty)
    found = check.judge(TRUE, rungs, CONTEXT)
    assert found.verdict is verdict and found.discrepancy == pytest.approx(abs(off) * 1e-4)
    assert ("off by 3.1 times the uncertainty" in found.detail) is (verdict is Holds.REFUTED)
    assert found.resolution == pytest.approx(3e-4 / FLOOR, rel=1e-3)  # on a curve, by a tenth of its largest value
    assert found.setting == "steps 0.4, 0.2, 0.1, extrapolated to 0"
    off_order = dataclasses.replace(rungs, order=1.2)
    assert check.judge(TRUE, off_order, CONTEXT).verdict is Holds.UNDECIDED


# ---------------------------------------------------------------------------------------------- digits


@pytest.mark.parametrize("digits, tolerance", [(30, "1e-18"), (50, "1e-30")])
def test_the_tolerance_is_a_power_of_ten(digits, tolerance):
    assert abs(tolerance_at(digits) / mpmath.mpf(tolerance) - 1) < 1e-12


@pytest.mark.parametrize("off, agrees, verdict", [("5e-19", True, Holds.HOLDS), ("2e-18", False, Holds.REFUTED)])
def test_digits_decide_at_six_tenths_of_the_smaller_precision(off, agrees, verdict):
    """30 and 50 digits: 1e-18, for the reference beside itself and for the formula beside it."""
    off = mpmath.mpf(off)
    point = {"t": "0", "s": "1", "a_0": "3"}
    check = dataclasses.replace(PRECISION, points=(point,), count=0, digits=(30, 50))
    itself = dataclasses.replace(check, reference=lambda dps, p: 3 * (1 + off * (dps == 30)))
    found = decide(itself, TRUE)
    assert found.verdict is (Holds.HOLDS if agrees else Holds.UNDECIDED)
    assert ("disagrees with itself at 1 points" in found.detail) is not agrees
    with mpmath.workdps(60):
        shifted = 3 * (1 + off)
    assert decide(dataclasses.replace(check, reference=lambda dps, p: shifted), TRUE).verdict is verdict


def test_as_many_points_are_drawn_as_are_asked_for_and_no_two_are_equal():
    check = dataclasses.replace(PRECISION, count=3, reference=lambda dps, p: mpmath.mpf(1))
    points = [tuple(given.point.items()) for given in check.prepare(CONTEXT)]
    assert len(points) == len({*points}) == 3
    fixed = dataclasses.replace(check, points=({"t": "1", "s": "1", "a_0": "1"},))
    assert len(fixed.prepare(CONTEXT)) == 4
    choosy = dataclasses.replace(check, count=10, constraint=lambda point: float(point["t"]) < 0.5)
    assert len(choosy.prepare(CONTEXT)) == 10  # one in seven is accepted
    with pytest.raises(ValueError, match="rejects nearly every point"):
        dataclasses.replace(check, constraint=lambda point: False).prepare(CONTEXT)


@pytest.mark.parametrize("size, verdict", [("5e-13", Holds.HOLDS), ("2e-12", Holds.REFUTED)])
def test_a_residual_vanishes_at_six_tenths_of_its_digits_also_where_it_is_shrunk(size, verdict):
    check = dataclasses.replace(PROPERTY, examples=1, residual=lambda c, p, dps: mpmath.mpf(size))
    assert decide(check, TRUE).verdict is verdict
    assert check._fails(TRUE, {}) is (verdict is Holds.REFUTED)


def test_examples_are_those_of_the_seed_and_as_many_as_are_asked_for():
    check = dataclasses.replace(PROPERTY, examples=4)
    points = check.prepare(CONTEXT)
    assert points == check.prepare(CONTEXT) and 1 < len(points) <= 4
    assert points != check.prepare(dataclasses.replace(CONTEXT, seed=2))


def test_points_after_one_without_a_value_are_compared_all_the_same():
    """One that has no value, one that is exact, one that fails: the last one counts, and is told."""

    def residual(candidate, point, dps):
        if point["s"] == "1.3":
            raise CandidateError("no value there")
        return mpmath.mpf(point["s"] == "1.7")

    check = dataclasses.replace(PROPERTY, residual=residual)
    points = [{"s": value, "t": "0.7"} for value in ("1.3", "1.1", "1.7")]
    found = check.judge(TRUE, points, CONTEXT)
    assert found.verdict is Holds.REFUTED and "fails at s = 1.7, t = 0.7" in found.detail
    only = check.judge(TRUE, points[::2], CONTEXT)
    assert only.verdict is Holds.REFUTED and "fails at s = 1.7" in only.detail
    assert check.judge(TRUE, points[:2], CONTEXT).verdict is Holds.UNDECIDED
    assert check.judge(TRUE, points[1:2], CONTEXT).discrepancy == 0.0
    nan = dataclasses.replace(check, residual=lambda c, p, dps: mpmath.nan)
    assert math.isinf(nan.judge(TRUE, points[:1], CONTEXT).discrepancy)


@pytest.mark.parametrize("width, verdict", [(0.5e-25, Holds.HOLDS), (2e-25, Holds.UNDECIDED)])
def test_balls_are_as_narrow_as_the_digits_that_are_asked_for(width, verdict):
    ball = flint.arb(4, 4 * width)
    check = dataclasses.replace(
        CERTIFIED, reference=lambda bits, p: ball, evaluate=lambda c, bits, p: flint.arb(4), values=("y",)
    )
    found = decide(check, TRUE)
    assert found.verdict is verdict and found.uncertainty == pytest.approx(width)
    assert found.discrepancy == 0.0 and "y = 4" in found.detail


def test_a_formula_that_is_certified_to_be_nothing_holds():
    check = dataclasses.replace(
        CERTIFIED, reference=lambda bits, p: flint.arb(0), evaluate=lambda c, bits, p: flint.arb(0)
    )
    assert decide(check, TRUE).verdict is Holds.HOLDS
    found = decide(CERTIFIED, WRONG)
    assert found.discrepancy == pytest.approx(0.01) and found.uncertainty < 1e-30


def test_figures_of_a_published_number_are_relative():
    found = decide(LITERATURE, TRUE)
    assert found.discrepancy == pytest.approx(abs(math.exp(-1) - 0.3679) / 0.3679)
    assert found.uncertainty == found.resolution == pytest.approx(0.00005 / 0.3679)
    assert "read" not in found.detail.rpartition("(")[2].replace("not looked up", "")
    assert "(read in the library)" in decide(dataclasses.replace(LITERATURE, seen="in the library"), TRUE).detail


@pytest.mark.parametrize(
    ("count", "off", "verdict"),
    [(0, 5e-13, Holds.HOLDS), (1, 5e-13, Holds.HOLDS), (1, 1.5e-12, Holds.REFUTED), (9, 5e-12, Holds.HOLDS)],
)
def test_a_count_may_be_off_by_rounding_only(count, off, verdict):
    check = dataclasses.replace(COUNTS, quick=given([count]), predict=lambda c, m: m.values + off)
    assert decide(check, POWER).verdict is verdict


def test_a_formula_without_a_value_in_the_control_decides_nothing():
    def predict(candidate, measured):
        if measured.values[0] == 7:
            raise CandidateError("no value there")
        return measured.values

    check = dataclasses.replace(COUNTS, quick=given([3, 4]), control=given([7]), predict=predict)
    found = decide(check, POWER)
    assert found.verdict is Holds.UNDECIDED and "every one met" in found.detail
    met = decide(
        dataclasses.replace(check, control=given([8]), predict=lambda c, m: np.full(m.values.shape, 4.0)), POWER
    )
    assert met.verdict is Holds.REFUTED
    assert "in the control" not in found.detail
    good = decide(dataclasses.replace(check, control=given([8, 9]), predict=lambda c, m: np.array([3.0, 4.0])), POWER)
    assert good.verdict is Holds.HOLDS and good.points == 2


# ---------------------------------------------------------------------------------------------- rates


def distances_of(*slopes):
    """Exact values whose distances from the formula fall with these exponents from decade to decade."""
    sizes = [1.0]
    for slope in slopes:
        sizes.append(sizes[-1] * 10.0**-slope)
    table = dict(zip(CHECK.values, sizes, strict=True))
    return lambda dps, p: mpmath.exp(mpmath.mpf(p["c"])) + mpmath.mpf(table[p["N"]]) / 1000


@pytest.mark.parametrize(
    ("slopes", "verdict"),
    [
        ((1.0, 1.0, 1.0), Holds.HOLDS),
        ((1.3, 1.1, 1.05), Holds.HOLDS),
        ((0.7, 0.9, 0.95), Holds.HOLDS),
        ((1.0, 1.05, 1.06), Holds.REFUTED),  # it leaves the rate, by more than a fifth of what it may be off
        ((1.0, 1.0, 1.019), Holds.HOLDS),
        ((1.0, 1.0, 1.021), Holds.REFUTED),
        ((1.0, 1.0, 1.11), Holds.REFUTED),
        ((1.3, 1.2, 1.11), Holds.REFUTED),
    ],
)
def test_exponents_end_near_one_and_do_not_leave_it(slopes, verdict):
    check = dataclasses.replace(CHECK, exact=distances_of(*slopes), points=({"c": "0.83"},))
    found = judged(REGIME, check)
    assert found.verdict is verdict and found.discrepancy == pytest.approx(abs(slopes[-1] - 1), abs=1e-9)


def test_the_slowest_quantity_is_the_one_that_ends_slowest():
    """The other begins slower, and leaves the rate."""
    both_quantities = [distances_of(1.0, 1.0, 1.0), distances_of(0.95, 1.0, 1.3)]

    def evaluate(candidate, dps, point):
        with mpmath.workdps(dps):
            return [mpmath.exp(mpmath.mpf(point["c"]))] * 2

    for exact in (both_quantities, both_quantities[::-1]):
        given_both = functools.partial(lambda quantities, dps, p: [q(dps, p) for q in quantities], exact)
        check = dataclasses.replace(CHECK, exact=given_both, evaluate=evaluate, points=({"c": "0.83"},))
        assert judged(REGIME, check).verdict is Holds.HOLDS


@pytest.mark.parametrize("size", ["1e20", "1", "1e-20"])
def test_distances_of_rounding_are_told_by_the_size_of_what_they_part(size):
    """At 50 digits what is closer than 1e-40 of the value is equal."""
    exact = mpmath.mpf(size)
    with mpmath.workdps(90):
        apart = [CHECK._distance(exact, exact * (1 + mpmath.mpf(off))) for off in ("0.9e-40", "1.1e-40")]
    assert apart[0] == 0 and apart[1] == pytest.approx(float(exact) * 1.1e-40)


def test_a_rate_needs_four_values():
    with pytest.raises(ValueError, match="at least four values"):
        dataclasses.replace(CHECK, values=CHECK.values[:3])


@pytest.mark.parametrize(
    ("place", "verdict", "points"),
    [("1e5", Holds.HOLDS, 1), ("1e4", Holds.UNDECIDED, 0), ("1e3", Holds.UNDECIDED, 0)],
)
def test_a_distance_that_vanishes_on_the_way_ends_the_ladder(place, verdict, points):
    def exact(dps, point):
        apart = 0 if point["N"] == place else 1 / mpmath.mpf(point["N"])
        return mpmath.exp(mpmath.mpf(point["c"])) + apart

    found = judged(REGIME, dataclasses.replace(CHECK, exact=exact, points=({"c": "0.83"},)))
    assert (found.verdict, found.points) == (verdict, points)


@pytest.mark.parametrize("first", ["crash", "no number", "exact"])
def test_a_point_that_shows_no_rate_hides_none_of_the_others(first):
    """The formula is off at the second point."""

    def evaluate(candidate, dps, point):
        if point["c"] == "2.3":
            return mpmath.exp(mpmath.mpf("2.3")) + 1
        if first == "crash":
            raise CandidateError("no value there")
        with mpmath.workdps(dps):
            return mpmath.nan if first == "no number" else approach(dps, point)

    check = dataclasses.replace(CHECK, evaluate=evaluate)
    found = judged(REGIME, check)
    assert found.verdict is Holds.REFUTED and "at c = 2.3" in found.detail
    alone = judged(REGIME, dataclasses.replace(check, points=CHECK.points[:1]))
    assert alone.verdict is (Holds.REFUTED if first == "no number" else Holds.UNDECIDED)
    assert alone.discrepancy is None and "nothing shows the rate" in alone.detail


def test_one_letter_or_all_others_may_have_to_stand_at_their_lower_ends():
    """For a value at the end of the domain; the middle is not enough, nor is the other choice."""
    x = Parameter(symbol=sp.Symbol("x", real=True), meaning="x", domain=sp.Interval.Lopen(0, 1), typical=(0.1, 0.2))
    d = dataclasses.replace(CONSTANT, symbol=sp.Symbol("d", positive=True), typical=(0.5, 1.6))
    c = dataclasses.replace(CONSTANT, typical=(0.5, 1.6))
    one_low = (c.symbol - sp.Rational(1, 2)) ** 2 + (d.symbol - sp.Rational(907, 1000)) ** 2  # and d inside
    for formula in (sp.Rational(3, 10) - x.symbol * c.symbol * d.symbol, sp.Rational(1, 10) - x.symbol * one_low):
        candidate = Candidate((sp.log(formula),), (), (x, c, d))
        check, context = Domain(parameters=(x, c, d)), Context(claim="test.domain")
        assert check.judge(candidate, check.prepare(context), context).verdict is Holds.HOLDS


# ---------------------------------------------------------------------------------------------- independence


def test_the_chance_of_batches_is_that_of_an_analysis_of_variance():
    """As SciPy has it for one value; for several, the least of them times their number."""
    rows = np.random.default_rng(3).normal(size=(independence.BATCHES, 4, 3)) + np.arange(6)[:, None, None] / 3
    rows[..., 2] = 0.25  # a value that does not scatter says nothing
    means, errors = rows.mean(axis=1), rows.std(axis=1, ddof=1) / 2
    chances = [stats.f_oneway(*rows[..., k]).pvalue for k in range(2)]
    for k in range(2):
        assert independence._chance(means[:, [k]], errors[:, [k]], 4) == pytest.approx(chances[k])
    assert independence._chance(means, errors, 4) == pytest.approx(2 * min(chances))
    assert independence._chance(means[:, [2]], errors[:, [2]], 4) == 1.0


def test_what_a_batch_was_given_is_no_dependence_of_its_replicas():
    """Each batch has data of its own, which the formula is given as well."""

    def on_data(*, replicas, stream, device):
        size = 5 * stream.child("data").generator().normal()
        return from_replicas(size + stream.generator().normal(size=(replicas, 1)), given={"size": size})

    check = dataclasses.replace(REPLICAS, quick=on_data, predict=lambda c, m: np.array([m.given["size"]]))
    assert independence.chance(check, TRUE, CONTEXT, replicas=8) > 1e-3
    blind = dataclasses.replace(check, predict=lambda c, m: np.zeros(1))
    assert independence.chance(blind, TRUE, CONTEXT, replicas=8) < 1e-6


def test_a_ladder_of_widths_is_asked_for_independence_at_its_smallest():
    asked = []

    def told(*, width, **others):
        asked.append(width)
        return SIZES.quick(width=width, **others)

    independence.chance(dataclasses.replace(SIZES, quick=told), TRUE, CONTEXT, replicas=4)
    assert asked == [50] * independence.BATCHES


# ---------------------------------------------------------------------------------------------- draws


class Shares:
    """In a stream's place: gives these shares of a range, one after the other."""

    def __init__(self, *shares):
        self.shares = list(shares)

    def generator(self):
        return self

    def uniform(self):
        return self.shares.pop(0)


@pytest.mark.parametrize(
    ("typical", "shares", "value"),
    [
        ((0.5, 1.5), (0.5, 0.25), "0.750000"),  # not 1
        ((0.1234564, 0.9), (0.0, 0.5), "0.511728"),  # nor what rounding puts below the range
        ((0.1, 0.7654326), (1.0, 0.5), "0.432716"),  # or above it
        ((1e-6, 1e-2), (0.123456,), "3.117626e-06"),
        ((0.5, 1.5), (0.0,), "0.500000"),
        ((0.5, 1.5), (1.0,), "1.500000"),
    ],
)
def test_a_drawn_value_lies_in_its_range_and_hides_no_error(typical, shares, value):
    parameter = Parameter(symbol=S.symbol, meaning="rate", domain=POSITIVE, typical=typical)
    assert draw(parameter, Shares(*shares)) == value


def test_whole_numbers_are_drawn_up_to_both_ends():
    few = dataclasses.replace(COUNT, typical=(1, 5))
    assert {draw(few, CONTEXT.stream(str(k))) for k in range(60)} == {3, 4, 5}
    assert draw(dataclasses.replace(COUNT, typical=(1, 2)), CONTEXT.stream("none other")) == 1


@pytest.mark.parametrize(
    ("point", "tells"),
    [
        ({"s": "0.7", "t": "1.3"}, True),
        ({"s": "0.7", "t": "0.70"}, False),  # 2 x is x + y where both are equal
        ({"s": "1", "t": "1.3"}, False),
        ({"s": "0.7", "t": "3", "n": 3}, True),  # a whole number may be one
        ({"s": "0.7", "t": "3", "n": 1}, True),
        ({"s": "3", "t": "0.1"}, True),
    ],
)
def test_points_tell_one_operation_from_another(point, tells):
    assert _telling({"s": S, "t": T}, point) is tells
    ends = dataclasses.replace(S, typical=(1, 3))
    assert _telling({"s": ends, "t": T}, {**point, "s": "1"}) is (point["t"] != "1")


@pytest.mark.parametrize(
    ("parameter", "bits", "value"),
    [
        (S, "00 0110 011", "1"),  # two of three bits are no end
        (S, "00 0000 0000001", "0.3"),  # the lower end with one digit is in the range
        (COUNT, "00 0000 111111111111", 2995),  # the last place below 3001, by exponents
    ],
)
def test_bits_at_the_edge_of_a_range(parameter, bits, value):
    assert _value(parameter, tuple(bit == "1" for bit in bits.replace(" ", ""))) == value


@pytest.mark.parametrize(
    ("parameter", "value", "simple"),
    [(dataclasses.replace(COUNT, typical=(1, 3000)), 60, [1, 3, 4, 5, 7, 10]), (S, "0.3", []), (S, "0.31", ["0.3"])],
)
def test_what_is_simpler_is_shorter_or_smaller(parameter, value, simple):
    assert simpler(parameter, value) == simple


# ---------------------------------------------------------------------------------------------- pictures and captions


def test_curves_are_those_that_vary_most_or_those_that_have_a_name():
    axis = np.linspace(0.0, 1.0, 121)
    heights = np.array([1.0, 5.0, 2.0, 4.0, 3.0])
    values = heights[:, None] * axis
    measured = Measurement(values=values, axis=axis)
    check = dataclasses.replace(REPLICAS, quantity="strength", axis="time")
    error = np.full(values.shape, 0.1) * heights[:, None]
    predicted = axis * 0.1 * np.arange(5)[::-1, None]  # which varies otherwise
    curves = check.curves(measured, values, predicted, error)
    assert curves[0].theory == pytest.approx(0.3 * np.array(curves[0].axis))
    assert [curve.label for curve in curves] == [f"strength {k}" for k in (2, 3, 4, 5)]
    for curve, height in zip(curves, heights[1:], strict=True):
        assert len(curve.axis) == 60 and (curve.axis[0], curve.axis[-1]) == (0.0, 1.0)
        assert curve.measured == pytest.approx(height * np.array(curve.axis))
        assert curve.error == pytest.approx([0.1 * height] * 60)
    named = dataclasses.replace(check, series=("first", "second")).curves(measured, values, values + 1, error)
    assert [curve.label for curve in named] == ["first", "second"] and named[0].measured[-1] == 1.0
    alone = dataclasses.replace(measured, values=values[:1])
    (curve,) = check.curves(alone, alone.values, alone.values, np.zeros(1))
    assert curve.label == "strength" and curve.error == (0.0,) * 60


@pytest.mark.parametrize(
    ("value", "expected", "told"),
    [
        (0.25, 0.75, "formula 0.25, measured 0.75"),
        (1 / 3, 2 / 3, "formula 0.333333, measured 0.666667"),
        (1 + 2e-8, 1, "formula 1.00000002, measured 1.0"),
        (None, 7, "formula 7.000000000000000000000000000001, measured 7.0"),
        (3, 3, "formula 3.0, measured 3.0"),
    ],
)
def test_two_numbers_are_told_with_as_many_digits_as_part_them(value, expected, told):
    with mpmath.workdps(50):
        value = mpmath.mpf(7) + mpmath.mpf(10) ** -30 if expected == 7 else value
    assert both(value, expected, "measured") == told


def test_a_caption_tells_what_else_limits_a_measurement():
    measured = Measurement(values=np.ones(1), resolution={"step": 0.1, "hidden_layers": 3})
    assert captioned("4 replicas", measured, 0.1) == "4 replicas, hidden layers 3"
    assert captioned("4 replicas", measured) == "4 replicas, step 0.1, hidden layers 3"
