"""Confirm and one-click posts a second, each with a link of its own, through the server of `make run`. Needs wrk.

The floor is a page of the same server, asked for by a link that nobody signed: parsed, refused, nothing read or stored.

Usage: python bench/links.py [PEOPLE]
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app import create_app
from app.consent import links, service
from app.contacts.service import meet
from app.extensions import db
from app.sites.models import Site
from tests.support import postgres
from tests.support.processes import Live, free_port

PEOPLE = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
SECONDS = 4
DURABLE = ("fsync=on", "synchronous_commit=on")
LUA = """
local paths = {}
for line in io.lines("%s") do paths[#paths + 1] = line end
local at = 0
request = function()
  at = at + 1
  local headers = {["Content-Type"] = "application/x-www-form-urlencoded"}
  return wrk.format("POST", paths[at] or paths[#paths], headers, "List-Unsubscribe=One-Click")
end
done = function(summary, latency)
  local p99 = latency:percentile(99) / 1000
  io.write(string.format("RESULT %%d %%.1f %%d\\n", summary.requests, p99, summary.errors.status))
end
"""


def prepare(environ: dict[str, str]) -> tuple[list[str], list[str]]:
    """People who asked; their confirm links, and their links to leave."""
    app = create_app(environ)
    confirm, leave = [], []
    with app.app_context():
        site = db.session.query(Site).first()
        assert site
        for number in range(PEOPLE):
            contact = meet(f"kari{number}@example.no", "", "nb", site.id)
            facts = {"address": contact.address}
            network = f"10.{number >> 8}.{number & 255}.0"  # else this is an attack, and nobody is written to
            waiting = service.ask(contact, {"newsletter": ""}, site=site, lang="nb", facts=facts, network=network)
            assert waiting
            confirm.append(urlsplit(links.absolute(f"/confirm/{links.confirm_word(waiting.id)}")).path)
            leave.append(urlsplit(links.letter_url(contact.address, contact.subject, "nb", site.slug)).path)
            db.session.commit()
    return confirm, leave


def press(live: Live, paths: list[str], folder: Path) -> tuple[float, float, int]:
    """Requests a second, p99 in milliseconds, answers that were not 2xx. Fails where the links ran out."""
    (folder / "paths").write_text("\n".join(paths))
    (folder / "press.lua").write_text(LUA % (folder / "paths"))
    command = ["wrk", "-t1", "-c16", f"-d{SECONDS}s", "-s", str(folder / "press.lua"), live.url]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    count, p99, bad = re.search(r"RESULT (\d+) ([\d.]+) (\d+)", out).groups()  # type: ignore[union-attr]
    assert len(paths) == 1 or int(count) <= len(paths), "more posts than links: say a larger PEOPLE"
    return int(count) / SECONDS, float(p99), int(bad)


def measured(database: str, folder: Path) -> list[str]:
    """The rows of one database, and what the ledger says afterwards."""
    (folder / "instance").mkdir(parents=True)
    url = f"http://127.0.0.1:{free_port()}"
    environ = {"SAMTYKKE_ENV": "development", "BASE_URL": url, "INSTANCE_DIR": f"{folder}/instance"}
    environ |= {"DATABASE_URL": database} if database else {}
    live = Live(folder, environ)
    live.flask("db", "upgrade")
    live.flask("demo", "load")
    confirm, leave = prepare(environ)
    live.start(worker=False)
    floor = press(live, ["/u/forged"], folder)
    rows = {"confirm": press(live, confirm, folder), "one click": press(live, leave, folder)}
    ledger = live.flask("ledger", "verify").strip()
    live.stop()
    name = "postgres" if database else "sqlite"
    table = [
        f"| {name} | {kind} | {at[0]:,.0f} | {at[1]:.0f} | {at[0] / floor[0]:.2f} | {at[2]} |"
        for kind, at in rows.items()
    ]
    return [f"| {name} | floor | {floor[0]:,.0f} | {floor[1]:.0f} | 1.00 | |", *table, ledger]


def main() -> None:
    shutil.which("wrk") or sys.exit("wrk is missing: apt-get install wrk")
    server = postgres.Server(DURABLE)
    try:
        with tempfile.TemporaryDirectory() as name:
            found = [
                measured(database, Path(name) / str(at)) for at, database in enumerate(("", server.create("links")))
            ]
    finally:
        server.stop()
    print("| database | link, 16 connections | posts/s | p99 ms | of the floor | not 2xx |")
    print("|---|---|---|---|---|---|")
    print("\n".join(row for *rows, _ in found for row in rows))
    print("".join(f"\n{ledger}\n" for *_, ledger in found))


if __name__ == "__main__":
    main()
