"""Secrets whose issuers mark them: by a prefix that nothing else has.

The shapes are those that the issuers publish and gitleaks (MIT) collects as rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from router.detect.entropy import entropy
from router.detect.finding import SECRET
from router.detect.page import Match, Page
from router.detect.placeholders import is_placeholder


@dataclass(frozen=True, slots=True)
class Token:
    """A prefix, what must follow it, and the least entropy of it all, in bits a character."""

    type: str
    prefix: str
    rest: re.Pattern[str]
    entropy: float


def _rows(type_: str, prefixes: str, rest: str) -> list[Token]:
    shape, least = re.compile(rest, re.ASCII), _ENTROPY.get(type_, 3.0)
    return [Token(type_, prefix, shape, least) for prefix in prefixes.split()]


def _tree(words: Sequence[str]) -> str:
    """A shape for any of the words; those that begin alike share their beginning."""
    if "" in words:
        return ""
    firsts = dict.fromkeys(word[0] for word in words)
    rest = {first: [word[1:] for word in words if word[0] == first] for first in firsts}
    return "(?:" + "|".join(re.escape(first) + _tree(some) for first, some in rest.items()) + ")"


_ENTROPY = {
    "ARTIFACTORY_KEY": 4.0,
    "ONEPASSWORD_KEY": 3.5,
    "FLUTTERWAVE_KEY": 2.0,
    "SQUARE_TOKEN": 3.2,
    "TERRAFORM_TOKEN": 3.5,
}
_END = r"(?![\w])"
_ISSUED = [
    ("AWS_KEY", "AKIA ASIA ABIA ACCA A3T", r"[A-Z2-7]{16,17}" + _END),
    ("AWS_BEDROCK_KEY", "ABSK", r"[A-Za-z0-9+/]{100,280}={0,2}"),
    ("AWS_BEDROCK_KEY", "bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t", r""),
    ("GITHUB_TOKEN", "ghp_ gho_ ghu_ ghs_ ghr_", r"[A-Za-z0-9]{36,255}"),
    ("GITHUB_TOKEN", "github_pat_", r"\w{40,255}"),
    ("GITLAB_TOKEN", "glpat- gldt- glft- glrt- glptt- glcbt- glimt- glagent- gloas- glsoat- "
                     "glffct- GR1348941", r"[\w.-]{20,80}"),
    ("SLACK_TOKEN", "xoxb-", r"\d{8,14}-(?:\d{8,14}-?)?[A-Za-z0-9-]{16,40}"),
    ("SLACK_TOKEN", "xoxp- xoxe- xoxo- xoxs-", r"(?:\d{1,14}-){1,4}[A-Za-z0-9]{20,170}"),
    ("SLACK_TOKEN", "xoxa- xoxr-", r"(?:\d-)?[0-9a-zA-Z]{8,48}" + _END),
    ("SLACK_TOKEN", "xapp-", r"\d-[A-Z0-9]{6,20}-\d{6,20}-[a-z0-9]{20,80}"),
    ("SLACK_WEBHOOK", "hooks.slack.com/", r"(?:services|workflows|triggers)/[A-Za-z0-9+/]{40,80}"),
    ("TEAMS_WEBHOOK", ".webhook.office.com/", r"webhookb2/[\w@/-]{80,200}"),
    ("STRIPE_KEY", "sk_live_ sk_test_ sk_prod_ rk_live_ rk_test_ "
                   "rk_prod_ whsec_", r"[A-Za-z0-9]{10,120}"),
    ("ANTHROPIC_KEY", "sk-ant-", r"(?:api|admin|oat|sid)\d\d-[\w-]{78,118}AA" + _END),
    ("OPENAI_KEY", "sk-proj- sk-svcacct- sk-admin-", r"[\w-]{20,200}"),
    ("OPENAI_KEY", "sk-", r"[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}"),
    ("OPENAI_KEY", "sk-", r"[A-Za-z0-9]{40,64}" + _END),
    ("PODIUM_KEY", "pk_", r"[a-z0-9-]{1,32}_[A-Za-z0-9]{4,16}_[A-Za-z0-9]{32,}"),
    ("GOOGLE_KEY", "AIza", r"[\w-]{35}" + _END),
    ("GOOGLE_KEY", "ya29. GOCSPX-", r"[\w-]{20,250}"),
    ("HUGGINGFACE_TOKEN", "hf_ api_org_", r"[A-Za-z]{34}" + _END),
    ("NPM_TOKEN", "npm_", r"[A-Za-z0-9]{36}" + _END),
    ("PYPI_TOKEN", "pypi-AgEIcHlwaS5vcmc", r"[\w-]{50,1000}"),
    ("RUBYGEMS_TOKEN", "rubygems_", r"[a-f0-9]{48}"),
    ("NOTION_TOKEN", "ntn_", r"\d{11}[A-Za-z0-9]{35}" + _END),
    ("NOTION_TOKEN", "secret_", r"[A-Za-z0-9]{43}" + _END),
    ("VAULT_TOKEN", "hvs. hvb.", r"[\w-]{80,320}"),
    ("VAULT_TOKEN", "s.",
     r"(?=[A-Za-z]{0,23}\d)(?=[A-Z0-9]{0,23}[a-z])(?=[a-z0-9]{0,23}[A-Z])[A-Za-z0-9]{24}" + _END),
    ("INTRA42_SECRET", "s-s4t2ud- s-s4t2af-", r"[a-f0-9]{64}"),
    ("ATLASSIAN_TOKEN", "ATATT3", r"[\w=.-]{60,250}"),
    ("ARTIFACTORY_KEY", "AKCp cmVmd", r"[A-Za-z0-9]{59,69}" + _END),
    ("AGE_KEY", "AGE-SECRET-KEY-1", r"[A-Z0-9]{58}"),
    ("ONEPASSWORD_KEY", "A3-", r"[A-Z0-9]{6}-(?:[A-Z0-9]{11}"
                               r"|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}"),
    ("ONEPASSWORD_TOKEN", "ops_eyJ", r"[A-Za-z0-9+/]{200,}={0,3}"),
    ("AIRTABLE_TOKEN", "pat", r"[A-Za-z0-9]{14}\.[a-f0-9]{64}"),
    ("ADOBE_SECRET", "p8e-", r"[A-Za-z0-9]{32}"),
    ("ALIBABA_KEY", "LTAI", r"[A-Za-z0-9]{17,21}" + _END),
    ("CLICKHOUSE_KEY", "4b1d", r"[A-Za-z0-9]{38}" + _END),
    ("CLOJARS_TOKEN", "CLOJARS_", r"[A-Za-z0-9]{60}"),
    ("CLOUDFLARE_KEY", "v1.0-", r"[a-f0-9]{24}-[a-f0-9]{146}"),
    ("DATABRICKS_TOKEN", "dapi", r"[a-f0-9]{32}(?:-\d)?" + _END),
    ("DIGITALOCEAN_TOKEN", "doo_v1_ dop_v1_ dor_v1_", r"[a-f0-9]{64}"),
    ("DOPPLER_TOKEN", "dp.pt.", r"[A-Za-z0-9]{43}"),
    ("DUFFEL_TOKEN", "duffel_test_ duffel_live_", r"[\w=-]{43}"),
    ("DYNATRACE_TOKEN", "dt0c01.", r"[A-Za-z0-9]{24}\.[A-Za-z0-9]{64}"),
    ("EASYPOST_TOKEN", "EZAK EZTK", r"[A-Za-z0-9]{54}" + _END),
    ("FACEBOOK_TOKEN", "EAAM EAAC", r"[A-Za-z0-9]{100,}"),
    ("FLUTTERWAVE_KEY", "FLWSECK_TEST- FLWPUBK_TEST-", r"[A-Za-h0-9]{12,32}(?:-X)?"),
    ("FLY_TOKEN", "fo1_ fm1_ fm2_ FlyV1", r"[\w+/=, -]{40,800}"),
    ("FRAMEIO_TOKEN", "fio-u-", r"[\w=-]{64}"),
    ("GRAFANA_TOKEN", "glc_ glsa_", r"[A-Za-z0-9+/_]{32,400}={0,3}"),
    ("GRAFANA_TOKEN", "eyJrIjoi", r"[A-Za-z0-9]{70,400}={0,3}"),
    ("HARNESS_KEY", "pat. sat.", r"[\w-]{22}\.[a-f0-9]{24}\.[A-Za-z0-9]{20}"),
    ("HEROKU_KEY", "HRKU-AA", r"[\w-]{58}"),
    ("INFRACOST_TOKEN", "ico-", r"[A-Za-z0-9]{32}" + _END),
    ("LINEAR_KEY", "lin_api_", r"[A-Za-z0-9]{40}"),
    ("NEWRELIC_KEY", "NRAK- NRJS- NRII-", r"[A-Za-z0-9-]{19,32}"),
    ("OCTOPUS_KEY", "API-", r"[A-Z0-9]{26}" + _END),
    ("OPENSHIFT_TOKEN", "sha256~", r"[\w-]{43}" + _END),
    ("PERPLEXITY_KEY", "pplx-", r"[A-Za-z0-9]{48}"),
    ("PLANETSCALE_TOKEN", "pscale_tkn_ pscale_oauth_ pscale_pw_", r"[\w=.-]{32,64}"),
    ("POSTMAN_TOKEN", "PMAK-", r"[a-fA-F0-9]{24}-[a-fA-F0-9]{34}"),
    ("PREFECT_TOKEN", "pnu_", r"[A-Za-z0-9]{36}" + _END),
    ("PULUMI_TOKEN", "pul-", r"[a-f0-9]{40}"),
    ("README_TOKEN", "rdme_", r"[a-z0-9]{70}"),
    ("SCALINGO_TOKEN", "tk-us-", r"[\w-]{48}"),
    ("SENDGRID_TOKEN", "SG.", r"[\w=-]{16,32}\.[\w=-]{36,64}"),
    ("SENDINBLUE_TOKEN", "xkeysib-", r"[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    ("SENTRY_TOKEN", "sntrys_eyJ sntryu_", r"[A-Za-z0-9+/=_]{60,500}"),
    ("SETTLEMINT_TOKEN", "sm_aat_ sm_pat_ sm_sat_", r"[A-Za-z0-9]{16}"),
    ("SHIPPO_TOKEN", "shippo_live_ shippo_test_", r"[a-fA-F0-9]{40}"),
    ("SHOPIFY_TOKEN", "shpat_ shpca_ shppa_ shpss_", r"[a-fA-F0-9]{32}"),
    ("SONAR_TOKEN", "squ_ sqp_ sqa_", r"[a-f0-9]{40}"),
    ("SOURCEGRAPH_TOKEN", "sgp_", r"(?:[a-fA-F0-9]{16}_|local_)?[a-fA-F0-9]{40}"),
    ("SQUARE_TOKEN", "sq0atp- sq0csp- EAAA", r"[\w-]{22,60}"),
    ("TERRAFORM_TOKEN", ".atlasv1.", r"[\w=-]{60,70}"),
    ("TWILIO_KEY", "SK", r"[0-9a-fA-F]{32}" + _END),
    ("TYPEFORM_TOKEN", "tfp_", r"[\w.=-]{59}"),
    ("YANDEX_KEY", "AQVN", r"[\w-]{35,38}"),
    ("AZURE_SECRET", "8Q~ 7Q~", r"[\w~.-]{31,34}"),
]  # fmt: skip
TOKENS: tuple[Token, ...] = tuple(token for row in _ISSUED for token in _rows(*row))
_PREFIXED = re.compile(_tree(sorted({token.prefix.lower() for token in TOKENS})))
"""Any of the prefixes in lower case: to look for one after the other takes ten times as long."""
_INSIDE = frozenset({".webhook.office.com/", ".atlasv1.", "8Q~", "7Q~", "hooks.slack.com/"})
_LONG = re.compile(r"[\w+/.~-]{16,}", re.ASCII)
_JWT = re.compile(
    r"[A-Za-z0-9_-]{14,4096}\.eyJ?[A-Za-z0-9_-]{10,8192}\.(?:[A-Za-z0-9_-]{10,2048})?"
)
_KEY_BLOCK = re.compile(
    r"-----BEGIN[ A-Z0-9_-]{0,80}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:[A-Za-z0-9+/=\s\\:,.-]{0,3800}?-----END[ A-Z0-9_-]{0,80}KEY(?: BLOCK)?-----)?"
)
_FACEBOOK = re.compile(r"(?<!\w)\d{15,16}[|%][\w-]{27,40}(?![\w-])", re.ASCII)


def find_tokens(page: Page) -> Iterator[Match]:
    """Tokens of the table; examples and templates are left out."""
    for run in _LONG.finditer(page.text):
        if not page.hints.matches(_PREFIXED, *run.span()):
            continue
        for token in TOKENS:
            at = page.text.find(token.prefix, run.start(), run.end())
            while at >= 0:
                end = _end(page.text, at, token)
                if end:
                    yield Match(token.type, SECRET, at, end)
                at = page.text.find(token.prefix, end or at + 1, run.end())


def find_jwts(page: Page) -> Iterator[Match]:
    """JSON web tokens (RFC 7519), signed or not."""
    at = page.text.find("eyJ")
    while at >= 0:
        match = None if at and _joined(page.text[at - 1]) else _JWT.match(page.text, at)
        if match:
            yield Match("JWT", SECRET, at, match.end())
        at = page.text.find("eyJ", match.end() if match else at + 3)


def find_key_blocks(page: Page) -> Iterator[Match]:
    """Private keys in PEM (RFC 7468) or of OpenPGP, cut off or whole."""
    if "PRIVATE KEY" in page.text:
        for match in _KEY_BLOCK.finditer(page.text):
            yield Match("PRIVATE_KEY", SECRET, match.start(), match.end())


def find_app_tokens(page: Page) -> Iterator[Match]:
    """Facebook's application tokens: a long number, a bar and letters."""
    if "|" in page.text or "%" in page.text:
        for match in _FACEBOOK.finditer(page.text):
            if entropy(match[0]) >= 3:
                yield Match("FACEBOOK_TOKEN", SECRET, match.start(), match.end())


def _end(text: str, at: int, token: Token) -> int | None:
    if at and _joined(text[at - 1]) and token.prefix not in _INSIDE:
        return None
    rest = token.rest.match(text, at + len(token.prefix))
    if rest is None:
        return None
    whole = text[at : rest.end()]
    return rest.end() if _random(whole, token) else None


def _random(text: str, token: Token) -> bool:
    rest = text[len(token.prefix) :]
    return not rest or (entropy(rest) >= token.entropy and not is_placeholder(rest))


def _joined(character: str) -> bool:
    return character.isalnum() or character == "_"
