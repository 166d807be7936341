"""The vLLM engine, in this process, keeps the contract of every chat model."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from models.catalog import builtin_catalog, load_catalog
from models.messages import ChatRequest, Message, Sampling
from models.weights import weights_folder
from tests.contracts.chat_contract import CHECKS, Check, Subject

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.filterwarnings("ignore:::"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def subject() -> AsyncIterator[Subject]:
    """One engine for all checks."""
    from models.local.vllm_engine import VllmEngine
    from models.local.vllm_settings import VllmSettings

    card = load_catalog([builtin_catalog()]).card("mistral")
    engine = VllmEngine(card.id, weights_folder(card), VllmSettings.model_validate(card.engine))
    endless = ChatRequest(
        card.id,
        (Message("user", "Hello"),),
        Sampling(max_tokens=1900, logit_bias={2: -100.0}),
    )
    yield Subject(engine, card.id, lambda: engine.stats().running, endless)
    engine.close()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_contract(check: Check, subject: Subject) -> None:
    await check(subject)
