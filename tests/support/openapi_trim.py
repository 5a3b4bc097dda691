"""Cut a vendor's OpenAPI description down to the paths we call.

`python -m tests.support.openapi_trim IN OUT NOTE PATH...`. Words for human readers go, and so do second
media types that repeat the first; what a validator needs stays.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

PROSE = {"description", "title", "example", "examples", "summary", "tags", "operationId", "security", "externalDocs"}


def trim(description: dict[str, Any], wanted: list[str], source: str) -> dict[str, Any]:
    """The same description with only the `wanted` paths, every reference resolved."""
    info = {"title": description["info"]["title"], "version": description["info"]["version"], "x-source": source}
    paths = {path: _node(description["paths"][path], description) for path in wanted}
    return {"openapi": description["openapi"], "info": info, "paths": paths}


def _node(node: Any, root: dict[str, Any], names: bool = False) -> Any:
    """One node without prose. Inside `properties` a key is a name of the vendor's, whatever it spells (`names`)."""
    if isinstance(node, list):
        return [_node(item, root) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _node(_resolve(node["$ref"], root), root)
    return {
        key: _media(value, root) if key == "content" and not names else _node(value, root, key == "properties")
        for key, value in node.items()
        if names or not (key in PROSE or key.startswith("x-"))
    }


def _media(content: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": _node(next(iter(content.values())), root)}


def _resolve(reference: str, root: dict[str, Any]) -> Any:
    node: Any = root
    for part in reference.removeprefix("#/").split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


if __name__ == "__main__":
    source, target, note, *wanted = sys.argv[1:]
    whole = json.loads(Path(source).read_text())
    Path(target).write_text(json.dumps(trim(whole, wanted, note), separators=(",", ":")) + "\n")
