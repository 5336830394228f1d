"""A model filled straight from its checkpoint: no random weights first, no second copy, and the table of words stays
in the file.

open_clip makes a model of random fp32 weights, then reads all of the checkpoint beside it: 5 GB at the peak for the
default model, whose words alone have 790 MB, though a question needs a dozen rows of them. Only what is certain is
done here: a safetensors file whose names and shapes are the model's own. Any other is open_clip's to read.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from search.model_spec import ModelSpec
from search.resizing import Transform

WORDS = "token_embedding.weight"
AT_ONCE = 64 * 2**20
"""Bytes read before the file is let go and opened anew: until then what was read of it counts as the process's."""


def created(spec: ModelSpec, device: str, precision: str) -> tuple[Any, Transform]:
    """The model and what turns a picture into its input. Raises whatever open_clip raises."""
    import open_clip  # noqa: PLC0415 - takes 2 s, and only after the operators are declared

    file = _file(spec)
    model = _empty(spec, precision) if file is not None and device == "cpu" else None
    if file is None or model is None or not _fits(model, file):
        model, transform = open_clip.create_model_from_pretrained(
            spec.name, spec.pretrained, precision=precision, device=device
        )
        return model.eval(), transform
    _fill(model, file)
    config = open_clip.transform.PreprocessCfg(**model.visual.preprocess_cfg)
    return model.eval(), open_clip.transform.image_transform_v2(config, is_train=False)


def _file(spec: ModelSpec) -> Path | None:
    """The checkpoint, from disk or from its hub; None where it is no safetensors file, or one of several."""
    import open_clip  # noqa: PLC0415

    if spec.directory is not None:
        found = list(spec.directory.glob("*.safetensors"))
        file = found[0] if len(found) == 1 else None
    elif spec.weights_file is not None:
        file = spec.weights_file
    elif spec.pretrained is not None:
        config = open_clip.get_pretrained_cfg(spec.name, spec.pretrained)
        file = Path(open_clip.download_pretrained(config))
    else:
        file = None
    return file if file is not None and file.suffix == ".safetensors" else None


def _empty(spec: ModelSpec, precision: str) -> Any:
    """The model with room for its weights; None where something besides them would have to be computed."""
    import open_clip  # noqa: PLC0415

    try:
        with torch.device("meta"), _silence():
            model = open_clip.create_model(
                spec.name,
                spec.pretrained,
                load_weights=False,
                pretrained_text=False,
                precision=precision,
                device="meta",
            )
    except (RuntimeError, NotImplementedError, TypeError):
        return None
    known = model.state_dict().keys()
    for place, buffer in list(model.named_buffers()):
        if place in known or buffer is None:
            continue
        owner, _, name = place.rpartition(".")
        if name != "attn_mask":
            return None
        no_later_words = torch.full(buffer.shape, float("-inf")).triu_(1)
        model.get_submodule(owner).register_buffer(name, no_later_words, persistent=False)
    return model


@contextmanager
def _silence() -> Iterator[None]:
    """open_clip warns, by the root logger, of a model that was given no weights; this one is just about to be."""

    def passes(record: logging.LogRecord) -> bool:
        return not record.getMessage().startswith("No pretrained weights loaded")

    root = logging.getLogger()
    root.addFilter(passes)
    try:
        yield
    finally:
        root.removeFilter(passes)


def _fits(model: Any, file: Path) -> bool:
    from safetensors import safe_open  # noqa: PLC0415

    wanted = {name: list(tensor.shape) for name, tensor in model.state_dict().items()}
    with safe_open(file, "pt") as opened:
        return wanted == {name: opened.get_slice(name).get_shape() for name in opened.keys()}  # noqa: SIM118


def _fill(model: Any, file: Path) -> None:
    """Every weight at the precision that the model has for it; words stay in the file, in that of the file."""
    empty = model.state_dict()
    filled = {}
    for names in _portions(empty):
        for name, tensor in _read(file, names):
            filled[name] = tensor if name.endswith(WORDS) else tensor.to(empty[name].dtype, copy=True)
    model.load_state_dict(filled, assign=True)


def _portions(empty: dict[str, torch.Tensor]) -> Iterator[list[str]]:
    names, size = [], 0
    for name, tensor in empty.items():
        names.append(name)
        size += 4 * tensor.numel()
        if size > AT_ONCE:
            yield names
            names, size = [], 0
    yield names


def _read(file: Path, names: list[str]) -> Iterator[tuple[str, torch.Tensor]]:
    """Tensors that lie in the file, which stays mapped for as long as one of them is there."""
    from safetensors import safe_open  # noqa: PLC0415

    with safe_open(file, "pt") as opened:
        for name in names:
            yield name, opened.get_tensor(name)
