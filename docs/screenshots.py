"""Takes the README's pictures, or every page in both languages and widths: python docs/screenshots.py [FOLDER]

Starts a service of its own and walks the way a newcomer walks. Without FOLDER it renews docs/*.png.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from tests.support import browser
from tests.support.mailbox import links, one_click
from tests.support.processes import Live, eventually, free_port

KARI = "kari@example.no"


def service(folder: Path) -> Live:
    """A fresh SQLite database with the demo company, and the two processes."""
    instance = folder / "instance"
    instance.mkdir()
    environ = {
        "SAMTYKKE_ENV": "development",
        "BASE_URL": f"http://127.0.0.1:{free_port()}",
        "INSTANCE_DIR": str(instance),
        "DATABASE_URL": f"sqlite:///{instance}/samtykke.db",
    }
    live = Live(folder, environ)
    live.flask("db", "upgrade")
    live.password = re.search(r"(?i)passw?or\w*:?\s+(\S+)", live.flask("demo", "load"))[1]  # type: ignore[index]
    return live.start()


def walk(page: Any, live: Live, lang: str) -> Iterator[str]:
    """Every page a person can meet on the way, one after the other; the name of each."""
    address = KARI if lang == "nb" else "ola@example.com"
    page.goto(f"{live.url}/demo?lang={lang}")
    yield "1-demo"
    page.goto(f"{live.url}/f/kontakt?lang={lang}")
    yield "form"
    page.click("button[type=submit]")
    yield "form-errors"
    page.goto(f"{live.url}/f/nyhetsbrev?lang={lang}")
    page.fill("input[name=name]", "Kari Nordmann" if lang == "nb" else "Ola Nordmann")
    page.fill("input[name=email]", address)
    page.check("input[name=consent_newsletter]")
    page.wait_for_timeout(2100)  # whoever is faster is taken for a machine
    page.click("button[type=submit]")
    yield "thanks"
    eventually(lambda: live.mailbox.to(address))
    page.goto(f"{live.url}/dev/mail?lang={lang}")
    yield "mail"
    page.goto(live.url + str(page.get_attribute("main a[href*='/dev/mail/']", "href")))
    yield "2-letter"
    page.goto(live.mailbox.link("/confirm/", to=address))
    yield "3-confirm"
    page.click("button[type=submit]")
    yield "confirmed"
    eventually(lambda: len(live.mailbox.to(address)) == 2)
    live.flask("ledger", "seal")
    page.goto(live.mailbox.link("/receipt/", to=address) + f"?lang={lang}")
    yield "4-receipt"
    yield from staff(page, live, lang, address)
    yield from rights(page, live, lang, address)
    page.goto(one_click(next(letter for letter in live.mailbox.to(address) if letter["List-Unsubscribe"])))
    yield "unsubscribe"
    page.click("main form button[type=submit] >> nth=0")
    yield "6-unsubscribed"
    page.goto(f"{live.url}/{'meld-deg-av' if lang == 'nb' else 'unsubscribe'}")
    yield "lost"
    page.fill("input[name=address]", address)
    page.click("button[type=submit]")
    yield "lost-sent"
    page.goto(eventually(lambda: preferences(live, address)))
    yield "preferences"
    page.goto(f"{live.url}/u/forged?lang={lang}")
    yield "unknown-link"
    page.goto(f"{live.url}/nowhere?lang={lang}")
    yield "not-found"


def rights(page: Any, live: Live, lang: str, address: str) -> Iterator[str]:
    """Somebody asks about her data: for her page, for a copy, and, another person, to be erased."""
    asking = f"{live.url}/{'personvern' if lang == 'nb' else 'privacy'}"
    page.goto(asking)
    yield "rights"
    page.click("main button[type=submit]")
    yield "rights-errors"
    page.check("input[value=page]")
    page.fill("input[name=address]", address)
    page.click("main button[type=submit]")
    yield "rights-sent"
    page.goto(came(live, address, "/privacy/"))
    yield "her-page"
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    yield "her-page-open"
    page.click("form[action$='/access'] button[type=submit]")
    page.goto(came(live, address, "/privacy/archive/"))
    yield "her-archive"
    page.goto(came(live, address, "/privacy/"))
    yield "her-page-later"
    other = f"other-{address}"
    page.goto(asking)
    page.check("input[value=erasure]")
    page.fill("input[name=address]", other)
    page.click("main button[type=submit]")
    page.goto(came(live, other, "/privacy/"))
    yield "rights-prove"
    page.goto(f"{live.url}/privacy/forged?lang={lang}")
    yield "rights-late"


def came(live: Live, address: str, part: str) -> str:
    """The first link of this kind that came by mail."""
    found = lambda: [link for letter in live.mailbox.to(address) for link in links(letter, part)]  # noqa: E731
    return str(eventually(found)[0])


def preferences(live: Live, address: str) -> str | None:
    try:
        return live.mailbox.link("/preferences/", to=address)
    except AssertionError:
        return None


def staff(page: Any, live: Live, lang: str, address: str) -> Iterator[str]:
    page.goto(f"{live.url}/admin/login?lang={lang}")
    if page.locator("input[name=password]").count():
        yield "admin-login"
        page.fill("input[name=email]", live.email)
        page.fill("input[name=password]", live.password)
        page.click("button[type=submit]")
    for name in ("", "submissions", "contacts", "requests", "outbox", "review", "audit", "connections", "google"):
        page.goto(f"{live.url}/admin/{name}?lang={lang}")
        yield f"admin-{name or 'start'}"
    yield from connections(page, live, lang)
    yield from lists(page, live, lang)
    page.goto(f"{live.url}/admin/contacts?lang={lang}")
    page.click(f"main table tr:has-text('{address}') a >> nth=0")
    page.goto(f"{page.url}?lang={lang}")
    yield "5-contact"


def connections(page: Any, live: Live, lang: str) -> Iterator[str]:
    page.goto(f"{live.url}/admin/connections?lang={lang}")
    page.click("form[action$='/sandbox/compare'] button")
    url = f"{page.url.partition('?')[0]}?lang={lang}"
    eventually(lambda: page.goto(url) and page.locator("main dl.facts").count())
    yield "admin-drift"
    page.goto(f"{live.url}/admin/register?lang={lang}")
    yield "admin-register"
    page.goto(f"{live.url}{page.get_attribute('tbody a >> nth=1', 'href')}?lang={lang}")
    yield "admin-register-entry"
    page.goto(f"{live.url}/admin/register/record/{lang}?lang={lang}")
    yield "admin-register-record"


def lists(page: Any, live: Live, lang: str) -> Iterator[str]:
    """A list whose columns we do not know, and what would become of everybody on it."""
    page.goto(f"{live.url}/admin/import?lang={lang}")
    yield "admin-import"
    people = "Hvem;Kontakt;Tidspunkt\nPer;per@example.org;2.3.2024\nPål;ingen adresse;\n"
    file = {"name": "kunder.csv", "mimeType": "text/csv", "buffer": people.encode()}
    page.set_input_files("input[type=file]", files=[file])
    page.click("form[enctype] button")
    url = f"{page.url.partition('?')[0]}?lang={lang}"
    eventually(lambda: page.goto(url) and page.locator("#c-email").count())
    yield "admin-import-columns"
    for field, column in (("email", "Kontakt"), ("name", "Hvem"), ("opt_in", "Tidspunkt")):
        page.select_option(f"#c-{field}", column)
    page.click("form[action$='/columns'] button")
    eventually(lambda: page.goto(url) and page.locator("form[action$='/start']").count())
    yield "admin-import-preview"
    page.click("form[action$='/start'] button")
    eventually(lambda: page.goto(url) and not page.locator("main form").count(), 20)
    yield "admin-import-done"


def shoot(out: Path, pages: set[str] | None, widths: tuple[int, ...], languages: tuple[str, ...]) -> None:
    with tempfile.TemporaryDirectory() as folder, browser.started(looked_at=True) as chromium:
        live = service(Path(folder))
        live.email = re.search(r"\S+@\S+\w", live.flask("staff", "list"))[0]  # type: ignore[index]
        try:
            for lang in languages:
                context = chromium.new_context(locale={"nb": "nb-NO", "en": "en-GB"}[lang])
                take(context.new_page(), live, lang, saver(out, pages, widths, lang))
                context.close()
        finally:
            live.stop()


def take(page: Any, live: Live, lang: str, save: Callable[[Any, str], None]) -> None:
    for name in walk(page, live, lang):
        save(page, name)


def saver(out: Path, pages: set[str] | None, widths: tuple[int, ...], lang: str) -> Callable[[Any, str], None]:
    def save(page: Any, name: str) -> None:
        for width in widths if pages is None or name in pages else ():
            page.set_viewport_size({"width": width, "height": 760})
            suffix = "" if pages else f"-{lang}-{width}"
            page.screenshot(path=out / f"{name}{suffix}.png", full_page=pages is None)
        page.set_viewport_size({"width": 1280, "height": 760})

    return save


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
        shoot(Path(sys.argv[1]), None, (320, 1280), ("nb", "en"))
    else:
        wanted = {"1-demo", "2-letter", "3-confirm", "4-receipt", "5-contact", "6-unsubscribed"}
        shoot(HERE, wanted, (900,), ("en",))
