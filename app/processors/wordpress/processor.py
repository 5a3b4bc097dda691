"""The verbs at WordPress. It keeps no list: nobody is introduced to it, and whoever is there is found by reading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.processors.base import Cap, Held, Member, Outcome, Pace, Processor, Profile
from app.processors.wordpress import settings
from app.processors.wordpress.client import Client, Data
from app.processors.wordpress.erasure import PAGES, Erasure, said
from app.processors.wordpress.report import Found, Left
from app.processors.wordpress.settings import Settings

NO_LIST = "WordPress keeps no list of subscribers."


class WordPress(Processor):
    """One site with our plugin."""

    name = "wordpress"
    addressed = frozenset({"user", "comment"})
    cap = Cap(at_once=4)  # a small company's host has few PHP workers, and visitors need most of them

    def __init__(self, settings: Settings) -> None:
        self._fiscal_end = settings.fiscal_end
        self._settings = settings
        self._client = Client(settings)

    def share(self, pace: Pace) -> None:
        super().share(pace)
        self._client = Client(self._settings, pace)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> WordPress:
        """Raises `ValueError` naming the setting that is missing or wrong."""
        return cls(settings.read(config))

    def push(self, profile: Profile) -> Outcome:
        """Writes the name into an account that has none. What stands there already, the person wrote herself."""
        if not profile.name.strip():
            return Outcome("not_held", NO_LIST)
        return self._rectify(profile, fill=True)

    def rectify(self, profile: Profile, new_address: str = "") -> Outcome:
        """Replaces the name of her account and, where given, the address of account and comments.

        WordPress's own letter about that is not sent. Accounts with rights are for a person to change.
        """
        return self._rectify(profile, fill=False, new_email=new_address)

    def restrict(self, profile: Profile, restricted: bool) -> Outcome:
        """Locks her account and takes her comments off the pages, or undoes both."""
        answer = self._client.call("restrict", email=profile.address, on=restricted)
        touched = len(said(answer, "comments", list)) + len(said(answer, "users", list))
        if said(answer, "refused", list):
            return Outcome("manual", "An account with rights has this address: it was not locked.")
        return Outcome("held" if touched else "not_held")

    def find(self, profile: Profile) -> list[Held]:
        return self._find(profile.address).objects()

    def export(self, profile: Profile) -> Data:
        """What every exporter shows, by its heading; `incomplete` names those that failed."""
        shown: Data = {}
        failed = []
        for exporter in self.coverage()["exporters"]:
            items = self._exported(profile.address, exporter)
            if items is None:
                failed.append(exporter)
            for item in items or []:
                shown.setdefault(item["group_label"], []).append(_pairs(item["data"]))
        return shown | ({"incomplete": failed} if failed else {})

    def erase(self, profile: Profile) -> Outcome:
        """Every eraser, then what none reaches, then a look at what is left. Take an export before."""
        coverage, before = self.coverage(), self._find(profile.address)
        run = Erasure(self._client, profile.address)
        run.run(coverage["erasers"])
        shown = {name: self._exported(profile.address, name) for name in coverage["exporters"]}
        showing = [name for name, items in shown.items() if items]
        # What cannot be read proves nothing.
        silent = [name for name, items in shown.items() if items is None and name not in run.failed]
        left = Left(self._find(profile.address), run.refused, run.failed, showing, silent)
        return left.outcome("erased" if before.held or profile.acquainted else "not_held", self._fiscal_end)

    def members(self) -> Iterator[Member]:
        """Nobody: there is no list."""
        return iter(())

    def ping(self) -> str:
        about = self.coverage()
        plugins, erasers = len(about["plugins"]), len(about["erasers"])
        return f"WordPress {about.get('wordpress')} answers, plugins: {plugins}, erasers: {erasers}"

    def coverage(self) -> Data:
        """Versions, plugins, exporters and erasers; `silent` are plugins that say nothing of personal data."""
        about = self._client.call("coverage")
        maps = {name: said(about, name, dict) for name in ("plugins", "exporters", "erasers")}
        return {**about, **maps, "silent": said(about, "silent", list)}

    def _rectify(self, profile: Profile, fill: bool, new_email: str = "") -> Outcome:
        first, _, last = profile.name.strip().rpartition(" ")
        names = {"first_name": first or last, "last_name": last if first else ""}
        answer = self._client.call("rectify", email=profile.address, fill=fill, new_email=new_email, **names)
        if not said(answer, "known", int) and not said(answer, "comments", list):
            return Outcome("not_held", NO_LIST)
        if not fill and said(answer, "refused", list):
            return Outcome("manual", "An account with this address could not be changed: do it under Users.")
        return Outcome("held", NO_LIST)

    def _find(self, address: str) -> Found:
        answer = self._client.call("find", email=address)
        return Found(*(said(answer, name, list) for name in ("held", "mentions", "unfinished")))

    def _exported(self, address: str, exporter: str) -> list[Data] | None:
        """Everything that one exporter shows; None where it failed. Two equal pages mean that it never ends."""
        items: list[Data] = []
        last = None
        for page in range(1, PAGES + 1):
            answer = self._client.call("export", email=address, exporter=exporter, page=page)
            if "error" in answer:
                return None
            now = _listed(answer.get("data"))
            if now == last:
                break
            items += now
            if answer.get("done") is True:
                break
            last = now
        return items


def _listed(data: Any) -> list[Data]:
    """PHP makes a map of a list with holes."""
    items = data.values() if isinstance(data, dict) else data or []
    return [item for item in items if isinstance(item, dict) and {"group_label", "data"} <= set(item)]


def _pairs(data: Any) -> dict[str, Any]:
    """Name to value; a name that comes twice has both."""
    pairs: dict[str, Any] = {}
    for pair in data.values() if isinstance(data, dict) else data or []:
        if not (isinstance(pair, dict) and {"name", "value"} <= set(pair)):
            continue
        name, value = str(pair["name"]), pair["value"]
        pairs[name] = f"{pairs[name]}, {value}" if name in pairs else value
    return pairs
