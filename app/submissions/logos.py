"""The logos that definitions name, fetched before anything is written: nobody waits for a website with the database
in his hand."""

from __future__ import annotations

from app.extensions import db
from app.sites import logo
from app.submissions.definitions import Definitions
from app.submissions.document import Mistakes


class Logos:
    """Fetches them as a check of the definitions; afterwards knows what came of each."""

    def __init__(self) -> None:
        self.found: dict[str, bytes] = {}
        self.missed: dict[str, str] = {}  # address to why, where an earlier picture can stay

    def mistakes(self, value: Definitions) -> Mistakes:
        """An address that gives no picture, where none was fetched from it before."""
        for slug, site in value["sites"].items():
            url = site.get("logo_url", "")
            try:
                if url and url not in self.found:
                    self.found[url] = logo.fetch(url)
            except logo.Unusable as error:
                if logo.kept(url):
                    self.missed[url] = str(error)
                else:
                    yield ("sites", slug, "logo_url"), str(error)
        db.session.rollback()  # what was read is not held on to

    def keep(self, url: str) -> str:
        """The name that a logo is served under; '' where there is none. In the caller's transaction."""
        return logo.keep(self.found[url]) if url in self.found else logo.kept(url)

    def told(self) -> list[str]:
        """What the operator should know."""
        return [f"logo {url}: {why}. The one from before stays." for url, why in self.missed.items()]
