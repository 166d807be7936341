"""Ray Serve LLM's server, in this process over the reference model, keeps the contract of chat."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import pytest
import pytest_asyncio

from deployments.ray_environment import RunFolder, private_user_home
from models.catalog import ModelCard, builtin_catalog, load_catalog
from models.deadline import Deadline
from models.errors import ContextLengthExceeded, UnsupportedParameter
from models.messages import ChatRequest, Completion, Message, Sampling, ToolSpec
from models.quiet import quiet_environment
from models.weights import weights_folder
from tests.adapter_weights import write_adapter
from tests.contracts.chat_contract import CHECKS, PLENTY_S, Check, Subject, hello

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.filterwarnings("ignore:::"),
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        find_spec("pyarrow") is None,
        reason="the extra `ray-llm` is not installed: requirements/ray-llm.lock",
    ),
]

END = {2: -100.0}
ADAPTERS = ("legal", "medical")
SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer", "minimum": 1, "maximum": 9}},
    "required": ["n"],
    "additionalProperties": False,
}
TOOL = ToolSpec("count", "Counts.", SCHEMA)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def subject(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Subject]:
    """One server with two adapters; how much runs is what its engine says."""
    import ray
    from ray.serve.llm import LLMServer

    from deployments.ray_llm import chat_of, config_of

    card = load_catalog([builtin_catalog()]).card("mistral")
    card = card.model_copy(update={"dialect": "ray_serve_llm"})
    os.environ |= quiet_environment() | {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
    with private_user_home(RunFolder(tmp_path_factory.mktemp("run"))):
        ray.init(
            address="local", num_cpus=2, include_dashboard=False, log_to_driver=False,
            logging_level="ERROR", object_store_memory=100 * 2**20, _node_ip_address="127.0.0.1",
        )  # fmt: skip
    server = LLMServer.sync_init(config_of(card, adapters(tmp_path_factory, card)))
    try:
        await server.start()
        client = server.engine._engine_client
        chat = chat_of(server, card)
        endless = ChatRequest(
            card.id, (Message("user", "Hello"),), Sampling(max_tokens=1900, logit_bias=END)
        )
        yield Subject(chat, card.id, client.get_num_unfinished_requests, endless)
        client.shutdown(timeout=5)
    finally:
        ray.shutdown()


def adapters(folders: pytest.TempPathFactory, base: ModelCard) -> tuple[ModelCard, ...]:
    folder = folders.mktemp("adapters")
    return tuple(
        base.model_copy(
            update={
                "id": name,
                "base": base.id,
                "engine": {},
                "path": str(write_adapter(folder / name, weights_folder(base), seed)),
                "digest": None,
            }
        )
        for seed, name in enumerate(ADAPTERS)
    )


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_contract(check: Check, subject: Subject) -> None:
    await check(subject)


async def test_what_it_has_open_is_its_load(subject: Subject) -> None:
    chat: Any = subject.chat
    stream = chat.stream(subject.endless, Deadline.after(PLENTY_S))
    await anext(stream)
    assert (chat.stats().running, chat.stats().waiting) == (1, 0)
    await stream.aclose()
    assert chat.stats().running == 0


async def test_a_prompt_is_counted_as_it_is_charged(subject: Subject) -> None:
    chat: Any = subject.chat
    asked = replace(hello(subject), tools=(TOOL,), tool_choice="count")
    for one in (hello(subject), asked):
        counted = await chat.count(one, Deadline.after(PLENTY_S))
        assert counted == (await _whole(subject, one)).usage.prompt_tokens
    assert chat.window == 2048


async def test_each_name_answers_by_its_own_weights(subject: Subject) -> None:
    said = [
        (await _whole(subject, replace(hello(subject), model=name))).choices[0].message.content
        for name in (subject.model, *ADAPTERS)
    ]
    assert len(set(said)) == 3


async def test_a_seed_draws_the_same_again(subject: Subject) -> None:
    drawn = [
        Sampling(max_tokens=12, seed=seed, temperature=1.5, n=2, logit_bias=END)
        for seed in (7, 7, 8)
    ]
    once, again, other = [
        await _whole(subject, replace(hello(subject), sampling=one)) for one in drawn
    ]
    assert once == again != other
    assert once.choices[0].message != once.choices[1].message


async def test_an_answer_holds_to_its_schema(subject: Subject) -> None:
    asked = replace(hello(subject), json_schema=SCHEMA, sampling=Sampling(max_tokens=64))
    [choice] = (await _whole(subject, asked)).choices
    assert 1 <= json.loads(choice.message.content)["n"] <= 9
    assert choice.finish_reason == "stop"


async def test_a_named_tool_is_called(subject: Subject) -> None:
    asked = replace(hello(subject), tools=(TOOL,), sampling=Sampling(max_tokens=64))
    [choice] = (await _whole(subject, replace(asked, tool_choice="count"))).choices
    [call] = choice.message.tool_calls
    assert call.name == "count" and 1 <= json.loads(call.arguments)["n"] <= 9
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", "")


async def test_a_stop_ends_the_answer_before_it(subject: Subject) -> None:
    whole = (await _whole(subject, hello(subject))).choices[0].message.content
    stop = whole[3:6]
    [choice] = (await _whole(subject, hello(subject, stop=(stop,)))).choices
    assert choice.message.content == whole[: whole.index(stop)]
    assert (choice.finish_reason, choice.stop_sequence) == ("stop", stop)


async def test_log_probabilities_come_with_the_tokens(subject: Subject) -> None:
    [choice] = (await _whole(subject, hello(subject, logprobs=True, top_logprobs=2))).choices
    assert "".join(one.token for one in choice.logprobs) == choice.message.content
    assert all(len(one.top) == 2 and one.logprob <= 0 for one in choice.logprobs)


async def test_a_tenant_meets_its_own_prefixes_alone(subject: Subject) -> None:
    words = " ".join(f"Order {number} is late." for number in range(40))
    asked = replace(hello(subject), messages=(Message("user", words),), cache_salt="one")
    await _whole(subject, asked)
    assert (await _whole(subject, asked)).usage.cached_tokens > 32
    other = await _whole(subject, replace(asked, cache_salt="other"))
    assert other.usage.cached_tokens == 0


async def test_what_it_can_not_do_is_said_by_field(subject: Subject) -> None:
    long = replace(hello(subject), sampling=Sampling(max_tokens=100_000))
    with pytest.raises(ContextLengthExceeded):
        await _whole(subject, long)
    shortened = replace(long.sampling, shortens=True, stop=("e",))
    assert await _whole(subject, replace(long, sampling=shortened))
    with pytest.raises(UnsupportedParameter) as raised:
        await _whole(subject, replace(hello(subject), sampling=Sampling(temperature=99)))
    assert (raised.value.param, "99" in raised.value.message) == ("temperature", False)


async def test_copies_of_both_kinds_are_built_with_a_gpu_for_each_worker(subject: Subject) -> None:
    """As far as a machine without a GPU shows: what Ray is asked for, not what then runs."""
    from deployments.app import _shape
    from deployments.cache_ports import CachePorts
    from deployments.ray_llm import build_ray_llm

    engine = {"tensor_parallel_size": 2, "pipeline_parallel_size": 2, "prefill_replicas": 3}
    changes = {"dialect": "ray_serve_llm", "num_gpus": 4.0, "engine": engine}
    card = load_catalog([builtin_catalog()]).card(subject.model).model_copy(update=changes)
    where = {"podium.io/role": "models"}
    options = _shape("LLM-mistral", 0, 64, labels=where) | {"num_replicas": 1}
    ports = {card.id: CachePorts(61_000, 61_024)}
    writes = build_ray_llm(card, (), options, ports)._bound_deployment
    reads = writes.init_kwargs["prefill_server"]._bound_deployment
    assert (writes.name, writes.num_replicas) == ("LLM-mistral", 1)
    assert (reads.name, reads.num_replicas) == ("Prefill-mistral", 3)
    bases = []
    for one in (writes, reads):
        asked = one._replica_config
        assert [bundle["GPU"] for bundle in asked.placement_group_bundles] == [1] * 4
        assert asked.placement_group_bundle_label_selector == [where] * 4
        config = one.init_kwargs["llm_config"]
        assert config.engine_kwargs["kv_transfer_config"]["kv_connector"] == "NixlConnector"
        bases.append(config.experimental_configs.get("NIXL_SIDE_CHANNEL_PORT_BASE"))
    assert bases == [61_024, 61_000]


async def _whole(subject: Subject, request: ChatRequest) -> Completion:
    return await subject.chat.complete(request, Deadline.after(PLENTY_S))
