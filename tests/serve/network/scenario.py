"""A day of Podium in a network namespace, traced: `python -m tests.serve.network.scenario`.

    unshare -n -m --propagation private python -m tests.serve.network.scenario FOLDER off|on

Leaves in FOLDER: `trace` (the whole of `podium up`), `planted` (the same tracing of a program that
does go out), `facts.json` (what was answered, which process is which, each packet that left).
"""

from __future__ import annotations

import dataclasses
import json
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import psutil

from tests.bound import bound
from tests.serve.instance import command
from tests.serve.network.namespace import OUTSIDE, Watch, lay_over, set_up
from tests.serve.network.provider import KEY_NAME, serve_provider, write_row
from tests.serve.network.trace import STRACE

ROOT = Path(__file__).parents[3]
START_S, STOP_S = 400.0, 120.0
_LISTEN = "0A"
_ANY = {"tcp": "0.0.0.0", "tcp6": "::"}  # noqa: S104 - compared, not bound
# A datagram without a name on it, one with, and a connect: to TEST-NET-3, where nobody is.
PLANTED = """
import socket
asked = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asked.connect(("203.0.113.9", 53))
asked.send(b"x")
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("203.0.113.9", 123))
dialled = socket.socket()
dialled.setblocking(False)
try:
    dialled.connect(("203.0.113.9", 443))
except BlockingIOError:
    pass
inside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
inside.connect(("127.0.0.1", 9))
inside.send(b"x")
"""


def main(folder: Path, remote: str) -> None:
    """Plant, start, use, look, stop; in this order."""
    set_up(folder)
    watch = Watch()
    _traced(folder / "planted", [sys.executable, "-c", PLANTED], {}).wait(60)
    time.sleep(1)
    planted = watch.packets()
    environment = _environment(folder, remote)
    home = folder / "home"
    words = ["up", "--home", str(home), "--port", "0", "--remote", remote]
    process = _traced(folder / "trace", command(*words), environment)
    try:
        running = _ready(process, home)
        answers = _use(running["base_url"], (home / "first_key").read_text().strip(), remote)
        listening, doctor = _listening(running["pid"]), _doctor(home)
        threads = _threads(running["pid"])
        psutil.Process(running["pid"]).terminate()
        code = process.wait(STOP_S)
    finally:
        process.kill()
    facts = {
        "remote": remote,
        "answers": answers,
        "exit_code": code,
        "threads": threads,
        "doctor": doctor,
        "listening": listening,
        "planted": [dataclasses.asdict(one) for one in planted],
        "packets": [dataclasses.asdict(one) for one in watch.packets()[len(planted) :]],
    }
    (folder / "facts.json").write_text(json.dumps(facts))


def _traced(
    trace: Path, words: list[str], environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    out = trace.with_name(f"{trace.name}.output").open("wb")
    with out:
        return subprocess.Popen(
            [*STRACE, "-o", str(trace), *words],
            env=environment or None,
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=bound(),
        )


def _environment(folder: Path, remote: str) -> dict[str, str]:
    """As a user has it: without the guard that tests put on every Python process."""
    ours = ("PODIUM_", "RAY_", "PYTHONPATH", "NETGUARD_LOG")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    if remote == "off":
        return kept
    paths = ssl.get_default_verify_paths()
    lay_over(Path(paths.openssl_cafile), serve_provider(folder))
    write_row(folder / "catalog")
    return kept | {
        "PODIUM_CATALOG": json.dumps([str(folder / "catalog")]),
        KEY_NAME: "sk-for-the-network-proof-0001",
    }


def _ready(process: subprocess.Popen[bytes], home: Path) -> dict[str, Any]:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        if (home / "run.json").exists():
            return dict(json.loads((home / "run.json").read_text()))
        time.sleep(0.5)
    raise AssertionError("podium up did not become ready under the trace")


def _use(base_url: str, key: str, remote: str) -> dict[str, list[int]]:
    """Every workflow once; the statuses by its name."""
    headers = {"authorization": f"Bearer {key}"}
    with httpx2.Client(
        base_url=base_url, headers=headers, timeout=180.0, trust_env=False
    ) as client:
        return {
            "chat": [_chat(client, "mistral"), _chat(client, "mistral", stream=True)],
            "outside": [_chat(client, "chatgpt") for _ in range(3 if remote == "on" else 1)],
            "speech": [_speech(client)],
            "ingest": _ingest(client),
            "search": [
                client.post("/v1/collections/kb/search", json={"query": "refund"}).status_code
            ],
            "embeddings": [
                client.post("/v1/embeddings", json={"model": "embed", "input": "a"}).status_code
            ],
            "support": [_support(client)],
        }


def _chat(client: httpx2.Client, model: str, **more: object) -> int:
    message = {"role": "user", "content": "When is a refund paid?"}
    body = {"model": model, "messages": [message], "max_tokens": 8, **more}
    return client.post("/v1/chat/completions", json=body).status_code


def _speech(client: httpx2.Client) -> int:
    audio = (ROOT / "examples" / "calls" / "headset-refund.wav").read_bytes()
    files = {"file": ("call.wav", audio, "audio/wav")}
    return client.post(
        "/v1/audio/transcriptions", files=files, data={"model": "whisper"}
    ).status_code


def _ingest(client: httpx2.Client) -> list[int]:
    return [
        client.put(
            f"/v1/collections/kb/documents/{path.name}",
            content=path.read_bytes(),
            headers={"content-type": "text/markdown"},
        ).status_code
        for path in sorted((ROOT / "examples" / "kb").glob("*.md"))
    ]


def _support(client: httpx2.Client) -> int:
    inputs = {"text": "Where is my refund for the headset?", "customer_id": "C-1001"}
    return client.post("/v1/pipelines/support/runs", json={"inputs": inputs}).status_code


def _doctor(home: Path) -> list[dict[str, Any]]:
    done = subprocess.run(
        command("doctor", "--json", "--home", str(home)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return list(json.loads(done.stdout)["checks"])


def _listening(pid: int) -> list[tuple[str, int]]:
    """Where the kernel says that somebody in here listens for other machines, too."""
    found = set()
    for name in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            address, _, port = local.partition(":")
            if state == _LISTEN and set(address) == {"0"}:
                found.add((_ANY[name], int(port, 16)))
    return sorted(found)


def _threads(pid: int) -> dict[str, str]:
    """The command line behind every thread of the instance."""
    found = {}
    for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        try:
            title = " ".join(process.cmdline())
            threads = [one.id for one in process.threads()]
        except psutil.Error:
            continue
        found |= dict.fromkeys(map(str, threads), title)
    return found


if __name__ == "__main__":
    os.chdir(ROOT)
    main(Path(sys.argv[1]).resolve(), sys.argv[2])
    print(f"traced with {OUTSIDE} as the outside")
