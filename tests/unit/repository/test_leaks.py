"""No tracked file names a machine's own path, a package host or a secret."""

from __future__ import annotations

import re

from tests.tracked import readable, tracked

LEAKS = {
    "a path of one machine": re.compile(
        r"(?<![\w./-])/(?:root|work|opt/wheels|opt/pypi|tmp/w|Users|home/\w+)/"
    ),
    "a package host": re.compile(
        r"pypi\.org|pythonhosted\.|download\.pytorch\.|\.jfrog\.|/simple[/]"
    ),
    "a secret": re.compile(
        r"-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\bghp_\w{30,}|\bsk-[\w-]{32,}"
    ),
}


def leaks(name: str, text: str) -> list[str]:
    return [
        f"{name}:{number} {what}: {line.strip()[:80]}"
        for number, line in enumerate(text.splitlines(), start=1)
        for what, pattern in LEAKS.items()
        if pattern.search(line)
    ]


def test_planted_leaks_are_found() -> None:
    planted = ["/ro" + "ot/x", "https://pypi" + ".org/x", "AKIA" + "A" * 16, "/wo" + "rk/main"]
    assert [len(leaks("planted", text)) for text in planted] == [1, 1, 1, 1]


def test_no_tracked_file_leaks() -> None:
    assert [found for name, text in readable(tracked()) for found in leaks(name, text)] == []
