"""LangChain's integration suites in full, through the gate to a model outside that echoes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.langchain_suites import (
    MARKS,
    OverAnthropic,
    OverEmbeddings,
    OverOpenAi,
    clients,
    close_all_but,
)

pytestmark = list(MARKS)


@pytest_asyncio.fixture(autouse=True, scope="module", loop_scope="session")
async def _clients() -> AsyncIterator[None]:
    before = clients()
    yield
    await close_all_but(before)


class TestChatOpenAI(OverOpenAi):
    model_name = "chatgpt"
    other_model = "mistral"


class TestChatAnthropic(OverAnthropic):
    model_name = "chatgpt"
    other_model = "mistral"


class TestOpenAIEmbeddings(OverEmbeddings):
    pass
