"""A provider at an outside address: the stub behind TLS, with a certificate made for it."""

from __future__ import annotations

import datetime
import ipaddress
import threading
from pathlib import Path

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from deployments.stub.app import Stub
from deployments.stub.capture import Capture
from deployments.stub.script import Script
from tests.serve.network.namespace import OUTSIDE

PORT = 8443
SITE = "openai"
KEY_NAME = "OPENAI_API_KEY"
_DAY = datetime.timedelta(days=1)


def serve_provider(folder: Path) -> Path:
    """Answer at the outside address from a thread of this process; the certificate's file."""
    certificate, key = _certificate(folder)
    stub = Stub(Script(), Capture(folder / "received.jsonl"))
    config = uvicorn.Config(
        stub.application(),
        host=OUTSIDE,
        port=PORT,
        lifespan="off",
        log_config=None,
        ssl_certfile=str(certificate),
        ssl_keyfile=str(key),
    )
    threading.Thread(target=uvicorn.Server(config).run, daemon=True).start()
    return certificate


def write_row(folder: Path) -> None:
    """A catalog in which `chatgpt` stands at that address; nothing in it says that it is a test."""
    folder.mkdir()
    (folder / "provider.yaml").write_text(
        f"""
- id: chatgpt
  dialect: openai_compatible
  base_url: https://{OUTSIDE}:{PORT}/v1
  vendor_model: gpt-proof
  key_env: {KEY_NAME}
  site: {SITE}
  clearance: {{level: INTERNAL, categories: []}}
  window: 8192
"""
    )


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Podium's network proof")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(OUTSIDE))]), False
        )
        .add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(pem))
    secret.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return certificate, secret
