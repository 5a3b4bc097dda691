"""Staff accounts, as verbs. Nothing here commits."""

from __future__ import annotations

from secrets import token_urlsafe
from uuid import uuid4

from flask_security.utils import hash_password, verify_password
from sqlalchemy import select

from app import outbox
from app.admin.models import Role, User
from app.extensions import db
from app.submissions.models import Submission

ROLES = ("staff", "admin")
LONGEST = 200  # characters of a password: more is an attempt to keep argon2 busy


class Taken(Exception):
    """There is an account with this address already."""


def find_user(email: str) -> User | None:
    """The account with this address, in whatever case it was typed."""
    return db.session.scalar(select(User).where(User.email == email.strip().lower()))


def create_user(email: str, password: str, role: str = "staff") -> User:
    """A new account. Raises `Taken`, and ValueError for a role that is not one of ROLES."""
    if role not in ROLES:
        raise ValueError(f"no such role: {role}")
    if find_user(email):
        raise Taken
    user = User(email=email.strip().lower(), password=hash_password(password), fs_uniquifier=uuid4().hex)
    user.roles = [_role(role)]
    db.session.add(user)
    db.session.flush()
    return user


def _role(name: str) -> Role:
    known = db.session.scalar(select(Role).where(Role.name == name))
    if known is None:
        known = Role(name=name)
        db.session.add(known)
    return known


def new_password() -> str:
    """A password nobody has to think of: 96 random bits."""
    return token_urlsafe(12)


def authenticate(email: str, password: str) -> User | None:
    """The account that this pair opens. A wrong address takes as long as a wrong password, and says as little."""
    user = find_user(email) if len(email) <= 254 and "\0" not in email else None
    if user is None or len(password) > LONGEST:
        hash_password(password[:LONGEST])
        return None
    return user if verify_password(password, user.password) and user.active else None


def may_enter(user: User) -> bool:
    """Has somebody given this account a role?"""
    return any(role.name in ROLES for role in user.roles)


def end_sessions(user: User) -> None:
    """Make every cookie of this account worthless, also one that was copied."""
    user.fs_uniquifier = uuid4().hex


def disable(user: User) -> None:
    """Close the account. The row stays: the audit trail names it."""
    user.active = False
    end_sessions(user)


def move(row: Submission, box: str) -> None:
    """Put a submission into another box. What leaves the spam box is worked on as if it came now."""
    row.box = box
    if box == "accepted" and row.processed_at is None:
        outbox.enqueue("submission.process", row.id)
    outbox.enqueue("search.submission", row.id)
