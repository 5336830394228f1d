"""A checkpoint of a real architecture with random weights, its words made up, and as many."""

import json
from pathlib import Path

import numpy as np

LETTERS = "abcdefghijklmnopqrstuvwxyzабвгдежзийклмнопрстуфхцчшщъыьэюя一是不了人我在有他这"


def write_checkpoint(name: str, directory: Path) -> None:
    """A model of that architecture with random weights, as open_clip's `local-dir:` has it."""
    from search.torchvision_operators import declare_missing_operators  # noqa: PLC0415

    declare_missing_operators()
    import open_clip  # noqa: PLC0415
    from safetensors.torch import save_file  # noqa: PLC0415

    directory.mkdir(parents=True)
    model = open_clip.create_model(name, load_weights=False)
    config = open_clip.get_model_config(name)
    if "hf_tokenizer_name" in config["text_cfg"]:
        _write_tokenizer(directory, config["text_cfg"]["vocab_size"])
    seen = model.visual.preprocess_cfg
    kept = {key: seen[key] for key in ("mean", "std", "interpolation", "resize_mode") if key in seen}
    (directory / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": kept}))
    weights = {key: weight.contiguous() for key, weight in model.state_dict().items()}
    save_file(weights, directory / "open_clip_model.safetensors")


def _write_tokenizer(directory: Path, words: int) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: PLC0415

    chance = np.random.default_rng(0)
    special = {"pad_token": "<pad>", "eos_token": "<eos>", "bos_token": "<bos>", "unk_token": "<unk>"}
    vocabulary = {word: number for number, word in enumerate([*special.values(), *LETTERS])}
    parts, merges = list(LETTERS), []
    while len(vocabulary) < words:
        first, second = (parts[number] for number in chance.integers(len(parts), size=2))
        if (joined := first + second) in vocabulary:
            continue
        vocabulary[joined] = len(vocabulary)
        merges.append((first, second))
        if len(joined) <= 4:
            parts.append(joined)
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, unk_token=special["unk_token"]))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(directory / "tokenizer.json"))
    told = {"tokenizer_class": "PreTrainedTokenizerFast", **special}
    (directory / "tokenizer_config.json").write_text(json.dumps(told))
