"""Ray Serve LLM as it comes, over the measured model: `python -m bench.ray_llm_server PORT`.

Its own ingress and proxy, the engine arguments of Podium's row, a Ray of its own that asks for a
token. Ends on SIGTERM.
"""

from __future__ import annotations

import os
import secrets
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Any

from bench.servers import packaged_card
from deployments.private_file import write_private
from deployments.ray_environment import RunFolder, private_user_home

# Logical: its ingress and replica ask for a core each, whatever the machine has.
_CPUS = 16
_OBJECT_STORE = 100 * 2**20


def main(words: list[str]) -> int:
    """Serve on loopback at that port until told to end."""
    signal.signal(signal.SIGTERM, _end)
    with ExitStack() as stack:
        # A short name, for Ray's sockets lie in it.
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="pb-"))
        folder = RunFolder(Path(place))
        write_private(folder.token, secrets.token_hex(32).encode())
        os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(folder.token)}
        _serve(stack, folder, int(words[0]))
        signal.pause()
    return 0


def _serve(stack: ExitStack, folder: RunFolder, port: int) -> None:
    import ray
    from ray import serve
    from ray.serve.llm import build_openai_app

    from deployments.ray_llm import config_of

    stack.callback(ray.shutdown)
    with private_user_home(folder):
        ray.init(
            address="local", num_cpus=_CPUS, include_dashboard=False, log_to_driver=False,
            logging_level="ERROR", object_store_memory=_OBJECT_STORE, _temp_dir=str(folder.ray),
            _node_ip_address="127.0.0.1",
        )  # fmt: skip
    stack.callback(serve.shutdown)
    http: Any = {"host": "127.0.0.1", "port": port}
    serve.start(proxy_location="HeadOnly", http_options=http)
    card = packaged_card().model_copy(update={"dialect": "ray_serve_llm"})
    serve.run(build_openai_app({"llm_configs": [config_of(card, ())]}))


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
