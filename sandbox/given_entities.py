"""Entities that a bot gives instead of markup: checked, and nested as Telegram nests them.

https://core.telegram.org/bots/api#messageentity
"""

import heapq
import itertools
from typing import Any

from sandbox.detection import utf16_length
from sandbox.errors import BadRequest
from sandbox.rich_text import web_address

Entity = dict[str, Any]
_CAN_BE_SPLIT = frozenset({"bold", "italic", "underline", "strikethrough", "spoiler"})
_VERBATIM = frozenset({"code", "pre"})
_NEEDED = {"text_link": "url", "text_mention": "user", "custom_emoji": "custom_emoji_id"}
_GIVEN = _CAN_BE_SPLIT | _VERBATIM | frozenset(_NEEDED) | {"blockquote", "expandable_blockquote"}
_FOUND = frozenset(
    {"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "date_time", "bank_card"}
)
"""Telegram looks for these itself and takes nobody's word for them."""
MAX_GIVEN = 1000


def given_entities(text: str, entities: list[Any]) -> list[Entity]:
    """Sorted, none crossing another. Raises BadRequest for what is no MessageEntity, or begins or ends within a
    surrogate pair."""
    if len(entities) > MAX_GIVEN:
        raise BadRequest("too many message entities")
    known = [_checked(entity) for entity in entities]
    end = utf16_length(text)
    within = [clipped for entity in known if entity and (clipped := _clipped(entity, end))]
    _check_boundaries(text, within)
    return _nested(within)


def _checked(entity: Any) -> Entity | None:
    """None for one that Telegram passes over."""
    if not isinstance(entity, dict) or not isinstance(entity.get("type"), str):
        raise BadRequest("can't parse MessageEntity: expected an Object with a type")
    if not isinstance(entity.get("offset"), int) or not isinstance(entity.get("length"), int):
        raise BadRequest("can't parse MessageEntity: offset and length must be Integers")
    kind = entity["type"]
    if kind in _FOUND:
        return None
    if kind not in _GIVEN:
        raise BadRequest("can't parse MessageEntity: unsupported type specified")
    needed = _NEEDED.get(kind)
    if needed and not entity.get(needed):
        raise BadRequest(f"can't parse MessageEntity: can't find field \"{needed}\"")
    if kind != "text_link":
        return entity
    address = web_address(str(entity["url"]))
    return entity | {"url": address} if address else None


def _clipped(entity: Entity, end: int) -> Entity | None:
    start = max(0, entity["offset"])
    length = min(end, entity["offset"] + entity["length"]) - start
    return entity | {"offset": start, "length": length} if length > 0 else None


def _check_boundaries(text: str, entities: list[Entity]) -> None:
    inside_pairs: dict[int, int] = {}
    """UTF-16 offset of the second half of a surrogate pair to the byte offset behind it."""
    units = size = 0
    for character in text:
        size += len(character.encode())
        if character > "\uffff":
            inside_pairs[units + 1] = size
            units += 1
        units += 1
    for entity in entities:
        start, end = entity["offset"], _end(entity)
        if start in inside_pairs:
            raise BadRequest(f"entity begins in a middle of a UTF-16 symbol at byte offset {inside_pairs[start]}")
        if end in inside_pairs:
            place = f"in a middle of a UTF-16 symbol at byte offset {inside_pairs[end]}"
            raise BadRequest(f"entity beginning at UTF-16 offset {start} ends {place}")


def _end(entity: Entity) -> int:
    return int(entity["offset"] + entity["length"])


def _nested(entities: list[Entity]) -> list[Entity]:
    """Bold and its like are split where they cross another entity; what cannot be split gives way to the earlier."""
    nesting = _Nesting(entities)
    while nesting.step():
        pass
    return sorted(nesting.kept, key=lambda e: (e["offset"], -e["length"]))


class _Nesting:
    """Goes through entities in order of where they begin, longer ones first."""

    def __init__(self, entities: list[Entity]) -> None:
        self.kept: list[Entity] = []
        self._order = itertools.count()
        self._waiting: list[tuple[int, int, int, Entity]] = []
        for entity in entities:
            self._wait(entity, entity["offset"])

    def step(self) -> bool:
        """Places the next one; False when there is none."""
        if not self._waiting:
            return False
        entity = heapq.heappop(self._waiting)[3]
        around = [outer for outer in self.kept if _end(outer) > entity["offset"]]
        blocking = [o for o in around if o["type"] in _VERBATIM or o["type"] == entity["type"]]
        if blocking:
            self._wait_behind(entity, max(_end(outer) for outer in blocking))
        else:
            self._place(entity, [outer for outer in around if _end(outer) < _end(entity)])
        return True

    def _place(self, entity: Entity, crossed: list[Entity]) -> None:
        start = entity["offset"]
        if crossed and entity["type"] in _CAN_BE_SPLIT:
            stop = min(_end(outer) for outer in crossed)
            self._wait_behind(entity, stop)
            entity["length"] = stop - start
        elif any(outer["type"] not in _CAN_BE_SPLIT for outer in crossed):
            return
        for outer in [] if entity["type"] in _CAN_BE_SPLIT else crossed:
            self._wait_behind(outer, start)
            outer["length"] = start - outer["offset"]
        self.kept.append(entity)

    def _wait_behind(self, entity: Entity, stop: int) -> None:
        if entity["type"] in _CAN_BE_SPLIT and stop < _end(entity):
            self._wait(entity, stop)

    def _wait(self, entity: Entity, start: int) -> None:
        rest = entity | {"offset": start, "length": _end(entity) - start}
        heapq.heappush(self._waiting, (start, -rest["length"], next(self._order), rest))
