"""What the deployments of models, documents and state do, without a deployment around them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from deployments.assets import Asset
from deployments.sealed_retrieval import Sealed, SealedRetrieval
from models.deadline import Deadline
from models.embeddings import EmbedderIdentity, EmbeddingRequest, Embeddings
from models.errors import NotFound
from models.live import HeardClip, Listened, LiveTraits, Piece, SpokenClip
from models.messages import (
    ChatDelta,
    ChatRequest,
    Completion,
    Segment,
    Transcript,
    TranscriptionRequest,
)
from models.ports import Embedder, Transcriber
from models.testing.scripted import ScriptedChat
from models.tools import ToolCall, ToolResult
from retrieval.ingest import IngestOutcome
from retrieval.opening import Retrieval
from retrieval.ports import QueryRequest, QueryResult, SearchRequest, Source
from retrieval.source_tools import Tools
from router.acts.act import Act, ActStatus
from router.acts.book import ActBook
from router.budget import Amount, Claim
from router.costs import CallCost, CostQuery, CostSum
from router.key_limits import KeyLimits
from router.keys import Key, KeyRecord
from router.label_seal import LabelSeals
from router.ledger.port import Ledger
from router.ledger.record import Record
from router.ledger.runs import run_records
from router.store.accounts import Accounts
from router.store.records import RunRecord, Spending
from router.store.sql_costs import SqlCostStore
from router.store.state import NewKey, State
from tests.wire.lines import LiveHearing

DIGEST = "sha256:" + "0" * 64
WINDOW = 4096


@dataclass(frozen=True, slots=True)
class Stats:
    running: int = 0
    waiting: int = 0


@dataclass
class ChatService:
    chat: ScriptedChat

    async def complete(self, request: ChatRequest, seconds: float) -> Completion:
        return await self.chat.complete(request, Deadline.after(seconds))

    async def stream(self, request: ChatRequest, seconds: float) -> AsyncGenerator[ChatDelta, None]:
        stream: Any = self.chat.stream(request, Deadline.after(seconds))
        async with aclosing(stream) as deltas:
            async for delta in deltas:
                yield delta

    async def count(self, request: ChatRequest, seconds: float) -> int:
        said = [message.content for message in request.messages]
        return sum(len(text.split()) for text in [*said, *(tool.name for tool in request.tools)])

    async def stats(self) -> Stats:
        return Stats(running=self.chat.running)

    async def describe(self) -> dict[str, object]:
        return {"window": WINDOW, "digest": DIGEST}


@dataclass
class SpeechService:
    transcriber: Transcriber
    live: LiveHearing

    async def transcribe(self, request: TranscriptionRequest, seconds: float) -> Transcript:
        return await self.transcriber.transcribe(request, Deadline.after(seconds))

    async def stream(
        self, request: TranscriptionRequest, seconds: float
    ) -> AsyncGenerator[Segment | Transcript, None]:
        stream: Any = self.transcriber.stream(request, Deadline.after(seconds))
        async with aclosing(stream) as pieces:
            async for piece in pieces:
                yield piece

    async def listen(self, piece: Piece, seconds: float) -> Listened:
        return await self.live.listen(piece, Deadline.after(seconds))

    async def hear(self, clip: SpokenClip, seconds: float) -> HeardClip:
        return await self.live.hear(clip, Deadline.after(seconds))

    async def traits(self) -> LiveTraits:
        return self.live.traits()

    async def stats(self) -> Stats:
        return Stats()

    async def describe(self) -> dict[str, object]:
        return {"window": None, "digest": DIGEST}


@dataclass
class EmbedderService:
    embedder: Embedder

    async def embed(self, request: EmbeddingRequest, seconds: float) -> Embeddings:
        return await self.embedder.embed(request, Deadline.after(seconds))

    async def identity(self) -> EmbedderIdentity:
        return self.embedder.identity()

    async def stats(self) -> Stats:
        return Stats()

    async def describe(self) -> dict[str, object]:
        return {"window": 256, "digest": DIGEST}


@dataclass
class RetrieverService:
    retrieval: Retrieval
    source: Source
    seals: LabelSeals
    tools: Tools = field(default_factory=lambda: Tools({}))
    sealed: SealedRetrieval = field(init=False)

    async def act(self, call: ToolCall, seconds: float) -> ToolResult:
        return await self.tools.call(call, Deadline.after(seconds))

    def __post_init__(self) -> None:
        self.sealed = SealedRetrieval(self.retrieval, self.seals)

    async def search(self, request: SearchRequest, seconds: float) -> tuple[Sealed, ...]:
        return await self.sealed.search(request, seconds)

    async def labels(self, request: SearchRequest, seconds: float) -> frozenset[Sealed]:
        return await self.sealed.labels(request, seconds)

    async def query(self, request: QueryRequest, seconds: float) -> QueryResult:
        return await self.source.query(request, Deadline.after(seconds))

    async def ingest(self, sent: Sealed, seconds: float) -> IngestOutcome:
        return await self.sealed.ingest(sent, seconds)

    async def delete(self, collection: str, ids: tuple[str, ...], seconds: float) -> Any:
        return await self.retrieval.ingestor.delete(collection, ids, Deadline.after(seconds))

    async def documents(self, collection: str) -> tuple[Sealed, ...]:
        return await self.sealed.documents(collection)

    async def document(self, collection: str, id: str) -> Sealed:
        return await self.sealed.document(collection, id)

    async def collections(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.retrieval.store.collections())


@dataclass
class StateService:
    state: State
    accounts: Accounts
    costs_store: SqlCostStore
    book: ActBook
    assets: list[Asset] = field(default_factory=list)
    ledger: Ledger | None = None

    async def record_costs(self, costs: Sequence[CallCost]) -> None:
        await asyncio.to_thread(self.costs_store.add, costs)

    async def costs(self, query: CostQuery) -> Sequence[CostSum]:
        return await asyncio.to_thread(self.costs_store.sums, query)

    async def record_decisions(self, records: Sequence[Record]) -> None:
        for record in records if self.ledger else ():
            await self.ledger.append(record, durable=True)

    async def ask_act(self, act: Act) -> None:
        await asyncio.to_thread(self.book.ask, act)

    async def act(self, tenant: str, act_id: str) -> Act:
        return await asyncio.to_thread(self.book.act, tenant, act_id)

    async def acts(self, tenant: str, limit: int) -> Sequence[Act]:
        return await asyncio.to_thread(self.book.listed, tenant, limit)

    async def approve_act(self, tenant: str, act_id: str, key_id: str, needed: int) -> Act:
        return await asyncio.to_thread(self.book.approve, tenant, act_id, key_id, needed)

    async def reject_act(self, tenant: str, act_id: str, key_id: str) -> Act:
        return await asyncio.to_thread(self.book.reject, tenant, act_id, key_id)

    async def begin_act(self, act: Act) -> bool:
        return await asyncio.to_thread(self.book.begin, act)

    async def end_act(self, act: Act, status: ActStatus, error_code: str | None) -> None:
        await asyncio.to_thread(self.book.end, act, status, error_code)

    async def acts_left_over(self, after_s: float) -> Sequence[Act]:
        return await asyncio.to_thread(self.book.left_over, after_s)

    async def keys(self) -> Sequence[KeyRecord]:
        return await asyncio.to_thread(self.state.list_keys)

    async def create_key(self, wanted: NewKey) -> Key:
        return await asyncio.to_thread(self.state.create_key, wanted)

    async def revoke_key(self, tenant: str, key_id: str) -> None:
        await asyncio.to_thread(self.state.revoke_key, tenant, key_id)

    async def limit_tenant(self, tenant: str, limits: KeyLimits) -> None:
        await asyncio.to_thread(self.state.limit_tenant, tenant, limits)

    async def tenant_limits(self) -> Mapping[str, KeyLimits]:
        return await asyncio.to_thread(self.state.tenant_limits)

    async def reserve(self, claim: Claim) -> int:
        return await asyncio.to_thread(self.accounts.reserve, claim)

    async def shrink(self, claim_id: str, left: Amount) -> None:
        await asyncio.to_thread(self.accounts.shrink, claim_id, left)

    async def settle(self, claim_id: str, used: Amount) -> None:
        await asyncio.to_thread(self.accounts.settle, claim_id, used)

    async def spent(self, tenant: str | None = None) -> Sequence[Spending]:
        return await asyncio.to_thread(self.accounts.spent, tenant)

    async def keep_assets(self, assets: Sequence[Asset]) -> None:
        self.assets.extend(assets)

    async def delete_asset(self, tenant: str, key_id: str, digest: str) -> None:
        kept = [one for one in self.assets if (one.tenant, one.digest) != (tenant, digest)]
        if len(kept) == len(self.assets):
            raise NotFound("There is no such picture; it may have been deleted.", param="asset")
        self.assets[:] = kept

    async def record_run(self, run: RunRecord) -> None:
        await asyncio.to_thread(self.state.record_run, run)
        for record in run_records(run) if self.ledger else ():
            await self.ledger.append(record, durable=False)

    async def run(self, tenant: str, run_id: str) -> RunRecord:
        return await asyncio.to_thread(self.state.run, tenant, run_id)

    async def recent_runs(self, tenant: str, limit: int) -> Sequence[RunRecord]:
        return await asyncio.to_thread(self.state.recent_runs, tenant, limit)
