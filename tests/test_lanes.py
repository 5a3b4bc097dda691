"""Whoever holds a processor holds all work that calls it: such work runs in lanes that begin with its name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from app.processors import REGISTRY
from tests.test_house import calls, sources

Functions = dict[str, ast.FunctionDef]

# By these a handler gets hold of a processor. A test of the connection is allowed while all else waits.
SPEAKS = {"active", "speaking", "heard", "tell", "connected", "transport"}
ONLY_ASKS_WHICH_THERE_ARE = {"consent.follow"}
MAY_ALWAYS = {"sync.test"}


def test_all_work_that_calls_a_processor_runs_in_its_stream():
    modules = dict(sources())
    speakers = {kind for path, module in modules.items() for kind in spoken(path, module)}
    assert speakers >= {"sync.push", "sync.drift", "billing.match", "billing.catch_up", "arrivals.take", "letter.send"}
    asked = [one for module in modules.values() for one in enqueued(module)]
    assert speakers <= {kind for kind, _, _ in asked} | {"sync.test"}, "the clock asks in no processor's lane"
    for kind, lane, module in asked:
        held = kind not in speakers - MAY_ALWAYS or begins_with_a_processor(lane, functions(module))
        assert held, f"{kind} is asked for in lane {ast.unparse(lane) if lane else kind}"


def functions(module: ast.AST) -> Functions:
    return {node.name: node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)}


def name_of(node: ast.AST) -> str:
    return getattr(node, "attr", getattr(node, "id", ""))


def word(node: ast.expr) -> str:
    """A kind as it is written down, or the name it goes by."""
    return str(node.value) if isinstance(node, ast.Constant) else name_of(node)


def spoken(path: str, module: ast.Module) -> set[str]:
    """Kinds whose handler reaches a processor, through functions of the same file."""
    known = functions(module)
    return {kind for name in known for kind in kinds(path, known[name]) if speaks(name, known, set())}


def kinds(path: str, function: ast.FunctionDef) -> Iterator[str]:
    for call in function.decorator_list:
        if isinstance(call, ast.Call) and name_of(call.func) == "handles":
            kind = word(call.args[0])
            if kind not in ONLY_ASKS_WHICH_THERE_ARE:
                yield kind
        if isinstance(call, ast.Call) and name_of(call.func) == "periodic":
            yield f"{path.split('/')[1]}.{function.name}"


def speaks(name: str, known: Functions, seen: set[str]) -> bool:
    seen.add(name)
    names = {name_of(node) for node in ast.walk(known[name])}
    return bool(names & SPEAKS) or any(speaks(one, known, seen) for one in (names & set(known)) - seen)


def enqueued(module: ast.Module) -> Iterator[tuple[str, ast.expr | None, ast.AST]]:
    """What is asked for: kind and lane. A lane that has a name is looked up in the same function."""
    for function in functions(module).values():
        for call in calls(function, "enqueue"):
            if call.args:
                lane = next((word.value for word in call.keywords if word.arg == "lane"), None)
                yield word(call.args[0]), lane and told(lane, function), module


def told(lane: ast.expr, function: ast.FunctionDef) -> ast.expr:
    sets = [node for node in ast.walk(function) if isinstance(node, ast.Assign)]
    return next((one.value for one in sets if name_of(one.targets[0]) == name_of(lane) != ""), lane)


def begins_with_a_processor(lane: ast.expr | None, known: Functions) -> bool:
    """`stripe:…` as it stands, or a text that begins with the name of some processor and a colon."""
    if isinstance(lane, ast.Call) and name_of(lane.func) in known:
        answers = [node.value for node in ast.walk(known[name_of(lane.func)]) if isinstance(node, ast.Return)]
        return all(begins_with_a_processor(answer, {}) for answer in answers)
    if not isinstance(lane, ast.JoinedStr):
        return isinstance(lane, ast.Constant) and str(lane.value).partition(":")[0] in REGISTRY
    first, then = lane.values[0], lane.values[1]
    if isinstance(first, ast.Constant):
        return begins_with_a_processor(first, {})
    return isinstance(first, ast.FormattedValue) and isinstance(then, ast.Constant) and then.value.startswith(":")
