"""The zip file: pages to read, data to take along."""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from app.privacy.models import PrivacyRequest


def pack(request: PrivacyRequest, contents: Sequence[dict[str, Any]]) -> bytes:
    """One zip file of everything the holders gave."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as file:
        file.writestr("data.json", json.dumps({one["holder"]: one["exported"] for one in contents}, indent=2))
    return out.getvalue()
