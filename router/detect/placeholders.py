"""What stands where a secret would, in examples and templates."""

from __future__ import annotations

import re

_TEMPLATE = re.compile(
    r"[$%]?[{(<\[%$]{1,2}[^\n]{0,200}[}\])>%$]{1,2}|\$[a-z_][\w.]*|%\w+%|@[\w]+@|[*.x#•_-]+|0+|1+"
    r"|(?:my|your|the|some|any|test|dummy|fake|sample|example)[-_ .]?[-_ .a-z]*"
    r"|change[-_ ]?me.*|redacted|removed|hidden|masked|none|null|nil|true|false|undefined|empty"
    r"|placeholder|todo|tbd|n/?a|secret|pass(?:word|wd)?|token|key|string|str|int|bool|optional"
    r"|required|value|insert.*|enter.*|replace.*",
    re.IGNORECASE,
)
_WORDS = re.compile(
    r"example|placeholder|changeme|xxxxx|0{10}|abcdefghijklm|1234567890{3}|\.\.\.", re.IGNORECASE
)


def is_placeholder(value: str) -> bool:
    """Whether a value is a template's hole or a word such as `changeme`."""
    return _TEMPLATE.fullmatch(value) is not None or _WORDS.search(value) is not None
