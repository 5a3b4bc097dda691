"""What visitors, accounts and plugins leave behind, written into the tables in the shapes that they use."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

WHEN = "2026-02-03 10:00:00"
COMMENT = """
INSERT INTO wp_comments (comment_post_ID, comment_author, comment_author_email, comment_author_url, comment_author_IP,
    comment_date, comment_date_gmt, comment_content, comment_approved, comment_agent, comment_type, user_id)
VALUES (1, ?, ?, '', '203.0.113.7', ?, ?, ?, ?, 'Browser', 'comment', ?)
"""
POST = """
INSERT INTO wp_posts (post_author, post_date, post_date_gmt, post_content, post_title, post_excerpt, post_status,
    post_name, to_ping, pinged, post_modified, post_modified_gmt, post_content_filtered, post_type)
VALUES (?, ?, ?, ?, ?, '', ?, '', '', '', ?, ?, '', ?)
"""
USER = """
INSERT INTO wp_users (user_login, user_pass, user_nicename, user_email, user_registered, display_name)
VALUES (?, ?, ?, ?, ?, ?)
"""


def comments(db: sqlite3.Connection, address: str, count: int, status: str = "1", **more: Any) -> None:
    """Comments by somebody; `status` as the table says it: 1, 0, spam, trash, post-trashed."""
    name, user = more.get("name", address.partition("@")[0].title()), more.get("user", 0)
    row = (name, address, WHEN, WHEN, more.get("text", "Thanks for the lamp."), status, user)
    db.executemany(COMMENT, [row] * count)


def post(
    db: sqlite3.Connection,
    kind: str,
    meta: Mapping[str, Any],
    *,
    status: str = "publish",
    title: str = "Hello",
    **more: Any,
) -> int:
    """A post with its fields; lists and maps are stored serialised, as WordPress does. Returns its id."""
    row = (more.get("author", 0), WHEN, WHEN, more.get("text", ""), title, status, WHEN, WHEN, kind)
    post_id = db.execute(POST, row).lastrowid or 0
    pairs = [(post_id, name, serialized(value)) for name, value in meta.items()]
    db.executemany("INSERT INTO wp_postmeta (post_id, meta_key, meta_value) VALUES (?, ?, ?)", pairs)
    return post_id


def message(
    db: sqlite3.Connection,
    address: str,
    *,
    status: str = "publish",
    field: str = "your-email",
    sender: bool = True,
    page_author: str = "",
) -> int:
    """A message as Flamingo keeps it. Without `sender`, the address stands in a field of the form only."""
    fields = {"your-name": "Somebody", field: address, "your-message": "Hei"}
    about = {
        "remote_ip": "203.0.113.7",
        "user_agent": "Browser",
        "post_author_email": page_author or "boss@fjordlys.example",
    }
    meta = {
        "_subject": "Hello",
        "_from": f"Somebody <{address}>" if sender else "",
        "_from_name": "Somebody",
        "_from_email": address if sender else "",
        "_fields": dict.fromkeys(fields),
        "_meta": about,
        **{f"_field_{name}": value for name, value in fields.items()},
    }
    text = "\n".join([*fields.values(), *about.values()])
    return post(db, "flamingo_inbound", meta, status=status, text=text)


def contact(db: sqlite3.Connection, address: str, status: str = "publish") -> int:
    """An entry of Flamingo's address book."""
    meta = {"_email": address, "_name": "Somebody", "_props": {"first_name": "Some"}, "_last_contacted": WHEN}
    return post(db, "flamingo_contact", meta, status=status, title=address)


def user(db: sqlite3.Connection, address: str, role: str = "subscriber", login: str = "", **meta: str) -> int:
    """An account. Returns its id."""
    login = login or address.partition("@")[0]
    user_id = db.execute(USER, (login, "x", login, address, WHEN, login)).lastrowid or 0
    pairs = {
        "wp_capabilities": {role: True} if role else {},
        "first_name": "",
        "last_name": "",
        "nickname": login,
        **meta,
    }
    rows = [(user_id, name, serialized(value)) for name, value in pairs.items()]
    db.executemany("INSERT INTO wp_usermeta (user_id, meta_key, meta_value) VALUES (?, ?, ?)", rows)
    return user_id


def entries(db: sqlite3.Connection, address: str, count: int, note: str = "") -> None:
    """Rows in the table of a plugin that we have never heard of."""
    db.executemany("INSERT INTO wp_entries (email, note) VALUES (?, ?)", [(address, note)] * count)


def option(db: sqlite3.Connection, name: str, value: Any) -> None:
    db.execute("DELETE FROM wp_options WHERE option_name = ?", (name,))
    row = (name, serialized(value))
    db.execute("INSERT INTO wp_options (option_name, option_value, autoload) VALUES (?, ?, 'no')", row)


def serialized(value: Any) -> str:
    """How PHP writes lists and maps down; texts and numbers are stored as they are."""
    return _php(value) if isinstance(value, (dict, list)) else str(value)


def _php(value: Any) -> str:
    if isinstance(value, bool):
        return f"b:{int(value)};"
    if value is None:
        return "N;"
    if isinstance(value, int):
        return f"i:{value};"
    if isinstance(value, str):
        return f's:{len(value.encode())}:"{value}";'
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    inner = "".join(_php(name) + _php(item) for name, item in pairs)
    return f"a:{len(value)}:{{{inner}}}"
