"""/forget, /optout and /optin of one's own photos: obeyed as the update arrives, before Telegram forgets it.

Whose photo it is stands in the update itself, so these need not wait for a handler, which a crash or an ending would
lose after the update was confirmed. They are also done in their turn: a photo that follows an /optin is kept, one that
follows an /optout is not. What only an admin may ask for needs a word of Telegram and is left to `handlers.privacy`,
whose handlers are still served while the bot ends.
"""

from collections.abc import Collection

from telegram import Message

from handlers.admins import is_surely_admin, speaks_as_chat
from handlers.commands import text_command, words_after
from handlers.posts import photo_post, replied_message, sender
from search.privacy import Privacy
from search.records import Moment, Photo

REMEMBERED = 10_000
"""Commands whose outcome waits to be told, the latest ones: more than the updates that can wait to be handled."""


class OwnPhotos:
    """Obeys, and remembers with what outcome until that is told. Obeying twice does what once does."""

    def __init__(self, privacy: Privacy) -> None:
        self._privacy = privacy
        self._taken: frozenset[str] = frozenset()
        self._done: dict[tuple[int, int], int] = {}

    def leave_out(self, taken: Collection[str]) -> None:
        """Commands that a host bot answers itself."""
        self._taken = frozenset(taken)

    async def obey(self, message: Message) -> None:
        """Does what a new message commands, as far as it is certain that its author may.

        Raises:
            StorageError
        """
        name = text_command(message)
        if name is None or name in self._taken:
            return
        count: int | None = None
        if name == "forget":
            count = await self._forget(message)
        elif name == "optout":
            count = await self._opt_out(message)
        elif name == "optin":
            count = await self._opt_in(message)
        if count is not None:
            self._done[message.chat.id, message.message_id] = count
            if len(self._done) > REMEMBERED:
                self._done.pop(next(iter(self._done)))

    def done(self, message: Message) -> int | None:
        """How many photos a command made forgotten as it arrived; None where it was left to its handler. Told once."""
        return self._done.pop((message.chat.id, message.message_id), None)

    async def forget_posted(self, message: Message, replied: Message) -> int:
        """The photo replied to, with its album where that is asked for."""
        chat_id, message_ids = replied.chat.id, {replied.message_id}
        if is_of_album(message):
            album = await self._privacy.album(chat_id, replied.message_id, replied.media_group_id)
            message_ids |= {photo.message_id for photo in album}
        poster = sender(replied).id
        moment = None if poster is None else Moment(poster, replied.date)
        await self._privacy.forget(chat_id, *message_ids, moment=moment)
        return len(message_ids)

    async def _forget(self, message: Message) -> int | None:
        replied = replied_message(message)
        post = None if replied is None else photo_post(replied)
        if replied is None or post is None:
            return None
        if replied.from_user is not None and replied.from_user.id == message.get_bot().id:
            postings = await self._privacy.postings(message.chat.id, post.file_unique_id)
            allowed = postings if is_surely_admin(message) else posted_by(message, postings)
            for photo in allowed:
                await self._privacy.forget(photo.origin_chat_id, photo.message_id)
            return len(allowed)
        if sender(replied).id == sender(message).id or is_surely_admin(message):
            return await self.forget_posted(message, replied)
        return None

    async def _opt_out(self, message: Message) -> int | None:
        """Photos posted since stay: handed over again, the command comes a second time, perhaps after an /optin."""
        person = person_of(message)
        if person is None:
            return None
        return await self._privacy.opt_out(person, where(message), message.date, sender(message).name)

    async def _opt_in(self, message: Message) -> int | None:
        person = person_of(message)
        if person is None:
            return None
        await self._privacy.opt_in(person, where(message))
        return 0


def is_of_album(message: Message) -> bool:
    """Whether all of an album is to be forgotten."""
    return words_after(message).strip().lower() == "album"


def posted_by(message: Message, postings: list[Photo]) -> list[Photo]:
    """Those of whoever wrote the message."""
    asker = sender(message).id
    return [photo for photo in postings if photo.sender.id == asker]


def person_of(message: Message) -> int | None:
    """The person, or the channel in whose name a person writes in a group; None for who writes in the group's own."""
    return None if speaks_as_chat(message) else sender(message).id


def where(message: Message) -> int | None:
    """The chat that is meant; None for all of them."""
    return None if message.chat.type == message.chat.PRIVATE else message.chat.id
