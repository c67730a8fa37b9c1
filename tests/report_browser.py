"""A real browser for pages: Chromium through Playwright.

Pages are opened from their files, as readers open them; whatever they ask of a network, or complain
of on the console, is a fault. The browser itself is the fixture `browser`.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
NEEDS_BROWSER = pytest.mark.skipif(BROWSER is None, reason="no chromium on this machine")
# What sticks out of the page on the side, and words that lie on other words, by their own boxes.
LAID_OUT = """() => {
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  const words = [];
  const kinds = "h1, h2, h3, p, li, td, th, dt, dd, figcaption, svg text";
  for (const at of document.querySelectorAll(kinds)) {
    if (at.checkVisibility() && at.textContent.trim() && !at.querySelector("p, li, td, h3, svg"))
      words.push([at, at.getBoundingClientRect()]);
  }
  const lie = [];
  const inside = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
  for (let i = 0; i < words.length; i++)
    for (let k = i + 1; k < words.length; k++) {
      const [a, box] = words[i], [b, other] = words[k];
      if (inside(box, other) && !a.contains(b) && !b.contains(a))
        lie.push(a.textContent.trim().slice(0, 40) + " | " + b.textContent.trim().slice(0, 40));
    }
  return { wide, lie: lie.slice(0, 5) };
}"""


@dataclass
class Seen:
    """A page on the screen, and what it did that it should not."""

    page: "Page"
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@contextmanager
def opened(browser: "Browser", path: Path, size: str = "desktop", **look: Any) -> Iterator[Seen]:
    """A page in a window of its own."""
    width, height = SIZES[size]
    page = browser.new_page(viewport={"width": width, "height": height}, **look)
    seen = Seen(page)
    page.on("console", lambda message: seen.complaints.append(message.text))
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("request", lambda asked: seen.requests.append(asked.url))
    page.goto(path.as_uri())
    try:
        yield seen
    finally:
        page.close()
    assert seen.complaints == []
    assert seen.requests == [path.as_uri()]


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Chromium, for the tests of a module."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=BROWSER, args=list(FLAGS))
        yield started
        started.close()
