"""A browser for all tests, and for each a page that must not complain or ask another host."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    expect,
    sync_playwright,
)

from .chromium import find_chromium

PATIENCE = 30_000  # milliseconds; the machine may be busy with other things
# Chromium takes the last list of features alone, so this one repeats Playwright's.
# Source: playwright 1.65, chromiumSwitches.ts
DISABLED_BY_PLAYWRIGHT = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "TcpPortRandomizationWin",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
    "msForceBrowserSignIn",
    "msEdgeUpdateLaunchServicesPreferredVersion",
)
# Each of them runs a process beside every page: the address bar's list, which nobody sees here, and one kept in reserve
PROCESSES = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "SpareRendererForSitePerProcess")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join((*DISABLED_BY_PLAYWRIGHT, *PROCESSES))}",
)
# The browser logs each such answer
ANSWERED_WITH_FAILURE = ("/read", "/predict", "/health/ready", "/models/", "/hands/", "/corrections")

OpenPage = Callable[..., Page]


def wait_until(page: Page, holds: Callable[[], bool], describe: Callable[[], str] = str) -> None:
    """Wait for what no attribute of the page tells; its policy forbids Playwright's own waiting for an expression.

    Args:
        page: may go on meanwhile, and tell of its requests.
        holds: what is waited for.
        describe: says how far it came, where it does not come in time.
    """
    deadline = time.monotonic() + PATIENCE / 1000
    while not holds():
        assert time.monotonic() < deadline, describe()
        page.wait_for_timeout(10)


@pytest.fixture(scope="session")
def playwright_of_session() -> Iterator[Playwright]:
    """What drives the browsers."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright_of_session: Playwright) -> Iterator[Browser]:
    """One Chromium for all tests."""
    path = find_chromium()
    assert path, "No browser was found. `make browser` installs one."
    browser = playwright_of_session.chromium.launch(executable_path=path, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def open_page(browser: Browser, server: str) -> Iterator[OpenPage]:
    """Open a path in a context of its own, with settings such as locale or color_scheme."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_in(path: str = "/", address: str = server, **settings: Any) -> Page:
        context = browser.new_context(base_url=address, **settings)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("console", lambda message: _note_console(message, complaints))
        page.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))
        page.on("request", lambda request: _note_request(request, address, complaints))
        page.goto(path)
        return page

    yield open_in
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """The drawing page."""
    return open_page()


def _note_console(message: ConsoleMessage, complaints: list[str]) -> None:
    expected = urlsplit(message.location["url"]).path.startswith(ANSWERED_WITH_FAILURE)
    if message.type == "error" and not (expected and "Failed to load resource" in message.text):
        complaints.append(f"{message.type}: {message.text} {message.location['url']}")


def _note_request(request: Request, address: str, complaints: list[str]) -> None:
    if not request.url.startswith((address, "data:", "blob:")):
        complaints.append(f"asked another host: {request.url}")
