"""The page for everyone: assistive technology, languages, colours, small screens, bad networks, strict policies."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.resources import files
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from tests.conftest import ROOT

from .conftest import OpenPage
from .hand import FOUR, SEVEN, draw_picture, draw_with_mouse
from .test_draw import READ, expect_answer, reading
from .test_pictures import NO_PICTURE
from .test_understand import read_models

AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
FIRST_LOAD = 60_000  # bytes, heads included
SMALL_PHONE = {"width": 320, "height": 568}
TARGET = 44  # pixels


def stay_empty(page: Page) -> None:
    expect_answer(page, "", "empty")


def show_answer(page: Page) -> None:
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "7")


def show_uncertain_number(page: Page) -> None:
    page.route(READ, lambda route: route.fulfill(json=reading("42", certain=False)))
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "42", "uncertain")


def show_problem(page: Page) -> None:
    page.set_input_files("#upload", [NO_PICTURE])
    expect_answer(page, "", "problem")


def show_panels(page: Page) -> None:
    show_answer(page)
    for name in ("sight", "compare", "code"):
        page.click(f"#{name} summary")
    expect(page.locator("#sight .pixels")).to_be_visible()
    expect(page.locator("#compare .answer").last).to_have_attribute("data-state", "answered")


def show_replay(page: Page) -> None:
    draw_with_mouse(page, FOUR)
    expect_answer(page, "4")
    page.click("#replay")
    expect(page.locator("#story li")).to_have_count(2)


STATES = (stay_empty, show_answer, show_uncertain_number, show_problem, show_panels, show_replay)


def check_access(page: Page) -> None:
    """Let axe look at the page as it is."""
    if not page.evaluate("() => 'axe' in globalThis"):
        page.evaluate(AXE)
    violations = page.evaluate("() => axe.run().then(({ violations }) => violations)")
    found = [(each["id"], [node["html"] for node in each["nodes"]]) for each in violations]
    assert found == []


def check_both_themes(page: Page) -> None:
    """Let axe look at the page as it is, light and dark; the page follows at once."""
    grounds = set()
    for theme in THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        grounds.add(page.evaluate("() => getComputedStyle(document.body).backgroundColor"))
        check_access(page)
    assert len(grounds) == 2, "the page has followed"


@pytest.mark.parametrize("show", STATES)
def test_axe_finds_nothing_on_the_drawing_page(open_page: OpenPage, show: Callable[[Page], None]) -> None:
    page = open_page(reduced_motion="reduce")
    show(page)
    check_both_themes(page)


@pytest.mark.parametrize("path", ("/models", "/models/{name}", "/docs", "/models/nope"))
def test_axe_finds_nothing_on_the_other_pages(open_page: OpenPage, server: str, path: str) -> None:
    page = open_page(path.format(name=read_models(server)[0]))
    for details in page.locator("details").all():
        details.evaluate("details => { details.open = true; }")
    check_both_themes(page)


def test_everything_can_be_reached_by_tab(page: Page) -> None:
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("() => document.activeElement.id || document.activeElement.parentElement.id"))
    assert {"drawing", "undo", "replay", "eraser", "width", "clear", "upload", "samples", "sight", "code"} <= reached


@pytest.mark.parametrize("path", ("/", "/models", "/models/{name}", "/docs"))
def test_a_small_phone_needs_no_horizontal_bar(open_page: OpenPage, server: str, path: str) -> None:
    page = open_page(path.format(name=read_models(server)[0]), viewport=SMALL_PHONE, has_touch=True, is_mobile=True)
    if path == "/":
        show_panels(page)
        page.set_input_files(
            "#upload", [draw_picture(SEVEN, "a name that is much too long for a phone.png"), NO_PICTURE]
        )
        expect(page.locator("#rows tr[data-state=reading]")).to_have_count(0)
    for details in page.locator("details").all():
        details.evaluate("details => { details.open = true; }")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= SMALL_PHONE["width"]


def test_every_control_is_large_enough_for_a_finger(open_page: OpenPage) -> None:
    page = open_page(viewport=SMALL_PHONE, has_touch=True)
    show_panels(page)
    controls = page.locator("button:visible, label.button:visible, select:visible, summary:visible, header a:visible")
    sizes = {control.inner_text() or control.get_attribute("id"): control.bounding_box() for control in controls.all()}
    assert len(sizes) > 15
    small = {name: box for name, box in sizes.items() if box and min(box["width"], box["height"]) < TARGET - 0.5}
    assert small == {}


def test_a_browser_from_before_2024_has_colours_and_bars(open_page: OpenPage) -> None:
    page = open_page("about:blank", color_scheme="dark")

    def forget_what_is_new(route: Route) -> None:
        style = route.fetch().text().replace("light-dark(", "no-such-function(").replace("subgrid", "no-such-grid")
        route.fulfill(body=style, content_type="text/css")

    page.route("**/style.css", forget_what_is_new)
    page.goto("/")
    show_answer(page)
    ground = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(245, 244, 240)"
    bar = page.locator("#answer [data-best] .bar").bounding_box()
    number = page.locator("#answer [data-best] .number").bounding_box()
    assert bar
    assert number
    assert bar["width"] > 100
    assert abs(bar["y"] + bar["height"] / 2 - number["y"] - number["height"] / 2) < 4, "in one row"
    expect(page.locator("#theme")).to_be_hidden()


def test_a_stroke_that_is_drawn_can_be_seen_whole_on_a_laptop(open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 1280, "height": 720})
    box = page.locator("#drawing").bounding_box()
    assert box
    assert box["y"] + box["height"] < 720


def test_the_page_about_the_api_is_in_chinese_too_and_as_wide_as_the_others(open_page: OpenPage) -> None:
    page = open_page("/docs", locale="zh-CN", viewport={"width": 1280, "height": 900})
    assert page.locator("main").evaluate("main => main.innerText.match(/[\\u4e00-\\u9fff]/g).length") > 200
    box, last = page.locator("main").bounding_box(), page.locator(".operation").last.bounding_box()
    assert box
    assert last
    assert last["x"] + last["width"] > box["x"] + box["width"] - 40, "nothing is left empty at the right"


def test_a_chinese_browser_gets_chinese_and_may_switch(open_page: OpenPage) -> None:
    page = open_page(locale="zh-CN")
    expect(page.locator("html")).to_have_attribute("lang", "zh")
    expect(page.get_by_role("heading", level=1)).to_have_text("写一个数字")
    draw_with_mouse(page, SEVEN)
    expect(page.locator("#answer .sentence")).to_contain_text("这是 7")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Write a digit")
    expect_answer(page, "7")
    page.goto("/models")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_what_the_network_sees_is_described_in_chinese(open_page: OpenPage) -> None:
    page = open_page(locale="zh-CN")
    show_panels(page)
    decisions = page.locator("#sight .steps span")
    expect(decisions.first).to_contain_text("像素")
    for decision in decisions.all():
        expect(decision).to_have_attribute("lang", "zh")


def test_problems_are_described_in_chinese(open_page: OpenPage) -> None:
    page = open_page(locale="zh-CN")
    page.set_input_files("#upload", NO_PICTURE)
    expect(page.locator("#answer .sentence")).to_contain_text("这不是能读的图片")


@pytest.mark.parametrize(("preferred", "switched"), (("light", "dark"), ("dark", "light")))
def test_the_colours_follow_the_system_until_they_are_switched(
    open_page: OpenPage, preferred: str, switched: str
) -> None:
    page = open_page(color_scheme=preferred)
    background = "() => getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(background)
    page.click("#theme")
    expect(page.locator("html")).to_have_attribute("data-theme", switched)
    after = page.evaluate(background)
    assert before != after
    page.goto("/models")
    assert page.evaluate(background) == after


def test_nothing_inline_runs(browser: Browser, server: str) -> None:
    page = browser.new_page()
    page.goto(server)
    refused = page.evaluate(
        """() => new Promise((resolve) => {
            addEventListener('securitypolicyviolation', ({ effectiveDirective }) => resolve(effectiveDirective));
            const script = document.createElement('script');
            script.textContent = 'window.ran = true';
            document.body.append(script);
            if (window.ran) resolve('it ran');
        })"""
    )
    assert refused == "script-src-elem"
    page.close()


def test_the_policy_forbids_what_is_not_ours(page: Page, server: str) -> None:
    response = page.goto("/")
    assert response
    policy = response.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("locale", ("en", "zh"))
def test_the_first_load_is_small(open_page: OpenPage, locale: str) -> None:
    page = open_page("about:blank", locale=locale)
    finished: list[Request] = []
    page.on("requestfinished", lambda request: finished.append(request))  # noqa: PLW0108
    page.goto("/", wait_until="networkidle")
    sizes = [request.sizes() for request in finished]
    assert sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes) < FIRST_LOAD


def read_parts() -> dict[str, str]:
    """Read which parts of the page its scripts expect, selector to type."""
    declared = (ROOT / "static" / "types.d.ts").read_text("utf-8")
    return dict(re.findall(r"^  '(.+)': (HTML\w*Element);$", declared, re.MULTILINE))


def test_an_operation_can_be_tried_on_the_page(open_page: OpenPage) -> None:
    page = open_page("/docs")
    page.click("#predict summary")
    page.click("#predict form button")
    expect(page.locator("#predict output")).to_contain_text('"digit": 7')
    page.set_input_files("#predict form input", draw_picture(FOUR))
    page.click("#predict form button")
    expect(page.locator("#predict output")).to_contain_text('"digit": 4')
