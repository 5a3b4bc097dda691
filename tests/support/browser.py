"""A real browser. It may only speak to this machine, and what it complains about fails the test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, sync_playwright

# Without the windows, menus and extensions that nobody sees here, it costs two thirds.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), "")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
# Painting, and making scripts fast that run once, is a third of what a page costs.
NOBODY_LOOKS = ["--disable-gpu", "--force-device-scale-factor=0.5", "--num-raster-threads=1", "--js-flags=--no-opt"]
LOCAL = {"127.0.0.1", "localhost", "[::1]", ""}


def missing() -> str:
    """Why no browser can be started here; empty when it can."""
    return "" if CHROMIUM else "chromium is not installed (apt-get install chromium)"


@contextmanager
def started(looked_at: bool = False) -> Iterator[Browser]:
    """A browser; one whose pages are `looked_at` paints them with care."""
    with sync_playwright() as playwright:
        arguments = ARGUMENTS if looked_at else ARGUMENTS + NOBODY_LOOKS
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


class Watch:
    """What went wrong on a page: console errors, broken assets, requests to other machines."""

    def __init__(self, page: Page) -> None:
        self.complaints: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("response", self._response)
        page.context.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        # A 404 or 422 page is an answer, not a fault; broken assets are caught by their response below.
        if message.type == "error" and "the server responded with a status of 4" not in message.text:
            self.complaints.append(f"console: {message.text}")

    def _response(self, response: Response) -> None:
        asset = response.request.resource_type in {"stylesheet", "script", "image", "font"}
        if response.status >= 500 or (asset and response.status >= 400):
            self.complaints.append(f"{response.status}: {response.url}")

    def _request(self, request: Request) -> None:
        # Only heard, not held up: no name but this machine's is resolved, and to hold up each request is dear.
        if (urlsplit(request.url).hostname or "") not in LOCAL:
            self.complaints.append(f"left the machine: {request.url}")


def follow(page: Page, what: str) -> None:
    """Click on what leads to another page, and be there: a click may return while the page before still stands."""
    with page.expect_navigation():
        page.click(what)


def check_accessible(page: Page, **options: Any) -> None:
    """Fails when axe finds anything on the page as it stands now."""
    found = Axe().run(page, **options).response["violations"]
    assert not found, "\n".join(
        f"{rule['id']} ({rule['impact']}): {node['target']} {node['html'][:160]}"
        for rule in found
        for node in rule["nodes"]
    )
