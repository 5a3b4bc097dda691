"""Definitions into the database, and back into the same YAML. Loading twice changes nothing."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import yaml
from sqlalchemy import func, select

from app.consent import texts
from app.consent.models import ConsentText, Purpose
from app.extensions import db
from app.sites.models import Company, Site
from app.submissions.definitions import Definitions
from app.submissions.logos import Logos
from app.submissions.models import Form, FormVersion
from app.submissions.published import fingerprint
from app.submissions.schema import ordered

# What of a form is not frozen with its version, because it does not change what a visitor is shown or asked.
UNFROZEN = {"open"}
SAID = {
    "company_id": "company",
    "site_id": "site",
    "names": "name",
    "position": "order",
    "logo_url": "logo address",
}  # as the file calls them

Worded = dict[str, dict[str, str]]  # purpose to language to the hash of its words


def load(definitions: Definitions, logos: Logos) -> list[str]:
    """Bring company, sites, purposes and forms in line with the definitions; what they do not name stays.

    Returns what changed, one line each: a new wording is a new consent text, a changed form is a new version. Every
    form of the company asks with the words of today, also one that is not named: else two wordings were in force.
    """
    company, told = _upsert(Company, definitions["company"])
    about = [_line("company", company.slug, told)]
    sites = {}
    for slug, site in definitions["sites"].items():
        sites[slug], told = _load_site(slug, {**site, "logo": logos.keep(site["logo_url"])}, company)
        about.append(_line("site", slug, told))
    worded: Worded = {}
    for position, (slug, purpose) in enumerate(definitions["purposes"].items()):
        worded[slug], told = _load_purpose(slug, purpose, position)
        about.append(_line("purpose", slug, told))
    about += [_load_form(slug, form, sites, worded) for slug, form in definitions["forms"].items()]
    about += [_reword(form, worded) for form in _others(company, definitions["forms"])]
    return [line for lines in about for line in lines]


def _upsert(model: type[Any], values: dict[str, Any], key: str = "slug") -> tuple[Any, list[str]]:
    """The row as it should be, and what of it was changed. All of a new row is new, which is said in one word."""
    row = db.session.scalar(select(model).where(getattr(model, key) == values[key]))
    if row is None:
        row = model(**values)
        db.session.add(row)
        db.session.flush()
        return row, ["new"]
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    db.session.flush()
    return row, changed


def _line(what: str, slug: str, changed: list[str]) -> list[str]:
    """`site shop: color, policy version`; nothing where nothing was changed."""
    said = ", ".join(SAID.get(name, name.replace("_", " ")) for name in changed)
    return [f"{what} {slug}: {said}"] if said else []


def _load_site(slug: str, site: dict[str, Any], company: Company) -> tuple[Site, list[str]]:
    values = {name: value for name, value in site.items() if name != "policy"}
    policy = {"policy_version": site["policy"]["version"], "policy_urls": site["policy"]["urls"]}
    row, changed = _upsert(Site, {"slug": slug, "company_id": company.id, **values, **policy})
    return row, changed


def _load_purpose(slug: str, purpose: dict[str, Any], position: int) -> tuple[dict[str, str], list[str]]:
    row, changed = _upsert(Purpose, {"slug": slug, "names": purpose["name"], "position": position})
    before, known = row.texts, _count(ConsentText)
    for lang, text in purpose["text"].items():
        texts.publish(slug, lang, _wording(text))
    told = [name for name in changed if name != "new"]
    if row.texts != before:
        told.append("new wording" if _count(ConsentText) > known else "earlier wording")
    return row.texts, told


def _wording(text: str) -> str:
    """The words as they are shown: how the file folds its lines is not part of them."""
    return " ".join(text.split())


def _count(model: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def _load_form(slug: str, form: dict[str, Any], sites: dict[str, Site], worded: Worded) -> list[str]:
    row, changed = _upsert(Form, {"slug": slug, "site_id": sites[form["site"]].id, "open": form["open"]})
    told = [("opened" if form["open"] else "closed") if name == "open" else name for name in changed if name != "new"]
    return _line("form", slug, told + _publish(row, _freeze(slug, form, worded)))


def _freeze(slug: str, form: dict[str, Any], worded: Worded) -> dict[str, Any]:
    """What is published: all that a visitor sees, the consent texts by their fingerprints, every box unticked."""
    shown = {name: value for name, value in form.items() if name not in UNFROZEN}
    boxes = [{**box, "ticked": False, "texts": worded[box["purpose"]]} for box in form["consents"]]
    return {**shown, "form": slug, "consents": boxes}


def _publish(form: Form, frozen: dict[str, Any]) -> list[str]:
    name = fingerprint(frozen)
    version = db.session.scalar(select(FormVersion).where(FormVersion.form_id == form.id, FormVersion.hash == name))
    if version is None:
        version = FormVersion(form_id=form.id, number=_latest(form.id) + 1, hash=name, definition=frozen)
        db.session.add(version)
        db.session.flush()
    if form.version_id == version.id:
        return []
    form.version_id = version.id
    return [f"version {version.number}"]


def _latest(form_id: int) -> int:
    return db.session.scalar(select(func.max(FormVersion.number)).where(FormVersion.form_id == form_id)) or 0


def _others(company: Company, named: Collection[str]) -> list[Form]:
    """What the company has published before, and does not name now."""
    hers = Site.company_id == company.id, Form.slug.not_in(named), Form.version_id.is_not(None)
    return list(db.session.scalars(select(Form).join(Form.site).where(*hers).order_by(Form.id)))


def _reword(form: Form, worded: Worded) -> list[str]:
    """The same form, with the words that its purposes have now."""
    frozen = db.session.get_one(FormVersion, form.version_id).definition
    boxes = [{**box, "texts": worded.get(box["purpose"], box["texts"])} for box in frozen["consents"]]
    return _line("form", form.slug, _publish(form, {**frozen, "consents": boxes}))


def dump(company: str | None = None) -> str:
    """The definitions of a company as YAML that loads into the same. Raises LookupError when it must be named."""
    rows = db.session.scalars(select(Company).where(Company.slug == company) if company else select(Company)).all()
    if len(rows) != 1:
        raise LookupError("name one of: " + ", ".join(db.session.scalars(select(Company.slug).order_by(Company.slug))))
    return yaml.dump(_definitions(rows[0]), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)


def _definitions(company: Company) -> Definitions:
    sites = db.session.scalars(select(Site).where(Site.company_id == company.id).order_by(Site.id)).all()
    forms = db.session.scalars(select(Form).where(Form.site_id.in_([site.id for site in sites])).order_by(Form.id))
    about = ("slug", "name", "org_number", "postal_address", "email", "phone")
    return {
        "company": _given({name: getattr(company, name) for name in about}),
        "purposes": {purpose.slug: _dump_purpose(purpose) for purpose in texts.purposes()},
        "sites": {site.slug: _dump_site(site) for site in sites},
        "forms": {form.slug: _dump_form(form, form.version) for form in forms if form.version},
    }


def _dump_purpose(purpose: Purpose) -> dict[str, Any]:
    found = {lang: texts.current(purpose.slug, lang) for lang in ("nb", "en")}
    return {"name": purpose.names, "text": {lang: text.text for lang, text in found.items() if text}}


def _dump_site(site: Site) -> dict[str, Any]:
    about = ("name", "origin", "languages", "color", "logo_url", "contact_urls")
    policy = {"version": site.policy_version, "urls": site.policy_urls} if site.policy_version else None
    return _given({**{name: getattr(site, name) for name in about}, "policy": policy})


def _dump_form(form: Form, version: FormVersion) -> dict[str, Any]:
    frozen = version.definition
    parts = {kind: [_given(ordered(item, kind)) for item in frozen[kind]] for kind in ("fields", "consents")}
    kept = _given(ordered({**frozen, **parts}, "forms"))
    return kept if form.open else {**kept, "open": False}


def _given(values: dict[str, Any]) -> dict[str, Any]:
    """Without what says nothing: that is filled in again when the file is read."""
    return {name: value for name, value in values.items() if value not in (None, "", [], {}, False)}


class _Dumper(yaml.SafeDumper):
    """Repeats a value rather than pointing at it, and sets a long text apart."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)
