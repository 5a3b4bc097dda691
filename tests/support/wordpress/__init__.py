"""A real WordPress on SQLite behind PHP's own server, with our plugin in it.

`fetch` gets hold of PHP and WordPress, `site` runs one, `rows` writes what visitors and plugins leave in its tables.
"""

from __future__ import annotations

from tests.support.wordpress.fetch import missing
from tests.support.wordpress.site import Site

__all__ = ["Site", "missing"]
