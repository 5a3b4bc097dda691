"""Forms taken in a second: ours, the plain way, the floor, ours on a slow disk; on both databases. Needs wrk and cc.

All servers of a run are up at once and are loaded in turn, round after round; medians are compared. Only ratios inside
one run mean anything. Every answer is counted, and so is every row.

Usage: python bench/intake.py [--seconds 4] [--rounds 3] [--connections 16 64] [--databases sqlite postgres]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import create_engine, text

from tests.support import folders, postgres
from tests.support.processes import BIN, ROOT, Process, free_port

HERE = Path(__file__).resolve().parent
SECRET = "a-secret-for-measurements-only-0123456789"
SYNC = "3000"  # microseconds added to every sync of the slow disk
DURABLE = ("fsync=on", "synchronous_commit=on", "shared_buffers=256MB", "max_connections=100")
GOALS = {  # database: at least so much of the floor, and so many times the plain way
    "sqlite": (0.25, 3.0),
    "postgres": (0.18, 2.5),
}
# What a browser on the company's website sends; every address is new.
LUA = """
local at, run = 0, os.time() .. "-" .. math.random(1e9)
local headers = {["Content-Type"] = "application/x-www-form-urlencoded", ["Accept"] = "text/html,*/*;q=0.8",
  ["Accept-Language"] = "nb-NO,nb;q=0.9,en;q=0.7", ["Origin"] = "http://127.0.0.1:8000",
  ["Sec-Fetch-Site"] = "cross-site", ["Referer"] = "http://127.0.0.1:8000/",
  ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"}
request = function()
  at = at + 1
  local boxes = "&consent_newsletter=yes&consent_offers=yes"
  local body = "name=Kari+Nordmann&email=kari" .. at .. "%2B" .. run .. "%40example.no" .. boxes
  return wrk.format("POST", "/f/nyhetsbrev", headers, body)
end
done = function(summary, latency)
  local e = summary.errors
  local bad = e.connect + e.read + e.write + e.timeout + e.status
  local p50, p99 = latency:percentile(50) / 1000, latency:percentile(99) / 1000
  io.write(string.format("RESULT %d %d %.2f %.2f %d\\n", summary.requests, summary.duration, p50, p99, bad))
end
"""


@dataclass
class Sample:
    """One run of wrk: answers, answers a second, milliseconds, and whatever was not an answer of 2xx or 3xx."""

    answers: int
    rate: float
    p50: float
    p99: float
    bad: int


@dataclass
class Target:
    """One server under load."""

    name: str
    database: str
    url: str = ""
    module: str = "wsgi:app"
    environ: dict[str, str] = field(default_factory=dict)
    port: int = 0
    samples: dict[int, list[Sample]] = field(default_factory=dict)

    def rate(self, connections: int) -> float:
        return median(sample.rate for sample in self.samples[connections])

    def stored(self) -> int:
        engine = create_engine(self.url)
        with engine.connect() as connection:
            accepted = "(SELECT count(*) FROM submission WHERE box = 'accepted')"
            promised = "(SELECT count(*) FROM outbox WHERE kind = 'submission.process')"
            rows, work = connection.execute(text(f"SELECT {accepted}, {promised}")).one()
        assert rows == work, f"{self.name}: {rows} submissions, but {work} promises of work"
        return int(rows)


def environment(folder: Path, url: str) -> dict[str, str]:
    """Production, everything on; the limits run, and are too high to stop a load generator."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    settings = {"SAMTYKKE_ENV": "production", "SECRET_KEY": SECRET, "BASE_URL": "http://127.0.0.1:8000"}
    mail = {"MAIL_URL": f"file:{folder}/mail", "MAIL_FROM": "Fjordlys <post@fjordlys.example>"}
    limits = {"INTAKE_BOX_PER_MINUTE": "1000000000", "INTAKE_STOP_PER_MINUTE": "1000000000"}
    here = {"DATABASE_URL": url, "INSTANCE_DIR": str(folder), "PYTHONPATH": str(ROOT)}
    return {**kept, **settings, **mail, **limits, **here}


def prepare(folder: Path, url: str) -> None:
    """Migrate, and load the demo's forms."""
    folder.mkdir(parents=True, exist_ok=True)
    environ = {**environment(folder, url), "SAMTYKKE_ENV": "development"}
    for words in (("db", "upgrade"), ("demo", "load")):
        command = [sys.executable, "-m", "flask", "--app", "wsgi", *words]
        subprocess.run(command, cwd=ROOT, env=environ, check=True, capture_output=True)


def server(target: Target) -> list[str]:
    """What the Procfile says of `web`, for another program on another port."""
    line = next(line for line in (ROOT / "Procfile").read_text().splitlines() if line.startswith("web:"))
    words = line.split("exec ")[1].replace("$PORT", str(target.port)).split()
    return [str(BIN / words[0]), *words[1:-1], target.module]


@contextmanager
def started(target: Target, folder: Path) -> Iterator[None]:
    """The server with the options it is shipped with."""
    target.port = free_port()
    process = Process(server(target), {**environment(folder, target.url), **target.environ}, folder / "log")
    try:
        wait(target, process)
        yield
    finally:
        process.stop()


def wait(target: Target, process: Process) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{target.port}/", timeout=2)
        except urllib.error.HTTPError:
            return
        except OSError:
            assert process.running, process.output()
            time.sleep(0.05)
    raise AssertionError(f"{target.name} does not answer: {process.output()}")


def load(target: Target, connections: int, seconds: float, script: Path) -> Sample:
    options = ["-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", str(script)]
    command = ["wrk", *options, f"http://127.0.0.1:{target.port}"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    words = next(line for line in said.splitlines() if line.startswith("RESULT")).split()
    answers, microseconds = int(words[1]), int(words[2])
    return Sample(answers, answers / microseconds * 1e6, float(words[3]), float(words[4]), int(words[5]))


def targets(databases: list[str], folder: Path, stack: ExitStack) -> list[Target]:
    """Every server, with a database of its own that is ready."""
    slow = {"LD_PRELOAD": str(slow_disk(folder)), "SLOW_SYNC_US": SYNC}
    found = [Target("floor", "", module="bench.floor:app")]
    for database in databases:
        for name, module, extra in (
            ("plain", "bench.plain:app", {}),
            ("ours", "wsgi:app", {}),
            ("slow disk", "wsgi:app", slow),
        ):
            url = fresh(database, name, folder, extra, stack)
            on_server = database == "postgres"
            found.append(Target(name, database, url, module, {} if on_server else extra))
    for target in found:
        if target.url:
            prepare(home(target, folder), target.url)
    return found


def home(target: Target, folder: Path) -> Path:
    return folder / f"{target.database}-{target.name}".replace(" ", "-")


def slow_disk(folder: Path) -> Path:
    library = folder / "slow_sync.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", HERE / "slow_sync.c", "-o", library, "-ldl"], check=True)
    library.chmod(0o755)
    return library


SERVERS: dict[bool, postgres.Server] = {}


def fresh(database: str, name: str, folder: Path, extra: dict[str, str], stack: ExitStack) -> str:
    """The URL of an empty database; a slow disk is the disk of the PostgreSQL server, or of our process with SQLite."""
    word = name.replace(" ", "_")
    if database == "sqlite":
        (folder / f"sqlite-{word}".replace("_", "-")).mkdir(exist_ok=True)
        return f"sqlite:///{folder}/sqlite-{word.replace('_', '-')}/samtykke.db"
    if bool(extra) not in SERVERS:
        os.environ.update(extra)
        SERVERS[bool(extra)] = postgres.Server(DURABLE)
        stack.callback(SERVERS[bool(extra)].stop)
        for variable in extra:
            del os.environ[variable]
    return SERVERS[bool(extra)].create(word)


def measure(found: list[Target], connections: list[int], rounds: int, seconds: float, folder: Path) -> None:
    script = folder / "post.lua"
    script.write_text(LUA)
    for target in found:
        load(target, 4, 1, script)  # warm
    time.sleep(1)  # what was in flight
    before = {id(target): target.stored() for target in found if target.url}
    for count in connections:
        for _ in range(rounds):
            for target in found:
                target.samples.setdefault(count, []).append(load(target, count, seconds, script))
    time.sleep(1)
    for target in found:
        check(target, before.get(id(target), 0), max(connections))


def check(target: Target, before: int, most: int) -> None:
    """Nothing refused, lost or kept twice: rows are the answers, and at most what was in flight at the ends."""
    samples = [sample for runs in target.samples.values() for sample in runs]
    assert not any(sample.bad for sample in samples), f"{target.name} {target.database}: {samples}"
    if target.url:
        extra = target.stored() - before - sum(sample.answers for sample in samples)
        assert 0 <= extra <= most * len(samples), f"{target.name} {target.database}: {extra} rows more than answers"


def table(found: list[Target], connections: list[int]) -> Iterator[str]:
    floor = found[0]
    yield "| connections | database | what | forms/s | p50 ms | p99 ms | of the floor | × plain |"
    yield "|---|---|---|---|---|---|---|---|"
    for count in connections:
        for target in found:
            plain = next((t for t in found if t.name == "plain" and t.database == target.database), None)
            yield line(target, count, floor.rate(count), plain.rate(count) if plain else 0)


def line(target: Target, count: int, floor: float, plain: float) -> str:
    runs, rate = target.samples[count], target.rate(count)
    p50, p99 = median(run.p50 for run in runs), median(run.p99 for run in runs)
    times = f"{rate / plain:.2f}" if plain else ""
    numbers = f"{rate:,.0f} | {p50:.1f} | {p99:.1f} | {rate / floor:.2f} | {times}"
    return f"| {count} | {target.database} | {target.name} | {numbers} |"


def verdict(found: list[Target], connections: list[int]) -> Iterator[str]:
    for target in (target for target in found if target.name == "ours"):
        plain = next(t for t in found if t.name == "plain" and t.database == target.database)
        of_floor, times = GOALS[target.database]
        for count in connections:
            share, more = target.rate(count) / found[0].rate(count), target.rate(count) / plain.rate(count)
            yield said(f"{target.database}, {count}: of the floor", share, share >= of_floor, f"≥ {of_floor}")
            yield said(f"{target.database}, {count}: × plain", more, more >= times, f"≥ {times}")
        slowest = median(run.p99 for run in target.samples[connections[0]])
        if connections[0] == 16:
            yield said(f"{target.database}, 16: p99 in ms", slowest, slowest <= 50, "≤ 50")


def said(what: str, value: float, kept: bool, goal: str) -> str:
    return f"- {what}: {value:.2f} (goal {goal}): {'kept' if kept else 'NOT KEPT'}"


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--seconds", type=int, default=4)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--connections", type=int, nargs="+", default=[16, 64])
    words.add_argument("--databases", nargs="+", default=["sqlite", "postgres"], choices=["sqlite", "postgres"])
    asked = words.parse_args()
    shutil.which("wrk") or sys.exit("wrk is missing: apt-get install wrk")
    folders.MEMORY = Path("/nowhere")  # databases on the disk, not in memory: it is the disk that is measured
    folder = Path(tempfile.mkdtemp(prefix="samtykke-bench-"))
    folder.chmod(0o755)
    try:
        with ExitStack() as stack:
            found = targets(asked.databases, folder, stack)
            for target in found:
                home(target, folder).mkdir(exist_ok=True)
                stack.enter_context(started(target, home(target, folder)))
            measure(found, asked.connections, asked.rounds, asked.seconds, folder)
        print("\n".join([*table(found, asked.connections), "", *verdict(found, asked.connections)]))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
