"""The pages in headless Chromium: nothing is requested, nothing overflows, links land where they lead."""

from __future__ import annotations

import csv
import importlib.util
import re
import shutil
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from tests.report_samples import CLAIMS, OUTCOMES, RUN
from verify.catalogue import select
from verify.report import PAGE, write_report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="playwright is not installed"),
    pytest.mark.skipif(
        importlib.util.find_spec("axe_playwright_python") is None, reason="axe-playwright-python is not installed"
    ),
]
SIZES = [(360, 740), (1280, 900)]
THEMES = ["light", "dark"]
MOTIONS = ["no-preference", "reduce"]
FIRST, LAST = CLAIMS[0].id, CLAIMS[-1].id
# Pages of the suite that are looked at: many plots and a printed form, long formulas, an observation.
LOOKED_AT = (
    "manifold_geometry.grassmannian_growth",
    "signal_propagation.kernel_recursion",
    "deep_linear.orthogonal_initialization",
)
INDEX_LIMIT, CLAIM_LIMIT = 1_000_000, 360_000  # bytes; a claim brings the data of its plots, up to 90,000


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Formulas and plots that the reports of the samples share."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def samples(tmp_path_factory, cache):
    out = tmp_path_factory.mktemp("samples")
    write_report(CLAIMS, OUTCOMES, RUN, out, cache=cache, aliases={"deep_linear.old_name": FIRST})
    return out


@pytest.fixture(scope="module")
def single(tmp_path_factory, cache):
    """The samples in one document."""
    out = tmp_path_factory.mktemp("single")
    write_report(CLAIMS, OUTCOMES, RUN, out, cache=cache, single_file=True)
    return out


@pytest.fixture(scope="module")
def long_page(tmp_path_factory, cache):
    """Many claims in one document, without plots: most of it is not drawn before it is scrolled to."""
    claims, outcomes = [], {}
    for number in range(12):
        for claim in CLAIMS[:4]:
            module = f"derivations.{claim.id.replace('.', f'_{number}.')}"
            copied = replace(claim, statement=replace(claim.statement, module=module))
            claims.append(copied)
            found = OUTCOMES[claim.id]
            plain = tuple(replace(evidence, curves=()) for evidence in found.evidence)
            outcomes[copied.id] = replace(found, id=copied.id, evidence=plain)
    out = tmp_path_factory.mktemp("long")
    write_report(claims, outcomes, RUN, out, cache=cache, single_file=True)
    return out


@pytest.fixture(scope="module")
def suite(tmp_path_factory, pytestconfig, suite_run):
    """The pages of the suite itself. Formulas and plots are kept from one run of the tests to the next."""
    out, run = tmp_path_factory.mktemp("suite"), suite_run.run | {"jobs": 1}  # workers would cost more than they save
    write_report(select([]), suite_run.outcomes, run, out, cache=pytestconfig.cache.mkdir("report"))
    return out


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def sheet(browser):
    """The page that most tests share: to start one costs more than to load a report."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    yield context.new_page()
    context.close()


@pytest.fixture
def visit(browser, sheet, samples):
    """Opens a page at a width in a theme; at the end no error was logged and nothing but files was requested."""
    contexts, requests, problems = [], [], []
    listeners = {
        "request": lambda request: requests.append(request.url),
        "pageerror": lambda problem: problems.append(str(problem)),
        "console": lambda message: problems.append(message.text),
    }

    def listen(page):
        for event, heard in listeners.items():
            page.on(event, heard)

    def open_page(
        name=PAGE, width=1280, height=900, theme="light", motion="no-preference", where="", folder=samples, other=False
    ):
        page = sheet
        if other:
            contexts.append(browser.new_context())
            page = contexts[-1].new_page()
            listen(page)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=theme, reduced_motion=motion, media="screen")
        page.goto("about:blank")  # an address that differs in its anchor only would not be loaded anew
        page.goto((folder / name).as_uri() + where)
        return page

    listen(sheet)
    yield open_page
    sheet.evaluate("localStorage.clear()")
    for event, heard in listeners.items():
        sheet.remove_listener(event, heard)
    for context in contexts:
        context.close()
    assert [url for url in requests if not url.startswith(("file:", "data:", "about:"))] == []
    assert problems == []


def claim_page(name):
    return f"claims/{name}.html"


UNFOLD = "document.querySelectorAll('details').forEach(part => { part.open = true })"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def unfold(page):
    page.evaluate(UNFOLD)


def visible(page):
    return page.eval_on_selector_all("[data-claim]", "rows => rows.filter(r => !r.hidden).map(r => r.dataset.claim)")


def overflow(page):
    return page.evaluate(OVERFLOW)


ALIKE = "tbody tr:nth-child(n+7), tbody:nth-of-type(n+5), .steps li:nth-child(n+4), .nodes li:nth-child(n+4)"
STRIP = f"""// what no screen reader sees, the inside of formulas and rows that are alike cost axe most of its time
    document.querySelectorAll('svg[aria-hidden], math').forEach(part => part.replaceChildren())
    document.querySelectorAll({ALIKE!r}).forEach(part => part.remove())"""


def violations(page):
    """What axe finds."""
    from axe_playwright_python.sync_playwright import Axe

    page.evaluate(STRIP)
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    assert len(found.response["passes"]) > 15
    return found.generate_report() if found.violations_count else ""


# ------------------------------------------------------------------------------------------------ all pages


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_looks(visit, suite, tmp_path, width, height, theme):
    for name in (PAGE, *map(claim_page, LOOKED_AT)):
        page = visit(name, width, height, theme, folder=suite)
        assert overflow(page) == 0, name
        shot = page.screenshot(path=tmp_path / f"{width}-{theme}-{name.replace('/', '-')}.png")
        assert len(shot) > 15_000, name
        unfold(page)
        assert overflow(page) == 0, name
        assert width == 360 or violations(page) == "", name


def test_every_page_is_accessible_and_no_wider_than_a_small_screen(visit, suite):
    """One page holds axe, and the others are written into it: a process for each, and axe anew, took half of the time.

    Its rule of contrast looks at each letter; the pages that are looked at, in both themes, show all styles.
    """
    page = visit(width=360, height=740, folder=suite)
    assert violations(page) == ""
    check = f"""async html => {{
        document.open(); document.write(html); document.close()
        {UNFOLD}
        const overflow = {OVERFLOW}
        {STRIP}
        await new Promise(drawn => requestAnimationFrame(() => setTimeout(drawn)))
        const options = {{ resultTypes: ["violations"], rules: {{ "color-contrast": {{ enabled: false }} }} }}
        const found = await axe.run(document, options)
        return [overflow, found.passes.length, found.violations.map(v => `${{v.id}}: ${{v.nodes[0].html}}`)]
    }}"""
    for path in sorted(suite.rglob("*.html")):
        wide, passes, found = page.evaluate(check, path.read_text(encoding="utf-8"))
        assert wide == 0 and passes > 15 and found == [], path.name


def test_pages_are_small(suite):
    assert (suite / PAGE).stat().st_size < INDEX_LIMIT
    sizes = {path.name: path.stat().st_size for path in suite.glob("claims/*.html")}
    assert len(sizes) == len(select([]))
    assert {name: size for name, size in sizes.items() if size >= CLAIM_LIMIT} == {}


def test_no_formula_of_the_suite_stands_as_source(suite):
    assert [path.name for path in suite.rglob("*.html") if 'class="source"' in path.read_text(encoding="utf-8")] == []


def test_samples_are_accessible(visit, samples, single):
    """Everything that a page can show, also where claims failed; all of them stand in the single document."""
    for folder, theme in ((samples, "light"), (single, "dark")):
        page = visit(folder=folder, theme=theme)
        unfold(page)
        assert violations(page) == "", folder


def test_what_the_accessibility_check_would_find(visit):
    """The check can fail: a button without a name is found."""
    page = visit()
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert "button-name" in violations(page)


# ------------------------------------------------------------------------------------------------ links


def lands(page, target, at_most=130):
    """Whether the target's beginning comes to stand below the upper edge, and stays there."""
    page.wait_for_timeout(250)
    place = f"document.getElementById({target!r}).getBoundingClientRect().top"
    first = page.evaluate(place)
    page.wait_for_timeout(100)
    at_the_end = page.evaluate("innerHeight + scrollY >= document.documentElement.scrollHeight - 2")
    top = page.evaluate(place)
    assert top == first and top >= 0 and (top <= at_most or at_the_end), (target, first, top)
    return True


@pytest.mark.parametrize(
    ("width", "height", "motion"), [*((*size, MOTIONS[0]) for size in SIZES), (*SIZES[0], MOTIONS[1])]
)
def test_links_land_in_the_single_document(visit, long_page, width, height, motion):
    far = "deep_linear_9.mode_logistic"
    page = visit(width=width, height=height, motion=motion, folder=long_page, where=f"#{far}")
    assert lands(page, far)
    page.locator("[data-claim='signal_propagation_5.wide_kernel'] a").click()
    assert lands(page, "signal_propagation_5.wide_kernel")
    assert page.evaluate("document.activeElement.id") == "signal_propagation_5.wide_kernel"
    page.evaluate("scrollTo(0, 0)")
    page.locator("[data-claim='signal_propagation_5.wide_kernel'] a").click()  # the address is the same
    assert lands(page, "signal_propagation_5.wide_kernel")
    page.evaluate(f"location.hash = '{far}:step-2'")
    assert lands(page, f"{far}:step-2") and page.locator(f"[id='{far}:derivation']").evaluate("part => part.open")


@pytest.mark.parametrize("motion", MOTIONS)
def test_links_land_on_pages(visit, motion):
    page = visit(motion=motion, where="#chapter-sgd_noise")
    assert lands(page, "chapter-sgd_noise")
    page.locator(f"[data-claim='{FIRST}'] a").first.click()
    page.wait_for_url("**/claims/deep_linear.mode_logistic.html")
    for part in ("step-3", "plot-trained-matrices", "check-half-time-of-the-paper", "audit", "erratum-E17"):
        page.goto(page.url.partition("#")[0] + f"#{part}")
        assert lands(page, part)
    page.goto(page.url.partition("#")[0] + "#latex")
    assert page.locator("#latex code").is_visible(), "what hides a target is opened"
    page.get_by_role("link", name=re.compile("^Next")).click()
    page.wait_for_url("**/claims/deep_linear.hostile.html")
    page.get_by_role("link", name="Index All claims").click()
    page.wait_for_url("**/index.html#deep_linear.hostile")
    assert lands(page, "deep_linear.hostile")


def test_an_old_address_leads_to_the_claim(visit, browser, samples):
    page = visit(claim_page("deep_linear.old_name"), where="#step-3")
    page.wait_for_url(f"**/{FIRST}.html#step-3")
    assert lands(page, "step-3")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((samples / claim_page("deep_linear.old_name")).as_uri())
    page.wait_for_url(f"**/{FIRST}.html")
    context.close()


# ------------------------------------------------------------------------------------------------ what one does


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_wide_formula_scrolls_in_its_own_box(visit, width, height):
    page = visit(claim_page("signal_propagation.wide_kernel"), width, height)
    box = page.locator(".card > .formula").first
    wide = box.evaluate("box => box.scrollWidth > box.clientWidth")
    assert wide == (width == 360) and overflow(page) == 0
    page.wait_for_timeout(100)
    assert box.get_attribute("tabindex") == ("0" if wide else None)
    if wide:
        box.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(300)
        assert box.evaluate("box => box.scrollLeft") > 0


def test_search_and_filters_by_keyboard(visit):
    page = visit()
    status, ids = page.locator("#shown"), [claim.id for claim in CLAIMS]
    assert visible(page) == ids and status.inner_text() == "6 claims" and status.get_attribute("aria-live") == "polite"
    page.keyboard.press("/")
    page.keyboard.type("LOGISTIC e5")
    assert visible(page) == [FIRST] and status.inner_text() == "1 of 6 claims"
    page.keyboard.press("Escape")
    assert visible(page) == ids
    page.keyboard.press("Tab")
    page.keyboard.type("Sig")
    assert visible(page) == ids[2:4] and page.locator("#chapter-deep_linear").is_hidden()
    page.keyboard.press("Tab")
    page.keyboard.type("und")
    assert visible(page) == ["signal_propagation.open_question"]
    page.locator("#search").fill("nothing like this")
    assert visible(page) == [] and page.locator("#nothing").is_visible() and status.inner_text() == "0 of 6 claims"
    page.get_by_role("button", name="Show all").click()
    assert visible(page) == ids and page.evaluate("location.hash") == ""


def test_search_finds_symbols_authors_words_and_verdicts(visit):
    page, found = visit(), {}
    for text in ("Saxe", "sigma_w", "σ_w", "refuted", "singular value correlation", "deep_linear.hostile", "whitened"):
        page.locator("#search").fill(text)
        found[text] = len(visible(page))
    assert list(found.values()) == [1, 2, 2, 1, 2, 1, 5], found


def test_filters_are_kept_in_the_address(visit, samples):
    page = visit()
    page.locator("#search").fill("sigma_w")
    page.select_option("#verdict", "undecided")
    address = page.url
    assert "q=sigma_w" in address and "verdict=undecided" in address
    shown = visible(page)
    other = visit(where="#" + address.partition("#")[2], other=True)
    assert visible(other) == shown == ["signal_propagation.open_question"]
    assert other.locator("#search").input_value() == "sigma_w"
    page.locator("[data-claim]:visible a").first.click()
    page.wait_for_url("**/claims/*.html")
    page.go_back()
    assert page.url == address and visible(page) == shown, "the way back leads to the same claims"
    strange = visit(where="#chapter=nosuch&q=%E0%A4%A")
    assert strange.locator("#chapter").input_value() == ""


def test_a_link_shows_a_claim_that_was_filtered_out(visit):
    page = visit()
    page.select_option("#verdict", "verified")
    assert "deep_linear.hostile" not in visible(page)
    page.evaluate("location.hash = 'deep_linear.hostile'")
    page.wait_for_function("document.activeElement.id === 'deep_linear.hostile'")
    assert "deep_linear.hostile" in visible(page)


def test_folding(visit, single):
    page = visit(folder=single)
    derivation = page.locator(".card details").first
    step = derivation.locator(".steps li").first
    assert step.is_hidden()
    derivation.locator("summary").focus()
    page.keyboard.press("Enter")
    assert step.is_visible() and "The mode obeys a closed equation." in step.inner_text()
    page.get_by_role("button", name="Unfold all").click()
    assert page.locator(".card details:not(.latex):not([open])").count() == 0
    page.get_by_role("button", name="Fold all").click()
    assert page.locator(".card details[open]").count() == 0


def test_copying_the_latex(visit):
    page = visit(claim_page(FIRST))
    part = page.locator(".latex").first
    part.locator("summary").click()
    part.get_by_role("button").click()
    page.wait_for_timeout(100)
    assert part.get_by_role("button").inner_text() == "Copied"
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == part.locator("code").inner_text() and r"\frac" in copied


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("alone", [False, True], ids=["page", "single"])
def test_a_plot_and_its_data_can_be_saved(visit, single, theme, alone, tmp_path):
    page = visit(folder=single, theme=theme) if alone else visit(claim_page(FIRST), theme=theme)
    figure = page.locator("figure").first
    for role, name, suffix in (("link", "Data", "csv"), ("button", "Figure", "svg")):
        with page.expect_download() as waiting:
            figure.get_by_role(role, name=name).click()
        assert waiting.value.suggested_filename.startswith(f"{FIRST}-") and waiting.value.suggested_filename.endswith(
            suffix
        )
        waiting.value.save_as(tmp_path / suffix)
    rows = list(csv.reader((tmp_path / "csv").read_text(encoding="utf-8").splitlines()))
    assert rows[0][0] == "series" and rows[0][2:] == ["theory", "measured", "error"] and float(rows[1][3])
    drawn = ET.fromstring((tmp_path / "svg").read_text(encoding="utf-8"))
    text = ET.tostring(drawn, encoding="unicode")
    assert drawn.tag == "{http://www.w3.org/2000/svg}svg" and "var(--" not in text and "light-dark" not in text
    assert "#1b1d20" in text and rows[1][0] in "".join(drawn.itertext()), "the colours of paper, and the legend"


@pytest.mark.parametrize("theme", THEMES)
def test_the_theme_can_be_changed_by_hand(visit, theme):
    page = visit(theme=theme)
    paper = "getComputedStyle(document.body).backgroundColor"
    other = {"light": "dark", "dark": "light"}[theme]
    before = page.evaluate(paper)
    page.get_by_role("button", name=f"Use the {other} theme").click()
    assert page.evaluate(paper) != before
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == other
    page.goto(page.url.replace(PAGE, claim_page(FIRST)))
    assert page.evaluate(paper) != before and page.get_by_role("button", name=f"Use the {theme} theme").is_visible()


def test_it_says_the_same_to_a_screen_reader(visit):
    page = visit()
    snapshot = page.locator("body").aria_snapshot()
    for expected in (
        "3 of 6 claims verified.",
        "heading",
        "Logistic learning curve of a mode",
        "Not verified",
        "Glossary",
    ):
        assert expected in snapshot
    assert re.search(r'row "Logistic learning curve of a mode verified holds, 2', snapshot)
    snapshot = visit(claim_page(FIRST)).locator("body").aria_snapshot()
    for expected in ("math", "Used by", "Theory and measurement: mode strength", "Link to step 3", "contentinfo"):
        assert expected in snapshot


def test_without_scripts_everything_is_there(browser, samples):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((samples / PAGE).as_uri())
    assert page.locator("[data-claim]").count() == len(CLAIMS) and page.locator("#tools").is_hidden()
    page.locator(f"[data-claim='{FIRST}'] a").first.click()
    assert page.locator(".steps li").first.is_visible() and page.locator("figure").count() == 1
    page.locator("summary", has_text="Audit").click()
    assert page.locator(".nodes li").first.is_visible()
    context.close()


def test_on_paper(visit, tmp_path):
    page = visit(claim_page(FIRST), theme="dark")
    page.pdf(path=tmp_path / "page.pdf", format="A4")
    assert (tmp_path / "page.pdf").stat().st_size > 20_000
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator(".neighbours").is_hidden()
