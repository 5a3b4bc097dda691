"""What the register says of each entry, in the order in which it is read. Source: GDPR article 30 (1) and (2)."""

from __future__ import annotations

# One processor.
PROCESSOR = (
    "name",
    "role",
    "holds",
    "people",
    "why",
    "ground",
    "country",
    "agreement",
    "retention",
    "backups",
    "security",
    "contact",
)
# The company itself.
CONTROLLER = ("name", "contact", "officer", "purposes", "people", "holds", "recipients", "retention", "security")

COMPANY = "company"
ENTRIES = ("company", "mailchimp", "stripe", "gmail", "google_contacts", "google_groups", "wordpress")
LANGUAGES = ("nb", "en")
LONGEST = 4000  # characters of one field


def of(entry: str) -> tuple[str, ...]:
    """The fields of an entry. Raises LookupError for one that is not in the register."""
    if entry not in ENTRIES:
        raise LookupError(entry)
    return CONTROLLER if entry == COMPANY else PROCESSOR
