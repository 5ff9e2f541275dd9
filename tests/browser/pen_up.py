"""Measure how long an answer takes from the moment the pen is lifted: python -m tests.browser.pen_up.

Digits are drawn with the mouse at sixty moves a second in Chromium, and read by a real server on the same machine.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile

from playwright.sync_api import Page, sync_playwright

from tests.support.drawings import STROKES
from tests.support.servers import serve

from .chromium import find_chromium
from .conftest import ARGUMENTS, PATIENCE
from .hand import Stroke, begin_stroke, place

ROUNDS = 3  # times that each digit is drawn
MOVE = 1000 / 60  # milliseconds between two moves of the pen
MOVES = 24  # of a digit's last stroke: 0.4 seconds
LEFT, TOP, HEIGHT = 140, 50, 200  # units of the drawing: where a digit stands

# Notes when the pen is lifted, when the answer is there for good and when it is painted, and what was asked meanwhile
WATCH = """() => {
  const answer = document.querySelector('#answer');
  globalThis.lifts = [];
  document.querySelector('#drawing').addEventListener('pointerup', () => {
    lifts.push({ up: performance.now(), asked: performance.getEntriesByType('resource').length });
  }, true);
  new MutationObserver(() => {
    const lift = lifts.at(-1);
    if (!lift || lift.painted || answer.dataset.state === 'reading') return;
    requestAnimationFrame(() => setTimeout(() => { lift.painted ??= performance.now(); }));
  }).observe(answer, { attributes: true, attributeFilter: ['data-state'] });
}"""
TAKE = """() => {
  const { up, painted } = lifts.at(-1);
  const asked = performance.getEntriesByType('resource').filter(({ name }) => name.includes('/read'));
  performance.clearResourceTimings();
  return { wait: painted - up, asked: asked.length, last: asked.at(-1).responseEnd - asked.at(-1).startTime };
}"""


def main() -> None:
    """Draw, and write the figures."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(workers=2, log_level="warning", database=f"sqlite:///{folder}/digits.sqlite3") as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        page.evaluate(WATCH)
        _draw(page, 7)  # the first one warms up
        found = [_draw(page, digit) for _ in range(ROUNDS) for digit in range(10)]
        browser.close()
    waits = sorted(each["wait"] for each in found)
    lasts = [each["last"] for each in found]
    sys.stdout.write(
        f"{len(found)} digits in Chromium; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n"
        f"pen up to answer painted: median {statistics.median(waits):.0f} ms, "
        f"tenth {waits[len(waits) // 10]:.0f} ms, nine tenths {waits[len(waits) * 9 // 10]:.0f} ms\n"
        f"of it the last request: median {statistics.median(lasts):.0f} ms\n"
        f"requests a digit: {statistics.mean(each['asked'] for each in found):.1f}\n"
    )


def _draw(page: Page, digit: int) -> dict[str, float]:
    """Draw a digit and wait for its answer; return milliseconds and requests."""
    page.click("#clear")
    page.wait_for_selector("#answer[data-state=empty]")
    page.evaluate("() => performance.clearResourceTimings()")
    *earlier, last = [_spread(stroke) for stroke in STROKES[digit]]
    for stroke in earlier:
        begin_stroke(page, stroke)
        page.mouse.up()
    page.mouse.move(*place(page, last[0]))
    page.mouse.down()
    for step in range(1, MOVES + 1):
        page.mouse.move(*place(page, _along(last, step / MOVES)))
        page.wait_for_timeout(MOVE)
    page.mouse.up()
    page.wait_for_function("() => lifts.at(-1)?.painted")
    found: dict[str, float] = page.evaluate(TAKE)
    return found


def _spread(stroke: Stroke) -> Stroke:
    return [(LEFT + x * HEIGHT, TOP + y * HEIGHT) for x, y in stroke]


def _along(stroke: Stroke, share: float) -> tuple[float, float]:
    """Return the point at a share of a stroke's corners."""
    at = share * (len(stroke) - 1)
    before = min(int(at), len(stroke) - 2)
    (x, y), (to_x, to_y) = stroke[before], stroke[before + 1]
    return x + (to_x - x) * (at - before), y + (to_y - y) * (at - before)


if __name__ == "__main__":
    main()
