"""localstripe (https://github.com/adrienverge/localstripe) as a process of its own, on loopback and without its file.

`python -m tests.support.stripe_local PORT` runs it by hand. By itself it would listen on every address and keep all it
was ever told in a pickle in the temporary folder.
"""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import requests

KEY = "sk_test_12345678"


class LocalStripe:
    """The process. `call` speaks to it directly, past whatever stands in front of it."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._session = requests.Session()
        self._session.auth = (KEY, "")
        command = [sys.executable, "-m", "tests.support.stripe_local", str(port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._wait()

    def _wait(self) -> None:
        for _ in range(300):
            try:
                self.call("GET", "/v1/balance")
                return
            except requests.ConnectionError:
                if self._process.poll() is not None:
                    break
                time.sleep(0.05)
        raise RuntimeError("localstripe does not start")

    def call(self, method: str, path: str, query: str = "", body: Any = None) -> requests.Response:
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        return self._session.request(method, f"{self.url}{path}", params=query, data=body, headers=kind, timeout=10)

    def forget_everything(self) -> None:
        self.call("DELETE", "/_config/data")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)


def main() -> None:
    from aiohttp import web
    from localstripe import resources
    from localstripe.server import app

    resources.store.dump_to_disk = lambda *_, **__: None
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


if __name__ == "__main__":
    main()
