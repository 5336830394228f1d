"""/forget, /optout, /optin, /purge and /privacy: what people may have undone, and what they are told of it."""

from datetime import UTC, datetime, timedelta

from telegram import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

from handlers.admins import asks_as_admin, is_admin, speaks_as_chat
from handlers.callback_data import PURGE
from handlers.errors import Context
from handlers.notice import photos_in_words, privacy_notice
from handlers.own_photos import OwnPhotos, is_of_album, person_of, posted_by, where
from handlers.posts import photo_post, replied_message, sender
from handlers.replies import Replies
from search.errors import QuestionError
from search.privacy import Privacy

CONFIRMING = timedelta(minutes=5)
"""For so long a purge can be confirmed."""
ANY_ADMIN = 0
"""Stands in the button of a purge that was asked for anonymously: Telegram does not tell by whom."""
CANCEL = "no"


class NothingToForget(QuestionError):
    """Reply with /forget to the photo that I should forget, or to an answer of mine that shows it."""


class UnknownPicture(QuestionError):
    """I do not know that picture as one of this chat. Reply to the message in which it was posted."""


class NotYours(QuestionError):
    """Only who posted a photo, or an admin, can have it forgotten."""


class NoPerson(QuestionError):
    """You write in the name of this chat, so I cannot tell whose photos are meant. Write as yourself."""


class AdminsOnly(QuestionError):
    """Only admins of this chat can do that."""


class NotTheOneWhoAsked(QuestionError):
    """Only the admin who asked for this can confirm it. Send /purge yourself."""


class TooLate(QuestionError):
    """This button is too old, nothing was forgotten. Send /purge again."""


class PrivacyCommands:
    """Decides who may ask for what, and says what was done; for one's own photos `handlers.own_photos` has done it."""

    def __init__(self, privacy: Privacy, own_photos: OwnPhotos, replies: Replies, retention_days: int | None) -> None:
        self._privacy = privacy
        self._own_photos = own_photos
        self._replies = replies
        self._retention_days = retention_days

    async def privacy(self, message: Message, context: Context) -> None:
        """/privacy: what is stored, for how long."""
        await self._replies.say(context.bot, message, privacy_notice(self._retention_days))

    # -- /forget -------------------------------------------------------------------------------------------

    async def forget(self, message: Message, context: Context) -> None:
        """/forget as a reply to a photo or to an answer that shows it; /forget album: with all of its album."""
        replied = replied_message(message)
        post = None if replied is None else photo_post(replied)
        if replied is None or post is None:
            raise NothingToForget
        if replied.from_user is not None and replied.from_user.id == context.bot.id:
            text = await self._forget_shown(message, replied, post.file_unique_id, context)
        else:
            text = await self._forget_posted(message, replied, context)
        await self._replies.say(context.bot, message, text)

    async def _forget_posted(self, message: Message, replied: Message, context: Context) -> str:
        count = self._own_photos.done(message)
        if count is None:
            if sender(replied).id != sender(message).id and not await asks_as_admin(context.bot, message):
                raise NotYours
            count = await self._own_photos.forget_posted(message, replied)
        if is_of_album(message):
            return f"Forgotten: {photos_in_words(count)}."
        album = await self._privacy.album(replied.chat.id, replied.message_id, replied.media_group_id)
        others = [photo for photo in album if photo.message_id != replied.message_id]
        if not others:
            return "Forgotten. The message itself stays with Telegram: delete it there."
        rest = photos_in_words(len(others))
        return f"Forgotten. Of its album I still remember {rest}: /forget album, as a reply to any, forgets all."

    async def _forget_shown(self, message: Message, answer: Message, file_unique_id: str, context: Context) -> str:
        """Every posting here of a picture that an answer shows, as far as the asker may. The answer goes too."""
        count = self._own_photos.done(message) or 0
        postings = await self._privacy.postings(message.chat.id, file_unique_id)
        if not postings and not count:
            raise UnknownPicture
        if postings:
            allowed = postings if await asks_as_admin(context.bot, message) else posted_by(message, postings)
            for photo in allowed:
                await self._privacy.forget(photo.origin_chat_id, photo.message_id)
            count += len(allowed)
            if not count:
                raise NotYours
            if len(allowed) < len(postings):
                return "Forgotten where you posted it. Others have posted the same picture here."
        await answer.delete()
        return "Forgotten." if count == 1 else f"Forgotten: it was posted {count} times."

    # -- /optout, /optin -----------------------------------------------------------------------------------

    async def opt_out(self, message: Message, context: Context) -> None:
        """/optout: in a group one's own photos there, past and future; in private, everywhere."""
        person, chat_id = _who(message), where(message)
        count = self._own_photos.done(message)
        if count is None:
            count = await self._privacy.opt_out(person, chat_id, message.date, sender(message).name)
        place = "in any chat" if chat_id is None else "here"
        more = "" if chat_id is None else " In a private chat with me, /optout holds for all chats."
        text = (
            f"I have forgotten {photos_in_words(count)} of yours and keep none {place} from now on. /optin undoes that."
        )
        await self._replies.say(context.bot, message, text + more)

    async def opt_in(self, message: Message, context: Context) -> None:
        """/optin: photos are remembered again, from now on."""
        person, chat_id = _who(message), where(message)
        if self._own_photos.done(message) is None:
            await self._privacy.opt_in(person, chat_id)
        if chat_id is not None and (await self._privacy.opted_out(person, chat_id)).everywhere:
            text = "You have opted out everywhere. To undo that, send me /optin in a private chat."
        else:
            text = "From now on I remember your photos " + ("everywhere." if chat_id is None else "here.")
        await self._replies.say(context.bot, message, text)

    # -- /purge --------------------------------------------------------------------------------------------

    async def purge(self, message: Message, context: Context) -> None:
        """/purge: asks an admin to confirm."""
        if not await asks_as_admin(context.bot, message):
            raise AdminsOnly
        by = ANY_ADMIN if message.from_user is None or speaks_as_chat(message) else message.from_user.id
        until = int((datetime.now(UTC) + CONFIRMING).timestamp())
        buttons = [
            InlineKeyboardButton("Forget everything", callback_data=f"{PURGE}{by}:{until}"),
            InlineKeyboardButton("Cancel", callback_data=f"{PURGE}{CANCEL}"),
        ]
        text = "Forget every photo of this chat, for good? The messages themselves stay with Telegram."
        await self._replies.write(context.bot, message, text, markup=InlineKeyboardMarkup.from_row(buttons))

    async def confirm(self, press: CallbackQuery, context: Context) -> None:
        """A button of a purge. Data is not believed: programs can send what no button says, and old data again."""
        message = press.message
        if not isinstance(message, Message) or not _has_button(message, press.data or ""):
            raise TooLate
        if not await is_admin(context.bot, message.chat, press.from_user.id):
            raise AdminsOnly
        asked = (press.data or "").removeprefix(PURGE)
        if asked == CANCEL:
            await press.answer()
            await message.edit_text("Nothing was forgotten.", parse_mode=None)
            return
        by, _, until = asked.partition(":")
        if int(by) not in (ANY_ADMIN, press.from_user.id):
            raise NotTheOneWhoAsked
        if datetime.now(UTC).timestamp() > int(until):
            await message.edit_reply_markup(None)
            raise TooLate
        await message.edit_reply_markup(None)  # first: whoever presses again finds no button
        count = await self._privacy.purge(message.chat.id)
        await press.answer()
        text = f"I have forgotten this chat's photos: {count:,}, and everything asked about them."
        await message.edit_text(text, parse_mode=None)


def _who(message: Message) -> int:
    person = person_of(message)
    if person is None:
        raise NoPerson
    return person


def _has_button(message: Message, data: str) -> bool:
    markup = message.reply_markup
    return markup is not None and any(button.callback_data == data for row in markup.inline_keyboard for button in row)
