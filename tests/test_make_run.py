"""`make run`, as a newcomer meets it: start, look, Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.support.processes import ROOT, eventually, free_port

pytestmark = pytest.mark.slow


class Terminal:
    """A shell in which somebody types `make run` and later presses Ctrl-C."""

    def __init__(self, folder):
        self.port, self.log = free_port(), folder / "terminal"
        environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "INSTANCE_DIR": str(folder / "instance")}
        with self.log.open("w") as screen:
            self.make = subprocess.Popen(
                ["make", "run", f"PORT={self.port}"],
                cwd=ROOT,
                env=environ,
                stdout=screen,
                stderr=screen,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def screen(self):
        return self.log.read_text()

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, ConnectionError):
            assert self.make.poll() is None, self.screen()
            return ""

    def ctrl_c(self):
        os.killpg(self.make.pid, signal.SIGINT)
        self.make.wait(20)


def left_over(folder):
    """Programs that still run with this folder in their environment."""
    return [process.parent.name for process in Path("/proc").glob("[0-9]*/environ") if str(folder) in content(process)]


def content(file):
    try:
        return file.read_bytes().decode(errors="replace")
    except OSError:  # it has just ended
        return ""


@pytest.fixture
def terminal(tmp_path):
    terminals = []

    def opened():
        terminals.append(Terminal(tmp_path))
        return terminals[-1]

    yield opened
    for one in terminals:
        if one.make.poll() is None:
            one.ctrl_c()


def test_it_starts_says_where_to_look_and_ctrl_c_leaves_nothing(terminal, tmp_path):
    first = terminal()
    assert "/f/kontakt" in eventually(lambda: first.get("/demo"), 60)
    for place in ("/demo", "/dev/mail", "/admin/"):
        assert f"http://127.0.0.1:{first.port}{place}" in first.screen()
    assert re.search(r"password: \S{10,}", first.screen())
    assert left_over(tmp_path / "instance")
    first.ctrl_c()
    assert "Traceback" not in first.screen()
    assert eventually(lambda: left_over(tmp_path / "instance") == [])
    second = terminal()
    eventually(lambda: second.get("/demo"), 60)
    assert "password:" not in second.screen()
