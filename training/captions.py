"""Captions with what they mean, drawn at random or for given pictures, and their tokenizer."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from training.compose import MOST_THINGS, Contents
from training.concepts import LANGUAGES, Concept
from training.model import CONTEXT, VOCABULARY
from training.palette import BACKDROP_NAMES, COLOUR_NAMES
from training.phrases import Thing, phrase

PAD, START, END = 0, 1, 2
_LANGUAGE_SHARES = (0.36, 0.32, 0.32)


@dataclass(frozen=True, slots=True)
class Captions:
    """Texts, and what is asked for in them."""

    texts: list[str]
    contents: Contents


class Captioner:
    """Writes captions; the same seed gives the same texts."""

    def __init__(self, concepts: Sequence[Concept], seed: int) -> None:
        self._concepts = concepts
        self._rng = random.Random(seed)

    def draw(self, count: int) -> Captions:
        """Captions about anything; most are about one thing, and short."""
        rng = self._rng
        total, most = len(self._concepts), MOST_THINGS
        amounts = rng.choices((1, 2, 3), (0.8, 0.14, 0.06), k=count)
        concepts = torch.full((count, most), -1)
        for row, amount in enumerate(amounts):
            concepts[row, :amount] = torch.tensor([rng.randrange(total) for _ in range(amount)])
        colours = torch.where(torch.rand(count, most) < 0.2, torch.randint(len(COLOUR_NAMES), (count, most)), -1)
        backdrops = torch.where(torch.rand(count) < 0.22, torch.randint(len(BACKDROP_NAMES), (count,)), -1)
        repeated = (torch.rand(count) < 0.14) & (concepts[:, 1] < 0)
        counts = torch.where(repeated, torch.randint(2, most + 1, (count,)), 1)
        contents = Contents(concepts, colours.masked_fill(concepts < 0, -1), backdrops, counts)
        return self.describe(contents, plain=0.5)

    def describe(self, contents: Contents, plain: float = 0.35) -> Captions:
        """One caption for each picture; a share of `plain` leaves out colours and backdrops though known."""
        silent = torch.tensor([self._rng.random() < plain for _ in range(len(contents.counts))])
        colours = contents.colours.masked_fill(silent[:, None] | (contents.concepts < 0), -1)
        said = replace(contents, colours=colours, backdrops=contents.backdrops.masked_fill(silent, -1))
        columns = (said.concepts, said.colours, said.backdrops, said.counts)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return Captions([self._text(*row) for row in rows], said)

    def _text(self, concepts: list[int], colours: list[int], backdrop: int, count: int) -> str:
        rng = self._rng
        language = rng.choices(LANGUAGES, _LANGUAGE_SHARES)[0]
        things = [
            Thing(self._name(concept, language), COLOUR_NAMES[colour] if colour >= 0 else None)
            for concept, colour in zip(concepts, colours, strict=True)
            if concept >= 0
        ]
        return phrase(language, things, BACKDROP_NAMES[backdrop] if backdrop >= 0 else None, count, rng)

    def _name(self, place: int, language: str) -> str:
        concept, rng = self._concepts[place], self._rng
        if concept.keywords[language] and rng.random() < 0.35:
            return rng.choice(concept.keywords[language])
        return concept.names[language]


def train_tokenizer(texts: Sequence[str]) -> Tokenizer:
    """A byte-level BPE: nothing is ever unknown, and Chinese and Russian words are few tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Lowercase(),
            normalizers.Replace("ё", "е"),
            normalizers.Replace("’", "'"),
            normalizers.Replace(Regex(r"[\s\-_]+"), " "),
            normalizers.Strip(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<pad>", "<start>", "<end>"]
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        max_token_length=24, show_progress=False,
    )  # fmt: skip
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<start> $A <end>", special_tokens=[("<start>", START), ("<end>", END)]
    )
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, folder: Path) -> None:
    """Write it where open_clip, through transformers, looks for it."""
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", bos_token="<start>", eos_token="<end>",  # noqa: S106
        model_max_length=CONTEXT, clean_up_tokenization_spaces=False,
    )  # fmt: skip
    wrapped.save_pretrained(str(folder))


def load_tokenizer(folder: Path) -> Tokenizer:
    """As saved, without the padding and cutting that transformers adds."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> Tensor:
    """[n, longest], padded with PAD, at most CONTEXT; END stays at the end."""
    rows = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
    rows = [row if len(row) <= CONTEXT else [*row[: CONTEXT - 1], END] for row in rows]
    longest = max(map(len, rows))
    return torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])
