"""report.json, junit.xml and the text of the page: complete, the same each time, and safe whatever a claim says."""

from __future__ import annotations

import json
import os
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from tests.report_samples import CLAIMS, HOSTILE, OUTCOMES, RUN, TRACE
from verify.evidence import Curve, Evidence, Holds, Path, Plane
from verify.report import DATA, JUNIT, PAGE, ReportError, write_report
from verify.report.document import UNFINISHED, build, dumps
from verify.report.formulas import Formulas
from verify.report.junit import junit
from verify.report.kept import ENOUGH, Kept
from verify.report.plots import plots
from verify.report.text import count, decades, figure, plain, prose

NUMBER = (int, float, str, type(None))
SHAPE = {
    "id": str, "kind": str, "title": str, "chapter": str, "covers": [str], "verdict": str,
    "latex": (str, type(None)), "digest": str,
    "sources": [{"document": str, "where": str}],
    "printed": [{"erratum": str, "latex": str, "kind": str, "note": str, "verdict": (str, type(None))}],
    "steps": [{"claim": str, "because": str, "verdict": str, "seconds": NUMBER}],
    "evidence": [
        {
            "check": str, "kind": str, "verdict": str, "points": int, "discrepancy": NUMBER, "uncertainty": NUMBER,
            "resolution": NUMBER, "resolution_median": NUMBER, "seconds": NUMBER, "seed": (int, type(None)),
            "detail": str,
        }
    ],
    "seconds": NUMBER,
}  # fmt: skip
AUDIT = {
    "mutants": int,
    "rejected": int,
    "crashed": int,
    "survivors": [{"latex": str, "reason": str}],
    "blind_nodes": int,
}


def fits(value, shape) -> None:
    """Every key of the contract is there, with its type; more keys are allowed."""
    if isinstance(shape, dict):
        assert shape.keys() <= value.keys()
        for key, inner in shape.items():
            fits(value[key], inner)
    elif isinstance(shape, list):
        assert isinstance(value, list)
        for item in value:
            fits(item, shape[0])
    else:
        assert isinstance(value, shape), (value, shape)


@pytest.fixture(scope="module")
def document():
    return build(CLAIMS, OUTCOMES, RUN)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("report") / "new" / "folder"
    write_report(CLAIMS, OUTCOMES, RUN, out)
    return out


class Text(HTMLParser):
    """The elements of a page, the text outside scripts and styles, and the ids."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        found = dict(attributes)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found[name] for name in ("href", "src", "xlink:href") if name in found]

    handle_startendtag = handle_starttag

    def handle_data(self, data):
        self.text += data if self.tags and self.tags[-1] not in ("script", "style") else ""


def test_schema(document):
    assert list(document) == ["schema", "product", "run", "summary", "claims"]
    assert document["schema"] == 1 and document["product"]["name"] == "rederive"
    assert list(document["run"]) == ["profile", "seed", "started", "seconds", "jobs", "device", "environment"]
    assert document["summary"] == {
        "claims": 6, "verified": 3, "refuted": 1, "undecided": 1, "error": 1, "printed_refuted": 1, "mutants": 192,
        "mutants_rejected": 189,
    }  # fmt: skip
    for claim in document["claims"]:
        fits(claim, SHAPE)
        if claim["audit"] is not None:
            fits(claim["audit"], AUDIT)
    assert {claim["kind"] for claim in document["claims"]} == {"statement", "observation"}
    assert {form["verdict"] for form in document["claims"][0]["printed"]} == {"refuted", "conditional"}


def test_written_files_say_what_was_built(folder, document):
    assert json.loads((folder / DATA).read_text(encoding="utf-8")) == document
    assert sorted(os.listdir(folder)) == sorted([DATA, JUNIT, PAGE])


def test_same_outcomes_give_the_same_bytes(folder, tmp_path):
    write_report(CLAIMS, OUTCOMES, RUN, tmp_path)
    for name in (DATA, JUNIT, PAGE):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def test_a_cache_changes_no_byte(folder, tmp_path):
    cache = tmp_path / "cache"
    for _ in range(2):
        write_report(CLAIMS, OUTCOMES, RUN, tmp_path / "out", cache)
        assert (tmp_path / "out" / PAGE).read_bytes() == (folder / PAGE).read_bytes()
    (kept,) = cache.iterdir()
    kept.write_text("{spoilt", encoding="utf-8")
    write_report(CLAIMS, OUTCOMES, RUN, tmp_path / "out", cache)
    assert (tmp_path / "out" / PAGE).read_bytes() == (folder / PAGE).read_bytes()


def test_numbers_that_json_has_not(document):
    literature = next(e for c in document["claims"] for e in c["evidence"] if e["check"] == "table of the paper")
    assert literature["resolution"] == "inf" and "Infinity" not in dumps(document) and "NaN" not in dumps(document)


def test_a_claim_that_was_not_finished_is_undecided():
    document = build(CLAIMS, {}, RUN)
    assert document["summary"]["undecided"] == len(CLAIMS) and document["summary"]["verified"] == 0
    assert all(claim["reason"] == UNFINISHED for claim in document["claims"])


def test_no_claims_at_all(tmp_path):
    document = write_report([], {}, RUN, tmp_path)
    assert document["claims"] == [] and "0 of 0 claims verified" in (tmp_path / PAGE).read_text(encoding="utf-8")


def test_junit(folder, document):
    root = ET.parse(folder / JUNIT).getroot()
    cases = {case.attrib["name"]: case for case in root.iter("testcase")}
    assert list(cases) == [claim["id"] for claim in document["claims"]]
    suite = root.find("testsuite")
    assert (suite.attrib["tests"], suite.attrib["failures"], suite.attrib["errors"]) == ("6", "2", "1")
    assert cases["deep_linear.hostile"].attrib["classname"] == "deep_linear"
    assert cases["deep_linear.hostile"].find("failure").attrib == {
        "type": "refuted",
        "message": "refuted: <trained> matrices & more",
    }
    assert cases["signal_propagation.open_question"].find("failure").attrib["type"] == "undecided"
    assert cases["sgd_noise.broken"].find("failure") is None and TRACE in cases["sgd_noise.broken"].find("error").text
    assert len(cases["deep_linear.mode_logistic"]) == 0


def test_junit_without_characters_that_xml_forbids(document):
    hostile = json.loads(dumps(document).replace("uncertainty is", "\\u0007 \\ufffe is"))
    assert ET.fromstring(junit(hostile).partition("\n")[2]) is not None


def test_text_of_a_claim_is_never_markup(folder):
    page = (folder / PAGE).read_text(encoding="utf-8")
    text = Text(page)
    assert text.tags.count("script") == 2 and "document.title" not in re.sub(
        r"&[a-z#0-9]+;", "", "".join(re.findall(r"<script>.*?</script>", page, re.S))
    )
    assert HOSTILE in text.text
    assert "a <bad> value & more" in text.text


def test_ids_occur_once_and_links_lead_somewhere(folder):
    text = Text((folder / PAGE).read_text(encoding="utf-8"))
    assert sorted(set(text.ids)) == sorted(text.ids)
    inside = {link[1:] for link in text.links if link.startswith("#")}
    assert inside <= set(text.ids)
    assert {link for link in text.links if not link.startswith("#")} == {"data:,", DATA, JUNIT}
    page = (folder / PAGE).read_text(encoding="utf-8")
    assert {found for found in re.findall(r"url\((.*?)\)", page)} <= {f"#{name}" for name in text.ids}


def test_a_folder_that_cannot_be_written(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    with pytest.raises(ReportError, match=r"cannot write the report into .*file.*--out"):
        write_report(CLAIMS, OUTCOMES, RUN, blocked / "report")
    assert issubclass(ReportError, OSError)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ReportError, match="ermission"):
        write_report(CLAIMS, OUTCOMES, RUN, tmp_path)


def test_importing_the_report_loads_nothing_heavy():
    import subprocess
    import sys

    heavy = ("matplotlib", "ziamath", "jinja2", "torch")
    code = f"import verify.report, sys; print([m for m in {heavy} if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_formulas_share_their_glyphs():
    formulas = Formulas()
    first, second = formulas.display(r"\frac{x}{y}"), formulas.inline("x + y")
    assert "<symbol" not in first + second and "black" not in first + second
    used = set(re.findall(r'href="#(g\d+)"', first + second))
    assert used == set(re.findall(r'<symbol id="(g\d+)"', formulas.glyphs()))
    assert "<mfrac>" in first and 'aria-hidden="true"' in first


@pytest.mark.parametrize("latex", [r"\frac{x", r"\nosuchcommand{x} < 1", "x & y", r"\begin{nosuch}x\end{nosuch}", ""])
def test_a_formula_that_cannot_be_set_is_shown_as_source(latex):
    html = Formulas().display(latex)
    assert html.startswith('<div class="formula">') and ET.fromstring(html.replace("&nbsp;", " ")) is not None


def test_a_sign_at_the_start_is_no_operation():
    from verify.report.formulas import to_mathml

    signs = {node.get("form") for node in to_mathml(r"-x = (-y) - z", block=True).iter("mo") if node.text == "−"}
    assert signs == {"prefix", None}


def test_plots_in_the_colours_of_the_page():
    curve = Curve(
        label="a", axis_label="$x_1$", value_label="y", axis=(3.0, 1.0, 2.0), theory=(1.0, float("nan"), 2.0),
        measured=(1.1, 5.0, float("inf")), error=(0.1, 0.1, float("inf")),
    )  # fmt: skip
    evidence = Evidence(
        check="c", kind="simulation", verdict=Holds.HOLDS, points=3, curves=(curve, replace(curve, value_label="z"))
    )
    first, second = plots(evidence, "p0"), plots(evidence, "p1")
    assert len(first) == 2 and first[0].title == "y against $x_1$"
    for plot in (*first, *second):
        tree = ET.fromstring(plot.svg)
        assert "viewBox" in tree.attrib and "width" not in tree.attrib and tree.attrib["aria-hidden"] == "true"
        assert (
            not re.search(r"#0[0-9a-f]0[0-9a-f]0[0-9a-f]", plot.svg)
            and "var(--series-1)" in plot.svg
            and "currentColor" in plot.svg
        )
    ids = [name for plot in (*first, *second) for name in re.findall(r' id="([^"]+)"', plot.svg)]
    assert len(set(ids)) == len(ids) and all(name.startswith(("p0-", "p1-")) for name in ids)


def test_pictures_in_the_plane_have_lines_of_theory_and_points_of_measurement():
    line = ((0.0, 0.5, 1.0), (0.1, -0.2, 0.3))
    paths = (
        Path(label="plants", group=0, theory=line, measured=line),
        Path(label="plants", group=0, theory=((0.4,), (0.2,))),
        Path(label="animals", group=1, measured=line),
    )
    plane = Plane(title="map of the items", x_label="first axis", y_label="second axis", paths=paths, equal=True)
    bare = Evidence(check="map", kind="simulation", verdict=Holds.HOLDS, points=3, planes=(plane,))
    (drawn,) = plots(bare, "p")
    assert drawn.legend == (("plants", 1), ("animals", 2))
    assert drawn.caption == "Lines: theory. Points: measurement."
    assert "first axis" in drawn.svg and "var(--series-2)" in drawn.svg and drawn.svg == plots(bare, "p")[0].svg
    with pytest.raises(ValueError, match="group 4"):
        Path(group=4)
    with pytest.raises(ValueError, match="differ in number"):
        Path(theory=((1.0,), ()))


def test_a_spectrum_is_drawn_as_stems():
    curve = Curve(
        label="levels", axis_label="level", value_label="eigenvalue", axis=(1, 2, 3), theory=(3.0, 1.5, 0.002),
        measured=(3.1, 1.4, 0.003), error=(0.1, 0.1, 0.001), style="stem",
    )  # fmt: skip
    evidence = Evidence(check="spectrum", kind="simulation", verdict=Holds.HOLDS, points=3, curves=(curve,))
    line = replace(evidence, curves=(replace(curve, style="line"),))
    assert plots(evidence, "p")[0].svg != plots(line, "p")[0].svg
    with pytest.raises(ValueError, match="unknown style"):
        replace(curve, style="dots")


def test_a_measurement_without_theory_has_no_residuals():
    curve = Curve(
        label="digits", axis_label="depth", value_label="epochs", axis=(2, 4, 8), theory=(float("nan"),) * 3,
        measured=(3.1, 4.4, 4.9), error=(0.1, 0.1, 0.2),
    )  # fmt: skip
    evidence = Evidence(check="depth", kind="simulation", verdict=Holds.HOLDS, points=3, curves=(curve,))
    (drawn,) = plots(evidence, "p")
    assert "measured − theory" not in drawn.svg and "theory" not in drawn.caption.lower()


def test_plots_of_no_or_one_point():
    def evidence(*curves):
        return Evidence(check="c", kind="simulation", verdict=Holds.HOLDS, points=1, curves=curves)

    empty = Curve(label="a", axis_label="x", value_label="y", axis=(), theory=(), measured=(), error=())
    single = replace(empty, axis=(0.0,), theory=(0.0,), measured=(0.0,), error=(0.0,))
    assert plots(evidence(empty), "p") == () and len(plots(evidence(single), "p")) == 1
    assert len(plots(evidence(*(replace(single, label=str(k)) for k in range(6))), "p")) == 2


def test_figures():
    assert str(figure(None)) == "–" and str(figure(0.0)) == "0" and str(figure(-0.01234)) == "−0.0123"
    assert (
        str(figure(2.04e-7)) == "2.0×10<sup>−7</sup>"
        and str(figure("inf")) == "∞"
        and str(figure(float("nan"))) == "nan"
    )
    assert str(figure(1e-12)) == "10<sup>−12</sup>"
    assert decades(None) == 100 and decades(1.0) == 100 and decades(1e-8) == 50 and decades(1e-30) == 0


@pytest.mark.parametrize(
    ("sentence", "html"),
    [
        ("sigma_w^2 above 1", "<i>σ</i><sub>w</sub><sup>2</sup> above 1"),
        ("F^(6) and e^{-x}, q^*", "F<sup>6</sup> and e<sup>−x</sup>, q<sup>*</sup>"),
        ("the pivot of a matrix, betas", "the pivot of a matrix, betas"),
        ("minibatch_covariance and deep_linear.mode_logistic", "minibatch_covariance and deep_linear.mode_logistic"),
        ("a < b & c_1", "a &lt; b &amp; <i>c</i><sub>1</sub>"),
        ("phi''(b), Sigma_ab", "<i>φ</i>''(b), <i>Σ</i><sub>ab</sub>"),
        ("don't ^ this", "don't ^ this"),
    ],
)
def test_symbols_in_sentences(sentence, html):
    assert str(prose(sentence)) == html


def test_symbols_in_labels_of_plots():
    assert plain("time t / tau") == "time t / τ" and plain("chi_1^-2 in tautology") == "χ₁⁻² in tautology"


def test_what_is_kept_is_made_once(tmp_path):
    kept = Kept(tmp_path)
    assert kept.get("a", lambda: 1) == 1 and kept.get("a", lambda: 2) == 1
    kept.save()
    assert Kept(tmp_path).get("a", lambda: 3) == 1


def test_pieces_made_ahead_are_the_same():
    tasks = [(f"number {value}", count, (value,)) for value in range(ENOUGH)]
    ahead, alone = Kept(), Kept()
    ahead.make_ahead(tasks, jobs=2)

    def never(value):
        raise AssertionError(f"{value} was made twice")

    assert [ahead.get(key, never, arguments) for key, _, arguments in tasks] == [alone.get(*task) for task in tasks]
