"""Every setting, read from the environment or a `.env` file; each name is prefixed with CHATLENS_."""

import re
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from search.errors import ModelUnknown
from search.model_spec import ModelSpec

TELEGRAM = "https://api.telegram.org"


class Settings(BaseSettings):
    """How the bot runs. An invalid value is refused at start, by name."""

    model_config = SettingsConfigDict(
        env_prefix="CHATLENS_",
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        env_ignore_empty=True,
        frozen=True,
        hide_input_in_errors=True,
    )

    token: SecretStr | None = Field(
        default=None, description="The bot's token from @BotFather. Without it, the demo starts."
    )
    api_url: str = Field(default=TELEGRAM, description="The Bot API server, for those who run their own.")
    api_local: bool = Field(
        default=False, description="The Bot API server runs with --local and hands out paths, not downloads."
    )

    data_dir: Path = Field(default=Path("var"), description="Where the archive lies. One process at a time.")
    database_url: str | None = Field(
        default=None,
        description="An SQLAlchemy address, e.g. postgresql+asyncpg://user@host/db. Default: SQLite in data_dir.",
    )
    chroma_url: str | None = Field(
        default=None,
        description="A Chroma server, e.g. http://127.0.0.1:8000. Default: embedded, in the data directory.",
    )

    model: str = Field(
        default="ViT-B-32-SigLIP2-256:webli",
        description="NAME:TAG as open_clip lists them, hf-hub:ORG/REPO, or local-dir:/path.",
    )
    device: str = Field(default="auto", description="auto, cpu, cuda, cuda:1, mps …")
    precision: Literal["auto", "fp32", "bf16", "fp16"] = Field(
        default="auto", description="auto is fp16 on CUDA, bf16 where the processor has it, else fp32."
    )
    engine: Literal["auto", "torch"] = Field(
        default="auto",
        description="auto: on a CPU pictures are embedded in eight bits once that has proven itself; torch: never.",
    )
    threads: int = Field(default=0, ge=0, le=256, description="Threads for the model; 0 is half of the cores.")

    model_idle_minutes: float | None = Field(
        default=None,
        gt=0,
        description="Minutes without a question or photo after which the model's memory is given back. Default: never.",
    )

    photos_per_answer: int = Field(default=5, ge=1, le=10, description="How many photos an answer shows.")
    searches_per_minute: int = Field(
        default=20, ge=1, le=10_000, description="How often one person is answered in a minute, over all chats."
    )
    timezone: str = Field(
        default="UTC", description="Whose days after:, before: and on: mean and answers tell, e.g. Europe/Berlin."
    )
    minus_weight: float = Field(default=0.5, ge=0, le=5, description="How strongly -word steers away from it.")
    words_weight: float = Field(
        default=1.5, ge=0, le=10, description="How much the words of a reply to a photo count beside the photo."
    )
    private_words: bool = Field(default=True, description="Whether plain words in a private chat are a search.")
    acknowledge: bool = Field(default=True, description="Whether a photo sent in private is acknowledged.")
    introduce: bool = Field(default=True, description="Whether the bot introduces itself to a group that it joins.")

    allowed_chats: Annotated[frozenset[str] | None, NoDecode] = Field(
        default=None,
        description="Ids and @usernames of the chats that may use the bot, with commas. Default: every chat.",
    )
    owners: Annotated[frozenset[int] | None, NoDecode] = Field(
        default=None,
        description="Ids of users who may use it in private and add it to groups. If set, others may not.",
    )
    retention_days: int | None = Field(
        default=None, ge=1, description="Photos older than so many days are erased. Default: kept until forgotten."
    )

    import_copy: bool = Field(
        default=False,
        description="Whether imported files are copied into the data directory; if not, they are read from where they "
        "are.",
    )

    ocr: Literal["auto", "on", "off"] = Field(
        default="auto",
        description="Reading text in pictures; auto: with 2 cores and 6 GB of memory or more.",
    )

    max_file_mb: int = Field(
        default=20, ge=1, le=2000, description="Larger files are not fetched; Telegram's own limit is 20."
    )
    max_megapixels: int = Field(default=50, ge=1, le=178, description="Larger pictures are not decoded.")
    cache_mb: int = Field(default=256, ge=1, description="Memory for the vectors and texts of chats asked lately.")
    exact_limit: int = Field(
        default=100_000,
        ge=0,
        description="Chats with more photos are searched through Chroma, smaller ones exactly.",
    )
    chroma_sync: int = Field(
        default=4_000,
        ge=10,
        description="Vectors after which an embedded Chroma rewrites its files; being killed then costs a rebuild.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="How much is logged.")

    @field_validator("token", mode="before")
    @classmethod
    def _blank_is_none(cls, value: object) -> object:
        """`CHATLENS_TOKEN=` in a file means none."""
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("allowed_chats", "owners", mode="before")
    @classmethod
    def _is_a_list(cls, value: object) -> object:
        return value.replace(",", " ").split() if isinstance(value, str) else value

    @field_validator("allowed_chats")
    @classmethod
    def _names_chats(cls, value: frozenset[str] | None) -> frozenset[str] | None:
        for name in value or ():
            if not re.fullmatch(r"-?\d+|@\w{4,32}", name, re.ASCII):
                raise ValueError(f"{name} is neither the id of a chat nor an @username")
        return None if value is None else frozenset(name.lower() for name in value)

    @field_validator("model")
    @classmethod
    def _names_a_model(cls, value: str) -> str:
        try:
            ModelSpec.parse(value)
        except ModelUnknown as exc:
            raise ValueError(str(exc)) from exc
        return value

    @field_validator("timezone")
    @classmethod
    def _is_a_time_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
            raise ValueError("a time zone has a name like Europe/Berlin or UTC") from exc
        return value

    @field_validator("api_url", "chroma_url")
    @classmethod
    def _is_an_address(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("an address starts with http:// or https://")
        return value if value is None else value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _is_a_database_we_speak_to(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("sqlite+aiosqlite:", "postgresql+asyncpg:")):
            raise ValueError("an address starts with sqlite+aiosqlite: or postgresql+asyncpg:")
        return value

    @property
    def sql_url(self) -> str:
        """The database's address."""
        return self.database_url or f"sqlite+aiosqlite:///{(self.data_dir / 'chatlens.db').resolve()}"
