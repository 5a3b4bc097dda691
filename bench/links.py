"""Confirm and one-click posts a second, each with a link of its own, through the shipped server. Needs wrk.

Usage: python bench/links.py [PEOPLE] [DATABASE_URL]
"""

from __future__ import annotations

import re
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
from tests.support.processes import Live, free_port

PEOPLE = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
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
            waiting = service.ask(contact, {"newsletter": ""}, site=site, lang="nb", facts={"address": contact.address})
            if waiting:
                confirm.append(urlsplit(links.absolute(f"/confirm/{links.confirm_word(waiting.id)}")).path)
            leave.append(urlsplit(links.unsubscribe_url(contact)).path)
            db.session.commit()
    return confirm, leave


def press(live: Live, paths: list[str], folder: Path) -> tuple[float, float, int]:
    """Requests a second, p99 in milliseconds, answers that were not 2xx. Stops before the links run out."""
    (folder / "paths").write_text("\n".join(paths))
    (folder / "press.lua").write_text(LUA % (folder / "paths"))
    command = ["wrk", "-t1", "-c16", "-d2s", "-s", str(folder / "press.lua"), live.url]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    count, p99, bad = re.search(r"RESULT (\d+) ([\d.]+) (\d+)", out).groups()  # type: ignore[union-attr]
    return int(count) / 2, float(p99), int(bad)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "instance").mkdir()
        url = f"http://127.0.0.1:{free_port()}"
        environ = {"SAMTYKKE_ENV": "development", "BASE_URL": url, "INSTANCE_DIR": f"{folder}/instance"}
        environ |= {"DATABASE_URL": sys.argv[2]} if len(sys.argv) > 2 else {}
        live = Live(folder, environ)
        live.flask("db", "upgrade")
        live.flask("demo", "load")
        confirm, leave = prepare(environ)
        live.start(worker=False)
        results = {"confirm": press(live, confirm, folder), "one click": press(live, leave, folder)}
        ledger = live.flask("ledger", "verify").strip()
        live.stop()
    print("| link | posts/s, 16 connections | p99 | not 2xx |")
    print("|---|---|---|---|")
    for kind, (rate, p99, bad) in results.items():
        print(f"| {kind} | {rate:,.0f} | {p99:.0f} ms | {bad} |")
    print(f"\n{ledger}")


if __name__ == "__main__":
    main()
