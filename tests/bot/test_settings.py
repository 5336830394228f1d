"""Settings: what is wrong is refused at start, by name, and the token is never shown."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.settings import Settings

README = Path(__file__).parent.parent.parent / "README.md"


def test_the_token_is_not_in_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings end up in logs and bug reports."""
    monkeypatch.setenv("CHATLENS_TOKEN", "123:secret")
    assert "secret" not in repr(Settings(_env_file=None))


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("PHOTOS_PER_ANSWER", "11", "less than or equal to 10"),
        ("PHOTOS_PER_ANSWER", "many", "valid integer"),
        ("MODEL", "ViT-B-32", "names no weights"),
        ("API_URL", "localhost:8081", "starts with http"),
        ("PRECISION", "fp8", "auto"),
        ("LOG_LEVEL", "LOUD", "DEBUG"),
        ("TIMEZONE", "Berlin", "Europe/Berlin"),
        ("THREADS", "-1", "greater than or equal to 0"),
    ],
)
def test_a_wrong_setting_is_not_taken(monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str) -> None:
    """The error names the setting and says what it may be."""
    monkeypatch.setenv(f"CHATLENS_{name}", value)
    with pytest.raises(ValidationError, match=reason) as caught:
        Settings(_env_file=None)
    assert [error["loc"] for error in caught.value.errors()] == [(name.lower(),)]


def test_an_empty_token_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """`CHATLENS_TOKEN=` in a file means the demo, not a bot without a name."""
    monkeypatch.setenv("CHATLENS_TOKEN", " ")
    assert Settings(_env_file=None).token is None


@pytest.mark.parametrize("name", ["DATABASE_URL", "DATA_DIR", "THREADS", "MODEL"])
def test_a_blank_variable_is_not_a_value(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Compose files pass what is unset as empty."""
    monkeypatch.setenv(f"CHATLENS_{name}", "")
    assert getattr(Settings(_env_file=None), name.lower()) == Settings.model_fields[name.lower()].default


def test_the_readme_knows_every_setting_and_its_default() -> None:
    """The table in the README is held against the code."""
    rows = dict(re.findall(r"^\| `(CHATLENS_[A-Z_]+)` \| (.*?) \|", README.read_text(encoding="utf-8"), re.MULTILINE))
    expected = {}
    for name, field in Settings.model_fields.items():
        default = (
            "–"
            if field.default is None
            else f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"
        )
        expected[f"CHATLENS_{name.upper()}"] = default
    assert rows == expected
