"""Who is meant by from:, among those who have posted photos in the chat that asks, and nobody else."""

import unicodedata
from collections.abc import Sequence

from search.errors import NobodyCalled, SeveralCalled
from search.language import Person
from search.records import Sender
from storage.filtered import FilteredPhotos

SHOWN = 5
"""How many of several namesakes are listed."""


class Senders:
    """Finds the ids of people named in a question."""

    def __init__(self, filtered: FilteredPhotos) -> None:
        self._filtered = filtered

    async def ids(self, chat_id: int, people: Sequence[Person], asker: int | None) -> frozenset[int] | None:
        """None where nobody is named. Who is called so now goes before whoever was once.

        Raises:
            NobodyCalled, SeveralCalled: tell of nobody who has posted no photo in this chat.
        """
        if not people:
            return None
        senders = await self._filtered.senders(chat_id)
        found = [called(person.written, senders) if person.id is None else () for person in people]
        if not all(one or _is_told(person, asker) for one, person in zip(found, people, strict=True)):
            # Reads all: 0.2 s among 100,000 photos, but then nobody who is called so now was meant.
            earlier = await self._filtered.every_name(chat_id)
            found = [one or _of_old(person, earlier, senders) for one, person in zip(found, people, strict=True)]
        return frozenset(_id(person, one, asker) for one, person in zip(found, people, strict=True))


def _is_told(person: Person, asker: int | None) -> bool:
    """Whether it needs no name to know who is meant."""
    return person.id is not None or (person.is_asker and asker is not None)


def _of_old(person: Person, earlier: Sequence[Sender], senders: Sequence[Sender]) -> list[Sender]:
    """Who was once called so, as they are called now."""
    meant = {sender.id for sender in called(person.written, earlier)}
    return [sender for sender in senders if sender.id in meant]


def _id(person: Person, found: Sequence[Sender], asker: int | None) -> int:
    if person.id is not None:
        return person.id
    if person.is_asker and asker is not None:
        return asker
    if len(found) > 1:
        raise SeveralCalled(person.written, [_described(sender) for sender in found[:SHOWN]])
    if not found or found[0].id is None:
        raise NobodyCalled(person.written)
    return found[0].id


def called(written: str, senders: Sequence[Sender]) -> list[Sender]:
    """Who has that username; or that username or full name where no @ is written; else, a part of that name."""
    name = _folded(written)
    if name.startswith("@"):
        return [sender for sender in senders if _username(sender) == name[1:]]
    whole = [sender for sender in senders if name in (_username(sender), _folded(sender.name))]
    if whole:
        return whole
    parts = set(name.split())
    return [sender for sender in senders if parts and parts <= set(_folded(sender.name).split())]


def _username(sender: Sender) -> str | None:
    return None if sender.username is None else _folded(sender.username)


def _folded(name: str) -> str:
    """As people compare names: without case, width and surplus blanks."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _described(sender: Sender) -> str:
    return sender.name if sender.username is None else f"{sender.name} (@{sender.username})"
