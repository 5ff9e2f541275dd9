"""See inside: the layers of a network while one writes, how a number came about, and the lesson."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from .conftest import OpenPage, wait_until
from .hand import FOUR, ONE, SEVEN, begin_stroke, draw_with_finger, draw_with_mouse
from .test_draw import expect_answer
from .test_everyone import SMALL_PHONE, TARGET, check_both_themes
from .test_understand import read_models

NETWORK = "/static/inside/network.js"
MINUS = "\N{MINUS SIGN}"
TOLERANCE = 1e-3  # probability: large kernels are sent with 16 bits
STEPS = 6  # of the lesson
LENET_MAPS = 6  # of its first layer


def open_inside(page: Page) -> Locator:
    """Open the inside, and wait until a digit has gone through."""
    page.click("#inside > summary")
    inside = page.locator("#inside .inside")
    expect(inside).to_have_attribute("data-probabilities", re.compile(r"\d"))
    return inside


def read_inside(page: Page) -> list[float]:
    return [float(share) for share in (page.get_attribute("#inside .inside", "data-probabilities") or "").split()]


def open_map(page: Page, layer: int, place: int) -> Locator:
    """Enlarge a map of a layer, counted from 1, and return its bench."""
    section = page.locator("#inside .layer").nth(layer)
    section.locator(".map").nth(place).click()
    expect(section.locator(".bench")).to_be_visible()
    return section.locator(".bench")


def read_numbers(table: Locator) -> list[float]:
    """Read the numbers of a table; a pixel outside of the map counts as nothing."""
    cells = table.locator("td").all_inner_texts()
    return [0.0 if "outside" in cell else float(cell.replace(MINUS, "-")) for cell in cells]


def read_terms(bench: Locator) -> list[float]:
    """Read the numbers of the formula, without its signs in between."""
    terms = bench.locator(".term b").all_inner_texts()
    return [float(re.sub(r"[+\s]", "", term).replace(MINUS, "-")) for term in terms]


def test_nothing_of_it_is_loaded_before_it_is_opened(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "7")
    assert not [url for url in asked if "/inside/" in url or url.endswith("/layers")]
    open_inside(page)
    assert [url for url in asked if url.endswith("/inside/inside.js")]
    assert [url for url in asked if url.endswith("/models/lenet5/layers")]


def test_every_layer_of_lenet_is_shown(page: Page) -> None:
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "7")
    open_inside(page)
    sections = page.locator("#inside .layer")
    expect(sections).to_have_count(8)
    assert [len(section.locator(".map").all()) for section in sections.all()] == [0, 6, 6, 16, 16, 0, 0, 0]
    expect(sections.nth(7).locator(".one")).to_have_count(10)
    expect(sections.nth(7).locator("[data-best] .label")).to_have_text("7")


def test_tab_stops_once_at_a_layer_and_arrow_keys_go_from_map_to_map(page: Page) -> None:
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "7")
    open_inside(page)
    first, second = (page.locator("#inside .layer").nth(layer) for layer in (1, 2))
    expect(first.get_by_role("toolbar")).to_have_accessible_name("1 · Kernels c1")
    first.locator(".map").first.focus()
    for key, place in (
        ("ArrowRight", 1),
        ("ArrowDown", 2),
        ("ArrowLeft", 1),
        ("End", 5),
        ("ArrowRight", 5),
        ("Home", 0),
    ):
        page.keyboard.press(key)
        expect(first.locator(".map").nth(place)).to_be_focused()
    page.keyboard.press("Tab")
    expect(second.locator(".map").first).to_be_focused()


def test_it_changes_while_a_stroke_is_under_way(page: Page) -> None:
    draw_with_mouse(page, FOUR[:1])
    expect(page.locator("#answer")).to_have_attribute("data-state", re.compile("answered|uncertain"))
    open_inside(page)
    page.evaluate("() => scrollTo(0, 0)")
    before = read_inside(page)
    begin_stroke(page, FOUR[1])
    expect(page.locator("#inside .inside")).not_to_have_attribute("data-probabilities", " ".join(map(str, before)))
    page.wait_for_function(
        "(before) => document.querySelector('#inside .inside').dataset.probabilities !== before",
        arg=page.get_attribute("#inside .inside", "data-probabilities") if read_inside(page) == before else "",
    )
    assert read_inside(page) != before
    page.mouse.up()


def test_one_writes_on_the_sheet_beside_the_layers(page: Page) -> None:
    page.click("#inside > summary")
    pad = page.locator("#inside .pad canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box
    at = [(box["x"] + x / 400 * box["width"], box["y"] + y / 300 * box["height"]) for x, y in SEVEN[0]]
    page.mouse.move(*at[0])
    page.mouse.down()
    for point in at[1:]:
        page.mouse.move(*point, steps=8)
    page.mouse.up()
    expect_answer(page, "7")
    expect(page.locator("#inside .reads b")).to_have_text("7")
    expect(page.locator("#undo")).to_have_attribute("aria-disabled", "false")
    page.click("#inside .writing button")
    expect_answer(page, "", "empty")
    expect(page.locator("#inside [data-part=note]")).to_contain_text("Write a digit")


def test_the_network_on_the_page_answers_as_the_server_does(page: Page, server: str) -> None:
    digits = []
    for text, strokes in (("7", SEVEN), ("4", FOUR), ("1", ONE)):
        page.click("#clear")
        draw_with_mouse(page, strokes)
        expect_answer(page, text)
        digits.append(page.get_attribute("#seen", "src"))
    for model in read_models(server):
        for picture in digits:
            answer = page.request.post(f"/predict?model={model}&explain=1", data={"image": picture}).json()
            mine = compute(page, model, answer["steps"][-1]["picture"])  # another data set frames in another way
            differences = [abs(one - other) for one, other in zip(mine, answer["probabilities"], strict=True)]
            assert max(differences) < TOLERANCE, model


def compute(page: Page, model: str, picture: Any) -> list[float]:
    """Let a framed digit go through a network on the page."""
    shares: list[float] = page.evaluate(
        """async ([module, model, picture]) => {
            const { loadNetwork, runNetwork } = await import(module);
            const image = new Image();
            image.src = picture;
            await image.decode();
            const canvas = new OffscreenCanvas(28, 28);
            const context = canvas.getContext('2d');
            context.drawImage(image, 0, 0);
            const { data } = context.getImageData(0, 0, 28, 28);
            const digit = Float32Array.from({ length: 784 }, (_, place) => data[4 * place] / 255);
            return [...runNetwork(await loadNetwork(model), digit).at(-1).output];
        }""",
        [NETWORK, model, picture],
    )
    return shares


def test_a_pixel_shows_the_sum_that_it_is(page: Page) -> None:
    draw_with_mouse(page, FOUR)
    expect_answer(page, "4")
    open_inside(page)
    bench = open_map(page, 1, 2)
    patch, kernel, products = (read_numbers(table) for table in bench.locator("table").all())
    assert len(patch) == len(kernel) == len(products) == 25
    for ink, weight, product in zip(patch, kernel, products, strict=True):
        assert ink * weight == pytest.approx(product, abs=0.03)
    total, bias, before, after = read_terms(bench)
    assert sum(products) == pytest.approx(total, abs=0.13)  # 25 numbers of two digits
    assert total + bias == pytest.approx(before, abs=0.02)
    assert -1 <= after <= 1
    expect(bench.locator(".pixel")).to_contain_text(bench.locator(".last b").inner_text())
    expect(page.locator("#inside .digit .patch")).to_be_visible()


def test_a_deeper_pixel_adds_up_the_maps_before_it(page: Page) -> None:
    draw_with_mouse(page, FOUR)
    expect_answer(page, "4")
    open_inside(page)
    bench = open_map(page, 3, 1)
    parts = bench.locator(".part")
    expect(parts).to_have_count(LENET_MAPS)
    added = [float(part.replace(MINUS, "-")) for part in bench.locator(".part b").all_inner_texts()]
    assert sum(added) == pytest.approx(read_terms(bench)[0], abs=0.04)
    parts.nth(3).click()
    expect(parts.nth(3)).to_have_attribute("aria-pressed", "true")
    products = read_numbers(bench.locator("table").last)
    assert sum(products) == pytest.approx(added[3], abs=0.13)


def test_pooling_keeps_one_number_of_four(page: Page) -> None:
    draw_with_mouse(page, FOUR)
    expect_answer(page, "4")
    open_inside(page)
    bench = open_map(page, 2, 0)
    pixels = read_numbers(bench.locator("table"))
    assert sum(pixels) / 4 == pytest.approx(read_terms(bench)[0], abs=0.01)


def test_a_map_is_walked_by_arrow_keys(page: Page) -> None:
    draw_with_mouse(page, FOUR)
    expect_answer(page, "4")
    open_inside(page)
    page.locator("#inside .layer").nth(1).locator(".map").first.focus()
    page.keyboard.press("Enter")
    board = page.locator("#inside .layer").nth(1).locator(".bench .board")
    board.focus()
    before = page.locator("#inside .bench .pixel:visible").inner_text()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    row, column = map(int, re.findall(r"\d+", before)[:2])
    expect(page.locator("#inside .bench .pixel:visible")).to_contain_text(f"Row {row + 1}, column {column + 1}")
    expect(board).to_have_attribute("aria-label", re.compile(f"Row {row + 1}, column {column + 1}"))


def test_other_networks_are_shown_too(page: Page, server: str) -> None:
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "7")
    open_inside(page)
    for model in reversed(read_models(server)):
        with page.expect_response(re.compile(f"/models/{model}/layers")):
            page.select_option("#inside select", model)
        expect(page.locator("#inside .inside")).to_have_attribute("data-model", model)
        expect(page.locator("#inside .reads b")).to_have_text(read_by(page, model))
        expect(page.locator("#inside .layer[data-kind=answers] .one")).to_have_count(10)


def read_by(page: Page, model: str) -> str:
    """Return the name of the class that the server reads in the page's drawing, sent as the page does."""
    picture = page.evaluate(
        """async () => {
            const { renderCanvas } = await import('/static/drawing/ink.js');
            const { fromFragment } = await import('/static/drawing/link.js');
            const { recall } = await import('/static/site/browser.js');
            return renderCanvas(fromFragment(recall('drawing')), 400).toDataURL('image/png');
        }"""
    )
    answer = page.request.post(f"/predict?model={model}", data={"image": picture}).json()
    return str(answer.get("label", answer["digit"]))


def test_the_lesson_is_walked_by_keyboard(page: Page) -> None:
    draw_with_mouse(page, FOUR)
    expect_answer(page, "4")
    open_inside(page)
    page.focus("#lesson-begin")
    page.keyboard.press("Enter")
    lesson, headings = page.locator("#inside .lesson"), []
    for step in range(1, STEPS + 1):
        expect(lesson.locator(".place")).to_have_text(f"Step {step} of {STEPS}")
        expect(lesson.locator("h3")).to_be_focused()
        expect(page.locator("#inside .layer:visible")).to_have_count(1)
        headings.append(lesson.locator("h3").inner_text())
        assert "{" not in lesson.inner_text()
        page.focus("#lesson-next")
        page.keyboard.press("Enter")
    assert len(set(headings)) == STEPS
    expect(lesson).to_be_hidden()
    expect(page.locator("#lesson-begin")).to_be_focused()


def test_the_lesson_waits_for_a_drawing_and_speaks_of_it(open_page: OpenPage) -> None:
    page = open_page(locale="zh-CN", reduced_motion="reduce")
    page.click("#inside > summary")
    page.click("#lesson-begin")
    expect(page.locator("#inside .said")).to_contain_text("请先")
    page.locator("#samples button").nth(3).click()
    expect(page.locator("#inside .said")).to_contain_text("784")
    for _ in range(4):
        page.click("#lesson-next")
    expect(page.locator("#inside .said")).to_contain_text("3")


def test_the_lesson_may_be_begun_while_the_network_is_loaded(page: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/models/*/layers", hold)
    with page.expect_request("**/models/*/layers"):
        page.click("#inside > summary")
    page.click("#lesson-begin")
    wait_until(page, lambda: len(held) > 0)
    page.wait_for_timeout(100)
    for route in held:
        route.continue_()
    expect(page.locator("#inside .said")).not_to_be_empty()


def test_axe_finds_nothing_inside(open_page: OpenPage) -> None:
    page = open_page(reduced_motion="reduce")
    draw_with_mouse(page, FOUR)
    expect_answer(page, "4")
    open_inside(page)
    open_map(page, 1, 2)
    check_both_themes(page)
    open_map(page, 3, 2)
    check_both_themes(page)
    page.locator("#inside .one").first.click()
    check_both_themes(page)
    page.click("#lesson-begin")
    check_both_themes(page)


def test_a_phone_shows_one_layer_at_a_time(open_page: OpenPage) -> None:
    page = open_page(viewport=SMALL_PHONE, has_touch=True, is_mobile=True)
    draw_with_finger(page, FOUR)
    expect_answer(page, "4")
    open_inside(page)
    layers = page.locator("#inside .layer:visible")
    forward = page.get_by_role("button", name="Next layer")
    for place in range(8):
        expect(layers).to_have_count(1)
        expect(page.locator("#inside .layer").nth(place)).to_be_visible()
        if place in (1, 3):
            open_map(page, place, 1)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= SMALL_PHONE["width"]
        buttons = page.locator("#inside button:visible").all()
        small = [button.inner_text() for button in buttons if min_side(button) < TARGET - 0.5]
        assert small == []
        if place < 7:
            forward.click()


def min_side(button: Locator) -> float:
    box = button.bounding_box()
    assert box
    return min(box["width"], box["height"])


def test_the_sheet_beside_the_layers_shows_what_the_large_one_shows(page: Page) -> None:
    count = """(canvas) => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
        .filter((value, at) => at % 4 === 3 && value > 0).length"""
    draw_with_mouse(page, FOUR)
    expect_answer(page, "4")
    page.click("#inside > summary")
    pad = page.locator("#inside .pad canvas")
    whole = pad.evaluate(count)
    assert whole
    page.click("#why")
    row = page.locator("#why-panel .why-rows button").first
    expect(row).to_contain_text("Without stroke 1")
    row.click()
    wait_until(page, lambda: 0 < pad.evaluate(count) < whole)  # without the stroke
    row.click()
    page.mouse.move(1, 1)
    wait_until(page, lambda: pad.evaluate(count) == whole)
