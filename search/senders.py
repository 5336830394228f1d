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
        return frozenset([await self._id(chat_id, person, senders, asker) for person in people])

    async def _id(self, chat_id: int, person: Person, senders: Sequence[Sender], asker: int | None) -> int:
        if person.id is not None:
            return person.id
        if person.is_asker and asker is not None:
            return asker
        found = called(person.written, senders)
        if not found:  # 0.2 s among 100,000 photos, but then nobody else was meant
            earlier = {sender.id for sender in called(person.written, await self._filtered.every_name(chat_id))}
            found = [sender for sender in senders if sender.id in earlier]
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
