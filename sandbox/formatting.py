"""A message's text as it is kept: parsed, trimmed, measured.

https://core.telegram.org/bots/api#formatting-options
"""

from typing import Any

from sandbox.detection import detect, utf16_length
from sandbox.errors import BadRequest
from sandbox.html_text import parse_html
from sandbox.parameters import Parameters

MAX_TEXT = 4096
MAX_CAPTION = 1024
Formatted = tuple[str, list[dict[str, Any]]]


def text_of(parameters: Parameters, name: str = "text", entities: str = "entities") -> Formatted:
    """The text of a message. Raises BadRequest when it is empty or longer than 4096 UTF-16 units."""
    text, found = formatted(parameters.text(name), parameters.text("parse_mode"), parameters.array(entities))
    if not text:
        raise BadRequest("message text is empty")
    if utf16_length(text) > MAX_TEXT:
        raise BadRequest("message is too long")
    return text, found


def caption_of(parameters: Parameters) -> Formatted:
    """The caption of a photo or document. Raises BadRequest above 1024 UTF-16 units."""
    text, found = formatted(
        parameters.text("caption"), parameters.text("parse_mode"), parameters.array("caption_entities")
    )
    if utf16_length(text) > MAX_CAPTION:
        raise BadRequest("message caption is too long")
    return text, found


def formatted(text: str, parse_mode: str, entities: list[dict[str, Any]] | None) -> Formatted:
    """Text without its markup, and the entities: those of the markup or those given, then those detected."""
    mode = parse_mode.lower()
    found: list[dict[str, Any]] = []
    if mode == "html":
        text, found = parse_html(text)
    elif mode not in ("", "none"):
        raise BadRequest("unsupported parse_mode")
    elif entities:
        found = entities
    return _trimmed(text, found)


def _trimmed(text: str, entities: list[dict[str, Any]]) -> Formatted:
    """Without white space around it; entities move and shrink along."""
    cut = utf16_length(text) - utf16_length(text.lstrip())
    text = text.strip()
    end = utf16_length(text)
    kept = []
    for entity in entities:
        start = max(0, entity["offset"] - cut)
        length = min(end, entity["offset"] - cut + entity["length"]) - start
        if length > 0:
            kept.append(entity | {"offset": start, "length": length})
    return text, detect(text, kept)
