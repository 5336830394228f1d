"""Asking once whether the hub of models is there."""

from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest
from huggingface_hub import constants, hf_hub_url

from search import hub
from search.model_spec import ModelSpec
from search.torchvision_operators import declare_missing_operators

SIGLIP = ModelSpec.parse("ViT-B-32-SigLIP2-256:webli")
CACHED = "models--timm--ViT-B-32-SigLIP2-256"


class Refusing(BaseHTTPRequestHandler):
    """It has nothing for anybody, and writes down what it was asked for."""

    asked: ClassVar[list[str]] = []

    def do_HEAD(self) -> None:
        self.asked.append(self.path)
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        """Nowhere."""


@pytest.fixture
def refusing() -> Iterator[str]:
    """The address of a hub that answers."""
    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        Refusing.asked.clear()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And open_clip can be imported."""
    declare_missing_operators()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))


@pytest.mark.parametrize("text", [SIGLIP.text, "hf-hub:timm/ViT-B-32-SigLIP2-256"])
def test_a_hub_that_lacks_the_model_is_called_unreachable(
    text: str, refusing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it says to the file itself is told when that is fetched."""
    monkeypatch.setattr(hub, "hf_hub_url", partial(hf_hub_url, endpoint=refusing))
    hub.check_reachable(ModelSpec.parse(text))
    [path] = Refusing.asked
    assert path.startswith("/timm/ViT-B-32-SigLIP2-256/resolve/main/open_clip_")


def test_a_model_that_lies_here_needs_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One in the cache or in a directory is loaded without a network."""
    monkeypatch.setattr(hub, "hf_hub_url", lambda repository, file: "http://127.0.0.1:9/")
    monkeypatch.setattr(hub, "TRIES", 1)
    with pytest.raises(Exception, match="refused"):  # of a class that changes with the library's version
        hub.check_reachable(SIGLIP)
    (tmp_path / CACHED / "refs").mkdir(parents=True)
    (tmp_path / CACHED / "refs" / "main").write_text("1")
    (tmp_path / CACHED / "snapshots" / "1").mkdir(parents=True)
    (tmp_path / CACHED / "snapshots" / "1" / "open_clip_model.safetensors").touch()
    for spec in (SIGLIP, ModelSpec.parse("local-dir:models/demo"), ModelSpec.parse("ViT-B-32:/weights.pt")):
        hub.check_reachable(spec)
