"""Write the digests of the shipped weights into the built-in catalog, after training them anew."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
CATALOG = ROOT / "models" / "catalog" / "local.yaml"


def main() -> int:
    """Rewrite the file; says which digests changed."""
    from models.catalog import read_rows
    from models.weights import digest_of, weights_folder

    text = CATALOG.read_text(encoding="utf-8")
    for card in read_rows(CATALOG):
        digest = digest_of(weights_folder(card))
        if digest != card.digest:
            print(f"{card.id}: {digest}")
            text = with_digest(text, card.id, digest)
    CATALOG.write_text(text, encoding="utf-8")
    return 0


def with_digest(text: str, model: str, digest: str) -> str:
    """The catalog's text with the row of `model` naming `digest`, comments and order kept."""
    rows = re.split(r"(?m)^(?=- id: )", text)
    return "".join(_row(row, digest) if row.startswith(f"- id: {model}\n") else row for row in rows)


def _row(row: str, digest: str) -> str:
    plain = re.sub(r"(?m)^  digest: .*\n", "", row)
    return re.sub(r"(?m)^(  path: .*\n)", rf"\1  digest: {digest}\n", plain, count=1)


if __name__ == "__main__":
    raise SystemExit(main())
