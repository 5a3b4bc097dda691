"""Cold start and memory of an idle web process and an idle worker. Usage: python bench/process.py"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.support.processes import Live, free_port

START_GOAL, MEMORY_GOAL = 1.5, 120


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(member for child in children for member in family(int(child)))]


def proportional(pid: int) -> float:
    """MiB of a process, shared pages counted by share (PSS)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def largest(pid: int) -> float:
    """MiB of the largest member: granian has a small parent, and a child that holds the application."""
    return max(proportional(member) for member in family(pid))


def start(live: Live) -> float:
    begun = time.perf_counter()
    live.start_web()
    return time.perf_counter() - begun


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "instance").mkdir()
        url = f"http://127.0.0.1:{free_port()}"
        live = Live(folder, {"SAMTYKKE_ENV": "development", "BASE_URL": url, "INSTANCE_DIR": f"{folder}/instance"})
        live.flask("db", "upgrade")
        live.flask("demo", "load")
        seconds = []
        for _ in range(3):
            seconds.append(start(live))
            live.stop()
        live.start()
        time.sleep(3)
        assert live.web
        assert live.worker
        web, worker = largest(live.web._popen.pid), largest(live.worker._popen.pid)
        live.stop()
    print("| process | measured | goal |")
    print("|---|---|---|")
    print(f"| first answer after start, median of 3 | {sorted(seconds)[1]:.2f} s | ≤ {START_GOAL} s |")
    print(f"| idle web process, PSS | {web:.0f} MiB | ≤ {MEMORY_GOAL} MiB |")
    print(f"| idle worker, PSS | {worker:.0f} MiB | ≤ {MEMORY_GOAL} MiB |")


if __name__ == "__main__":
    main()
