"""Other PHPs and WordPresses than this machine's: Debian's and Ubuntu's other releases, unpacked into our cache.

Nothing is installed. apt checks the signatures, with lists and settings of its own, and needs no rights; a PHP of
another release runs on the libraries of that release. PHP 8.0 was in no release of theirs that is still to be had: npm
has it, built for WebAssembly by WordPress itself.
"""

from __future__ import annotations

import fcntl
import fnmatch
import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.wordpress import fetch

KEYRINGS = Path("/usr/share/keyrings")
DEBIAN, UBUNTU = "http://deb.debian.org/debian", "http://archive.ubuntu.com/ubuntu"
PHP = {
    "7.4": (f"{DEBIAN} bullseye main", f"{DEBIAN} bookworm main"),  # SQLite of bullseye is too old for the drop-in
    "8.1": (f"{UBUNTU} jammy main universe",),
    "8.3": (f"{UBUNTU} noble main universe",),
    "8.4": (f"{DEBIAN} trixie main",),
}
WASM = {"8.0": "@php-wasm/cli@3.1.56"}
WORDPRESS = {"6.1": f"{DEBIAN} bookworm main", "6.8": f"{DEBIAN} trixie main", "newest": f"{DEBIAN} sid main"}
LIBRARIES = ("libphp-phpmailer", "libjs-jquery-ui", "libjs-lodash")  # Debian takes them out of newer WordPresses
MODULES = ("cli", "curl", "mbstring", "mysql", "sqlite3", "xml", "zip")
NEEDED = ("lib*", "php*", "zlib1g*")  # of what a PHP depends on; the rest is programs for installing packages
FIRST = ("pdo", "xml", "mysqlnd")  # other modules build on these
LEFT_OUT = {"opcache", "ffi"}
PINNED = "Package: php-common\nPin: release n=bullseye\nPin-Priority: 1000\n"  # newer ones refuse PHP 7.4
SETTINGS = """
Dir::Etc::SourceList "{folder}/sources.list";
Dir::Etc::SourceParts "-";
Dir::Etc::Preferences "{folder}/preferences";
Dir::Etc::PreferencesParts "-";
Dir::State::Lists "{folder}/lists";
Dir::State::Status "{folder}/status";
Dir::Cache "{folder}";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Debug::NoLocking "true";
quiet "2";
"""


class Missing(Exception):
    """This release cannot be had here; the words say why."""


@dataclass(frozen=True)
class Stack:
    """How PHP is called, and where a WordPress without configuration lies."""

    php: tuple[str, ...]
    wordpress: Path
    native: bool = True  # what runs in WebAssembly does not see /dev/shm


def stack(php: str = "", wordpress: str = "") -> Stack:
    """Versions of the tables above; without one, this machine's. Raises `Missing`."""
    if reason := fetch.missing():
        raise Missing(reason)
    return Stack(_php(php), _wordpress(wordpress), native=php not in WASM)


def _php(version: str) -> tuple[str, ...]:
    if version in WASM:
        program = _fetched(f"php-{version}", (), _install_wasm) / "node_modules/.bin/php-wasm-cli"
        return ("env", f"PHP={version}", str(program), "-dopcache.enable=0")
    command = _command(_fetched(f"php-{version}", PHP[version], _unpack_php)) if version else ("php",)
    return (*command, "-dopcache.enable_cli=1")


def _wordpress(version: str) -> Path:
    here = (fetch.tree() / "wp-includes/version.php").read_text()
    if not version or f"$wp_version = '{version}." in here:
        return fetch.tree()
    return _fetched(f"wordpress-{version}", (WORDPRESS[version],), _unpack_wordpress) / fetch.TREE


def chosen() -> Stack:
    """What SAMTYKKE_TEST_PHP and SAMTYKKE_TEST_WORDPRESS ask for; the latter may also be a folder. Raises `Missing`."""
    php, wordpress = os.environ.get("SAMTYKKE_TEST_PHP", ""), os.environ.get("SAMTYKKE_TEST_WORDPRESS", "")
    return stack(php, wordpress if wordpress in WORDPRESS else "")


@functools.cache
def _fetched(name: str, sources: Sequence[str], unpack: Callable[[Path, str], None]) -> Path:
    """The folder of this release in the cache; fetched in less than half a minute where it is not there yet."""
    done = fetch.CACHE / name
    fetch.CACHE.mkdir(parents=True, exist_ok=True)
    with (fetch.CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in several processes
        if not done.is_dir():
            with tempfile.TemporaryDirectory(dir=fetch.CACHE) as folder:
                if sources:
                    _prepare(Path(folder), sources)
                unpack(Path(folder), name.partition("-")[2])
                (Path(folder) / "root").rename(done)
    return done


def _prepare(folder: Path, sources: Sequence[str]) -> None:
    """A configuration that knows these sources and no installed package."""
    folder.chmod(0o755)
    for name in ("lists/partial", "archives/partial", "root"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()
    (folder / "preferences").write_text(PINNED)
    (folder / "apt.conf").write_text(SETTINGS.format(folder=folder))
    lines = [f"deb [signed-by={_keyring(source)}] {source}\n" for source in sources]
    (folder / "sources.list").write_text("".join(lines))
    _apt(folder, "update", "--error-on=any")


def _keyring(source: str) -> Path:
    """The keys that sign this source. Debian has Ubuntu's in a package."""
    if source.startswith(DEBIAN):
        return KEYRINGS / "debian-archive-keyring.gpg"
    here = KEYRINGS / "ubuntu-archive-keyring.gpg"
    if here.exists():
        return here
    return _fetched("keys-ubuntu", (f"{DEBIAN} trixie main",), _unpack_keys) / here.relative_to("/")


def _unpack_keys(folder: Path, _: str) -> None:
    _apt(folder, "download", "ubuntu-keyring")
    _unpack(folder, folder)


def _unpack_wordpress(folder: Path, _: str) -> None:
    _apt(folder, "download", *fetch.WORDPRESS, *LIBRARIES)
    _unpack(folder, folder)


def _unpack_php(folder: Path, version: str) -> None:
    wanted = [f"php{version}-{module}" for module in MODULES]
    _apt(folder, "install", "--yes", "--download-only", *wanted)
    _unpack(folder, folder / "archives", *NEEDED)
    shutil.rmtree(folder / "root/usr/share", ignore_errors=True)


def _install_wasm(folder: Path, version: str) -> None:
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder / "root", WASM[version]]
    if not shutil.which("npm") or subprocess.run(command, capture_output=True, timeout=300).returncode:
        raise Missing(f"npm has no {WASM[version]} here")


def _unpack(folder: Path, debs: Path, *only: str) -> None:
    for deb in debs.glob("*.deb"):
        if not only or any(fnmatch.fnmatch(deb.name, pattern) for pattern in only):
            subprocess.run(["dpkg", "-x", deb, folder / "root"], check=True)


def _apt(folder: Path, *command: str) -> None:
    environ = {**os.environ, "APT_CONFIG": str(folder / "apt.conf")}
    if not shutil.which("apt-get"):
        raise Missing("apt-get is not here, which fetches other PHPs and WordPresses")
    done = subprocess.run(
        ["timeout", "120", "apt-get", *command], cwd=folder, env=environ, capture_output=True, text=True
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["too slow"]
        raise Missing(f"apt-get {command[0]}: {said[-1][:200]}")


def _command(root: Path) -> tuple[str, ...]:
    """This PHP by its own loader on its own libraries, with every module that came with it."""
    loader, program = _only(root, "*/*-linux-gnu/ld-linux-*.so.*"), _only(root, "usr/bin/php[0-9]*")
    libraries = ":".join(map(str, [*root.glob("lib/*-linux-gnu"), *root.glob("usr/lib/*-linux-gnu")]))
    modules = _only(root, "usr/lib/php/*/curl.so").parent
    found = {file.stem for file in modules.glob("*.so")} - LEFT_OUT
    names = sorted(found, key=lambda name: (name not in FIRST, name))
    options = [f"extension_dir={modules}", *(f"extension={name}" for name in names), "zend_extension=opcache"]
    return (str(loader), "--library-path", libraries, str(program), "-n", *(f"-d{option}" for option in options))


def _only(root: Path, pattern: str) -> Path:
    return next(iter(sorted(root.glob(pattern)) or sorted(root.glob(f"usr/{pattern}"))))
