"""Secrets by what they are called: `password: …`, `api_key = "…"`, "my pin is …"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from router.detect.entropy import entropy
from router.detect.finding import SECRET
from router.detect.page import Match, Page
from router.detect.placeholders import is_placeholder

_PASSWORDS = (
    *["password", "passwd", "passwort", "kennwort", "contrasena", "pwd", "passphrase", "passcode"],
    "mot de passe",
    "parola d'ordine",
    *["wachtwoord", "haslo", "senha", "palavra-passe", "losenord", "adgangskode", "heslo"],
)
_KEYS = (
    *(f"{first}{sign}key" for sign in ("_", "-", " ", "") for first in ("api", "access", "secret")),
    *(
        f"{first}{sign}key"
        for sign in ("_", "-", "")
        for first in [
            "auth",
            "private",
            "signing",
            "encryption",
            "master",
            "account",
            "license",
            "service",
        ]
    ),
    *["secret", "token", "credential", "auth", "bearer", "authorization"],
)
_VENDORS = tuple(
    [
        "adafruit",
        "adobe",
        "airtable",
        "algolia",
        "alibaba",
        "asana",
        "atlassian",
        "jira",
        "beamer",
        "bitbucket",
        "bittrex",
        "meraki",
        "cloudflare",
        "codecov",
        "cohere",
        "coinbase",
        "confluent",
        "contentful",
        "datadog",
        "discord",
        "drone",
        "dropbox",
        "etsy",
        "facebook",
        "fastly",
        "finicity",
        "finnhub",
        "flickr",
        "freshbooks",
        "gitter",
        "gocardless",
        "hubspot",
        "intercom",
        "kraken",
        "kucoin",
        "launchdarkly",
        "linkedin",
        "looker",
        "mailchimp",
        "mailgun",
        "mapbox",
        "mattermost",
        "messagebird",
        "netlify",
        "nytimes",
        "okta",
        "plaid",
        "rapidapi",
        "sendbird",
        "snyk",
        "sonar",
        "squarespace",
        "sumo",
        "telegram",
        "travis",
        "twitch",
        "twitter",
        "yandex",
        "zendesk",
        "heroku",
        "jfrog",
        "artifactory",
        "azure",
        "openweather",
        "mistral",
        "groq",
    ]
)
_WORTHY = re.compile(
    r"[=:>]|\b(?:is|ist|lautet|es|est|to)\b|bearer|passw|basic|token|kennwort|wachtw|haslo|senha"
)
_TAIL = re.compile(r"[\w-]{0,24}")
_VENDOR_TAIL = re.compile(r"(?![a-z])|[a-z]{0,8}(?:key|token|secret|pass|auth|api|cred)")
_GIVEN = re.compile(
    r"[\"'`\])]{0,2}[ \t]{0,8}(?:=>|:=|={1,3}|:{1,2}(?!/)|>"
    r"|\b(?:lautet|is|ist|est|es):|\b(?:is|was|lautet|es|ist|est|to|jest)\b"
    r"|\be\b(?=[ :]{1,3}[^\s\d]{0,40}\d)|,)[ \t]{0,8}[\"'`(]{0,2}"
)
_SPACE = re.compile(r"(?::? ?(?:bearer|basic|token))?[ \t]{1,4}[\"'`]?")
_VALUE = re.compile(r"[^\s\"'`;<>]{4,256}")
_PIN = re.compile(
    r"\b(?:pin|one[- ]time (?:code|password)|otp|verification code|tan)(?:[- ](?:code|number))?"
    r"[ \t]{0,2}(?:is|:|=|lautet)[ \t]{0,2}(\d{4,8})(?!\w)"
)
_CURL = re.compile(
    r"\bcurl\b[^\n]{0,300}?[ \t](?:-u|--user)[ =]{0,3}[\"']?[\w.@-]{1,60}:([^\s\"']{3,100})"
)
_NOT_AFTER = re.compile(
    r"(?:name|id|ids|url|uri|file|path|dir|size|len|length|type|version|policy|store|vault|field"
    r"|hint|prompt|label|expir\w*|ttl|count|index|format|class|provider|manager|endpoint|host|env"
    r"|var|ref|regex|pattern|limit|usage|budget|izer|ize|ized|source|strength|input|min|max"
    r"|page)s?\Z"
)
_NOT_BEFORE = re.compile(
    r"(?:public|csrf|xsrf|max|min|num|total|pub|json ?web|next_?page|no)[-_. ]?\Z"
)
_SYMBOL = re.compile(r"[^\w./-]")
_CODE = re.compile(r"[a-z_]+[.(]\w*\(?", re.IGNORECASE)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


def find_assignments(page: Page) -> Iterator[Match]:
    """Values given to names that secrets have."""
    if not _WORTHY.search(page.lower):
        return
    for words, type_, sound in (
        (_PASSWORDS, "PASSWORD", _password),
        (_KEYS, "GENERIC_SECRET", _key),
        (_VENDORS, "GENERIC_SECRET", _vendor_key),
    ):
        if words is not _PASSWORDS and not page.hints.digits(1):
            continue
        for word in page.hints.standing(words):
            at = page.lower.find(word)
            while at >= 0:
                span = _value(page, at, at + len(word), words is _PASSWORDS)
                if words is _VENDORS and not _vendor(page, at, at + len(word)):
                    span = None
                if span and sound(page.text[slice(*span)]):
                    yield Match(type_, SECRET, *span)
                at = page.lower.find(word, at + len(word))


def find_pins(page: Page) -> Iterator[Match]:
    """Personal and one-time codes that are called so, and passwords on a command line."""
    for match in _PIN.finditer(page.lower) if page.hints.row(4) else ():
        yield Match("PIN", SECRET, match.start(1), match.end(1))
    if "curl" in page.lower:
        for match in _CURL.finditer(page.text):
            if not is_placeholder(match[1]):
                yield Match("PASSWORD", SECRET, match.start(1), match.end(1))


def _value(page: Page, start: int, end: int, spoken: bool) -> tuple[int, int] | None:
    """Where the value lies that a name at a place is given, if it is the name of a secret."""
    tail = _TAIL.match(page.lower, end)
    after = tail.end() if tail else end
    if _NOT_AFTER.search(page.lower, end, after) or _goes_on(page.text, end, after):
        return None
    if _NOT_BEFORE.search(page.lower, max(0, start - 12), start):
        return None
    given = _GIVEN.match(page.lower, after)
    if given is None and (spoken or page.lower.startswith(("bearer", "token", "auth"), start)):
        given = _SPACE.match(page.lower, after)
    value = given and _VALUE.match(page.text, given.end())
    if not value:
        return None
    return value.start(), value.start() + len(value[0].rstrip(".,)]}\\:"))


def _vendor(page: Page, at: int, end: int) -> bool:
    """Whether a vendor's name is a word of its own there, or the start of a secret's name."""
    inside = at > 0 and page.text[at - 1].isalpha() and not page.text[at].isupper()
    return not inside and _VENDOR_TAIL.match(page.lower, end) is not None


def _goes_on(text: str, end: int, after: int) -> bool:
    """Whether the word is only a part of a longer one: `authentication`, but not `tokenProd`."""
    tail = text[end:after]
    return (
        tail[:1].islower() and text[end - 1].islower() and tail.lower() not in ("s", "key", "value")
    )


def _password(text: str) -> bool:
    """Long enough, of more than one kind of character, and no code."""
    if len(text) < 6 or text[0] in "$%{<(@/" or not any(map(str.isalpha, text)):
        return False
    if not any(map(str.isdigit, text)) and not _SYMBOL.search(text.rstrip("?")):
        return False
    return not _CODE.match(text) and not is_placeholder(text)


def _key(text: str, least: int = 12) -> bool:
    """Random enough for its length, and neither a name, a place, a number nor an example."""
    text = text.strip("=")
    if len(text) < least or is_placeholder(text) or _named(text):
        return False
    mixed = any(map(str.isdigit, text)) and any(map(str.isalpha, text))
    return mixed and entropy(text) >= 3.0


def _vendor_key(text: str) -> bool:
    """The same beside a vendor's name alone, where identifiers are common too."""
    return not _UUID.match(text.lower()) and _key(text, 14)


def _named(text: str) -> bool:
    """Words and numbers joined by signs, or code: `jackson-0.11.2`, `self.token(x)`."""
    parts = [part for part in re.split(r"[-_./:\\]", text) if part]
    plain = all(part.isalpha() or (part.isdigit() and len(part) < 9) for part in parts)
    return plain or text[0] in "$%{<(@/" or "(" in text or "://" in text
