"""Which chats the bot serves. Where it may not be, it keeps nothing, says so once, and leaves."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from telegram import Chat, Update
from telegram.error import Forbidden, TelegramError
from telegram.ext import BaseHandler

from handlers.errors import Context, is_stale
from handlers.membership import has_joined, is_absent
from search.archive import Archive
from search.privacy import ABANDONED

log = logging.getLogger(__name__)

REMEMBERED = 10_000
"""Chats whose verdict is remembered, the latest ones: more than the updates that can wait to be handled."""
REFUSAL = (
    "I may not serve this chat: whoever runs me has allowed only certain ones. I keep nothing of it; should I have "
    f"kept something before, it is erased {ABANDONED.days} days from now."
)
LEAVING = f"{REFUSAL} Goodbye."


@dataclass(frozen=True, slots=True)
class AllowList:
    """The operator's word."""

    chats: frozenset[str] | None = None
    """Ids, and usernames with @ in lower case."""
    owners: frozenset[int] | None = None
    """Users whose private chats are served, and the groups to which they add the bot."""

    def __bool__(self) -> bool:
        """Without one, every chat is served."""
        return self.chats is not None or self.owners is not None

    def names(self, chat_id: int, username: str | None = None) -> bool:
        """Whether a chat is on the list, or an owner's own."""
        named = {str(chat_id)} | ({f"@{username.lower()}"} if username else set())
        return bool(named & (self.chats or frozenset())) or chat_id in (self.owners or frozenset())

    def owns(self, user_id: int | None) -> bool:
        """Whether a user is an owner."""
        return user_id is not None and user_id in (self.owners or frozenset())


class Access:
    """Judges every update as it arrives, before anything of it is kept."""

    def __init__(self, allowed: AllowList, archive: Archive) -> None:
        self._allowed = allowed
        self._archive = archive
        self._verdicts: dict[int, bool] = {}

    async def admits(self, update: Update) -> bool:
        """Whether anything of an update may be kept. A chat that may not be served counts as left from then on.

        Raises:
            StorageError
        """
        chat = update.effective_chat
        if not self._allowed or chat is None:
            return True
        verdict = self._allowed.names(chat.id, chat.username) or await self._is_known(chat, update)
        if not verdict and self._verdicts.get(chat.id, True):
            # The list is newer than what was kept before. A private chat is never left, and would be kept for ever.
            # A second ago: Telegram's dates are whole seconds, and a message after this one may show a return.
            await self._archive.left(chat.id, datetime.now(UTC) - timedelta(seconds=1))
        self._verdicts.pop(chat.id, None)
        self._verdicts[chat.id] = verdict
        if len(self._verdicts) > REMEMBERED:
            self._verdicts.pop(next(iter(self._verdicts)))
        return verdict

    def refuses(self, update: object) -> bool:
        """What `admits` said when the update arrived."""
        chat = update.effective_chat if isinstance(update, Update) else None
        return chat is not None and not self._verdicts.get(chat.id, True)

    def admitting_owner(self, update: Update) -> int | None:
        """The owner who adds the bot to a chat with this update, or promotes it there."""
        change = update.my_chat_member
        if change is None or is_absent(change.new_chat_member) or change.chat.type == Chat.PRIVATE:
            return None
        return change.from_user.id if self._allowed.owns(change.from_user.id) else None

    async def _is_known(self, chat: Chat, update: Update) -> bool:
        """Let in by an owner, or grown out of a group that may be served: it has another id since."""
        if self.admitting_owner(update) is not None:
            return True
        if self._allowed.owns(await self._archive.admitted_by(chat.id)):
            return True
        former = await self._archive.former_ids(chat.id)
        if update.message is not None and update.message.migrate_from_chat_id is not None:
            former = (*former, update.message.migrate_from_chat_id)
        for chat_id in former:
            if self._allowed.names(chat_id) or self._allowed.owns(await self._archive.admitted_by(chat_id)):
                return True
        return False


class Refusals(BaseHandler[Update, Context, None]):
    """Takes every update of a refused chat, before any other of our routes can."""

    def __init__(self, access: Access) -> None:
        super().__init__(self._refuse, block=False)
        self._access = access
        self._told: dict[int, None] = {}
        self._left: set[int] = set()
        """Or about to be: others of its updates are already here."""

    def check_update(self, update: object) -> bool:
        """See `BaseHandler`."""
        return self._access.refuses(update)

    async def _refuse(self, update: Update, context: Context) -> None:
        chat, change = update.effective_chat, update.my_chat_member
        if chat is None or (change is not None and is_absent(change.new_chat_member)):
            return
        if change is not None and has_joined(change):
            self._forget(chat.id)
        if chat.id not in self._told:
            self._told[chat.id] = None
            if len(self._told) > REMEMBERED:
                self._forget(next(iter(self._told)))
            await self._tell(chat, context, is_late=_is_late(update))
        if chat.type != Chat.PRIVATE and chat.id not in self._left:
            await self._leave(chat, context)

    def _forget(self, chat_id: int) -> None:
        self._told.pop(chat_id, None)
        self._left.discard(chat_id)

    async def _tell(self, chat: Chat, context: Context, *, is_late: bool) -> None:
        is_private = chat.type == Chat.PRIVATE
        log.info("Chat %s is not allowed%s", chat.id, "" if is_private else ": the bot leaves it")
        try:
            if not is_late and chat.type != Chat.CHANNEL:
                await context.bot.send_message(chat.id, REFUSAL if is_private else LEAVING, parse_mode=None)
        except TelegramError as exc:
            log.info("Chat %s could not be told: %s", chat.id, exc.message)

    async def _leave(self, chat: Chat, context: Context) -> None:
        self._left.add(chat.id)
        try:
            await context.bot.leave_chat(chat.id)
        except Forbidden as exc:
            log.info("Chat %s was left before: %s", chat.id, exc.message)
        except TelegramError as exc:
            self._left.discard(chat.id)  # with its next update it is tried again
            log.warning("Chat %s could not be left: %s", chat.id, exc.message)


def _is_late(update: Update) -> bool:
    change = update.my_chat_member
    message = update.effective_message
    dated: Any = change if change is not None else message
    return dated is None or is_stale(dated.date)
