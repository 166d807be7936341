"""Opens a line for a client's settings: which model hears it, and by what rules."""

from __future__ import annotations

from dataclasses import dataclass

from deployments.call import Call
from deployments.charged_speech import ChargedEar
from deployments.live.session import LiveSession, Voice
from deployments.ports import RemoteLiveTranscriber
from deployments.wire.realtime_config import SessionConfig
from deployments.wire.realtime_events import fresh
from models.catalog import ModelCard
from models.deadline import Deadline
from models.errors import InvalidRequest
from models.live import LiveTraits
from router.live.endpoint import EndpointRules
from router.live.line import Line, LineRules

_TRAITS_S = 10.0
# Longer than any line: without a detector only the client ends a turn.
_NEVER_S = 1e6


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A session, the model that hears it, and what counts the cost of that."""

    session: LiveSession
    card: ModelCard
    ear: ChargedEar


def speech_model(call: Call, config: SessionConfig) -> ModelCard:
    """The model asked for, or the only one there is; raises what `Call.model` raises."""
    name = config.input.transcription.model
    if name is None:
        kinds = [card.id for card in call.state.served_cards() if card.kind == "speech"]
        mine = [one for one in kinds if call.principal.may_use(one)] or kinds
        if len(mine) != 1:
            raise InvalidRequest(
                "Say which model hears the line: ?model=… or audio.input.transcription.model.",
                param="model",
            )
        name = mine[0]
    return call.model(name, "speech")


async def open_line(call: Call, config: SessionConfig) -> OpenLine:
    """A line ready for audio."""
    card = speech_model(call, config)
    port = RemoteLiveTranscriber(call.state.models[card.id])
    traits = await port.traits(Deadline.after(_TRAITS_S))
    voice = Voice(
        model=card.id,
        format=config.input.format.type,
        language=config.input.transcription.language,
        prompt=config.input.transcription.prompt,
        longest=call.state.limits.audio_seconds,
    )
    line = Line(line_rules(config, traits), lambda: fresh("item"))
    ear = ChargedEar(port, card, call.principal, call.state.accounting)
    return OpenLine(LiveSession(line, ear, voice), card, ear)


def line_rules(config: SessionConfig, traits: LiveTraits) -> LineRules:
    """The client's wishes about turns, the model's about clips."""
    turns = config.input.turn_detection
    if turns is None:
        rules = EndpointRules(
            traits.threshold,
            pad=traits.pad,
            pause=traits.pause,
            silence=_NEVER_S,
            longest=traits.longest,
        )
        return LineRules(rules, detect=False)
    silence = turns.silence_duration_ms / 1000
    rules = EndpointRules(
        turns.threshold,
        pad=turns.prefix_padding_ms / 1000,
        pause=min(traits.pause, silence),
        silence=silence,
        longest=traits.longest,
    )
    return LineRules(rules)
