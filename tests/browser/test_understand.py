"""What the network sees, two models side by side, the pages of the models, code and link."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from .conftest import OpenPage
from .hand import SEVEN, draw_with_mouse
from .test_draw import expect_answer


def read_models(server: str) -> list[str]:
    with urllib.request.urlopen(f"{server}/models") as response:
        return [card["name"] for card in json.load(response)["models"]]


def open_panel(page: Page, name: str) -> None:
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "7")
    page.click(f"#{name} summary")


def test_what_the_network_sees_is_shown_step_by_step(page: Page) -> None:
    open_panel(page, "sight")
    expect(page.locator("#sight .pixels")).to_be_visible()
    assert page.locator("#sight .pixels").evaluate("image => image.decode().then(() => image.naturalWidth)") == 28
    expect(page.locator("#sight .steps li").first).to_contain_text("400")
    page.click("#clear")
    expect(page.locator("#sight")).to_contain_text("Write a digit first.")


def test_two_models_read_the_same_drawing(page: Page) -> None:
    open_panel(page, "compare")
    for column in page.locator("#compare .answer").all():
        expect(column).to_have_attribute("data-text", "7")
        expect(column.locator(".bars li")).to_have_count(10)


def test_the_commands_work_as_they_are(page: Page) -> None:
    open_panel(page, "code")
    expect(page.locator("#code-curl")).to_contain_text("data:image/png;base64,")
    curl, python, javascript = (
        page.locator(f"#code-{language}").inner_text() for language in ("curl", "python", "javascript")
    )
    answer = subprocess.run(["bash", "-c", curl], check=True, capture_output=True, text=True).stdout
    assert json.loads(answer)["text"] == "7"
    assert subprocess.run([sys.executable, "-c", python], check=True, capture_output=True, text=True).stdout == "7\n"
    with page.expect_console_message() as said:
        page.evaluate(f"async () => {{ {javascript} }}")
    assert said.value.text == "7"


def test_the_link_holds_the_drawing(page: Page, open_page: OpenPage) -> None:
    open_panel(page, "code")
    expect(page.locator("#link")).to_have_value(re.compile("#d=."))
    link = page.locator("#link").input_value()
    other = open_page(f"/{link[link.index('#') :]}")
    expect_answer(other, "7")


@pytest.mark.parametrize(
    ("fragment", "state"),
    (
        ("#d=", "empty"),
        ("#d=AQ", "empty"),
        ("#open=nothing", "empty"),
        ("#drawing", "empty"),
        ("#d=!!!!", "problem"),
        ("#d=Af____8", "problem"),
        ("#d=ARIABgD", "problem"),
    ),
)
def test_a_link_without_a_drawing_is_an_empty_page_and_a_damaged_one_says_so(
    open_page: OpenPage, fragment: str, state: str
) -> None:
    expect_answer(open_page(f"/{fragment}"), "", state)


def test_copying_puts_the_command_on_the_clipboard(open_page: OpenPage) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    open_panel(page, "code")
    page.get_by_role("button", name="Copy Python").click()
    expect(page.locator("#code .status")).to_have_text("Copied.")
    assert "urlopen" in page.evaluate("() => navigator.clipboard.readText()")


def test_the_drawing_comes_along_to_the_models_and_back(page: Page) -> None:
    draw_with_mouse(page, SEVEN)
    expect_answer(page, "7")
    page.get_by_role("link", name="Models").click()
    expect(page).to_have_url(re.compile("/models"))
    expect(page.locator("#theme")).to_be_visible()  # the script of the page runs
    page.get_by_role("link", name="Compare two on your own drawing").click()
    expect_answer(page, "7")
    expect(page.locator("#compare")).to_have_attribute("open", "")


def test_every_model_has_a_page(page: Page, server: str) -> None:
    names = page.locator("#model option").all_text_contents()
    for choice in page.locator("#inside select, #compare select").all():
        assert choice.locator("option").all_text_contents() == names
    page.goto("/models")
    links = page.locator(".models a")
    assert links.all_inner_texts() == names, "a model is called the same everywhere"
    assert page.locator(".models code").all_inner_texts() == read_models(server)
    addresses = [link.get_attribute("href") or "" for link in links.all()]
    links.first.click()
    expect(page).to_have_url(f"{server}{addresses[0]}")
    for name, address in zip(names, addresses, strict=True):
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        for picture in page.locator("img.report").all():
            picture.scroll_into_view_if_needed()
            assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


def test_a_chart_has_its_numbers_behind_it(page: Page, server: str) -> None:
    page.goto(f"/models/{read_models(server)[0]}")
    charts = page.locator("figure.chart").all()
    assert len(charts) >= 2
    for chart in charts:
        expect(chart.get_by_role("img")).to_be_visible()
        chart.locator("summary").click()
        expect(chart.get_by_role("table")).to_be_visible()
