"""A real browser. It may only speak to this machine, and what it complains about fails the test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, Route, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or ""
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
LOCAL = {"127.0.0.1", "localhost", "[::1]", ""}


def missing() -> str:
    """Why no browser can be started here; empty when it can."""
    return "" if CHROMIUM else "chromium is not installed (apt-get install chromium)"


@contextmanager
def started() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


class Watch:
    """What went wrong on a page: console errors, broken assets, requests to other machines."""

    def __init__(self, page: Page) -> None:
        self.complaints: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("response", self._response)
        page.context.route("**/*", self._route)

    def _console(self, message: ConsoleMessage) -> None:
        # A 404 or 422 page is an answer, not a fault; broken assets are caught by their response below.
        if message.type == "error" and "the server responded with a status of 4" not in message.text:
            self.complaints.append(f"console: {message.text}")

    def _response(self, response: Response) -> None:
        asset = response.request.resource_type in {"stylesheet", "script", "image", "font"}
        if response.status >= 500 or (asset and response.status >= 400):
            self.complaints.append(f"{response.status}: {response.url}")

    def _route(self, route: Route) -> None:
        if (urlsplit(route.request.url).hostname or "") in LOCAL:
            route.continue_()
            return
        self.complaints.append(f"left the machine: {route.request.url}")
        route.abort()


def check_accessible(page: Page, **options: Any) -> None:
    """Fails when axe finds anything on the page as it stands now."""
    found = Axe().run(page, **options).response["violations"]
    assert not found, "\n".join(
        f"{rule['id']} ({rule['impact']}): {node['target']} {node['html'][:160]}"
        for rule in found
        for node in rule["nodes"]
    )
