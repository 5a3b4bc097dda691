"""PHP and WordPress from Debian, SQLite for WordPress from npm: fetched once, into a cache of our own.

Only root on a machine with apt can install PHP; where it is missing, the tests that need it are skipped and say why.
"""

from __future__ import annotations

import fcntl
import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "samtykke-tests" / "wordpress"
DROP_IN = CACHE / "sqlite-database-integration"
TREE = "usr/share/wordpress"  # in Debian's packages
EXTENSIONS = {"curl", "dom", "mbstring", "mysqli", "pdo_sqlite", "sodium", "xml", "zip"}  # Site Health asks for mysqli
PHP = ("php-cli", "php-curl", "php-mbstring", "php-mysql", "php-sqlite3", "php-xml", "php-zip")
WORDPRESS = ("wordpress", "php-getid3", "libjs-cropper", "libjs-underscore", "libjs-prototype")
PACKAGE = "@wp-playground/cli@3.1.56"  # carries sqlite-database-integration 3.0.2
PRIVATE = "private $allow_unsafe_unquoted_parameters"  # WordPress before 6.2 cannot be extended by a class with this


@functools.cache
def missing() -> str:
    """Why WordPress cannot be started here; empty when it can. Fetches what can be fetched, in less than a minute."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in several processes
        try:
            return _lacking_php() or _lacking_wordpress() or _lacking_drop_in()
        except (OSError, subprocess.SubprocessError) as error:
            return f"WordPress could not be fetched: {type(error).__name__}"


def tree() -> Path:
    """Where WordPress is, without a configuration. `StopIteration` where it is not."""
    return next(_trees())


def _trees() -> Iterator[Path]:
    """The one that `SAMTYKKE_TEST_WORDPRESS` names, ours, and Debian's where it is installed."""
    named = os.environ.get("SAMTYKKE_TEST_WORDPRESS", "")
    for folder in (Path(named), CACHE / "debian" / TREE, Path("/") / TREE):
        if (folder / "wp-includes/version.php").is_file():
            yield folder


def _lacking_php() -> str:
    if not _extensions() >= EXTENSIONS and os.geteuid() == 0:
        _apt("install", "-y", "--no-install-recommends", *PHP)
    lacking = sorted(EXTENSIONS - _extensions())
    return f"PHP is not installed with {', '.join(lacking)} (apt-get install {' '.join(PHP)})" if lacking else ""


def _extensions() -> set[str]:
    if not shutil.which("php"):
        return set()
    return set(subprocess.run(["php", "-m"], capture_output=True, text=True, check=True).stdout.lower().split())


def _lacking_wordpress() -> str:
    if not any(_trees()):
        _unpack()
    return "" if any(_trees()) else "WordPress is not installed (apt-get install wordpress)"


def _unpack() -> None:
    """Debian's packages without installing them: WordPress would bring a web server along, which we do not want."""
    with tempfile.TemporaryDirectory(dir=CACHE) as name:
        folder = Path(name)
        folder.chmod(0o755)
        if not _apt("download", *WORDPRESS, cwd=folder):
            return
        for deb in folder.glob("*.deb"):
            subprocess.run(["dpkg", "-x", deb, folder / "root"], check=True)
        (folder / "root").rename(CACHE / "debian")


def _apt(*command: str, cwd: Path | None = None) -> bool:
    """Quietly; with fresh lists where the old ones do not do."""
    if not shutil.which("apt-get"):
        return False
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}

    def run(*words: str) -> bool:
        return subprocess.run(["apt-get", "-qq", *words], cwd=cwd, env=environ, capture_output=True).returncode == 0

    return run(*command) or (run("update") and run(*command))


def _lacking_drop_in() -> str:
    if DROP_IN.is_dir():
        return ""
    npm = shutil.which("npm")
    if not npm:
        return "npm is not installed, which fetches SQLite for WordPress (apt-get install npm)"
    with tempfile.TemporaryDirectory(dir=CACHE) as name:
        folder = Path(name)
        subprocess.run([npm, "pack", "--silent", PACKAGE], cwd=folder, check=True, capture_output=True, timeout=60)
        subprocess.run(["tar", "-xzf", next(folder.glob("*.tgz"))], cwd=folder, check=True)
        shutil.unpack_archive(folder / "package/sqlite-database-integration.zip", folder / "plugin")
        unpacked = next((folder / "plugin").iterdir())
        _suit_older_wordpress(unpacked / "wp-includes/sqlite/class-wp-sqlite-db.php")
        unpacked.rename(DROP_IN)
    return ""


def _suit_older_wordpress(file: Path) -> None:
    file.write_text(file.read_text().replace(PRIVATE, PRIVATE.replace("private", "protected")))
