"""Models outside on a real instance: one process holds the keys; what may not leave stays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import openai
import psutil
import pytest

from tests.serve.beside import told_by
from tests.serve.instance import Instance
from tests.serve.outside.provider_keys import KEY

ROOT = Path(__file__).parents[3]
CANARY = "CANARY-8214-of-the-serve-test"


def ask(client: openai.OpenAI, text: str, **fields: Any) -> Any:
    return client.chat.completions.create(
        model="chatgpt", messages=[{"role": "user", "content": text}], **fields
    )


def captured(instance: Instance) -> str:
    """Every byte the stub received."""
    return (instance.home / "run" / "stub.jsonl").read_text()


def test_a_model_outside_answers(remote: Instance, outside: openai.OpenAI) -> None:
    answer = ask(outside, "Hello", max_tokens=64)
    assert answer.choices[0].message.content == "This is the stub; no provider was asked."
    assert answer.model_extra["route"]["site"] == "openai"
    streamed = ask(outside, "Hello", stream=True)
    said = [chunk.choices[0].delta.content or "" for chunk in streamed if chunk.choices]
    assert "".join(said) == "This is the stub; no provider was asked."


def test_confidential_data_never_reaches_the_provider(
    remote: Instance, outside: openai.OpenAI
) -> None:
    with pytest.raises(openai.PermissionDeniedError) as caught:
        ask(outside, CANARY, extra_body={"route": {"data_class": "CONFIDENTIAL"}})
    assert caught.value.code == "policy_denied"
    assert "sites.openai.level" in caught.value.message
    assert CANARY not in captured(remote)
    ask(outside, CANARY)
    assert captured(remote).count(CANARY) == 1, "as INTERNAL the same canary does leave"


def test_no_child_inherits_a_provider_key(remote: Instance) -> None:
    """The probe first finds a key planted in a child of its own."""
    planted = subprocess.Popen(
        [sys.executable, "-c", "input()"],
        stdin=subprocess.PIPE,
        env=os.environ | {"OPENAI_API_KEY": KEY},
    )
    try:
        assert keys_in([psutil.Process(planted.pid)]) == {planted.pid}
    finally:
        planted.communicate(b"\n")
    # A process that has ended has nothing any more; one may wait to be taken leave of.
    children = [
        child
        for child in psutil.Process(remote.pid).children(recursive=True)
        if child.status() != psutil.STATUS_ZOMBIE
    ]
    assert any("Egress" in " ".join(child.cmdline()) for child in children)
    assert keys_in([psutil.Process(remote.pid), *children]) == set()


def test_no_key_lies_in_the_home_of_an_instance_on_its_stub(remote: Instance) -> None:
    probe = remote.home / "run" / "planted"
    probe.write_text(KEY)
    try:
        assert files_with_key(remote.home) == {probe}
    finally:
        probe.unlink()
    assert files_with_key(remote.home) == set()


def test_a_token_opens_the_gate_once(remote: Instance) -> None:
    """Shown by a process that holds Ray's token and the home's secret, as a gateway does."""
    told, errors = told_by(remote, "tests.serve.replay_token", str(remote.home))
    assert told == ["answered", "gate_token_spent"], errors
    assert captured(remote).count("REPLAYED") == 1


def test_what_left_stands_in_the_ledger(remote: Instance, outside: openai.OpenAI) -> None:
    ask(outside, "Hello again")
    bodies = _ledger(remote)
    intents = [body for body in bodies if body["kind"] == "egress.intent"]
    requests = captured(remote).count('"method": "POST"')
    assert len(intents) == requests > 0
    assert {body["fields"]["site"] for body in intents} == {"openai"}
    assert CANARY not in json.dumps(bodies)


def keys_in(processes: list[psutil.Process]) -> set[int]:
    """The processes whose environment holds the key."""
    found = set()
    for process in processes:
        try:
            raw = Path(f"/proc/{process.pid}/environ").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if KEY.encode() in raw:
            found.add(process.pid)
    return found


def files_with_key(folder: Path) -> set[Path]:
    return {
        path
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and KEY.encode() in path.read_bytes()
    }


def _ledger(instance: Instance) -> list[dict[str, Any]]:
    import sqlite3

    with sqlite3.connect(f"file:{instance.home / 'ledger.sqlite'}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT body FROM ledger_records ORDER BY seq").fetchall()
    return [json.loads(row[0]) for row in rows]
