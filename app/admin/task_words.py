"""What stands on a task, beside a person or on a connection, in the language of whoever reads it.

Processors and the worker write plain English sentences without personal data, several after one another. Those that we
know are said in the reader's language; what a vendor said itself stays as it is, and is marked as English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from flask_babel import gettext

from app.admin import reasons


def N_(text: str) -> str:  # noqa: N802  the name that marks a text for the catalogue
    return text


# A sentence each, or a part that stands in one. `%(num)d` is a number, `%(what)s` anything.
KNOWN = (
    # of requests
    N_("What is held there is somebody else's as well. Separate the two there, then erase hers by hand."),
    N_("What is held there is somebody else's as well. Change the address there by hand, where it is this person's."),
    N_(
        "The new address belongs to another contact here. Are both the same person? Then delete the other contact by a "
        "request of its own, and try again. If not, or if you cannot know, refuse this request."
    ),
    N_(
        "The new address is one that we promised to leave alone. If the change is made, that promise stands: nothing "
        "but answers to requests is sent there until the person says yes again. Approve it, or refuse it."
    ),
    N_("Another request of this person is under way. Wait until it has ended, then try again."),
    N_("Our last letter will lie there, and is taken away."),
    N_("Told by the call that asked for it."),
    N_("The letter could not be delivered."),
    N_("Letters have come since somebody looked through them. Fetch them again."),
    N_("A read does not show what was to be changed."),
    N_("A read does not show what was to be done."),
    N_("Letters, messages and documents stay as they were written."),
    N_("%(num)d objects are in the trash there, which is emptied after 30 days."),
    N_("Still there after it was erased: %(what)s."),
    N_("Still shown: %(what)s. Delete it, or say why it stays."),
    N_("Plugins have changed there. Look at the connections, accept the change, and try again."),
    N_("%(what)s is not connected any more."),
    N_("An error of our own: %(what)s."),
    N_("Letters with other people in them: somebody must choose which of them she gets."),
    N_("Looked through: %(num)d chosen."),
    N_("Removed: %(gone)s. Kept: %(kept)s."),
    N_("A list that names the person is being taken in."),
    N_("This is not corrected here: %(what)s."),
    N_("A value is too long, or no language of ours."),
    # of every processor, and of the practice list
    N_("This cannot be done from here."),
    N_("An address cannot be changed from here."),
    N_("Both addresses are on the practice list: decide which of the two stays, and take the other one off."),
    N_("The person left at the list provider after this consent was given."),
    # how a processor answers when it is tried
    N_("The practice list answers, subscribed: %(num)d"),
    N_("Mailchimp answers: audience “%(what)s”, members: %(num)d"),
    N_("There is no room for the field SAMTYKKE: until a field is removed, e-mails carry Mailchimp's own link alone."),
    N_("Stripe answers with live data"),
    N_("Stripe answers with test data"),
    N_("Gmail answers, mailboxes: %(num)d"),
    N_("Google Contacts answers: label “%(what)s”, contacts: %(num)d"),
    N_("Google Groups answers, groups: %(num)d"),
    N_("WordPress %(what)s answers, plugins: %(plugins)d, erasers: %(erasers)d"),
    # of Mailchimp
    N_("Mailchimp has both addresses as members: decide which of the two stays, and delete the other one."),
    N_("Mailchimp has deleted this address for good"),
    N_("Mailchimp keeps this person unsubscribed, as they once left or their mail bounced"),
    N_("Mailchimp has the new address as another member"),
    N_("Mailchimp has not deleted yet."),
    N_("Mailchimp shows “%(what)s”, from after this consent was given."),
    N_("Mailchimp shows “%(what)s”: the person has just left there."),
    N_("%(what)s: the old one stands there as it was."),
    N_("%(what)s; only they can come back: send them the audience's own signup form %(form)s"),
    # of Google
    N_(
        "Posts in a group's archive cannot be deleted by a program: open groups.google.com, search the group for the "
        "person, and delete what is found."
    ),
    N_("The person runs a group there: change the role at groups.google.com first."),
    N_("The person has left the groups there."),
    N_("Open contacts.google.com, “Other contacts”, search for the person and delete: no program can do that."),
    N_("Contacts that staff made hold other addresses too: decide at contacts.google.com whether they go."),
    N_("Contacts deleted there stay in the trash of contacts.google.com for 30 days."),
    N_("Google has not deleted yet."),
    N_(
        "%(num)d messages are in the trash, which Google empties after 30 days; for another 25 an administrator can "
        "bring them back."
    ),
    N_("%(num)d messages are correspondence: somebody must look at them and say yes or no."),
    N_("Gmail has not removed everything yet."),
    N_("A mailbox is no list."),
    N_("Messages stay as they were written: answer the person, or add a note for staff."),
    N_("%(num)d messages labelled: a label stops nobody who opens them."),
    # of WordPress
    N_("WordPress keeps no list of subscribers."),
    N_("An account with rights has this address: it was not locked."),
    N_("An account with this address could not be changed: do it under Users."),
    N_("%(num)d WooCommerce orders are part of the books."),
    N_("Account %(id)s %(what)s."),
    N_("may do more than read: change its address or delete it under Users, by hand"),
    N_("has written posts: delete it under Users and choose what happens to them"),
    N_("belongs to a network: delete it under My Sites, Network Admin, Users"),
    N_("could not be deleted: delete it under Users"),
    N_("Still there: %(what)s. Delete it in the plugin it belongs to."),
    N_("Look at %(what)s, which names the person in its text."),
    N_("Not searched for lack of time: %(what)s."),
    N_("These erasers failed: %(what)s."),
    N_("These exporters still show something: %(what)s."),
    N_("These exporters could not be read: %(what)s."),
    # of Stripe
    N_("%(num)d documents of sales are kept. Everything else is deleted."),
    N_("All that the documents do not need is gone. The customer follows when a refund can no longer be claimed."),
    N_("Stripe is redacting, which takes up to seven days."),
    N_("%(num)d payments and documents can only be removed by a redaction at Stripe%(what)s: ask Stripe."),
    N_("A payment is disputed at Stripe: the data is kept for the claim."),
    N_("Redacted by Stripe."),
    N_("A subscription is running at Stripe. Deleting the customer would end it: end it first."),
    N_("An invoice at Stripe is not paid yet. Have it paid, or void it, first."),
    N_("A subscription is running: decide at Stripe whether its collection is paused, and answer the person."),
)
SENTENCE = re.compile(r".+?[.!?](?=\s+[A-ZÆØÅ0-9]|$)|.+$", re.S)
PLACE = re.compile(r"%\((\w+)\)([sd])")
ANSWERED = re.compile(r"answered|did not answer|busy|limit")  # what a vendor says, or does not


def told(text: str) -> list[tuple[str, str]]:
    """The pieces of a text, each with the language that it is in: empty for the reader's own."""
    pieces = list(_pieces(text))
    if pieces and all(lang for _, lang in pieces) and ANSWERED.search(text):
        return [(reasons.plain(text), ""), *pieces]
    return pieces


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    rest = text.strip()
    while rest:
        msgid, found = _longest(rest)
        end = found.end() if found else _sentence(rest)
        yield (_said(msgid, found), "") if found else (rest[:end], "en")
        rest = rest[end:].strip()


def _sentence(text: str) -> int:
    """Where the first of several ends."""
    found = SENTENCE.match(text)
    return found.end() if found else len(text)


def _longest(text: str) -> tuple[str, re.Match[str] | None]:
    hits = [(msgid, found) for msgid, pattern in _patterns() if (found := pattern.match(text))]
    return max(hits, key=lambda hit: hit[1].end(), default=("", None))


def _said(msgid: str, found: re.Match[str]) -> str:
    values = {name: int(v) if f"%({name})d" in msgid else _part(v) for name, v in found.groupdict().items()}
    return str(gettext(msgid, **values)).strip()


def _part(value: str) -> str:
    """What stands in a sentence may be known by itself."""
    return str(gettext(value)) if value in KNOWN else value


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [(msgid, re.compile(_pattern(msgid), re.S)) for msgid in KNOWN]


def _pattern(msgid: str) -> str:
    pieces = PLACE.split(msgid)  # text, name, kind, text, name, kind, text
    parts = [re.escape(pieces[0])]
    for name, kind, after in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        last = not after
        parts.append(rf"(?P<{name}>\d+)" if kind == "d" else f"(?P<{name}>.*{'' if last else '?'})")
        parts.append(re.escape(after))
    whole = "".join(parts)
    return whole.replace(r"\ (?P<form>.*)", r"\ ?(?P<form>.*)") + r"(?=\s|$)"
