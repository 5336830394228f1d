"""Who may decide for a chat: its admins, anonymous ones included; in a private chat the person in it."""

from telegram import Bot, Chat, Message
from telegram.error import TelegramError

from search.errors import QuestionError


class AdminsUnknown(QuestionError):
    """Telegram does not tell me just now who the admins of this chat are. Please try again in a minute."""


async def is_admin(bot: Bot, chat: Chat, user_id: int) -> bool:
    """Whether a person may decide for a chat.

    Asked of Telegram each time: who was an admin yesterday may be none today. `getChatAdministrators`, because
    `getChatMember` is only guaranteed to work where the bot is an admin itself.

    Raises:
        AdminsUnknown
    """
    if chat.type == Chat.PRIVATE:
        return chat.id == user_id
    try:
        return any(admin.user.id == user_id for admin in await bot.get_chat_administrators(chat.id))
    except TelegramError as exc:
        raise AdminsUnknown from exc


async def asks_as_admin(bot: Bot, message: Message) -> bool:
    """Whether a message was written by an admin, also by one who stays anonymous and by a channel in itself.

    Raises:
        AdminsUnknown
    """
    if message.sender_chat is not None or message.from_user is None:
        return is_surely_admin(message)
    return await is_admin(bot, message.chat, message.from_user.id)


def is_surely_admin(message: Message) -> bool:
    """The same, as far as it shows without asking Telegram."""
    if message.sender_chat is not None:
        return speaks_as_chat(message)
    is_private = message.chat.type == Chat.PRIVATE
    return is_private and message.from_user is not None and message.from_user.id == message.chat.id


def speaks_as_chat(message: Message) -> bool:
    """Whether a message is written in the name of the chat it stands in, which only admins can do: an anonymous
    admin (Telegram puts @GroupAnonymousBot into `from`), or the post of a channel."""
    return message.sender_chat is not None and message.sender_chat.id == message.chat.id
