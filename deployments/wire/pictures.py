"""The pictures of a message: taken as bytes, never fetched."""

from __future__ import annotations

from deployments.wire.chat_body import ChatBody, ImagePart, MessageBody
from deployments.wire.limits import Limits
from models.errors import BodyTooLarge, InvalidRequest
from models.messages import Picture
from models.pictures import MEDIA_TYPES, picture_bytes


def has_pictures(body: ChatBody) -> bool:
    """Whether any message has one."""
    return any(_parts(message) for message in body.messages)


def pictures_of(message: MessageBody, number: int, limits: Limits) -> tuple[Picture, ...]:
    """The pictures of a user's message; raises InvalidRequest or BodyTooLarge."""
    parts, param = _parts(message), f"messages.{number}.content"
    if parts and message.role != "user":
        raise InvalidRequest("Only a user's message may have pictures.", param=param)
    if len(parts) > limits.pictures:
        raise InvalidRequest(f"At most {limits.pictures} pictures in a message.", param=param)
    return tuple(_picture(part.image_url.url, limits.picture_bytes, param) for part in parts)


def _picture(url: str, most: int, param: str) -> Picture:
    """A data URL (RFC 2397); any other address would be a way to reach this network's inside."""
    media_type, mark, data = url.removeprefix("data:").partition(";base64,")
    if not url.startswith("data:") or not mark:
        raise InvalidRequest(
            "Pictures are not fetched: send each as a data URL, data:image/png;base64,….",
            param=param,
        )
    if len(data) > most * 4 // 3 + 4:
        raise BodyTooLarge(f"A picture is over {most} bytes; send a smaller one.", param=param)
    if media_type not in MEDIA_TYPES or picture_bytes(data, media_type) is None:
        raise InvalidRequest(
            f"A picture must be base64 of one of {', '.join(MEDIA_TYPES)}, and be what it says.",
            param=param,
        )
    return Picture(media_type, data)


def _parts(message: MessageBody) -> list[ImagePart]:
    content = message.content if isinstance(message.content, list) else []
    return [part for part in content if isinstance(part, ImagePart)]
