"""Which chat of an export goes to which chat of the bot. Pure; decides nothing that was not said or cannot be told."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bot.errors import BotError
from history.records import ExportedChat
from search.records import Chat

NUMBERED_FOR_ALL = frozenset({"supergroup", "channel"})
"""Kinds of chats in which a message has one number for everybody."""
LISTED = 10
"""Of many chats, so many are named."""


class NoPlace(BotError):
    """It is not clear where the photos are to go."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What was said on the command line."""

    chat: str | None = None
    """An id, @username or title of one of the bot's chats."""
    mapped: dict[int, str] = field(default_factory=dict)
    """The same for some of the export's chats, by their ids there."""
    is_for_all: bool = False
    """Whatever tells by itself where it belongs, too."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """An exported chat and the chat that gets its photos."""

    exported: ExportedChat
    chat: Chat
    former: tuple[int, ...] = ()
    """The basic groups that the chat was."""

    @property
    def is_its_own(self) -> bool | None:
        """Whether they are the same chat, by its id; None where the export has none."""
        return self.exported.telegram_id in (self.chat.id, *self.former) if self.exported.has_id else None

    @property
    def is_of_pages(self) -> bool:
        """Whether the export is HTML, which says neither what its chat is nor the ids of those who posted."""
        return not self.exported.has_id and not self.exported.kind

    @property
    def why_not_of_pages(self) -> str | None:
        """Why pages may not go to this chat. What was forgotten is known there only by its messages' own numbers, and
        numbers of another chat would keep out what is posted in this one."""
        if self.chat.kind not in NUMBERED_FOR_ALL:
            return (
                "HTML does not say who posted what, so what people here had forgotten would come back; export the "
                "chat as JSON"
            )
        if self.exported.name.strip().casefold() != (self.chat.title or "").strip().casefold():
            return f"HTML goes only to a chat of the same name, and this one is {_described(self.chat)}; export as JSON"
        return None

    @property
    def has_its_numbers(self) -> bool:
        """Whether the export's message ids are those that the bot sees in this chat."""
        if self.is_of_pages:
            return self.why_not_of_pages is None
        return self.exported.is_numbered_for_all and self.exported.telegram_id == self.chat.id


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done."""

    assigned: tuple[Assignment, ...]
    left_out: tuple[tuple[ExportedChat, str], ...] = ()
    """And why."""


class Planner:
    """Knows the bot's chats."""

    def __init__(self, chats: Iterable[Chat]) -> None:
        self._chats = {chat.id: chat for chat in chats}

    def plan(self, exported: Sequence[ExportedChat], wish: Wish) -> Plan:
        """Whose photos go where.

        Raises:
            NoPlace
        """
        if wish.chat is not None:
            return Plan((self._told(exported, self.named(wish.chat), wish.chat),))
        told = [
            self._surely(self._assigned(_with_id(exported, number), self.named(name)), name)
            for number, name in wish.mapped.items()
        ]
        if wish.mapped and not wish.is_for_all:
            return Plan(tuple(told))
        if not wish.is_for_all and len(exported) != 1:
            raise NoPlace(
                f"The export holds {len(exported):,} chats. --all imports those that the bot is in, --chat one of "
                "them, --map EXPORTID=CHAT any; --list shows them."
            )
        rest = [one for one in exported if one.id not in wish.mapped]
        matched = [(one, self.home(one)) for one in rest]
        plan = Plan(
            (*told, *(self._assigned(one, chat) for one, chat in matched if chat is not None)),
            tuple((one, self._why_not(one)) for one, chat in matched if chat is None),
        )
        if not plan.assigned:
            raise NoPlace(self._nowhere(plan))
        return plan

    def home(self, exported: ExportedChat) -> Chat | None:
        """The chat that the export is of, as far as its id tells; None where the bot is not in it."""
        chat = None if exported.telegram_id is None else self._successor(exported.telegram_id)
        return None if chat is None or chat.left_at is not None else chat

    def named(self, name: str) -> Chat:
        """One of the bot's chats.

        Raises:
            NoPlace: nothing was said, there is no such chat, there are several, or the bot has left it.
        """
        if not name.strip().removeprefix("@"):
            raise NoPlace("No chat is named. Give the id, @username or title of one that the bot is in.")
        found = self._found(name.strip())
        present = [chat for chat in found if chat.left_at is None]
        if len(present) == 1:
            return present[0]
        if present:
            raise NoPlace(f"Several chats are called “{name}”: {_listed(present)}. Give one's id.")
        if found:
            raise NoPlace(f"The bot is no longer in “{name}”. Add it there again first.")
        here = [chat for chat in self._chats.values() if chat.left_at is None]
        known = f"It knows {_listed(here)}" if here else "It is in none yet: start it and add it to the chat"
        raise NoPlace(f"The bot is in no chat “{name}”. {known}.")

    def _found(self, name: str) -> list[Chat]:
        number = _number(name)
        chat = None if number is None else self._successor(number)
        if chat is not None:
            return [chat]
        folded = name.casefold()
        if folded.startswith("@"):
            return [chat for chat in self._chats.values() if (chat.username or "").casefold() == folded[1:]]
        lasting = [chat for chat in self._chats.values() if chat.migrated_to is None]
        return [chat for chat in lasting if (chat.title or "").casefold() == folded]

    def _told(self, exported: Sequence[ExportedChat], chat: Chat, name: str) -> Assignment:
        """The only chat of an export goes where it is told to; of several, the one that is that chat."""
        own = [one for one in exported if (home := self.home(one)) is not None and home.id == chat.id]
        candidates = exported if len(exported) == 1 else own
        if len(candidates) != 1:
            raise NoPlace(
                f"The export holds {len(exported):,} chats, and by their ids {len(own) or 'none'} of them is "
                f"{_described(chat)}. Say which with --map EXPORTID={chat.id}; --list shows them."
            )
        return self._surely(self._assigned(candidates[0], chat), name)

    def _surely(self, assignment: Assignment, name: str) -> Assignment:
        """Photos go to a chat that is not theirs only where its id was given: a stranger's group may have the same
        title, and what has been shown there cannot be taken back."""
        exported, chat = assignment.exported, assignment.chat
        if assignment.is_its_own is False and _number(name) not in (chat.id, *assignment.former):
            raise NoPlace(
                f"By its id the export is of “{exported.name}” ({exported.telegram_id or exported.id}), and “{name}” "
                f"is {_described(chat)}, another chat. If its photos shall be seen there, give that chat's numeric id: "
                f"{chat.id}."
            )
        return assignment

    def _assigned(self, exported: ExportedChat, chat: Chat) -> Assignment:
        former = tuple(one.id for one in self._chats.values() if one.migrated_to == chat.id)
        return Assignment(exported, chat, former)

    def _successor(self, chat_id: int) -> Chat | None:
        """The chat of an id, or what it has become."""
        chat = self._chats.get(chat_id)
        return self._chats.get(chat.migrated_to) if chat is not None and chat.migrated_to is not None else chat

    def _why_not(self, exported: ExportedChat) -> str:
        if exported.telegram_id is None:
            return "its id does not tell which chat of the bot it is; say so with --map or --chat"
        known = self._successor(exported.telegram_id)
        return "the bot is not in it" if known is None else "the bot has left it"

    def _nowhere(self, plan: Plan) -> str:
        if len(plan.left_out) == 1:
            exported, why = plan.left_out[0]
            return f"The export is of “{exported.name}”: {why}. With --chat you say where its photos are to go."
        return "The bot is in none of the export's chats by their ids. --map EXPORTID=CHAT says where one is to go."


def _with_id(exported: Sequence[ExportedChat], number: int) -> ExportedChat:
    found = [one for one in exported if one.id == number]
    if len(found) == 1:
        return found[0]
    raise NoPlace(
        f"The export holds {'several chats' if found else 'no chat'} with the id {number}. --list shows them."
    )


def _number(name: str) -> int | None:
    """The id that a name is, if it is one."""
    return int(name) if re.fullmatch(r"\s*-?[0-9]{1,18}\s*", name) else None


def _listed(chats: Sequence[Chat]) -> str:
    more = f" and {len(chats) - LISTED:,} more" if len(chats) > LISTED else ""
    return ", ".join(_described(chat) for chat in chats[:LISTED]) + more


def _described(chat: Chat) -> str:
    return f"“{chat.title or chat.username or 'private'}” ({chat.id})"
