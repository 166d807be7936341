"""The demo's own home before it starts: with a model outside, its policy and its pipeline."""

from __future__ import annotations

import shutil

from deployments.cli.examples import examples_folder
from deployments.home import Home
from deployments.private_file import write_private
from router.policy_file import default_text

PIPELINE = "reply-outside"
_NOTHING = b"declassifiers: {}"
# No recall was measured on texts of the demo: the figures below only let it show what happens.
_APPROVED = b"""declassifiers:
  pseudonyms:
    removes: [pii]
    lowers: {from: CONFIDENTIAL, to: INTERNAL}
    never: [secret, phi, legal, customer_audio]
    recall_required: 0.99
    recall_measured: 0.99
    approved: true"""


def prepare_outside(home: Home) -> None:
    """Approve pseudonyms in this home alone, and give it a pipeline whose model is outside."""
    for name in ("pipelines", "prompts"):
        source = examples_folder() / "outside" / name
        shutil.copytree(source, home.path / name, dirs_exist_ok=True)
    write_private(home.policy, default_text().replace(_NOTHING, _APPROVED))
