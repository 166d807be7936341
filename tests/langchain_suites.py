"""LangChain's own integration suites over its clients of both dialects, against a Podium."""

from __future__ import annotations

import gc
from collections.abc import Collection, Mapping
from typing import Any, ClassVar

import httpx2
import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from langchain_tests.integration_tests import (
    ChatModelIntegrationTests,
    EmbeddingsIntegrationTests,
)

TIMED = "measures time against a recording of a provider's; there is no provider here"
# LangChain keeps its clients for the whole process, on the loop that used them first.
MARKS = (
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.filterwarnings("ignore:.*is marked with '@pytest.mark.asyncio' but"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    # About its own types, and about its suite's own use of it.
    pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning"),
    pytest.mark.filterwarnings("ignore:Received a Pydantic BaseModel V1 schema:UserWarning"),
)


def clients() -> list[httpx2.Client | httpx2.AsyncClient]:
    """Every client there is."""
    kinds = httpx2.Client | httpx2.AsyncClient
    # By type: asking an object for its class runs code of libraries that warn of it.
    return [one for one in gc.get_objects() if issubclass(type(one), kinds)]


async def close_all_but(kept: Collection[httpx2.Client | httpx2.AsyncClient]) -> None:
    """Close what LangChain would keep for ever, on the loop that opened the sockets."""
    known = {id(one) for one in kept}
    for client in clients():
        if id(client) in known:
            continue
        if isinstance(client, httpx2.Client):
            client.close()
        else:
            await client.aclose()


class Skipping:
    """Skips the tests that `skips` names, each with the reason that stands there."""

    skips: ClassVar[Mapping[str, str]] = {"test_stream_time": TIMED}

    @pytest.fixture(autouse=True)
    def _skip_by_table(self, request: pytest.FixtureRequest) -> None:
        if reason := self.skips.get(request.node.originalname):
            pytest.skip(reason)


class OverOpenAi(Skipping, ChatModelIntegrationTests):
    """ChatOpenAI; `model_name` answers at `place`, which a fixture gives as (root URL, key)."""

    model_name: ClassVar[str]
    other_model: ClassVar[str | None] = None
    place: ClassVar[tuple[str, str]]

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatOpenAI

    @property
    def chat_model_params(self) -> dict[str, Any]:
        url, key = self.place
        return {"model": self.model_name, "base_url": f"{url}/v1", "api_key": key,
                "stream_usage": True}  # fmt: skip

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def model_override_value(self) -> str | None:
        return self.other_model


class OverAnthropic(Skipping, ChatModelIntegrationTests):
    """ChatAnthropic, in the same way."""

    model_name: ClassVar[str]
    other_model: ClassVar[str | None] = None
    place: ClassVar[tuple[str, str]]

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatAnthropic

    @property
    def chat_model_params(self) -> dict[str, Any]:
        url, key = self.place
        return {"model": self.model_name, "base_url": url, "api_key": key}

    @property
    def model_override_value(self) -> str | None:
        return self.other_model

    @property
    def supports_anthropic_inputs(self) -> bool:
        return True


class OverEmbeddings(EmbeddingsIntegrationTests):
    """OpenAIEmbeddings."""

    place: ClassVar[tuple[str, str]]

    @property
    def embeddings_class(self) -> type[Embeddings]:
        return OpenAIEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        url, key = self.place
        return {"model": "embed", "base_url": f"{url}/v1", "api_key": key,
                "check_embedding_ctx_length": False}  # fmt: skip
