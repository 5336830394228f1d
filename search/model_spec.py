"""What the model setting may say, and the id that its vectors carry."""

import difflib
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from search.errors import ModelUnknown

HUB = "hf-hub:"
DIRECTORY = "local-dir:"
WEIGHTS = ("*.safetensors", "*.bin", "*.pt", "*.pth")


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One of `NAME:TAG`, `NAME:/path/to/weights`, `hf-hub:ORG/REPO`, `local-dir:/path`."""

    text: str
    name: str
    """What open_clip is asked to create; a schema stays part of it."""
    pretrained: str | None
    """The tag or the path of the weights; None where the schema says it all."""

    @classmethod
    def parse(cls, text: str) -> "ModelSpec":
        """Only the form is judged here; whether the model exists is `check_known`'s business.

        Raises:
            ModelUnknown: no weights are named. open_clip would then start with random ones.
        """
        if text.startswith((HUB, DIRECTORY)):
            if not text.partition(":")[2]:
                raise ModelUnknown(f"The model {text!r} names no place: write {text}…")
            return cls(text, text, None)
        name, _, pretrained = text.partition(":")
        if not name or not pretrained:
            raise ModelUnknown(
                f"The model {text!r} names no weights. Write NAME:TAG (for example "
                "ViT-B-32-SigLIP2-256:webli), hf-hub:ORG/REPO or local-dir:/path."
            )
        return cls(text, name, pretrained)

    @property
    def directory(self) -> Path | None:
        """The directory of a `local-dir:` model."""
        return Path(self.text.removeprefix(DIRECTORY)) if self.text.startswith(DIRECTORY) else None

    @property
    def whole(self) -> str:
        """The setting as it holds from any working directory."""
        return self.text if self.directory is None else f"{DIRECTORY}{self.directory.absolute()}"

    @property
    def weights_file(self) -> Path | None:
        """The file of a `NAME:/path` model."""
        if self.pretrained is None or "/" not in self.pretrained:
            return None
        return Path(self.pretrained)

    def check_known(self, known: list[tuple[str, str]]) -> None:
        """Holds NAME and TAG against open_clip's list of `(name, tag)` pairs.

        Raises:
            ModelUnknown: with the nearest names.
        """
        if self.pretrained is None or self.weights_file is not None:
            return
        tags = [tag for name, tag in known if name == self.name]
        if self.pretrained in tags:
            return
        if tags:
            raise ModelUnknown(
                f"open_clip has no weights {self.pretrained!r} for {self.name}: it has {', '.join(tags)}."
            )
        near = difflib.get_close_matches(self.name, sorted({name for name, _ in known}), n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise ModelUnknown(f"open_clip has no model {self.name!r}.{hint}")

    def check_files(self) -> None:
        """Whether what lies on this machine is there. Blocks.

        Raises:
            ModelUnknown
        """
        if self.directory is not None and not (self.directory / "open_clip_config.json").is_file():
            raise ModelUnknown(
                f"The model {self.text!r} is not there: {self.directory} holds no open_clip_config.json. "
                "Set CHATLENS_MODEL to a directory in open_clip's own layout."
            )
        if self.weights_file is not None and not self.weights_file.is_file():
            raise ModelUnknown(f"The weights of {self.text!r} are not there: {self.weights_file} is no file.")

    def model_id(self) -> str:
        """The name that vectors carry.

        For weights on disk it holds a digest of them instead of their path: the same files elsewhere are the
        same model, other files in the same place are another one.
        """
        if self.directory is not None:
            files = sorted(path for pattern in WEIGHTS for path in self.directory.glob(pattern))
            return f"{DIRECTORY}{self.directory.resolve().name}@{_digest(files)}"
        if self.weights_file is not None:
            return f"{self.name}:{self.weights_file.name}@{_digest([self.weights_file])}"
        return self.text


def _digest(files: list[Path]) -> str:
    total = hashlib.sha256()
    for path in files:
        facts = path.stat()
        total.update(_digest_of(path, facts.st_size, facts.st_mtime_ns))
    return total.hexdigest()[:12]


@lru_cache(maxsize=16)
def _digest_of(path: Path, size: int, changed: int) -> bytes:
    """Of files that are as large and as old as they were it is not asked again: it takes a second for each gigabyte,
    and every start needs it three times."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()
