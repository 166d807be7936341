"""LangChain's integration suites on the local model: protocol is asserted, knowledge is not.

The model has a few million parameters: what needs one that knows or chooses well is skipped by
name.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.langchain_suites import (
    MARKS,
    TIMED,
    OverAnthropic,
    OverEmbeddings,
    OverOpenAi,
    clients,
    close_all_but,
)
from tests.serve.instance import Instance

pytestmark = list(MARKS)

CHOOSES = "needs a model that picks a tool and its arguments by what a question means"
COPIES = "needs a model that copies words it has never seen into a tool's arguments"
WRITES = "needs a model that ends its JSON within 100 tokens"
SKIPS = {
    "test_stream_time": TIMED,
    "test_tool_calling": CHOOSES,
    "test_tool_calling_async": CHOOSES,
    "test_agent_loop": CHOOSES,
    "test_bind_runnables_as_tools": COPIES,
    "test_unicode_tool_call_integration": COPIES,
    "test_json_mode": "needs a model that writes the names it is asked for in words",
    "test_structured_output": WRITES,
    "test_structured_output_async": WRITES,
    "test_structured_output_pydantic_2_v1": WRITES,
    "test_structured_output_optional_param": WRITES,
}


@pytest_asyncio.fixture(autouse=True, scope="module", loop_scope="session")
async def _clients() -> AsyncIterator[None]:
    before = clients()
    yield
    await close_all_but(before)


@pytest.fixture(autouse=True, scope="class")
def _place(request: pytest.FixtureRequest, podium: Instance) -> None:
    if request.cls is not None:
        request.cls.place = (podium.base_url, podium.key)


class TestChatOpenAI(OverOpenAi):
    model_name = "mistral"
    skips = SKIPS


class TestChatAnthropic(OverAnthropic):
    model_name = "mistral"
    skips = SKIPS


class TestOpenAIEmbeddings(OverEmbeddings):
    pass
