"""Measures everything, prints it, and keeps it in bench/RESULTS.md. Usage: python bench/run.py [--full] [PART ...]

Parts: intake, links, ledger, reading, process, arrivals, drift, caps, erasures. Each is a program of its own that
prints a table. Where a part would take hours, SIZES makes it minutes, and FULL half an hour for each table or vendor;
what it prints says by how much.
"""

from __future__ import annotations

import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "RESULTS.md"
PARTS = {
    "intake": "Forms taken in",
    "links": "Confirming and withdrawing",
    "ledger": "Checking the ledger",
    "reading": "Staff pages at a million rows",
    "process": "Start and memory",
    "arrivals": "A list that comes along",
    "drift": "Comparing a list with the ledger",
    "caps": "Everybody in line at the vendors' caps",
    "erasures": "Erasures at the vendors' caps",
}
# People, and the seconds that a cap alone would take for them. In truth 100,000 people take Google eighteen hours.
SIZES = {"caps": ("10000", "90"), "erasures": ("400", "280")}
FULL = {"caps": ("100000", "1500"), "erasures": ("1000", "1500")}


def machine() -> str:
    """What it was measured on."""
    facts = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    models = [line.split(":")[1].strip() for line in facts.splitlines() if line.startswith("model name")]
    name = f"{len(models)} × {models[0]}" if models else platform.processor()
    return f"{name}, {platform.system()} {platform.release()}, Python {platform.python_version()}"


def measured(part: str, full: bool) -> str:
    """The table of a part. A part that fails ends the run: half a table is no result."""
    print(f"... {part}", file=sys.stderr)
    size = (FULL if full else SIZES).get(part, ())
    done = subprocess.run([sys.executable, HERE / f"{part}.py", *size], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{part} failed")
    return f"## {PARTS[part]}\n\n`{' '.join(['python', f'bench/{part}.py', *size])}`\n\n{done.stdout.strip()}\n"


def main() -> None:
    full = "--full" in sys.argv
    parts = [word for word in sys.argv[1:] if word != "--full"] or [
        part for part in PARTS if (HERE / f"{part}.py").exists()
    ]
    if unknown := [part for part in parts if part not in PARTS]:
        sys.exit(f"no such part: {', '.join(unknown)}")
    command = f"`python bench/run.py {' '.join(['--full'] * full + parts)}`"
    head = f"# Measured\n\n{datetime.now(UTC):%Y-%m-%d %H:%M} UTC · {machine()} · {command}\n"
    text = "\n".join([head, *(measured(part, full) for part in parts)])
    print(text)
    RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
