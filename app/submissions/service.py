"""What follows from a submission, as verbs: process, confirmed, expired, forget."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, exists, select

from app import contacts, letters, outbox, search
from app.billing import typed
from app.clock import now
from app.consent import service as consent
from app.consent.models import Confirmation
from app.contacts.models import Contact
from app.extensions import db
from app.sites.models import Site
from app.submissions import copies, ids
from app.submissions.models import FormVersion, Submission

KEEP_SPAM = timedelta(days=30)
CONFIRM_WITHIN = timedelta(days=8)  # the letter's seven, and one for the expiry to be noted
SOME = 500  # rows removed in one transaction
REGION = "NO"  # of a telephone number without a country code


def process(submission: Submission) -> None:
    """Meet the person, note what was volunteered, ask for the consent that was ticked, tell staff."""
    version = db.session.get_one(FormVersion, submission.version_id)
    site = _site(version)
    contact = _meet(submission, version, site)
    if contact and submission.asked:
        _ask(submission, version, site, contact)
    _tell_staff(submission, version, site)
    copies.want(submission)
    submission.processed_at = now()
    outbox.enqueue("search.submission", submission.id)


def _site(version: FormVersion) -> Site:
    return db.session.scalars(select(Site).where(Site.slug == version.definition["site"])).one()


def _meet(submission: Submission, version: FormVersion, site: Site) -> Contact | None:
    """The person behind the address; what anybody may type never replaces what she has told before."""
    if not submission.address:
        return None
    contact = contacts.meet(submission.address, typed_address(submission, version), submission.lang, site.id)
    submission.contact_id = contact.id
    _volunteer(submission, contact, overwrite=False)
    return contact


def typed_address(submission: Submission, version: FormVersion) -> str:
    """The address as the visitor wrote it."""
    name = next(field["name"] for field in version.definition["fields"] if field["kind"] == "email")
    return str(submission.answers.get(name, submission.address))


def _volunteer(submission: Submission, contact: Contact, overwrite: bool) -> None:
    if contact.restricted_at:
        return
    asked = _fields(submission)  # a page may send more, and so may anybody: that stays in the submission
    values = {name: value for name, value in submission.answers.items() if name in asked and isinstance(value, str)}
    if "phone" in values:
        values["phone"] = _phone(values["phone"])
    source = f"submission:{submission.id}"
    contacts.volunteer(contact, values, source, overwrite)
    typed.note(contact, {name: values[name] for name in values if asked[name] == "org_number"}, source, overwrite)
    outbox.enqueue("search.contact", contact.id)


def _fields(submission: Submission) -> dict[str, str]:
    """Name to kind of what the form asks."""
    version = db.session.get_one(FormVersion, submission.version_id)
    return {field["name"]: field["kind"] for field in version.definition["fields"]}


def _phone(text: str) -> str:
    """The number as it is dialled from anywhere (E.164), or what was typed when it is no number that exists."""
    import phonenumbers  # large, and only a worker needs it

    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        return text
    valid = phonenumbers.is_valid_number(number)
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)) if valid else text


def _ask(submission: Submission, version: FormVersion, site: Site, contact: Contact) -> None:
    facts = {
        "address": submission.address,
        "ip": submission.network,
        "user_agent": submission.user_agent,
        "url": submission.page_url,
        "submission": str(submission.id),
    }
    consent.ask(
        contact,
        submission.asked,
        site=site,
        lang=submission.lang,
        facts=facts,
        network=submission.network,
        submission_id=submission.id,
        form_hash=version.hash,
        render=submission.render,
    )


def _tell_staff(submission: Submission, version: FormVersion, site: Site) -> None:
    for reader in range(len(version.definition["notify"])):
        refs = {"submission": submission.id, "reader": reader}
        letters.write("staff_submission", contact=None, site=site, lang=site.languages[0], refs=refs)


def confirmed(submission: Submission) -> None:
    """The mailbox is hers: what she told of herself with this form now replaces what was known."""
    contact = contacts.lock(submission.contact_id) if submission.contact_id else None
    if contact:
        _volunteer(submission, contact, overwrite=True)


def expired(submission: Submission) -> None:
    """Nobody confirmed. A form that exists for the consent alone then forgets that anybody asked."""
    version = db.session.get_one(FormVersion, submission.version_id)
    if not version.definition["forget_unconfirmed"]:
        return
    contact = contacts.lock(submission.contact_id) if submission.contact_id else None
    if contact and contact.restricted_at:
        return  # she may have asked that it be kept (GDPR article 18 (1) (b) and (c)); looked at again every night
    if contact is None or consent.unneeded(contact):
        forget(submission)
        if contact and not _wrote_more(contact):
            contacts.forget(contact)


def _wrote_more(contact: Contact) -> bool:
    return bool(db.session.scalar(select(exists().where(Submission.contact_id == contact.id))))


def forget(submission: Submission) -> None:
    """Remove a submission and what the search knows of it."""
    db.session.delete(submission)
    db.session.flush()  # waits for whoever is making it findable
    search.remove_submission(submission.id)


def overdue(after: int) -> list[int]:
    """Consent asked through a form that forgets, where no confirm letter is waiting: it was never sent, or is over.

    Ids above `after`, the first `SOME`. Whoever has answered is left out, so that this is a short list however many do.
    """
    waiting = exists().where(Confirmation.submission_id == Submission.id)
    forgets = FormVersion.definition["forget_unconfirmed"].as_boolean()
    open_ = (~waiting, ~consent.answered(Submission.contact_id), Submission.box == "accepted", forgets)
    old = (Submission.id > after, Submission.id < ids.first(now() - CONFIRM_WITHIN))
    query = select(Submission.id).join(FormVersion, FormVersion.id == Submission.version_id).where(*old, *open_)
    return list(db.session.scalars(query.order_by(Submission.id).limit(SOME)))


def forget_old_spam() -> int:
    """Remove what has been in the spam box for 30 days; returns how many there were, at most `SOME`."""
    before = Submission.id < ids.first(now() - KEEP_SPAM)
    old = select(Submission.id).where(Submission.box == "spam", before).order_by(Submission.id).limit(SOME)
    gone = list(db.session.scalars(old))
    db.session.execute(delete(Submission).where(Submission.id.in_(gone)))
    for id_ in gone:
        search.remove_submission(id_)
    return len(gone)
