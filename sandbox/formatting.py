"""A message's text as it is kept: parsed, trimmed, measured.

https://core.telegram.org/bots/api#formatting-options
"""

from collections.abc import Callable
from typing import Any

from sandbox.detection import detect, utf16_length
from sandbox.errors import BadRequest
from sandbox.given_entities import given_entities
from sandbox.html_text import parse_html
from sandbox.markdown_text import parse_markdown, parse_markdown_v2
from sandbox.parameters import Parameters, number
from sandbox.users import User

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_ENTITIES = 100
MAX_SENT = 2**16
"""Bytes of text, with its markup, that are looked at at all."""
Formatted = tuple[str, list[dict[str, Any]]]
FindUser = Callable[[int], User | None]
_MODES = {"html": parse_html, "markdownv2": parse_markdown_v2, "markdown": parse_markdown}


def text_of(parameters: Parameters, find_user: FindUser) -> Formatted:
    """The text of a message. Raises BadRequest when it is empty or longer than 4096 UTF-16 units."""
    given, mode = parameters.text("text"), parameters.text("parse_mode")
    text, entities = formatted(given, mode, parameters.array("entities"), find_user)
    if not text:
        raise BadRequest("message text is empty")
    return text, entities


def caption_of(parameters: Parameters, find_user: FindUser) -> Formatted:
    """The caption of a photo or document. Raises BadRequest above 1024 UTF-16 units."""
    given, mode = parameters.text("caption"), parameters.text("parse_mode")
    return formatted(given, mode, parameters.array("caption_entities"), find_user, MAX_CAPTION)


def formatted(
    text: str, parse_mode: str, entities: list[Any] | None, find_user: FindUser, longest: int = MAX_TEXT
) -> Formatted:
    """Text without its markup, and the entities: those of the markup or those given, then those detected.

    Raises BadRequest for markup or entities that make no sense and for more than `longest` UTF-16 units.
    """
    if len(text.encode()) > MAX_SENT:
        raise BadRequest("text is too long")
    mode = parse_mode.lower()
    found: list[dict[str, Any]] = []
    if mode in _MODES:
        text, found = _MODES[mode](text)
    elif mode not in ("", "none"):
        raise BadRequest("unsupported parse_mode")
    elif entities:
        found = given_entities(text, entities)
    known = [_with_user(entity, find_user) for entity in found]
    return _trimmed(text, [entity for entity in known if entity], longest)


def plain(text: str, longest: int = MAX_TEXT) -> Formatted:
    """What a person typed. Raises BadRequest for more than `longest` UTF-16 units."""
    return _trimmed(text, [], longest)


def _with_user(entity: dict[str, Any], find_user: FindUser) -> dict[str, Any] | None:
    """A mention of someone unknown is no mention."""
    if entity["type"] != "text_mention":
        return entity
    mentioned = entity.get("user")
    user = find_user(number(mentioned.get("id"), "user id")) if isinstance(mentioned, dict) else None
    return entity | {"user": user.as_object()} if user else None


def _trimmed(text: str, entities: list[dict[str, Any]], longest: int) -> Formatted:
    """Without white space around it; entities move and shrink along. What is too long is not looked at further."""
    cut = utf16_length(text) - utf16_length(text.lstrip())
    text = text.strip()
    end = utf16_length(text)
    if end > longest:
        raise BadRequest("message caption is too long" if longest == MAX_CAPTION else "message is too long")
    kept = []
    for entity in entities[:MAX_ENTITIES]:
        start = max(0, entity["offset"] - cut)
        length = min(end, entity["offset"] - cut + entity["length"]) - start
        if length > 0:
            kept.append(entity | {"offset": start, "length": length})
    return text, detect(text, kept)[:MAX_ENTITIES]
