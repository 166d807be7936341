"""Where a row's provider is: every address that Egress may have to reach for it; pure."""

from __future__ import annotations

from models.catalog import ModelCard
from models.remote.copilot_settings import CopilotSettings
from models.remote.imagine_answer import origins
from models.remote.imagine_settings import ImagineSettings
from models.strict_yaml import parse


def places(card: ModelCard) -> tuple[str, ...]:
    """URLs of hosts: that of the row, those of its pictures, those of Copilot's runtime.

    A row that names no provider, or no runtime, has none.
    """
    if card.dialect == "copilot":
        copilot = parse(CopilotSettings, card.engine, card.id)
        return tuple(f"https://{host}" for host in copilot.hosts) if copilot.cli_path else ()
    if not card.base_url:
        return ()
    if card.dialect == "imagine":
        imagine = parse(ImagineSettings, card.engine, card.id)
        return (card.base_url, *origins(imagine, insecure=card.allow_insecure))
    return (card.base_url,)
