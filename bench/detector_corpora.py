"""Secrets of gitleaks' samples and attacks of BIPIA: how many texts show a sign."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from router.detect.scan import scan
from router.detect.taint import taint

ATTACKS = ("bipia_text_attack_train.json", "bipia_code_attack_train.json")


def secrets(path: Path) -> dict[str, int]:
    """Right and wrong answers over texts with and without a secret."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    said = [(row["secret"], _secret(row["text"])) for row in rows]
    return {
        "found": said.count((True, True)),
        "missed": said.count((True, False)),
        "extra": said.count((False, True)),
        "left alone": said.count((False, False)),
    }


def attacked(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Each corpus with its texts and those that show a sign; the mails are harmless."""
    for name in ATTACKS:
        texts = [one for kind in json.loads((folder / name).read_text()).values() for one in kind]
        yield name, len(texts), sum(bool(taint(text).signs) for text in texts)
    lines = (folder / "bipia_email_train.jsonl").read_text().splitlines()
    mails = [json.loads(line)["context"] for line in lines]
    yield "harmless mails", len(mails), sum(bool(taint(mail).signs) for mail in mails)


def _secret(text: str) -> bool:
    return any(one.category == "secret" for one in scan(text).findings)
