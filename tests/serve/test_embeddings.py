"""Embeddings by the real embedder, and search over them."""

from __future__ import annotations

import httpx2
import numpy as np
import openai


def test_near_texts_have_near_vectors(client: openai.OpenAI) -> None:
    texts = ["My router is broken.", "The router does not work.", "Invoices are sent by email."]
    found = client.embeddings.create(model="embed", input=texts)
    near, also, far = (np.array(item.embedding) for item in found.data)
    assert near @ also > near @ far
    assert abs(np.linalg.norm(near) - 1.0) < 1e-3
    assert found.usage.prompt_tokens > 0


def test_floats_and_base64_are_the_same(client: openai.OpenAI) -> None:
    plain = client.embeddings.create(model="embed", input="router", encoding_format="float")
    packed = client.embeddings.create(model="embed", input="router")
    assert np.allclose(plain.data[0].embedding, packed.data[0].embedding, atol=1e-6)


def test_search_finds_the_document_that_answers(http: httpx2.Client, knowledge: None) -> None:
    body = {"query": "How long is the warranty for my printer?", "k": 6}
    hits = http.post("/v1/collections/kb/search", json=body).json()["hits"]
    found = [hit for hit in hits if hit["id"] == "warranty.md"]
    assert any("printer" in hit["text"].lower() for hit in found)
    assert [hit["score"] for hit in hits] == sorted((h["score"] for h in hits), reverse=True)


def test_the_same_document_again_changes_nothing(http: httpx2.Client) -> None:
    path = "/v1/collections/kb/documents/again.md"
    first = http.put(path, content=b"Lindwell opens at nine.").json()
    again = http.put(path, content=b"Lindwell opens at nine.").json()
    other = http.put(path, content=b"Lindwell opens at ten.").json()
    gone = http.delete(path)
    assert [first["status"], again["status"], other["status"]] == ["added", "unchanged", "updated"]
    assert gone.json()["deleted"] is True
    assert http.get(path).status_code == 404


def test_models_are_listed_with_what_they_are(client: openai.OpenAI) -> None:
    found = {model.id: model.model_extra["podium"] for model in client.models.list()}
    assert {"mistral", "whisper", "embed", "auto", "auto:private", "pipeline/support"} <= set(found)
    assert found["mistral"]["engine"] == "vllm"
    assert found["mistral"]["digest"].startswith("sha256:")
