"""Holds sampling to a JSON schema; the one file that imports xgrammar (tested with 0.2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from models.errors import UnsupportedParameter


class JsonMasks:
    """Compiles schemas for one tokenizer, whose vocabulary may be smaller than the model's."""

    def __init__(self, model: str, tokenizer: Any, vocabulary: int, ends: tuple[int, ...]) -> None:
        import xgrammar

        self._model = model
        self._vocabulary = vocabulary
        info = xgrammar.TokenizerInfo.from_huggingface(
            tokenizer, vocab_size=vocabulary, stop_token_ids=list(ends)
        )
        self._compiler = xgrammar.GrammarCompiler(info, max_threads=1)

    def begin(self, schema: Mapping[str, Any]) -> JsonMask:
        """The mask of one answer; raises UnsupportedParameter for a schema it can't hold to."""
        text = json.dumps(dict(schema) or {"type": "object"})
        try:
            compiled = self._compiler.compile_json_schema(text, any_whitespace=False)
        except (RuntimeError, ValueError) as error:
            raise UnsupportedParameter(
                f"'{self._model}' can't hold its answer to this JSON schema; use a simpler one.",
                param="response_format",
            ) from error
        return JsonMask(compiled, self._vocabulary)


class JsonMask:
    """The tokens that may come next in one answer."""

    def __init__(self, compiled: Any, vocabulary: int) -> None:
        import xgrammar

        self._apply = xgrammar.apply_token_bitmask_inplace
        self._matcher = xgrammar.GrammarMatcher(compiled)
        self._bits = xgrammar.allocate_token_bitmask(1, vocabulary)

    def hide(self, scores: Any) -> None:
        """Make every other token impossible; `scores` are (1, vocabulary), changed in place."""
        self._matcher.fill_next_token_bitmask(self._bits)
        self._apply(scores, self._bits.to(scores.device))

    def take(self, token: int) -> None:
        """Go on behind `token`."""
        self._matcher.accept_token(token)
