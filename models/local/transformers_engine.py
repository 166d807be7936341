"""Local chat models on transformers, where vLLM can't run: the one file that imports it.

One sequence a thread, no batching and no prefix cache: it answers everywhere, and slowly. Tested
with transformers 5.19.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any

from models.collect import Collector
from models.deadline import Deadline
from models.errors import (
    DeadlineExceeded,
    InvalidRequest,
    ModelUnavailable,
    PodiumError,
    UnsupportedParameter,
)
from models.local.engine_stats import EngineStats
from models.local.forced_calls import ForcedCalls
from models.local.room import room_for
from models.local.stop_strings import StopStrings
from models.local.threaded import Stopped, Threaded
from models.local.tool_choice import schema_of
from models.local.transformers_sampler import Sampler, log_probabilities
from models.local.transformers_settings import TransformersSettings
from models.local.vllm_refusals import refusal
from models.local.vllm_requests import message_dict, tool_dict
from models.local.xgrammar_mask import JsonMasks
from models.messages import (
    ChatDelta,
    ChatRequest,
    Completion,
    FinishReason,
    Sampling,
    TokenLogprob,
    Usage,
)


class TransformersEngine:
    """A ChatModel over AutoModelForCausalLM; deltas come token by token."""

    def __init__(self, model: str, path: Path, settings: TransformersSettings) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        torch.set_num_threads(settings.threads)
        local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        self._model = model
        self._settings = settings
        self._tokenizer: Any = AutoTokenizer.from_pretrained(path, **local)
        net: Any = AutoModelForCausalLM.from_pretrained(path, dtype=settings.dtype, **local)
        self._net = net.to(settings.device).eval()
        self._ends = _ends(net.generation_config.eos_token_id)
        longest = net.config.get_text_config().max_position_embeddings
        self._window = int(min(settings.max_model_len or longest, longest))
        self._vocabulary = net.config.get_text_config().vocab_size
        self._threads = Threaded(settings.max_num_seqs, f"transformers-{model}")
        self._masks: JsonMasks | None = None
        self._broken = False

    @property
    def window(self) -> int:
        """Tokens that prompt and answer may take together."""
        return self._window

    def stats(self) -> EngineStats:
        """How many requests run and wait."""
        return EngineStats(running=self._threads.running, waiting=self._threads.waiting)

    async def check_health(self) -> None:
        """Raise ModelUnavailable once the model failed in a way that no request is to blame for."""
        if self._broken:
            raise _stopped_working(self._model)

    def close(self) -> None:
        """Begin nothing any more."""
        self._threads.close()

    async def complete(self, request: ChatRequest, deadline: Deadline) -> Completion:
        """The whole answer."""
        collector = Collector(self._model)
        async with aclosing(self._run(request, deadline)) as deltas:
            async for delta in deltas:
                collector.add(delta)
        return collector.completion()

    async def stream(self, request: ChatRequest, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        """The answer token by token; closing the iterator stops the work after the next one."""
        async with aclosing(self._run(request, deadline)) as deltas:
            async for delta in deltas:
                yield delta

    async def count(self, request: ChatRequest, deadline: Deadline) -> int:
        """The tokens that the messages and tools take, template and all."""
        with self._errors():
            return len(self._render(request))

    async def _run(
        self, request: ChatRequest, deadline: Deadline
    ) -> AsyncGenerator[ChatDelta, None]:
        with self._errors():
            self._check(request)
            prompt = self._render(request)
            room = room_for(request.sampling, len(prompt), self._window)
            work = self._threads.items(
                lambda stopped: self._answers(request, prompt, room, stopped)
            )
            async with aclosing(work):
                while True:
                    async with asyncio.timeout(deadline.remaining()):
                        delta = await anext(work, None)
                    if delta is None:
                        break
                    yield delta

    def _check(self, request: ChatRequest) -> None:
        """Refuse what this engine would silently do otherwise, or fail at."""
        if any(not 0 <= token < self._vocabulary for token in request.sampling.logit_bias or ()):
            raise UnsupportedParameter(
                f"logit_bias names a token that '{self._model}' has not; its tokens are 0 to"
                f" {self._vocabulary - 1}.",
                param="logit_bias",
            )
        free = request.tools and request.tool_choice == "auto"
        if free:
            raise UnsupportedParameter(
                f"'{self._model}' runs on transformers, which reads no tool calls out of free text;"
                ' name a tool in tool_choice, or say "required" or "none".',
                param="tool_choice",
            )

    def _render(self, request: ChatRequest) -> list[int]:
        tools = [tool_dict(tool) for tool in request.tools]
        shown = tools if tools and request.tool_choice != "none" else None
        ids: Any = self._tokenizer.apply_chat_template(
            [message_dict(message) for message in request.messages],
            tools=shown,
            add_generation_prompt=True,
            return_dict=False,
        )
        return list(ids)

    def _answers(
        self, request: ChatRequest, prompt: list[int], room: int, stopped: Stopped
    ) -> Iterator[ChatDelta]:
        """Every choice after the other, and then the usage; runs in a thread."""
        made = 0
        calls = ForcedCalls(request)
        for index in range(request.sampling.n):
            for delta in self._choice(request, prompt, room, index, stopped):
                made += 1
                yield _called(calls, delta) if calls.applies else delta
        yield ChatDelta(usage=Usage(prompt_tokens=len(prompt), completion_tokens=made))

    def _choice(
        self, request: ChatRequest, prompt: list[int], room: int, index: int, stopped: Stopped
    ) -> Iterator[ChatDelta]:
        """One delta for each token that is made, the one that ends the answer among them."""
        sampling = request.sampling
        text = _Text(self._tokenizer, sampling.stop)
        tokens = self._tokens(request, prompt, index, stopped)
        for count, (token, logprobs) in enumerate(tokens, 1):
            ended: FinishReason | None = "stop" if token in self._ends else None
            piece = "" if ended else text.add(token)
            if text.stop is not None:
                ended = "stop"
            elif ended or count == room:
                ended, piece = ended or "length", piece + text.rest()
            yield ChatDelta(
                index=index,
                text=piece,
                logprobs=logprobs,
                finish_reason=ended,
                stop_sequence=text.stop,
            )
            if ended:
                return

    def _tokens(
        self, request: ChatRequest, prompt: list[int], index: int, stopped: Stopped
    ) -> Iterator[tuple[int, tuple[TokenLogprob, ...]]]:
        """Tokens without an end, until nobody wants any more."""
        import torch

        schema = schema_of(request)
        mask = self._json_masks().begin(schema) if schema is not None else None
        sampler = Sampler(request.sampling, self._net.generation_config, prompt, index)
        with torch.inference_mode():
            steps = _Steps(self._net, self._settings, prompt, stopped)
            while (scores := steps.scores()) is not None:
                raw = scores.clone()
                if mask is not None:
                    mask.hide(scores)
                token = sampler.draw(scores)
                if mask is not None:
                    mask.take(token)
                steps.go_on(token)
                yield token, self._logprobs(raw, token, request.sampling)

    def _logprobs(self, raw: Any, token: int, sampling: Sampling) -> tuple[TokenLogprob, ...]:
        if not sampling.logprobs:
            return ()
        own, top = log_probabilities(raw, token, sampling.top_logprobs)
        alternatives = tuple(TokenLogprob(self._word(other), value) for other, value in top)
        return (TokenLogprob(self._word(token), own, alternatives),)

    def _word(self, token: int) -> str:
        return str(self._tokenizer.decode([token]))

    def _json_masks(self) -> JsonMasks:
        if self._masks is None:
            self._masks = JsonMasks(self._model, self._tokenizer, self._vocabulary, self._ends)
        return self._masks

    @contextmanager
    def _errors(self) -> Iterator[None]:
        from jinja2 import TemplateError

        try:
            yield
        except TimeoutError as error:
            raise DeadlineExceeded(
                f"'{self._model}' did not finish in time; ask for fewer tokens or allow more time."
            ) from error
        except TemplateError:
            # A template's words may hold what the messages say.
            raise InvalidRequest(
                f"'{self._model}' can't take these messages; check their order and the tools.",
                param="messages",
            ) from None
        except PodiumError:
            raise
        except (ValueError, TypeError, IndexError) as error:
            # What a client asked for must not stop the model for the others.
            raise refusal(self._model, str(error)) from None
        except Exception as error:
            self._broken = True
            raise _stopped_working(self._model) from error


class _Text:
    """The text of one answer as its tokens come."""

    def __init__(self, tokenizer: Any, stops: tuple[str, ...]) -> None:
        from tokenizers.decoders import DecodeStream

        self._tokenizer = tokenizer.backend_tokenizer
        self._decoder = DecodeStream(skip_special_tokens=True)
        self._stops = StopStrings(stops)

    @property
    def stop(self) -> str | None:
        """The stop that has come."""
        return self._stops.found

    def add(self, token: int) -> str:
        """What may be shown now."""
        return self._stops.push(self._decoder.step(self._tokenizer, token) or "")

    def rest(self) -> str:
        """What was held back, once the answer has ended otherwise."""
        return self._stops.rest()


class _Steps:
    """The scores of the next token, one forward pass after the other, over one key-value cache."""

    def __init__(
        self, net: Any, settings: TransformersSettings, prompt: list[int], stopped: Stopped
    ) -> None:
        from transformers import DynamicCache

        self._net = net
        self._device = settings.device
        self._stopped = stopped
        self._cache = DynamicCache(config=net.config)
        size = settings.prefill_tokens
        self._parts = [prompt[at : at + size] for at in range(0, len(prompt), size)]

    def scores(self) -> Any:
        """Scores of shape (1, vocabulary) as float32, None once nobody wants any more."""
        import torch

        logits: Any = None
        for part in self._parts:
            if self._stopped():
                return None
            ids = torch.tensor([part], device=self._device)
            # Only the last place is asked for.
            output = self._net(
                input_ids=ids, past_key_values=self._cache, use_cache=True, logits_to_keep=1
            )
            logits = output.logits
        return logits[:, -1, :].float()

    def go_on(self, token: int) -> None:
        """The next scores are those behind `token`."""
        self._parts = [[token]]


def _called(calls: ForcedCalls, delta: ChatDelta) -> ChatDelta:
    """The same piece as one of a tool call."""
    called = calls.delta(delta.index, delta.text, delta.finish_reason)
    ended = "tool_calls" if delta.finish_reason == "stop" else delta.finish_reason
    return ChatDelta(
        index=delta.index,
        tool_calls=called.tool_calls,
        logprobs=delta.logprobs,
        finish_reason=ended,
    )


def _ends(found: int | list[int] | None) -> tuple[int, ...]:
    if found is None:
        return ()
    return (found,) if isinstance(found, int) else tuple(found)


def _stopped_working(model: str) -> ModelUnavailable:
    return ModelUnavailable(f"'{model}' stopped working; it is being restarted.")
