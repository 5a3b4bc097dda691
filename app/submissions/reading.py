"""What a visitor said, in the form's own terms: masked first, then judged field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.contacts.addresses import Address
from app.masking import mask
from app.submissions import adapters, checks, form_token
from app.submissions.answers import Value, clean_text, collate, granted, split
from app.submissions.catalogue import Catalogue, Published
from app.submissions.checks import Refused
from app.submissions.decode import Decoded
from app.submissions.form_token import Shown

SHORTEST = 11  # characters of a number that must not be kept
NOTHING: frozenset[str] = frozenset()


@dataclass(slots=True)
class Reading:
    """What was said. Nothing in it holds a number that must not be kept.

    `shown` is the version of the form the visitor saw. `answers` are tidied, by the names of the form's fields; inputs
    that the form does not know keep their own names. `mistakes` is field to reason, in the order of the form.
    """

    shown: Published
    token: Shown
    controls: Mapping[str, str]
    typed: dict[str, Value]
    masked: list[str]
    ticked: list[str] = field(default_factory=list)
    answers: dict[str, Value] = field(default_factory=dict)
    mistakes: dict[str, Refused] = field(default_factory=dict)
    address: Address | None = None

    @property
    def purposes(self) -> list[str]:
        """Purposes that consent was asked for."""
        return [self.shown.boxes[name]["purpose"] for name in self.ticked]


def read(form: Published, shelf: Catalogue, decoded: Decoded, headers: Mapping[str, str]) -> Reading:
    """The decoded body as answers to this form. Refuses nothing: what is wrong is noted, for a page to show."""
    draft = adapters.draft(decoded.pairs, headers)
    controls, pairs = split(draft.pairs)
    token = form_token.read(form, controls.get("_t"))
    shown = shelf.version(form, token.version_id) if token.version_id else form
    names = {**{alias.casefold(): name for alias, name in draft.aliases.items()}, **shown.names}
    given = collate(((_called(name, names), value) for name, value in pairs), emails=shown.emails)
    typed, masked = _masked(given.values)
    said = Reading(shown, token, controls, typed, masked)
    said.ticked = [name for name in shown.boxes if granted(typed.get(name))]
    _judge(said, given.conflicts)
    _rest(said, decoded.dropped)
    return said


def _called(name: str, names: Mapping[str, str]) -> str:
    """The form's own name for an input; `epost[]` is `email[]` where `epost` is an alias of `email`."""
    known = names.get(name.casefold())
    if known is None and "[" in name:
        stem, bracket, index = name.partition("[")
        known = names.get(stem.casefold())
        return f"{known or stem}{bracket}{index}"
    return known or name


def _masked(values: Mapping[str, Value]) -> tuple[dict[str, Value], list[str]]:
    clean: dict[str, Value] = {}
    masked: set[str] = set()
    for name, value in values.items():
        safe_name, found = _mask(name)
        items = [_mask(item) for item in (value if isinstance(value, list) else [value])]
        kinds = found.union(*(kinds for _, kinds in items))
        masked.update(f"{safe_name}: {kind}" for kind in kinds)
        clean[safe_name] = [text for text, _ in items] if isinstance(value, list) else items[0][0]
    return clean, sorted(masked)


def _mask(text: str) -> tuple[str, frozenset[str]]:
    return mask(text) if len(text) >= SHORTEST else (text, NOTHING)


def _judge(said: Reading, conflicts: set[str]) -> None:
    form = said.shown
    for name, definition in form.fields.items():
        try:
            said.answers[name] = checks.check(definition, one(said.typed.get(name)))
            if name in conflicts:
                raise Refused(checks.CONFLICT)
        except Refused as mistake:
            said.mistakes[name] = mistake
    if form.age and not granted(said.typed.get(form.age)):
        said.mistakes[form.age] = Refused(checks.AGE)
    if form.emails and form.emails[0] not in said.mistakes:
        said.address = checks.address(one(said.answers[form.emails[0]]))
    if said.ticked and said.address is None:  # consent is confirmed by letter
        said.mistakes.setdefault(form.emails[0], Refused(checks.EMPTY))


def one(value: Value | None) -> str:
    """A field has one answer: of a list, the last."""
    if isinstance(value, list):
        return value[-1] if value else ""
    return value or ""


def _rest(said: Reading, files: list[str]) -> None:
    """Inputs that the form does not know: kept as they are, since a page may ask more than we were told of."""
    form = said.shown
    for name, value in said.typed.items():
        if name not in form.fields and name not in form.boxes and name != form.age:
            kept = [clean_text(item, multiline=True) for item in (value if isinstance(value, list) else [value])]
            if any(kept):
                said.answers[clean_text(name)] = kept if isinstance(value, list) else kept[0]
    for name in files:
        said.mistakes[clean_text(mask(name)[0])] = Refused(checks.FILES)
