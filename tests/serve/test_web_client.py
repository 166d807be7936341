"""What a chat interface such as Open WebUI asks of its server, in the order in which it asks it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openai

CALLS = Path(__file__).parents[2] / "examples" / "calls"
TITLE = """### Task:
Generate a concise, 3-5 word title with an emoji summarizing the chat history.
### Output:
JSON format: { "title": "your concise title here" }
### Chat History:
<chat_history>
USER: Hello
ASSISTANT: %s
</chat_history>"""


def test_a_session(client: openai.OpenAI) -> None:
    models = {model.id: model for model in client.models.list()}
    assert {"mistral", "pipeline/support", "whisper", "embed"} <= set(models)

    hello: Any = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello"}]
    stream: Any = client.chat.completions.create(
        model="mistral", messages=hello, stream=True, stream_options={"include_usage": True},
        max_tokens=32, user="a-user", metadata={"chat_id": "c", "message_id": "m"},
    )  # fmt: skip
    chunks = list(stream)
    said = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert said and chunks[-1].usage.total_tokens > 0

    title = client.chat.completions.create(
        model="mistral", messages=[{"role": "user", "content": TITLE % said}], stream=False,
        max_completion_tokens=50, response_format={"type": "json_schema", "json_schema": {
            "name": "title", "schema": {
                "type": "object", "properties": {"title": {"type": "string", "maxLength": 40}},
                "required": ["title"], "additionalProperties": False}}},
    )  # fmt: skip
    assert isinstance(json.loads(title.choices[0].message.content or "")["title"], str)

    vectors = client.embeddings.create(model="embed", input=["a document", "a question"])
    assert len(vectors.data) == 2
    assert {len(one.embedding) for one in vectors.data} == {len(vectors.data[0].embedding)}

    recording = sorted(CALLS.glob("*.wav"))[0]
    heard = client.audio.transcriptions.create(
        model="whisper", file=(recording.name, recording.read_bytes(), "audio/wav"), language="en"
    )
    assert heard.text

    follow_up: Any = [*hello, {"role": "assistant", "content": said},
                      {"role": "user", "content": heard.text}]  # fmt: skip
    answer = client.chat.completions.create(
        model="mistral", messages=follow_up, max_tokens=16, temperature=0.7, top_p=0.9, seed=3,
        frequency_penalty=0.1, presence_penalty=0.1, stop=["\n\n\n"],
    )  # fmt: skip
    assert answer.choices[0].finish_reason in ("stop", "length")
