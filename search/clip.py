"""The embedder of production: any model that open_clip can load, on whatever this machine computes with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image

from search.checkpoint import created
from search.cores import usable_cores
from search.embedder import Embedding, Pixels
from search.errors import DeviceUnavailable, ModelDamaged, ModelError, ModelUnreachable
from search.hub import check_reachable
from search.model_spec import ModelSpec
from search.resizing import Transform, resized_by_torch
from search.torchvision_operators import declare_missing_operators


@dataclass(frozen=True, slots=True)
class Compute:
    """Where and how precisely to compute; `auto` asks the machine."""

    device: str = "auto"
    precision: str = "auto"
    threads: int = 0
    """0: half of the cores, at least one. With torch's threads equal to the cores and one other busy process,
    throughput fell 8× on 2 cores; with one thread it is the process's own."""

    def chosen_device(self) -> str:
        """cuda, then mps, then cpu."""
        if self.device != "auto":
            return self.device
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"

    def chosen_precision(self) -> str:
        """fp16 on CUDA; bf16 on a processor with instructions for it, where ViT-B-32 encodes 1.9 times as many
        pictures and the demo model 1.4 times, with cosines to fp32 of 0.9999 and more; else fp32."""
        if self.precision != "auto":
            return self.precision
        device = self.chosen_device()
        if device.startswith("cuda"):
            return "fp16"
        return "bf16" if device == "cpu" and _computes_bf16() else "fp32"

    def chosen_threads(self) -> int:
        """At least one."""
        return self.threads or max(1, usable_cores() // 2)


class ClipEmbedder:
    """A loaded open_clip model. Blocking: `search.encoding` gives it a thread of its own."""

    def __init__(
        self,
        setting: str,
        model: Any,
        transform: Transform,
        tokenizer: Callable[[list[str]], torch.Tensor],
        device: torch.device,
        precision: str,
    ) -> None:
        self.setting = setting
        """What names the model, for whoever loads it again."""
        self.precision = precision
        """fp32, bf16 or fp16."""
        self.parameters = sum(one.numel() for one in model.parameters())
        """Of the whole model."""
        self.picture_parameters = sum(one.numel() for one in model.visual.parameters())
        self.device = device
        self._model_id = ModelSpec.parse(setting).model_id()
        self._model = model
        size = model.visual.image_size
        self._image_size = int(min(size)) if isinstance(size, tuple | list) else int(size)
        self._transform = resized_by_torch(transform)
        self._tokenizer = tokenizer
        self._dtype = _dtype(precision)
        self._dimensions = int(self.embed_texts(["a photo"]).shape[1])

    @classmethod
    def load(cls, setting: str, compute: Compute) -> "ClipEmbedder":
        """Loads the model that `setting` names (see `ModelSpec`), from disk or from its hub.

        Raises:
            ModelUnknown, ModelUnreachable, ModelDamaged: written for the operator; never another model instead.
        """
        spec = ModelSpec.parse(setting)
        declare_missing_operators()
        import open_clip  # noqa: PLC0415 - takes 2 s, and only after the operators are declared

        spec.check_known(open_clip.list_pretrained())
        spec.check_files()
        torch.set_num_threads(compute.chosen_threads())
        device, precision = compute.chosen_device(), compute.chosen_precision()
        _check_device(device)
        try:
            check_reachable(spec)
            model, transform = created(spec, device, precision)
            tokenizer = open_clip.get_tokenizer(spec.name)
            return cls(spec.text, model, transform, tokenizer, torch.device(device), precision)
        except Exception as exc:  # hub, network, file and model code raise each their own
            raise _translated(spec, exc) from exc

    @property
    def model_id(self) -> str:
        """See `Embedder`."""
        return self._model_id

    @property
    def dimensions(self) -> int:
        """See `Embedder`."""
        return self._dimensions

    @property
    def image_size(self) -> int:
        """See `Embedder`."""
        return self._image_size

    async def ready(self) -> None:
        """See `Embedder`. It is."""

    def prepare(self, image: Image.Image) -> Pixels:
        """See `Embedder`."""
        return np.asarray(self._transform(image).numpy(), dtype=np.float32)

    def embed_images(self, batch: Sequence[Pixels]) -> Embedding:
        """See `Embedder`."""
        try:
            pixels = torch.from_numpy(np.stack(batch)).to(self.device, self._dtype)
            with torch.inference_mode():
                return _normalised(self._model.encode_image(pixels))
        except torch.OutOfMemoryError as exc:
            raise MemoryError(f"The device has no room for {len(batch)} pictures") from exc

    def drop_picture_tower(self) -> None:
        """Gives its memory back, because another one embeds the pictures from now on: `embed_images` is over."""
        self._model.visual = None

    def restore_picture_tower(self) -> None:
        """Loads it again."""
        self._model.visual, _, _ = picture_tower(self.setting, self.precision)

    def embed_texts(self, texts: Sequence[str]) -> Embedding:
        """See `Embedder`."""
        with torch.inference_mode():
            return _normalised(self._model.encode_text(self._tokenizer(list(texts)).to(self.device)))


def picture_tower(setting: str, precision: str) -> tuple[Any, int, torch.dtype]:
    """The picture half of a model that was loaded before, on the processor; its side in pixels; what it is fed with."""
    declare_missing_operators()
    model, _ = created(ModelSpec.parse(setting), "cpu", precision)
    size = model.visual.image_size
    return model.visual, int(min(size)) if isinstance(size, tuple | list) else int(size), _dtype(precision)


def _dtype(precision: str) -> torch.dtype:
    return {"bf16": torch.bfloat16, "fp16": torch.float16}.get(precision, torch.float32)


def _computes_bf16() -> bool:
    """By native instructions: where torch emulates them, bf16 is slower than fp32."""
    able = torch.cpu.get_capabilities()
    return any(able.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def _normalised(features: torch.Tensor) -> Embedding:
    """In float32 even where the model computes in halves: float16 norms cost a digit of every cosine."""
    return np.asarray(torch.nn.functional.normalize(features.float(), dim=-1).cpu().numpy(), dtype=np.float32)


def _check_device(device: str) -> None:
    """A tensor that lands there is the only proof that every backend gives."""
    try:
        torch.zeros(1).to(device)
    except (RuntimeError, AssertionError) as exc:
        raise DeviceUnavailable(device, str(exc).splitlines()[0]) from exc


def _translated(spec: ModelSpec, exc: Exception) -> ModelError:
    if spec.directory is not None or spec.weights_file is not None:
        return ModelDamaged(
            f"The model {spec.text!r} could not be read ({type(exc).__name__}: {exc}). "
            "Copy its files again, or set CHATLENS_MODEL to another model."
        )
    if isinstance(exc, MemoryError):
        return ModelDamaged(
            f"The model {spec.text!r} needs more memory than there is. Set CHATLENS_MODEL to a smaller one."
        )
    return ModelUnreachable(
        f"The model {spec.text!r} (setting CHATLENS_MODEL) is not on this machine and could not be downloaded "
        f"({type(exc).__name__}: {str(exc)[:200]}).\n"
        "Without a network you can:\n"
        "  - run once where the hub can be reached and copy the cache here (HF_HOME says where it lies);\n"
        "  - set HF_ENDPOINT to a mirror you trust;\n"
        "  - put the model's files into a directory in open_clip's layout and set "
        "CHATLENS_MODEL=local-dir:/that/directory;\n"
        "  - set CHATLENS_MODEL=local-dir:models/demo to try the bot with the small bundled model."
    )
