"""LoRA adapters by model name, in one engine; and who goes first when the engine is full."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from models.catalog import builtin_catalog, load_catalog
from models.deadline import Deadline
from models.messages import ChatRequest, Message, Sampling
from models.weights import weights_folder
from tests.adapter_weights import write_adapter

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.filterwarnings("ignore:::"),
]

NAMES = ("mistral", "legal", "medical")
END = {2: -100.0}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Any]:
    """The reference model with two adapters; two requests at a time."""
    from models.local.vllm_engine import VllmEngine
    from models.local.vllm_settings import VllmSettings

    card = load_catalog([builtin_catalog()]).card("mistral")
    base, folder = weights_folder(card), tmp_path_factory.mktemp("adapters")
    settings = VllmSettings.model_validate({**card.engine, "max_num_seqs": 2})
    folders = {
        name: write_adapter(folder / name, base, seed) for seed, name in enumerate(NAMES[1:])
    }
    made = VllmEngine(card.id, base, settings, folders)
    yield made
    made.close()


def asked(name: str, tokens: int = 12) -> ChatRequest:
    sampling = Sampling(max_tokens=tokens, temperature=0, logit_bias=END)
    return ChatRequest(name, (Message("user", "Where is my order?"),), sampling)


async def said(engine: Any, request: ChatRequest) -> str:
    done = await engine.complete(request, Deadline.after(120))
    assert done.model == request.model
    return str(done.choices[0].message.content)


async def test_each_name_answers_by_its_own_weights(engine: Any, tmp_path: Path) -> None:
    alone = {name: await said(engine, asked(name)) for name in NAMES}
    assert len(set(alone.values())) == 3
    async with asyncio.TaskGroup() as group:
        tasks = [(name, group.create_task(said(engine, asked(name)))) for name in NAMES * 3]
    assert [(name, task.result()) for name, task in tasks] == [
        (name, alone[name]) for name in NAMES * 3
    ], "beside one another, and with prompts in the cache that another adapter read"


async def test_of_those_who_wait_the_most_urgent_goes_first(engine: Any) -> None:
    """A smaller number is more urgent; it passes those who came before it."""
    order: list[str] = []

    async def one(name: str, priority: int) -> None:
        await said(engine, replace(asked("mistral", 40), priority=priority, request_id=name))
        order.append(name)

    async with asyncio.TaskGroup() as group:
        for name in ("first", "second"):
            group.create_task(one(name, 0))
        async with asyncio.timeout(60):
            while engine.stats().running < 2:  # noqa: ASYNC110 - another process tells nobody
                await asyncio.sleep(0.001)
        for name, priority in (("patient 1", 5), ("patient 2", 5), ("urgent", 1)):
            group.create_task(one(name, priority))
            await asyncio.sleep(0)
    assert set(order[:2]) == {"first", "second"}
    assert order.index("urgent") < max(order.index("patient 1"), order.index("patient 2"))
    assert order[2] != "patient 2"
