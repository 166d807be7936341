"""Sends canaries of every class through every field of every endpoint."""

from __future__ import annotations

import json
import random
import re
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2

from tests.serve.outside import bodies
from tests.serve.outside.canaries import Canaries, Kind
from tests.serve.outside.sinks import CAPTURE, KEYS, OTHERS, STORE
from tests.serve.outside.variants import variants

CALLS = Path(__file__).parents[3] / "examples" / "calls"
JSON = {"content-type": "application/json"}
CHAT = "/v1/chat/completions"
KEY_LIST = "GET /v1/admin/keys"


@dataclass
class Planting:
    """What was sent with one key, and how it was answered; `share` of the variants are sent."""

    client: httpx2.Client
    canaries: Canaries
    random: random.Random
    share: float = 1.0
    statuses: Counter[int] = field(default_factory=Counter)

    def send(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """One request."""
        answer = self.client.request(method, path, **more)
        self.statuses[answer.status_code] += 1
        return answer

    def fields(self, path: str, body: dict[str, Any], kind: Kind, *may_stand: str) -> None:
        """The body with a text in every one of its fields."""
        made: list[str] = []

        def new(where: str) -> str:
            made.append(self.canaries.new(kind, where, *may_stand))
            return made[-1]

        name = f"{path} {body.get('model', '')}"
        for content in variants(body, new, name):
            if self.random.random() < self.share:
                self.send("POST", path, content=content, headers=JSON)
            else:
                self.canaries.forget(made)
            made.clear()


def plant_chats(planting: Planting) -> None:
    """Chat of each class with models inside and outside; only INTERNAL text may reach those."""
    for model in ("mistral", "chatgpt", "auto"):
        for level in ("CONFIDENTIAL", "RESTRICTED"):
            for stream in (False, True):
                planting.fields(CHAT, bodies.chat(model, level, stream=stream), level)
            planting.fields(CHAT, bodies.schema_chat(model, level), level)
            planting.fields(CHAT, bodies.media_chat(model, level), level)
    planting.fields(CHAT, bodies.chat("chatgpt", None), "secret")
    planting.fields(CHAT, bodies.chat("chatgpt", None, stream=True), "secret")
    planting.fields(CHAT, bodies.pipeline_chat("CONFIDENTIAL"), "CONFIDENTIAL")
    for text in (planting.canaries.new("INTERNAL", "allowed chat", CAPTURE) for _ in range(3)):
        body = bodies.chat("chatgpt", None)
        body["messages"][-1]["content"] = text
        assert planting.send("POST", CHAT, json=body).status_code == 200
    planting.fields(CHAT, bodies.chat("chatgpt", None), "INTERNAL", CAPTURE)


def plant_floor(planting: Planting) -> None:
    """A key whose floor is CONFIDENTIAL says nothing of the class; its texts stay all the same."""
    planting.fields(CHAT, bodies.chat("chatgpt", None), "floor")
    planting.fields(CHAT, bodies.chat("mistral", None), "floor")
    planting.fields("/v1/pipelines/said/runs", bodies.run(None, stream=False), "floor")


def plant_services(planting: Planting) -> None:
    """Embeddings, search, runs and keys."""
    planting.fields("/v1/embeddings", bodies.embeddings("CONFIDENTIAL"), "CONFIDENTIAL")
    planting.fields("/v1/collections/closeddocs/search", {"query": "a", "k": 3}, "INTERNAL")
    for stream in (False, True):
        for name in ("support", "said", "records"):
            path = f"/v1/pipelines/{name}/runs"
            planting.fields(path, bodies.run("CONFIDENTIAL", stream=stream), "CONFIDENTIAL")
    # The operator's own words for a key are told to who may list keys.
    planting.fields("/v1/admin/keys", bodies.key(), "identifier", KEYS, KEY_LIST, OTHERS)


def plant_documents(planting: Planting) -> None:
    """Documents whose classes come from their source, in each of the parts that say something."""
    new = planting.canaries.new
    rows: list[tuple[str, str, Kind]] = [
        ("opendocs", "kb", "INTERNAL"),
        ("closeddocs", "crm", "document"),
    ]
    for collection, source, kind in rows:
        seen = (STORE, CAPTURE) if source == "kb" else (STORE,)
        for number in range(2):
            place = f"{collection} {number}"
            title, name = new(kind, f"{place} title", *seen), new(kind, f"{place} id", *seen)
            text = new(kind, f"{place} text", *seen)
            answer = planting.send(
                "PUT",
                f"/v1/collections/{collection}/documents/{name}.md?source={source}",
                content=f"# Refunds\nA refund of the {text} is paid within 5 days.\n".encode(),
                headers={"content-type": "text/markdown", "x-document-title": title},
            )
            assert answer.status_code == 200, answer.text
    for kind_of_file in ("application/pdf", "text/html", "text/plain", "application/x-none", "a/b"):
        text = new("document", f"broken {kind_of_file}", STORE)
        broken = b"%PDF-1.7\n1 0 obj <</A (" + text.encode() + b")>> \xff\xfe stream"
        planting.send(
            "PUT",
            f"/v1/collections/closeddocs/documents/broken?source={new('document', 'source')}",
            content=broken,
            headers={"content-type": kind_of_file},
        )
        planting.send(
            "PUT",
            f"/v1/collections/closeddocs/documents/{text}?source=crm",
            content=broken,
            headers={"content-type": kind_of_file},
        )


def plant_speech(planting: Planting) -> list[str]:
    """Audio: its metadata, its file's name, the fields beside it; what was said in one call."""
    new = planting.canaries.new
    path = "/v1/audio/transcriptions"
    call = (CALLS / "router-complaint.wav").read_bytes()
    for name in ("model", "language", "prompt", "response_format", "temperature", "unknown",
                 "timestamp_granularities[]", "stream"):  # fmt: skip
        data = {"model": "whisper", name: new("audio", f"{path} {name}")}
        file = (f"{new('audio', f'{path} file name')}.wav", call, "audio/wav")
        planting.send("POST", path, files={"file": file}, data=data)
    for audio in (bodies.wav_about(new("audio", "metadata")), new("audio", "no audio").encode()):
        planting.send("POST", path, files={"file": ("a.wav", audio)}, data={"model": "whisper"})
        inputs = {"inputs": {"audio": bodies.base64_of(audio)}}
        planting.send("POST", "/v1/pipelines/call/runs", json=inputs)
    heard = planting.send("POST", path, files={"file": ("a.wav", call)}, data={"model": "whisper"})
    inputs = {"inputs": {"audio": bodies.base64_of(call)}}
    assert planting.send("POST", "/v1/pipelines/call/runs", json=inputs).status_code == 403
    return phrases(heard.json()["text"])


def phrases(text: str) -> list[str]:
    """Runs of six words of what was said: nobody else says them in just this way."""
    words = re.findall(r"[A-Za-z0-9'-]+", text)
    return [" ".join(words[start : start + 6]) for start in range(0, len(words) - 5, 3)]


def plant_paths(planting: Planting, operations: Iterator[tuple[str, str]]) -> None:
    """Every operation there is: its path, its query and its headers, with a body and without."""
    new = planting.canaries.new
    for method, template in operations:
        # What is put there is a document like any other, by the name in its path.
        seen = (STORE,) if (method, "/documents/" in template) == ("PUT", True) else ()
        for _ in range(2):
            where = f"{method} {template}"
            path = re.sub(
                r"\{[^}]*\}",
                lambda _, at=where, may=seen: new("anyone", f"{at} path", *may),
                template,
            )
            query = {n: new("anyone", f"{where} ?{n}") for n in ("limit", "tenant", "source", "q")}
            content = json.dumps(
                {new("anyone", f"{where} name", *seen): new("anyone", where, *seen)}
            )
            planting.send(
                method,
                path,
                params=query,
                content=content if method in ("POST", "PUT", "PATCH") else None,
                headers=_headers(
                    lambda at, before=where, may=seen: new("anyone", f"{before} {at}", *may)
                ),
            )
    planting.send("GET", f"/v1/{new('anyone', 'unknown path')}")
    planting.send("BREW", f"/v1/models/{quote(new('anyone', 'unknown method'))}")


def _headers(new: Callable[[str], str]) -> dict[str, str]:
    names = (
        "user-agent", "cookie", "referer", "x-forwarded-for", "accept", "accept-language",
        "content-type", "traceparent", "x-document-title", "x-route-decision",
        "openai-organization", "serve_multiplexed_model_id",
    )  # fmt: skip
    # With a blank it is no id, and a fresh one takes its place.
    return {name: new(name) for name in names} | {"x-request-id": f"{new('x-request-id')} no id"}


def plant_strangers(planting: Planting, base_url: str) -> None:
    """Who holds no key, and who speaks no HTTP."""
    new = planting.canaries.new
    with httpx2.Client(base_url=base_url, timeout=60, trust_env=False) as stranger:
        for name in ("authorization", "x-api-key"):
            for text in (f"Bearer {new('anyone', name)}", f"pk_acme_{new('anyone', name)[:12]}_x"):
                body = {"model": "mistral", "messages": [], "user": new("anyone", "stranger")}
                answer = stranger.post(CHAT, json=body, headers={name: text})
                planting.statuses[answer.status_code] += 1
    host, _, port = base_url.removeprefix("http://").partition(":")
    for raw in (
        f"GET /{new('anyone', 'raw')} HTTP/9.9\r\n\r\n",
        f"{new('anyone', 'raw')}\r\n\r\n",
        f"GET / HTTP/1.1\r\nhost: {new('anyone', 'raw')}\r\n{new('anyone', 'raw')}\r\n\r\n",
        f"POST {CHAT} HTTP/1.1\r\nhost: a\r\ncontent-length: {new('anyone', 'raw')}\r\n\r\n",
        f"POST {CHAT} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: {new('anyone', 'raw')}\r\n\r\n",
        f"GET / HTTP/1.1\r\nhost: a\r\nx: {new('anyone', 'raw') * 3000}\r\n\r\n",
    ):
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            connection.sendall(raw.encode())
            connection.settimeout(5)
            try:
                while connection.recv(4096):
                    continue
            except (TimeoutError, ConnectionError):
                continue
