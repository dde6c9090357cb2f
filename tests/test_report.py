"""report.json, junit.xml and the text of the page: complete, the same each time, and safe whatever a claim says."""

from __future__ import annotations

import csv
import json
import math
import os
import re
import time
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from multiprocessing import active_children
from urllib.parse import unquote

import pytest

from tests.report_samples import CLAIMS, HOSTILE, OUTCOMES, RUN, TRACE
from verify.catalogue import load_claims
from verify.characters import INVISIBLE
from verify.command import terminal
from verify.evidence import Curve, Evidence, Holds, Path, Plane, Standing
from verify.lettering import GREEK, plain
from verify.report import DATA, JUNIT, PAGE, ReportError, files, write_report
from verify.report.card import slugs
from verify.report.document import UNFINISHED, build, dumps
from verify.report.formulas import Formulas, draw
from verify.report.index import words
from verify.report.junit import junit
from verify.report.kept import ENOUGH, Kept, Task
from verify.report.plots import MOST, plots
from verify.report.sources import cite
from verify.report.text import count, decades, figure, prose

NUMBER = (int, float, str, type(None))
SHAPE = {
    "id": str,
    "kind": str,
    "title": str,
    "chapter": str,
    "covers": [str],
    "verdict": str,
    "latex": (str, type(None)),
    "digest": str,
    "sources": [{"document": str, "where": str}],
    "printed": [{"erratum": str, "latex": str, "kind": str, "note": str, "verdict": (str, type(None))}],
    "steps": [{"claim": str, "because": str, "verdict": str, "seconds": NUMBER}],
    "evidence": [
        {
            "check": str,
            "kind": str,
            "verdict": str,
            "points": int,
            "discrepancy": NUMBER,
            "uncertainty": NUMBER,
            "resolution": NUMBER,
            "resolution_median": NUMBER,
            "seconds": NUMBER,
            "seed": (int, type(None)),
            "detail": str,
        }
    ],
    "seconds": NUMBER,
}
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


ALIASES = {"deep_linear.old_name": "deep_linear.mode_logistic", "elsewhere.old_name": "elsewhere.not_in_this_run"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("report") / "new" / "folder"
    write_report(CLAIMS, OUTCOMES, RUN, out, aliases=ALIASES)
    return out


@pytest.fixture(scope="module")
def single(tmp_path_factory):
    """The same report in one page."""
    out = tmp_path_factory.mktemp("single")
    write_report(CLAIMS, OUTCOMES, RUN, out, aliases=ALIASES, single_file=True)
    return out


def contents(folder):
    """Every file below a folder, by name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


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
        "claims": 6,
        "verified": 3,
        "refuted": 1,
        "undecided": 1,
        "error": 1,
        "printed_refuted": 1,
        "mutants": 192,
        "mutants_rejected": 189,
    }
    for claim in document["claims"]:
        fits(claim, SHAPE)
        if claim["audit"] is not None:
            fits(claim["audit"], AUDIT)
    assert {claim["kind"] for claim in document["claims"]} == {"statement", "observation"}
    assert {form["verdict"] for form in document["claims"][0]["printed"]} == {"refuted", "conditional"}


def test_written_files_say_what_was_built(folder, document):
    assert json.loads((folder / DATA).read_text(encoding="utf-8")) == document
    pages = [f"claims/{name}.{kind}" for name in [*OUTCOMES, "deep_linear.old_name"] for kind in ("html", "svg")]
    assert sorted(contents(folder)) == sorted([DATA, JUNIT, PAGE, "errata.html", *pages])


def test_same_outcomes_give_the_same_bytes(folder, tmp_path):
    write_report(CLAIMS, OUTCOMES, RUN, tmp_path, aliases=ALIASES)
    assert contents(tmp_path) == contents(folder)


def spoilt_in_shape(kept: dict):
    """Caches that are JSON, of another shape."""
    yield from (17, [1, 2], None, "text", [["a", "b"]], {"a": None})
    for value in (None, 3, [], {}, [None, {}, True], ["html", {"g1": 2}, True], [{"svg": 1}], ["a", []], "<symbol"):
        yield dict.fromkeys(kept, value)
    for name, value in kept.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield kept | {name: [value[0] | {"legend": [["a", 9]]}]}
            yield kept | {name: [{key: value[0][key] for key in value[0] if key != "title"}]}


def test_a_cache_changes_no_byte_whatever_is_in_it(tmp_path):
    cache, out = tmp_path / "cache", tmp_path / "out"
    write_report(CLAIMS[:1], OUTCOMES, RUN, tmp_path / "right")
    right = contents(tmp_path / "right")
    for _ in range(2):
        write_report(CLAIMS[:1], OUTCOMES, RUN, out, cache=cache)
        assert contents(out) == right
    (kept,) = cache.iterdir()
    made = json.loads(kept.read_text(encoding="utf-8"))
    shapes = list(spoilt_in_shape(made))
    assert len(shapes) > 16
    for text in ["{spoilt", "[" * 100_000, *map(json.dumps, shapes)]:
        kept.write_text(text, encoding="utf-8")
        write_report(CLAIMS[:1], OUTCOMES, RUN, out, cache=cache)
        assert contents(out) == right, text[:80]
        assert made.items() <= json.loads(kept.read_text(encoding="utf-8")).items(), "it is made anew"


def test_one_page_holds_all_claims(single, folder):
    assert sorted(contents(single)) == sorted([DATA, JUNIT, PAGE])
    assert (single / DATA).read_bytes() == (folder / DATA).read_bytes()
    text = Text((single / PAGE).read_text(encoding="utf-8"))
    assert {claim.id for claim in CLAIMS} <= set(text.ids) and "deep_linear.old_name" in text.ids
    assert "deep_linear.mode_logistic:step-3" in text.ids


def test_pages_of_another_run_are_removed_and_what_is_not_ours_is_left(tmp_path):
    write_report(CLAIMS, OUTCOMES, RUN, tmp_path, aliases=ALIASES)
    for name in ("notes.html", "picture.svg", "deep_linear.mine.html"):
        (tmp_path / "claims" / name).write_text("<p>of somebody else</p>", encoding="utf-8")
    write_report(CLAIMS[:1], OUTCOMES, RUN, tmp_path)
    first = CLAIMS[0].id
    left = {f"{first}.html", f"{first}.svg", "notes.html", "picture.svg", "deep_linear.mine.html"}
    assert set(os.listdir(tmp_path / "claims")) == left
    write_report(CLAIMS[:1], OUTCOMES, RUN, tmp_path, single_file=True)
    assert set(os.listdir(tmp_path / "claims")) == left - {f"{first}.html", f"{first}.svg"}


def test_an_empty_folder_is_not_left_behind(tmp_path):
    write_report(CLAIMS[:1], OUTCOMES, RUN, tmp_path)
    write_report(CLAIMS[:1], OUTCOMES, RUN, tmp_path, single_file=True)
    assert sorted(os.listdir(tmp_path)) == sorted([PAGE, DATA, JUNIT])
    (tmp_path / JUNIT).unlink()
    (tmp_path / JUNIT).mkdir()
    with pytest.raises(ReportError):
        write_report(CLAIMS[:1], OUTCOMES, RUN, tmp_path)
    assert sorted(os.listdir(tmp_path)) == sorted([PAGE, DATA, JUNIT])


def full_after(count):
    """An os.fdopen on a disk that is full after so many files."""
    made, right = [], os.fdopen

    def opened(handle, mode):
        made.append(handle)
        stream = right(handle, mode)
        if len(made) > count:
            stream.close()
            raise OSError(28, "No space left on device")
        return stream

    return opened


@pytest.mark.parametrize("count", [0, 3, 14])
def test_a_full_disk_leaves_the_old_report_whole(tmp_path, monkeypatch, count):
    write_report(CLAIMS, OUTCOMES, RUN | {"seed": 5}, tmp_path)
    before = contents(tmp_path)
    with monkeypatch.context() as context:
        context.setattr(files.os, "fdopen", full_after(count))
        with pytest.raises(ReportError, match="No space left on device"):
            write_report(CLAIMS, OUTCOMES, RUN, tmp_path)
    assert contents(tmp_path) == before


def test_a_folder_in_place_of_a_page_is_found_before_anything_is_replaced(tmp_path):
    write_report(CLAIMS, OUTCOMES, RUN | {"seed": 5}, tmp_path)
    (tmp_path / JUNIT).unlink()
    (tmp_path / JUNIT).mkdir()
    before = contents(tmp_path)
    with pytest.raises(ReportError, match=r"junit\.xml is a folder"):
        write_report(CLAIMS, OUTCOMES, RUN, tmp_path)
    assert contents(tmp_path) == before


def test_a_rename_that_fails_half_way_is_said(tmp_path, monkeypatch):
    right = os.replace

    def replace_all_but_the_last(source, target):
        if str(target).endswith(DATA):
            raise PermissionError(13, "Permission denied")
        right(source, target)

    monkeypatch.setattr(files.os, "replace", replace_all_but_the_last)
    with pytest.raises(ReportError, match=r"now holds parts of two reports: report\.json could not be replaced"):
        write_report(CLAIMS, OUTCOMES, RUN, tmp_path)
    assert not [name for name in contents(tmp_path) if "/." in f"/{name}"], "no temporary file is left"


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


def pages_of(*folders):
    return [path for folder in folders for path in sorted(folder.rglob("*.html"))]


def test_text_of_a_claim_is_never_markup(folder, single):
    for path in pages_of(folder, single):
        page = path.read_text(encoding="utf-8")
        scripts = "".join(re.findall(r"<script>.*?</script>", page, re.S))
        assert "document.title" not in re.sub(r"&[a-z#0-9]+;", "", scripts), path
        assert Text(page).tags.count("script") == (1 if path.stem == "deep_linear.old_name" else 2), path
    for path in (folder / "claims" / "deep_linear.hostile.html", folder / PAGE, single / PAGE):
        assert HOSTILE in Text(path.read_text(encoding="utf-8")).text
    assert "a <bad> value & more" in Text((folder / "claims/sgd_noise.broken.html").read_text(encoding="utf-8")).text


def test_ids_occur_once_and_links_lead_somewhere(folder, single):
    pages = {path.resolve(): Text(path.read_text(encoding="utf-8")) for path in pages_of(folder, single)}
    for path, text in pages.items():
        assert sorted(set(text.ids)) == sorted(text.ids), path
        for link in text.links:
            if link == "data:,":
                continue
            if link.startswith("data:text/csv"):
                rows = list(csv.reader(unquote(link.partition(",")[2]).splitlines()))
                assert len(rows) > 1 and len({len(row) for row in rows}) == 1, path
                continue
            if link.startswith("https:"):
                assert re.fullmatch(r"https://(arxiv\.org/abs|doi\.org)/\S+", link), link
                continue
            name, _, anchor = link.partition("#")
            target = (path.parent / name).resolve() if name else path
            assert target.is_file(), (path, link)
            assert not anchor or anchor in pages[target].ids, (path, link)
        page = path.read_text(encoding="utf-8")
        assert {found for found in re.findall(r"url\((.*?)\)", page)} <= {f"#{name}" for name in text.ids}


def test_report_json_carries_the_curves(folder):
    text = (folder / DATA).read_text(encoding="utf-8")
    known = {c.id: OUTCOMES[c.id] for c in CLAIMS if c.id in OUTCOMES}
    seen = 0
    for claim in json.loads(text)["claims"]:
        for entry, evidence in zip(claim["evidence"], known[claim["id"]].evidence, strict=False):
            assert entry["setting"] == evidence.setting and len(entry["planes"]) == len(evidence.planes)
            for curve, drawn in zip(entry["curves"], evidence.curves, strict=True):
                assert curve["measured"] == [None if math.isnan(v) else v for v in drawn.measured]
                assert {len(curve[name]) for name in ("axis", "theory", "measured", "error")} == {len(drawn.axis)}
                seen += 1
    assert seen > 3 and re.search(r'"axis": \[ -?[\d.e-]+, ', text)


LETTER = re.compile(rf"\b(?:[A-Za-z]|{'|'.join(GREEK)})(?:\b|_\w+)|\w_\w|number of")


def test_every_axis_of_the_suite_has_a_letter_or_counts_something():
    axes = {(claim.id, getattr(check, "axis", "")) for claim in load_claims().values() for check in claim.checks}
    assert len(axes) > 150 and [axis for axis in sorted(axes) if axis[1] and not LETTER.search(axis[1])] == []


def test_lines_that_enter_no_verdict_are_no_theory():
    shared = {"axis_label": "x", "value_label": "y", "axis": (1.0, 2.0), "measured": (1.0, 2.0), "error": (0.1, 0.1)}
    found = {
        style: plots(
            Evidence(
                check="c",
                kind="simulation",
                verdict=Holds.HOLDS,
                points=2,
                setting="width 3",
                curves=(Curve(label="y", theory=(1.0, 2.1), style=style, **shared),),
            ),
            "p",
        )[0]
        for style in ("line", "stem", "points", "guide")
    }
    assert {plot.caption.rpartition(" Width")[2] for plot in found.values()} == {" 3."}
    assert found["guide"].caption.startswith("Line: for orientation, no part of the verdict.")
    assert "measured \u2212 theory" not in found["guide"].svg and "measured \u2212 theory" in found["points"].svg
    assert found["points"].caption.startswith("Dashes: theory.") and found["line"].legend == ()
    assert found["line"].data.splitlines() == ["series,x,theory,measured,error", "y,1,1,1,0.1", "y,2,2.1,2,0.1"]


def test_a_logarithmic_plane_has_its_marks_and_no_negative_values():
    drawn = {"title": "t", "x_label": "sigma_w", "y_label": "xi", "log_y": True, "marks": ((1.4, "critical"),)}
    plane = Plane(paths=(Path(label="a", theory=((1.0, 2.0), (1.0, 900.0))),), **drawn)
    plot = plots(Evidence(check="c", kind="simulation", verdict=Holds.HOLDS, points=1, planes=(plane,)), "p")[0]
    assert "critical" in plot.svg and "100" in plot.svg and plot.data.splitlines()[1] == "a,1,1,"
    with pytest.raises(ValueError, match="not positive on a logarithmic axis"):
        Plane(paths=(Path(theory=((1.0,), (-1.0,))),), **drawn)


def test_the_pages_request_nothing(folder, single):
    """What a browser would fetch by itself; links wait until they are followed."""
    for path in pages_of(folder, single):
        page = path.read_text(encoding="utf-8")
        assert "default-src 'none'" in page
        assert not re.search(r"<(?:img|script|iframe|object|embed|audio|video|source)\b[^>]*\b(?:src|data)=", page), (
            path
        )
        assert not re.search(r"@import|url\((?!#)", page), path
        assert set(re.findall(r'<link rel="(\w+)"', page)) <= {"icon", "canonical"}


def test_a_page_leads_to_its_neighbours_and_to_what_it_rests_on(folder):
    def page(name):
        return (folder / "claims" / f"{name}.html").read_text(encoding="utf-8")

    ids = [claim.id for claim in CLAIMS]
    for place, name in enumerate(ids):
        text = page(name)
        assert re.findall(r'rel="(prev|next)" href="([^"]+)\.html"', text) == [
            *([("prev", ids[place - 1])] if place else []),
            *([("next", ids[place + 1])] if place + 1 < len(ids) else []),
        ]
        assert f'../index.html#{name}"' in text and f"rederive check {name} --profile quick --seed 1" in text
        assert (
            f"derivations/{name.replace('.', '/')}.py" in text and f"verify/claims/{name.replace('.', '/')}.py" in text
        )
    hostile, first = page("deep_linear.hostile"), page(ids[0])
    assert '<dt>Rests on</dt><dd><a href="deep_linear.mode_logistic.html">' in hostile
    assert "<code>deep_linear.not_in_this_run</code> (not in this run)" in hostile
    used = re.search(r"<dt>Used by</dt><dd>(.*?)</dd>", first)[1]
    assert re.findall(r'href="([^"#]+)"', used) == ["deep_linear.hostile.html", "signal_propagation.wide_kernel.html"]
    assert "is-refuted" in used, "what rests on it and is not verified is marked"
    assert "https://arxiv.org/abs/1312.6120" in first


def test_what_was_not_judged_is_said(folder):
    page = Text((folder / "claims" / "signal_propagation.wide_kernel.html").read_text(encoding="utf-8")).text
    assert "proved for instances" in page and "Displayed, not judged:" in page
    assert re.search(r"with an error of order .*\((not judged|measured)\)", page, re.S)
    index = Text((folder / PAGE).read_text(encoding="utf-8")).text
    assert "; 1 displays a relation that nothing judges, 0 of them among those taken from a source" in index


def test_places_are_taken_from_who_knows_them(tmp_path):
    def where(name):
        return {"derivation": f"somewhere/{name}:7", "entry": "entry.py:3", "experiments": ["numerics/a.py:12"]}

    write_report(CLAIMS[:1], OUTCOMES, RUN, tmp_path, places=where)
    page = (tmp_path / "claims" / f"{CLAIMS[0].id}.html").read_text(encoding="utf-8")
    assert all(place in page for place in (f"somewhere/{CLAIMS[0].id}:7", "entry.py:3", "numerics/a.py:12"))


def test_an_old_id_leads_to_the_claim(folder, single, tmp_path):
    page = (folder / "claims" / "deep_linear.old_name.html").read_text(encoding="utf-8")
    assert 'content="0; url=deep_linear.mode_logistic.html"' in page and 'href="deep_linear.mode_logistic.html"' in page
    assert 'id="deep_linear.old_name"' in (folder / PAGE).read_text(encoding="utf-8")
    badge = folder / "claims" / "deep_linear.old_name.svg"
    assert badge.read_bytes() == badge.with_name("deep_linear.mode_logistic.svg").read_bytes()
    with pytest.raises(ValueError, match="an alias, but also the id of a claim"):
        write_report(CLAIMS, OUTCOMES, RUN, tmp_path, aliases={CLAIMS[0].id: CLAIMS[1].id})


@pytest.mark.parametrize("name", OUTCOMES)
def test_badges(folder, name):
    root = ET.parse(folder / "claims" / f"{name}.svg").getroot()
    verdict = OUTCOMES[name].verdict.value
    assert root.attrib["aria-label"].endswith(f": {verdict}") and root.findall(".//{*}text")[1].text == verdict
    assert int(root.attrib["width"]) < 200


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("deep_linear.mode_logistic", "saxe mcclelland 1312.6120 e17 singular value a_0 a₀ verified whitened misprint"),
        ("signal_propagation.wide_kernel", "sigma_w σ_w weight scale d5 simulation"),
        ("deep_linear.hostile", "refuted 001 theories"),
        ("sgd_noise.ordering", "observation batches eight times loss"),
    ],
)
def test_words_to_search_for(name, query):
    claim = next(claim for claim in CLAIMS if claim.id == name)
    found = words(claim, OUTCOMES[name])
    assert [word for word in query.split() if word not in found] == []


def test_the_index_names_errata_documents_and_terms(folder):
    text = Text((folder / PAGE).read_text(encoding="utf-8"))
    assert {"errata", "documents", "glossary", "chapter-sgd_noise", "term-mutant", "term-covers-a9"} <= set(text.ids)
    assert "claims/deep_linear.mode_logistic.html#erratum-E5" in text.links
    assert all(f"{number}" in text.text for number in ("000", "001", "002", "003"))
    assert "as a fraction of the value" in text.text
    assert "fresh seeds or more for each of" in text.text and "errata.html" in text.links
    assert re.search(r"in ball arithmetic, each with \d+( to \d+)? proven digits", text.text)


def test_anchors_of_evidence_are_unlike():
    outcome = OUTCOMES["deep_linear.mode_logistic"]
    same = tuple(
        replace(e, check=check) for e, check in zip(outcome.evidence, ("a b", "A-b", "c", "§", "(a b)"), strict=False)
    )
    assert slugs(replace(outcome, evidence=same)) == ["a-b", "a-b~2", "c", "check", "a-b~3"]


def test_sources_have_links_where_they_are_known():
    found = {form.document: cite(form) for claim in CLAIMS for form in claim.statement.sources}
    assert found["saxe2014exact"].name == "arXiv:1312.6120" and found["001"].address == ""
    book = cite(replace(CLAIMS[0].statement.sources[1], document="baldi1989neural"))
    assert book.address == "https://doi.org/10.1016/0893-6080(89)90014-2"


CONTROL = "a\x00b\x07c\x1b[31md\x7fe\x9b2Jf\u202eg\ud800h\ufffei"


def test_control_characters_reach_no_file(tmp_path):
    claim, outcome = CLAIMS[0], OUTCOMES[CLAIMS[0].id]
    statement = replace(
        claim.statement,
        title=CONTROL,
        assumptions=(CONTROL,),
        printed=tuple(replace(form, note=CONTROL) for form in claim.statement.printed),
    )
    evidence = tuple(replace(e, check=f"{e.check}{CONTROL}", detail=CONTROL) for e in outcome.evidence)
    steps = tuple(replace(step, claim=CONTROL, because=CONTROL, latex=CONTROL) for step in outcome.steps)
    claims = [replace(claim, statement=statement, convention=CONTROL, independence=CONTROL)]
    found = replace(outcome, reason=CONTROL, evidence=evidence, steps=steps, verdict=Standing.REFUTED)
    for single_file in (False, True):
        write_report(claims, {claim.id: found}, RUN, tmp_path / str(single_file), single_file=single_file)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert INVISIBLE.search(text) is None, path
            assert "a\ufffdb" in text or path.suffix == ".svg" or path.name == DATA
    data = json.loads((tmp_path / "False" / DATA).read_text(encoding="utf-8"))
    assert data["claims"][0]["title"] == CONTROL, "JSON says what the claim says, in escapes"


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


UNREADABLE = [r"\frac{x", r"\nosuchcommand{x} < 1", "x & y", r"\begin{nosuch}x\end{nosuch}", r"a \\ b"]


def test_nothing_of_a_formula_is_drawn_outside_of_its_box():
    """A limit below a word, in a column that is set flush right, was cut off at its left."""
    left = r"\lim_{N_3 \to \infty} \left(\frac{e}{N_3}\right)"
    html = draw(rf"\begin{{aligned}}E_1 &= a \\ {left} &= b\end{{aligned}}", True)[0]
    box = [float(v) for v in re.search(r'viewBox="([^"]*)"', html)[1].split()]
    places = re.findall(r'<use href="[^"]*" x="([^"]*)" y="[^"]*" width="([^"]*)"', html)
    assert len(places) > 10
    for start, width in places:
        assert box[0] <= float(start) and float(start) + float(width) <= box[0] + box[2] + 0.01


@pytest.mark.parametrize("latex", [*UNREADABLE, "a\x1b[31m \\frac{"])
def test_a_formula_that_cannot_be_set_is_said_to_be_source(latex):
    formulas = Formulas()
    html = formulas.display(latex)
    assert html.startswith('<div class="formula">') and ET.fromstring(html.replace("&nbsp;", " ")) is not None
    assert "LaTeX source:" in html and formulas.unset == [latex] and "\x1b" not in html


def test_the_index_counts_formulas_that_could_not_be_set(tmp_path, folder):
    outcome = OUTCOMES[CLAIMS[0].id]
    broken = replace(outcome, steps=(replace(outcome.steps[0], latex=UNREADABLE[0]),))
    write_report(CLAIMS[:1], {CLAIMS[0].id: broken}, RUN, tmp_path)
    assert "1 formula could not be typeset" in Text((tmp_path / PAGE).read_text(encoding="utf-8")).text
    assert "could not be typeset" not in Text((folder / PAGE).read_text(encoding="utf-8")).text


# What SymPy's printers, the project's own and people write: LaTeX, and what must stand in the MathML.
KINDS = {
    r"|a||b|": ("|", 4),
    r"\left|\frac{a}{b}\right|\left|c\right|": ("|", 4),
    r"\left|a\right||b|": ("|", 4),
    r"\left\|x\right\|": ("‖", 2),
    r"\|x\|": ("‖", 2),
    r"||x||": ("|", 4),
    r"{\binom{n}{k}}": ("<mfrac linethickness", 1),
    r"\binom{n}{k_0}": ("<mfrac linethickness", 1),
    r"\binom{n}{k_{0}} \binom{n_{1}}{2}": ("<mfrac linethickness", 2),
    r"\begin{aligned} a &= b \\ c &= d \end{aligned}": ("<mtr>", 2),
    r"\begin{align*} a &= b \\ c &= d \end{align*}": ("<mtr>", 2),
    r"\begin{split} a &= b \\ &\qquad c \end{split}": ("<mtr>", 2),
    r"\begin{gathered} a \\ b \\ c \end{gathered}": ("<mtr>", 3),
    r"\begin{cases} a & \text{for}\: b \\ c & \text{otherwise} \end{cases}": ("<mtr>", 2),
    r"\left[\begin{matrix}a & b\\c & d\end{matrix}\right]": ("<mtd>", 4),
    r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}": ("<mtd>", 4),
    r"\left[\begin{array}{cc} a & b \\ c & d \end{array}\right]": ("<mtr>", 2),
    r"\begin{smallmatrix} a \\ b \end{smallmatrix}": ("<mtr>", 2),
    r"\sum_{\substack{i=1\\j=1}}^{n} x_{i j}": ("<mtr>", 2),
    r"\frac{\partial^{2} f}{\partial x^{2}}": ("<mfrac>", 1),
    r"\tfrac{1}{2} + \dfrac{1}{2}": ("<mfrac>", 2),
    r"\sqrt{x} \sqrt[3]{y}": ("<mroot>", 1),
    r"\int\limits_{0}^{\infty} f{\left(x \right)}\, dx": ("∫", 1),
    r"\int \mathcal{D}z\, \phi(\sqrt{q} z)^2": ("𝒟", 1),
    r"\iint f": ("∬", 1),
    r"\prod_{i=1}^{n} a_{i}": ("∏", 1),
    r"\lim_{x \to 0^+} f": ("lim", 1),
    r"\sup_{x} f": ("sup", 1),
    r"\left\lfloor{x}\right\rfloor \left\lceil{x}\right\rceil": ("⌊", 1),
    r"\left\langle x \right\rangle": ("⟨", 1),
    r"\langle x \rangle": ("⟨", 1),
    r"\left\{1, 2\right\}": ("{", 1),
    r"\mathbb{R} \setminus \{0\}": ("ℝ", 1),
    r"\left.\frac{d f}{d x}\right|_{x = 0}": ("|", 1),
    r"\Bigl( \frac{x}{2} \Bigr) \bigl[ y \bigr]": ("(", 1),
    r"f' f''(x) f^{(4)}(x) {q^{*}}'": ("<msup>", 3),
    r"\operatorname{erf}^{-1}(x)": ("erf", 1),
    r"\mathrm{N}_{\mathrm{eff}}": ("normal", 4),
    r"\mathbf{x} \boldsymbol{\theta} \mathsf{T} \mathfrak{g}": ("<mi", 4),
    r"\hat{x} \bar{x} \tilde{x} \dot{x} \ddot{x} \vec{x}": ("<mover", 6),
    r"\overline{x y} \underline{z}": ("<munder", 1),
    r"\widehat{xy} \widetilde{xy}": ("<mover", 2),
    r"\underbrace{a + b}_{n} \overset{!}{=} c": ("<munder", 1),
    r"\neg a \wedge b \vee c": ("∧", 1),
    r"a \bmod b": ("mod", 1),
    r"x \mid y \in A \cup B \cap C \notin D": ("∪", 1),
    r"\forall x \exists y\, x \neq y \leq z \geq w \ll v \gg u \approx t \sim s \propto r": ("∀", 1),
    r"\to \mapsto \Rightarrow \leftrightarrow \uparrow \xrightarrow{n}": ("→", 2),
    r"\times \cdot \pm \otimes \circ": ("×", 1),
    r"\ldots \cdots \vdots \ddots \infty \partial \nabla \ell \hbar": ("∇", 1),
    r"{n \brace k}": ("<mfrac", 1),
    r"\varepsilon \varphi \vartheta \phi \epsilon \Gamma \Omega": ("<mi>", 7),
    r"\text{where } x": ("where", 1),
    r"\Re x \Im y \operatorname{re}{\left(x\right)}": ("ℜ", 1),
    r"W_{-1}(x) \Theta(x) \delta(x)": ("Θ", 1),
    r"50\% \& \# \_ \{ \} \$5": ("%", 1),
    r"x\,\:\;\!\quad\qquad y": ("<mspace", 4),
    r"e^{- x^{2}}": ("<msup>", 2),
}


@pytest.mark.parametrize("latex", KINDS)
@pytest.mark.parametrize("block", [True, False])
def test_every_kind_of_latex_is_set(latex, block):
    from verify.report.formulas import to_mathml

    formulas = Formulas()
    html = formulas.display(latex) if block else formulas.inline(latex)
    assert formulas.unset == [] and "<svg" in html and "source" not in html
    mark, count = KINDS[latex]
    assert ET.tostring(to_mathml(latex, block=block), encoding="unicode").count(mark) >= count


def test_rows_are_measured_seldom_and_drawn_the_same(monkeypatch):
    """ziamath sets every row twice: what stands in seven brackets within each other was set 2^7 times."""
    draw("x", True)  # imports ziamath without its warning
    from ziamath.nodes import mnode, mnumber, mrow

    from verify.report import rows

    class Plain(mrow.Mrow, tag="mrow"):
        pass

    nested = "x"
    for _ in range(7):
        nested = rf"\left(\frac{{{nested}}}{{y}} + z\right)"
    made = []
    setup = mnumber.Midentifier._setup
    monkeypatch.setattr(
        mnumber.Midentifier, "_setup", lambda self, **kwargs: (made.append(self.string), setup(self, **kwargs))
    )
    drawn, numbers = [], []
    for row in (rows.Row, Plain):
        monkeypatch.setitem(mnode._node_classes, "mrow", row)
        rows._heights.clear()
        made.clear()
        draw(nested, True)
        numbers.append(made.count("x") + made.count("𝑥"))
        drawn.append([draw(latex, block) for latex in (*KINDS, nested) for block in (True, False)])
    assert drawn[0] == drawn[1]
    assert 10 * numbers[0] < numbers[1]


def test_a_formula_is_drawn_where_ziamath_draws_it(monkeypatch):
    """The same marks in the same box, though much is not worked out again for each formula and each sign."""
    from verify.report import formulas, rows

    def places(svg):
        return [
            (node.tag, {k: v for k, v in node.attrib.items() if k != "xmlns"}) for node in svg if node.tag != "symbol"
        ]

    for latex in KINDS:
        mathml = formulas.to_mathml(latex, block=True)
        svg, bounds = formulas._drawing(mathml)
        with monkeypatch.context() as patch:
            for theirs in rows.THEIRS:
                patch.setattr(*theirs)
            own = rows.ziamath.Math(mathml, size=formulas.SIZE).svgxml()
        assert places(svg) == places(own)
        assert bounds == tuple(float(v) for v in own.attrib["viewBox"].split())


def test_a_sign_at_the_start_is_no_operation():
    from verify.report.formulas import to_mathml

    signs = {node.get("form") for node in to_mathml(r"-x = (-y) - z", block=True).iter("mo") if node.text == "−"}
    assert signs == {"prefix", None}


def test_plots_in_the_colours_of_the_page():
    curve = Curve(
        label="a",
        axis_label="$x_1$",
        value_label="y",
        axis=(3.0, 1.0, 2.0),
        theory=(1.0, float("nan"), 2.0),
        measured=(1.1, 5.0, float("inf")),
        error=(0.1, 0.1, float("inf")),
    )
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


def test_a_figure_shows_nothing_of_those_drawn_before():
    from verify.report import plots as module

    axis, steep = (1.0, 10.0, 100.0, 1000.0), (1e-3, 1.0, 10.0, 1e3)
    compared = Curve(label="a", axis_label="n", value_label="y", axis=axis, theory=steep, measured=steep, error=steep)
    flat = replace(
        compared, axis=(0.5, 1.25, 2.0, 7.0), theory=(4.0,) * 4, measured=(4.0, 4.01, 4.0, 4.0), error=(0.0,) * 4
    )
    line, point = ((0.0, 0.5, 1.0), (0.1, -0.2, 0.3)), ((2.0,), (3.0,))
    plane = Plane(title="t", x_label="x", y_label="y", paths=(Path(theory=line, measured=line), Path(theory=point)))
    drawn = [
        Evidence(check="c", kind="simulation", verdict=Holds.HOLDS, points=4, curves=curves, planes=planes)
        for curves, planes in (
            ((compared,), ()),
            ((replace(flat, style="stem"),), ()),
            ((flat, replace(flat, label="b", style="points")), ()),
            ((replace(flat, axis=(1, 2, 3, 4), style="guide"),), ()),
            ((), (replace(plane, equal=True),)),
            ((), (replace(plane, marks=((0.5, "here"),), paths=(Path(theory=((1, 9), (2, 1e4))),), log_y=True),)),
            ((), (plane,)),
        )
    ]

    def alone(evidence):
        module._new_sheet.cache_clear()
        return plots(evidence, "p")

    fresh = [alone(evidence) for evidence in drawn]
    assert [plots(evidence, "p") for evidence in drawn] == fresh
    assert [plots(evidence, "p") for evidence in reversed(drawn)] == fresh[::-1]


def test_a_spectrum_is_drawn_as_stems():
    curve = Curve(
        label="levels",
        axis_label="level",
        value_label="eigenvalue",
        axis=(1, 2, 3),
        theory=(3.0, 1.5, 0.002),
        measured=(3.1, 1.4, 0.003),
        error=(0.1, 0.1, 0.001),
        style="stem",
    )
    evidence = Evidence(check="spectrum", kind="simulation", verdict=Holds.HOLDS, points=3, curves=(curve,))
    line = replace(evidence, curves=(replace(curve, style="line"),))
    assert plots(evidence, "p")[0].svg != plots(line, "p")[0].svg
    with pytest.raises(ValueError, match="unknown style"):
        replace(curve, style="dots")


def test_a_measurement_without_theory_has_no_residuals():
    curve = Curve(
        label="digits",
        axis_label="depth",
        value_label="epochs",
        axis=(2, 4, 8),
        theory=(float("nan"),) * 3,
        measured=(3.1, 4.4, 4.9),
        error=(0.1, 0.1, 0.2),
    )
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


def piece(key, value):
    return Task(key, lambda: value, (), lambda found: isinstance(found, int))


def test_what_is_kept_is_made_once(tmp_path):
    kept = Kept(tmp_path)
    assert kept.get(piece("a", 1)) == 1 and kept.get(piece("a", 2)) == 1
    kept.save()
    assert Kept(tmp_path).get(piece("a", 3)) == 1


def test_pieces_made_ahead_are_the_same():
    tasks = [Task(f"number {value}", count, (value,), bool) for value in range(ENOUGH)]
    ahead, alone = Kept(), Kept()

    def never(value):
        raise AssertionError(f"{value} was made twice")

    asked = [*tasks[:3], *tasks[:20:-1], tasks[0]]  # in any order, and not for all of them
    with ahead.ahead(tasks, jobs=2):
        assert [ahead.get(replace(task, make=never)) for task in asked] == [alone.get(task) for task in asked]
    assert [ahead.get(replace(task, make=never)) for task in tasks] == [alone.get(task) for task in tasks]


def test_pieces_that_nobody_waits_for_leave_no_process():
    kept, before = Kept(), set(active_children())
    tasks = [Task(str(k), time.sleep, (0.02,), bool) for k in range(500)]
    with pytest.raises(OSError, match="full"), kept.ahead(tasks, jobs=2):
        kept.get(tasks[0])
        raise OSError("the disk is full")
    assert set(active_children()) <= before
    assert kept.get(replace(tasks[499], make=count, arguments=(1,))) == count(1)  # not waited for


def test_many_points_are_thinned_and_it_is_said():
    axis = tuple(float(k) for k in range(2000))
    measured = tuple(5.0 if k == 777 else 1.0 for k in range(2000))
    curve = Curve(
        label="a",
        axis_label="x",
        value_label="y",
        axis=axis,
        theory=(1.0,) * 2000,
        measured=measured,
        error=(0.1,) * 2000,
    )
    plane = Plane(title="map", x_label="x", y_label="y", paths=(Path(label="a", measured=(axis, axis)),))
    evidence = Evidence(check="c", kind="simulation", verdict=Holds.HOLDS, points=1, curves=(curve,), planes=(plane,))
    drawn, picture = plots(evidence, "p")
    assert (
        "one of 9 is drawn, and the worst" in drawn.caption
        and "largest difference between them is 4" in drawn.description
    )
    assert "one of 5 is drawn" in picture.caption
    for plot in (drawn, picture):
        assert plot.svg.count("<use") <= MOST + 40 and len(plot.svg) < 60_000
    few = replace(curve, axis=axis[:9], theory=(1.0,) * 9, measured=(1.0,) * 9, error=(0.1,) * 9)
    assert "drawn" not in plots(replace(evidence, curves=(few,), planes=()), "p")[0].caption


def test_a_coarse_resolution_says_why(tmp_path, capsys):
    """In report.json, on the page, and in the terminal."""
    claim, reason = CLAIMS[0], "Each replica is a training."
    outcome = OUTCOMES[claim.id]
    outcome = replace(outcome, evidence=tuple(replace(e, coarse=reason) for e in outcome.evidence))
    document = build([claim], {claim.id: outcome}, RUN)
    assert {e["coarse"] for e in document["claims"][0]["evidence"]} == {reason}
    terminal.outcome(claim, outcome)
    assert f"Coarser than the suite aims at: {reason}" in " ".join(capsys.readouterr().out.split())
    write_report([claim], {claim.id: outcome}, RUN, tmp_path)
    page = next(tmp_path.glob(f"claims/{claim.id}.html")).read_text(encoding="utf-8")
    assert f"Coarser than the suite aims at: {reason}" in page
