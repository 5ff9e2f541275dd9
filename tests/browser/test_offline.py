"""What the service worker keeps: the page opens while the server is away, and never keeps a newer page from coming."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.servers import serve

from .conftest import OpenPage
from .hand import SEVEN, draw_with_mouse
from .test_draw import expect_answer

FORMER_SITE = {
    "/": b"""<!doctype html><link rel="icon" href="data:,"><h1>Former page</h1>
            <script type="module" src="/static/page.js"></script>""",
    "/static/page.js": b"import './answer.js'; navigator.serviceWorker.register('/service-worker.js');",
    "/static/answer.js": b"",
    "/service-worker.js": Path(__file__).with_name("service-worker-1.0.js").read_bytes(),
}


class FormerSite(BaseHTTPRequestHandler):
    """A site as it was before its scripts moved into folders, with the service worker of then."""

    def do_GET(self) -> None:
        body = FORMER_SITE.get(self.path)
        self.send_response(204 if body is None else 200)
        self.send_header("Content-Type", "text/html" if self.path == "/" else "text/javascript")
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> int:
    """A free port, for a server that is stopped and started again."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
    return number


@contextmanager
def running_former(port: int) -> Iterator[str]:
    """Run the former site."""
    with ThreadingHTTPServer(("127.0.0.1", port), FormerSite) as site:
        thread = threading.Thread(target=site.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            site.shutdown()
            thread.join()


def wait_for_worker(page: Page) -> None:
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")


def wait_for_caches(page: Page, names: list[str]) -> None:
    page.wait_for_function("async (names) => String(await caches.keys()) === String(names)", arg=names)


def wait_for_kept(page: Page, name: str, paths: list[str]) -> None:
    """Wait until a cache holds all of some paths."""
    page.wait_for_function(
        """async ([name, paths]) => {
            const cache = await caches.open(name);
            return (await Promise.all(paths.map((path) => cache.match(path, { ignoreVary: true })))).every(Boolean);
        }""",
        arg=[name, paths],
    )


def test_the_server_may_go_away_and_come_back(open_page: OpenPage, port: int) -> None:
    with serve(port=port, workers=1) as address:
        page = open_page(address=address)
        draw_with_mouse(page, SEVEN)
        expect_answer(page, "7")
        wait_for_worker(page)
    page.reload()
    expect_answer(page, "", "problem")
    expect(page.locator("#answer .sentence")).to_contain_text("The server cannot be reached.")
    page.click("#clear")
    page.click("#drawings summary")
    expect(page.locator("#drawings .gallery li")).to_have_count(1)  # what was cleared is kept, without the server, too
    with page.expect_download():
        page.click("#save-zip")
    page.click("#undo")
    page.goto("/models")  # a page that was never seen
    expect_answer(page, "", "problem")
    with serve(port=port, workers=1):
        expect_answer(page, "7")


def test_a_browser_with_the_former_service_worker_gets_the_new_page(open_page: OpenPage, port: int) -> None:
    with running_former(port) as address:
        page = open_page(address=address)
        wait_for_worker(page)
        page.reload()
        wait_for_kept(page, "digits", list(FORMER_SITE)[:3])
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Former page")
    with serve(port=port, workers=1):
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text("Write a digit")
        draw_with_mouse(page, SEVEN)
        expect_answer(page, "7")
        wait_for_caches(page, ["digits-3"])
    page.reload()
    expect_answer(page, "", "problem")
