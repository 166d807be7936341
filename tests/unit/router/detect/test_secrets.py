"""Secrets by their issuers' marks and by what they are called; examples are left alone."""

from __future__ import annotations

import random
import string

import pytest

from router.detect.scan import scan

_RNG = random.Random(7)


def some(count: int, of: str = string.ascii_letters + string.digits) -> str:
    return "".join(_RNG.choices(of, k=count))


HEX = "0123456789abcdef"
# Put together here: a whole one in the file would rightly be taken for a leak.
SECRETS = [
    ("AWS_KEY", "AKI" + "A" + some(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")),
    ("GITHUB_TOKEN", "gh" + "p_" + some(36)),
    ("GITHUB_TOKEN", "github" + "_pat_" + some(82)),
    ("GITLAB_TOKEN", "glp" + "at-" + some(20)),
    ("SLACK_TOKEN", "xox" + "b-123456789012-123456789013-" + some(24)),
    ("STRIPE_KEY", "sk" + "_live_" + some(24)),
    ("ANTHROPIC_KEY", "sk-" + "ant-api03-" + some(93) + "AA"),
    ("OPENAI_KEY", "sk-" + "proj-" + some(74) + "T3BlbkFJ" + some(74)),
    ("PODIUM_KEY", "p" + "k_acme_" + some(8) + "_" + some(40)),
    ("GOOGLE_KEY", "AIz" + "a" + some(35)),
    ("HUGGINGFACE_TOKEN", "h" + "f_" + some(34, string.ascii_letters)),
    ("NPM_TOKEN", "np" + "m_" + some(36)),
    ("JWT", "ey" + "JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0." + some(43)),
    ("PRIVATE_KEY", "-----BEGIN RSA PRIV" + "ATE KEY-----\n" + some(64) + "\n"
     + "-----END RSA PRIV" + "ATE KEY-----"),
]  # fmt: skip
NAMED = [
    ("PASSWORD", "password: " + "hunter22!", "hunter22!"),
    ("PASSWORD", "my password is " + "tr0ub4dor", "tr0ub4dor"),
    ("PASSWORD", "DB_PASSWORD=" + "s3cr3t-Pa55", "s3cr3t-Pa55"),
    ("GENERIC_SECRET", "api_key = '" + "9f8e7d6c5b4a39281706f5e4d3c2b1a0'",
     "9f8e7d6c5b4a39281706f5e4d3c2b1a0"),
    ("GENERIC_SECRET", "client_secret: " + "Zk3mQ9vT1xW7rB5n", "Zk3mQ9vT1xW7rB5n"),
    ("GENERIC_SECRET", "Authorization: Bearer " + "Zk3mQ9vT1xW7rB5n", "Zk3mQ9vT1xW7rB5n"),
    ("PIN", "my PIN is 4821", "4821"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "secret"), SECRETS)
def test_an_issued_token_is_found(type_: str, secret: str) -> None:
    text = f"use {secret} for it"
    found = {(f.type, text[f.start : f.end]) for f in scan(text).findings if f.type == type_}
    assert found == {(type_, secret)}


@pytest.mark.parametrize(("type_", "text", "value"), NAMED)
def test_a_value_is_found_by_its_name(type_: str, text: str, value: str) -> None:
    assert (type_, value) in {(f.type, text[f.start : f.end]) for f in scan(text).findings}


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7" + "EXAMPLE", "key = AKIA" + "X" * 16, "gh" + "p_" + "x" * 36,
        "Password: required", "password = getpass.getpass()", "api_key: ${API_KEY}",
        "token_url = https://host.example/oauth/token1", "secret_length = X25519.secret_length",
        "public_key = 9Cnzj4p4WGeKLs1Pt8QuKUpRKfFLfRYC9AIKjbJTWit", "password: <your-password-1>",
        "integrity sha512-9Cnzj4p4WGeKLs1Pt8QuKUpRKfFLfRYC9AIKjbJTWit",
        "--hash=sha256:5f4dcc3b5aa765d61d8327deb882cf995f4dcc3b5aa765d61d8327deb882cf99",
        "id 0736f5ef-7e88-499a-80cc-90c85d2a5180",
        "commit 43fc912ef59a83054ea7f6706df4d53a7dea4d80",
        "https://user:${PASSWORD}@host.example/", "keyboard=qwerty12345678",
    ],
)  # fmt: skip
def test_examples_templates_and_hashes_are_none(text: str) -> None:
    assert [f for f in scan(text).findings if f.category == "secret"] == []
