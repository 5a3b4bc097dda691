"""`make run`, as a newcomer meets it: start, look, Ctrl-C, or close the window."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import termios
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.processes import ROOT, eventually, free_port

pytestmark = pytest.mark.slow


class Terminal:
    """A window in which somebody types `make run` and later presses Ctrl-C, or which is closed."""

    def __init__(self, folder):
        self.port, self._shown = free_port(), b""
        environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "INSTANCE_DIR": str(folder / "instance")}
        self._window, inside = pty.openpty()
        self.shell = subprocess.Popen(
            ["sh", "-c", f"make run PORT={self.port}; true"],  # `true`: else the shell would become make
            cwd=ROOT,
            env=environ,
            stdin=inside,
            stdout=inside,
            stderr=inside,
            start_new_session=True,
            preexec_fn=_sit_down,
        )
        os.close(inside)

    def screen(self):
        with suppress(OSError):  # everybody in it has ended
            while select.select([self._window], [], [], 0)[0]:
                self._shown += os.read(self._window, 65536)
        return self._shown.decode(errors="replace")

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, ConnectionError):
            assert self.shell.poll() is None, self.screen()
            return ""

    def ctrl_c(self):
        os.write(self._window, b"\x03")
        self.shell.wait(20)

    def close(self):
        """The shell gets SIGHUP, and as it dies all that it runs; nobody can write to the window any more."""
        os.close(self._window)
        self.shell.wait(20)


def _sit_down():
    """Its terminal is the one before it; that this closes, it hears even where we were told to ignore it (nohup)."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


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
        if one.shell.poll() is None:
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


def test_a_terminal_that_is_closed_leaves_nothing_either(terminal, tmp_path):
    window = terminal()
    assert "/f/kontakt" in eventually(lambda: window.get("/demo"), 60)
    window.close()
    assert eventually(lambda: left_over(tmp_path / "instance") == [])
