"""A folder, and the model that every command loads."""

import shutil
from pathlib import Path

import pytest

from bot import loading
from bot.settings import Settings
from search.clip import ClipEmbedder
from tests.bot.counting import Counting
from tests.bot.folder.pictures import PICTURES, PIZZA
from tests.programs import DEMO


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch, embedder: ClipEmbedder) -> Counting:
    """What every command loads."""
    counting = Counting(embedder)
    monkeypatch.setattr(loading, "load_model", lambda settings: counting)
    return counting


@pytest.fixture
def settings() -> Settings:
    """Without a token."""
    return Settings(_env_file=None, model=f"local-dir:{DEMO}", device="cpu", threads=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Some pictures, one of them in a folder of its own."""
    root = tmp_path / "pictures"
    (root / "food").mkdir(parents=True)
    for picture in PICTURES:
        shutil.copy(picture, root / ("food" if picture.name == PIZZA else "") / picture.name)
    return root
