"""The stamp in a picture's file, read back by Pillow."""

from __future__ import annotations

import io
import json

import pytest

from models.images import Image
from models.picture_stamp import KEYWORD, LONGEST, stamped
from models.pictures import media_type_of

pil = pytest.importorskip("PIL.Image")
TOLD = json.dumps({"model": "openai-images", "note": "näher"}, ensure_ascii=False)


def picture(kind: str) -> Image:
    out = io.BytesIO()
    pil.new("RGB", (24, 8), (200, 30, 40)).save(out, kind)
    return Image(f"image/{kind}", out.getvalue())


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_it_is_read_back_and_no_pixel_changes(kind: str) -> None:
    before = picture(kind)
    after = stamped(before, TOLD)
    assert media_type_of(after.data) == before.media_type
    with pil.open(io.BytesIO(before.data)) as one, pil.open(io.BytesIO(after.data)) as other:
        assert one.tobytes() == other.tobytes()
        found = other.text[KEYWORD] if kind == "png" else other.info["comment"].decode()
        assert "podium" not in getattr(one, "text", {})
        assert "comment" not in one.info
    assert json.loads(found) == json.loads(TOLD)


def test_webp_stays_as_it_is() -> None:
    before = picture("webp")
    assert stamped(before, TOLD) == before


def test_a_text_over_the_longest_is_a_fault() -> None:
    stamped(picture("jpeg"), "x" * LONGEST)
    with pytest.raises(ValueError, match="too long"):
        stamped(picture("jpeg"), "x" * (LONGEST + 1))
