"""What a job's server answers, read with care: ids, words for an end, addresses; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx2

from models.images import ImageJob, JobStatus
from models.remote.imagine_settings import ImagineSettings

MOST_PICTURES = 16
_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.:-]{0,127}")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def at(answer: Any, place: str) -> Any:
    """The value at `place`, names and numbers with dots between them; None where there is none."""
    value = answer
    for step in place.split("."):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def is_id(id_: str) -> bool:
    """Whether it can stand in a path: a plain name."""
    return _ID.fullmatch(id_) is not None


def begun_job(answer: Any, settings: ImagineSettings) -> ImageJob:
    """The job that an answer to a request began; a ValueError for one without a plain id."""
    id_ = at(answer, settings.id_at)
    if isinstance(id_, int) and not isinstance(id_, bool):
        id_ = str(id_)
    if not isinstance(id_, str) or not is_id(id_):
        raise ValueError("no id")
    return told_job(id_, answer, settings)


def told_job(id_: str, answer: Any, settings: ImagineSettings) -> ImageJob:
    """The job as an answer tells it; a ValueError for one that is done and has no addresses."""
    said = at(answer, settings.status_at)
    if said not in settings.done:
        status: JobStatus = "failed" if said in settings.failed else "running"
        return ImageJob(id_, status)
    found = at(answer, settings.assets_at)
    listed = [found] if isinstance(found, str) else found
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_PICTURES:
        raise ValueError("no addresses")
    if not all(isinstance(one, str) for one in listed):
        raise ValueError("an address that is no text")
    return ImageJob(id_, "done", None, tuple(listed))


def origins(settings: ImagineSettings, *, insecure: bool) -> tuple[str, ...]:
    """Where pictures may lie; by plain http only on loopback and when the row allows it."""
    return tuple(
        f"{'http' if insecure and host.split(':')[0] in _LOOPBACK else 'https'}://{host}"
        for host in settings.asset_hosts
    )


def origin_of(address: str) -> str | None:
    """Scheme, host and port of an address; None for one that carries a name or is none."""
    try:
        url = httpx2.URL(address)
    except (httpx2.InvalidURL, ValueError):
        return None
    if url.userinfo or not url.host:
        return None
    return f"{url.scheme}://{url.host}{f':{url.port}' if url.port else ''}"
