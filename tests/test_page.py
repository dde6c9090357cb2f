"""The page in headless Chromium: nothing is requested, nothing overflows, everything can be reached."""

from __future__ import annotations

import importlib.util
import re
import shutil

import pytest

from tests.report_samples import CLAIMS, OUTCOMES, RUN
from verify.catalogue import select
from verify.report import PAGE, write_report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip
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


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    out = tmp_path_factory.mktemp("page")
    write_report(CLAIMS, OUTCOMES, RUN, out)
    return (out / PAGE).as_uri()


@pytest.fixture(scope="module")
def real_address(tmp_path_factory, suite_run):
    """The page of the suite itself."""
    out = tmp_path_factory.mktemp("real")
    write_report(select([]), suite_run.outcomes, suite_run.run, out)
    return (out / PAGE).as_uri()


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def visit(browser, address):
    """Opens the page at a width in a theme; at the end no error was logged and nothing but the file was requested."""
    contexts, requests, problems = [], [], []

    def open_page(width=1280, height=900, theme="light", where="", address=address):
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("pageerror", lambda problem: problems.append(str(problem)))
        page.on("console", lambda message: problems.append(message.text))
        page.goto(address + where)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert problems == []


def unfold(page):
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")


def visible(page):
    return page.eval_on_selector_all(".card", "cards => cards.filter(card => !card.hidden).map(card => card.id)")


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize("which", ["address", "real_address"], ids=["samples", "suite"])
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_accessible_and_no_wider_than_the_screen(visit, request, tmp_path, width, height, theme, which):
    from axe_playwright_python.sync_playwright import Axe

    page = visit(width, height, theme, address=request.getfixturevalue(which))
    assert overflow(page) == 0
    unfold(page)
    page.add_style_tag(content=".card { content-visibility: visible !important }")
    page.wait_for_timeout(200)
    assert overflow(page) == 0
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert len(found.response["passes"]) > 20
    shot = page.screenshot(path=tmp_path / f"{width}-{theme}.png", full_page=True)
    assert len(shot) > 50_000


def test_what_the_accessibility_check_would_find(visit):
    """The check can fail: a button without a name is found."""
    from axe_playwright_python.sync_playwright import Axe

    page = visit()
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert Axe().run(page).violations_count > 0


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_wide_formula_scrolls_in_its_own_box(visit, width, height):
    page = visit(width, height, where="#signal_propagation.wide_kernel")
    box = page.locator("[id='signal_propagation.wide_kernel'] .formula").first
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
    assert visible(page) == ["deep_linear.mode_logistic"] and status.inner_text() == "1 of 6 claims"
    assert page.locator("[data-claim]:visible").count() == 1
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


def test_a_link_shows_a_claim_that_was_filtered_out(visit):
    page = visit()
    page.select_option("#verdict", "verified")
    assert "deep_linear.hostile" not in visible(page)
    page.locator(".plain a").first.click()
    assert "deep_linear.hostile" in visible(page)
    assert page.evaluate("document.activeElement.id") == "deep_linear.hostile"


def test_folding(visit):
    page = visit()
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


def test_copying_the_latex(visit, tmp_path):
    page = visit()
    part = page.locator(".latex").first
    part.locator("summary").click()
    part.get_by_role("button").click()
    page.wait_for_timeout(100)
    assert part.get_by_role("button").inner_text() == "Copied"
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == part.locator("code").inner_text() and r"\frac" in copied


@pytest.mark.parametrize("theme", THEMES)
def test_the_theme_can_be_changed_by_hand(visit, theme):
    page = visit(theme=theme)
    paper = "getComputedStyle(document.body).backgroundColor"
    other = {"light": "dark", "dark": "light"}[theme]
    before = page.evaluate(paper)
    page.get_by_role("button", name=f"Use the {other} theme").click()
    assert page.evaluate(paper) != before
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == other
    page.reload()
    assert page.evaluate(paper) != before and page.get_by_role("button", name=f"Use the {theme} theme").is_visible()


def test_it_says_the_same_to_a_screen_reader(visit):
    page = visit()
    snapshot = page.locator("body").aria_snapshot()
    for expected in ("3 of 6 claims verified.", "heading", "Logistic learning curve of a mode", "Not verified", "math"):
        assert expected in snapshot
    assert re.search(r'row "Logistic learning curve of a mode verified holds, 2', snapshot)


def test_without_scripts_everything_is_there(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert page.locator(".card").count() == len(CLAIMS) and page.locator("#tools").is_hidden()
    page.locator("summary").first.click()
    assert page.locator(".steps li").first.is_visible()
    context.close()


def test_on_paper(visit, tmp_path):
    page = visit(theme="dark")
    page.pdf(path=tmp_path / "page.pdf", format="A4")
    assert (tmp_path / "page.pdf").stat().st_size > 20_000
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("#tools").is_hidden()
