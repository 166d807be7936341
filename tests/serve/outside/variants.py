"""One body, and every way of putting a text into it: leaf by leaf, well formed and broken."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

Path = tuple[str | int, ...]
Make = Callable[[str], str]


def variants(body: dict[str, Any], new: Make, name: str) -> Iterator[bytes]:
    """Bodies with one fresh text each; `new` makes it and is told where it goes."""
    for path in leaves(body):
        where = f"{name}:{'.'.join(map(str, path))}"
        value = _at(body, path)
        # A text in place of a number, a flag or a choice ends in an error; so does a list.
        yield _encoded(_put(body, path, new(where)))
        if isinstance(value, str):
            yield _encoded(_put(body, path, [new(f"{where}[]")]))
    for path in objects(body):
        where = f"{name}:{'.'.join(map(str, path))}"
        yield _encoded(_put(body, path, {**_at(body, path), new(f"{where}.name"): 1}))
    yield _encoded(body)[:-1] + b', "' + new(f"{name}:cut short").encode()
    yield _encoded(body)[:-1] + b', "' + new(f"{name}:no UTF-8").encode() + b'\xff": 1}'
    twice = new(f"{name}:twice").encode()
    yield b'{"metadata": {"' + twice + b'": "a", "' + twice + b'": "b"}, ' + _encoded(body)[1:]
    yield _encoded({"deep": _nested(new(f"{name}:nested"), 200)})
    yield new(f"{name}:no JSON").encode()


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """The path of every value that is no object and no list."""
    for key, inner in _items(value):
        if isinstance(inner, dict | list) and inner:
            yield from leaves(inner, (*path, key))
        else:
            yield (*path, key)


def objects(value: Any, path: Path = ()) -> Iterator[Path]:
    """The path of every object, the whole one first."""
    if isinstance(value, dict):
        yield path
    for key, inner in _items(value):
        yield from objects(inner, (*path, key))


def _items(value: Any) -> list[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []


def _at(body: Any, path: Path) -> Any:
    for key in path:
        body = body[key]
    return body


def _put(body: dict[str, Any], path: Path, value: Any) -> Any:
    if not path:
        return value
    changed = copy.deepcopy(body)
    _at(changed, path[:-1])[path[-1]] = value
    return changed


def _nested(text: str, depth: int) -> Any:
    value: Any = text
    for _ in range(depth):
        value = [value]
    return value


def _encoded(body: Any) -> bytes:
    return json.dumps(body).encode()
