"""`import rederive`: claims, their formulas as functions, outcomes as figures and data."""

from __future__ import annotations

import csv
import json
import math
import os
import subprocess
import sys

import mpmath
import numpy as np
import pytest
import sympy as sp
import torch
from torch import nn

import rederive
from tests.test_cli import ENVIRONMENT, ROOT
from verify.command.cli import main
from verify.evidence import Curve, Evidence, Holds, Outcome, Path, Plane, Standing
from verify.figures import NothingToDraw, rows

CLAIM, OBSERVATION = "deep_linear.mode_logistic", "deep_linear.orthogonal_initialization"
POINT = {"s": 2.3, "t": 1.0, "tau": 1.0, "a_0": 0.01}
VALUE = 0.696574889821734


def outcome(**changes) -> Outcome:
    curve = Curve(
        label="mode 1",
        axis_label="time",
        value_label="strength",
        axis=(1.5, 2.0, 100.0),
        theory=(0.1, math.nan, 0.3),
        measured=(0.11, 0.2, 0.31),
        error=(0.01, 0.01, 0.02),
    )
    plane = Plane(
        title="map", x_label="x", y_label="y", paths=(Path(label="tree", theory=((0.0, 1.0), (0.0, 1.0))),), equal=True
    )
    evidence = Evidence(
        check="trained",
        kind="simulation",
        verdict=Holds.HOLDS,
        points=3,
        discrepancy=math.inf,
        curves=(curve,),
        planes=(plane,),
    )
    fields = {
        "id": "a.b",
        "digest": "0",
        "verdict": Standing.VERIFIED,
        "reason": "by simulation",
        "evidence": (evidence,),
    }
    return Outcome(**{**fields, **changes})


def test_all_names_are_there_and_nothing_is_imported_before():
    assert [name for name in rederive.__all__ if not hasattr(rederive, name)] == []
    assert set(rederive.__all__) <= set(dir(rederive))
    with pytest.raises(AttributeError, match="no attribute 'nosuch'"):
        _ = rederive.nosuch
    script = "import sys, rederive; print(sorted({'sympy', 'numpy', 'torch', 'matplotlib'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, env=ENVIRONMENT)
    assert done.stdout == "[]\n", done.stderr


def test_claims_are_found_by_id_and_ids_that_are_not_there_name_near_ones():
    claims = rederive.claims
    assert CLAIM in claims and len(claims) == len(list(claims)) and len(repr(claims)) < 80
    with pytest.raises(KeyError, match="nearest: deep_linear") as caught:
        claims["deep_linear.mode_logistics"]
    assert str(caught.value).startswith("no claim matches") and isinstance(caught.value, rederive.UnknownClaim)
    assert claims.get("nosuch") is None and "nosuch" not in claims


def test_a_claim_has_its_formula_and_its_function_in_three_libraries():
    claim = rederive.claims[CLAIM]
    assert repr(claim) == "<Claim deep_linear.mode_logistic: Logistic learning curve of a mode>"
    assert isinstance(claim.formula, sp.Eq) and r"\\frac" in claim.latex.replace("\\", "\\\\")
    assert [p.name for p in claim.parameters] == ["t", "s", "a_0", "tau"] and claim.steps()
    assert claim.function()(**POINT) == pytest.approx(VALUE, rel=1e-14)
    assert claim.function()(**{**POINT, "t": np.array([1.0, 2.0])}).shape == (2,)
    several = claim.function("torch")(**{**POINT, "t": [1, 2.0]})
    assert several.dtype == torch.float64 and several[0].item() == pytest.approx(VALUE, rel=1e-14)
    time = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    value = claim.function("torch")(**{**POINT, "t": time})
    value.backward()
    assert value.item() == pytest.approx(VALUE) and time.grad.item() == pytest.approx(
        2 * VALUE * (2.3 - VALUE), rel=1e-9
    )
    with mpmath.workdps(30):
        exact = claim.function("mpmath")(s="2.3", t="1", tau="1", a_0="0.01")
        assert abs(exact - mpmath.mpf(VALUE)) < 1e-14
    with pytest.raises(ValueError, match="numpy, torch, mpmath"):
        claim.function("jax")


def test_an_observation_has_no_formula():
    claim = rederive.claims[OBSERVATION]
    assert claim.formula is None and claim.parameters == () and claim.latex == claim.statement.sentence
    with pytest.raises(TypeError, match="without a formula"):
        claim.function()


def test_an_outcome_is_short_in_words_and_whole_as_data():
    found = outcome(reason="a very long reason " * 20)
    assert len(repr(found)) < 120 and repr(found).startswith("<Outcome a.b: verified (a very long reason")
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert data["verdict"] == "verified" and data["evidence"][0]["discrepancy"] == "inf"
    assert data["evidence"][0]["curves"][0]["theory"] == [0.1, "nan", 0.3]
    assert [curve.label for curve in found.curves] == ["mode 1"]


def test_an_outcome_is_drawn_and_its_data_written(tmp_path):
    figure = outcome().plot()
    assert [axes.get_xlabel() for axes in figure.axes] == ["time", "x"] and figure.axes[0].get_xscale() == "log"
    assert figure._repr_png_()[:4] == b"\x89PNG"
    for name in ("a.svg", "a.pdf", "a.png"):
        figure.savefig(tmp_path / name)
    table = list(rows(outcome().evidence))
    assert table[0][4:] == ("place", "theory", "measured", "error") and len(table) == 6
    assert table[1] == ("trained", "mode 1", "time", "strength", 1.5, 0.1, 0.11, 0.01)
    with pytest.raises(NothingToDraw, match="has no curves"):
        outcome(evidence=()).plot()


def test_activations_and_comparisons_are_answers_of_python_too():
    found = rederive.activation("tanh", sigma_w=1.5, sigma_b=0.3)
    assert found.q_star == pytest.approx(0.96084428) and rederive.activation("relu").critical is not None
    with pytest.raises(rederive.ActivationError, match="is refused"):
        rederive.activation("tahn(x)")
    for numbers in ({"sigma_w": -1.5}, {"sigma_w": math.nan}, {"sigma_w": 1.5, "sigma_b": -0.1}, {"depth": 0}):
        with pytest.raises(rederive.ActivationError, match="is out of range; give"):
            rederive.activation("tanh", **numbers)
    assert rederive.activation(nn.LeakyReLU(0.2), sigma_w=1.1).chi1 == pytest.approx(1.21 * 1.04 / 2)
    for other in (math.tanh, nn.PReLU(), nn.functional.gelu, 3):
        with pytest.raises(rederive.ActivationError, match="is no text; give an activation as in 'tanh'"):
            rederive.activation(other)
    with pytest.raises(rederive.ExpressionError, match="no condition"):
        rederive.compare("x", "x", "x = 3")


@pytest.mark.slow
def test_a_claim_is_plotted_to_a_file_with_its_data(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REDERIVE_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    mine = ROOT / "tests" / "own_claims"
    words = [
        "plot",
        str(mine / "right" / "linear_map.py"),
        "--out",
        "new/fig.pdf",
        "--data",
        "curves.csv",
        "--jobs",
        "1",
    ]
    assert main(words) == 0
    assert capsys.readouterr().out == "Written: new/fig.pdf, curves.csv\n"
    assert (tmp_path / "new" / "fig.pdf").read_bytes()[:5] == b"%PDF-"
    with (tmp_path / "curves.csv").open(encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert len(table) == 3 and table[0]["check"] == "simulated" and float(table[0]["place"]) == 0.33
    assert main(["plot", str(mine / "wrong" / "noise_scale.py"), "--jobs", "1"]) == 5
    assert "has no curves" in capsys.readouterr().err


@pytest.mark.slow
def test_a_script_needs_no_guard_around_what_works_in_other_processes(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import rederive\n"
        'print(rederive.check("cheap_learning.monomial_count").verdict)\n'
        'print(rederive.compare("E(z**4)", "3").verdict)\n'
    )
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "REDERIVE_STORE": str(tmp_path / "store")},
    )
    assert done.stdout.split() == ["verified", "equal"], done.stderr
