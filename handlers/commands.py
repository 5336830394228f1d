"""Commands as Telegram writes them: at the start of a text or of a caption, with or without the bot's name."""

from collections.abc import Collection

from telegram import Bot, Message, MessageEntity
from telegram.ext.filters import MessageFilter

from search.tokens import Mention


def words_after(message: Message) -> str:
    """What stands behind the command of a text or caption."""
    return _text(message)[_command_end(message) :]


def people_after(message: Message) -> list[Mention]:
    """Whom the text behind the command names by their ids: people without a username, picked from the list of @."""
    text, start = _text(message), _command_end(message)
    return [
        Mention(_index(text, one.offset) - start, _index(text, one.offset + one.length) - start, one.user.id)
        for one in (*message.entities, *message.caption_entities)
        if one.type == MessageEntity.TEXT_MENTION and one.user is not None
    ]


def _text(message: Message) -> str:
    return message.text or message.caption or ""


def _command_end(message: Message) -> int:
    """Where the command ends that the text begins with; 0 where it begins with none."""
    leading = [
        entity.length
        for entity in (*message.entities, *message.caption_entities)
        if entity.type == MessageEntity.BOT_COMMAND and entity.offset == 0
    ]
    return _index(_text(message), leading[0]) if leading else 0


def _index(text: str, utf16_units: int) -> int:
    """Telegram counts places in UTF-16, Python in characters."""
    return len(text.encode("utf-16-le", "surrogatepass")[: utf16_units * 2].decode("utf-16-le", "replace"))


def caption_command(message: Message, bot: Bot) -> str | None:
    """The command at the start of a caption, in lower case; None where there is none or it is for another bot."""
    return _leading(message.parse_caption_entities([MessageEntity.BOT_COMMAND]), bot)


def text_command(message: Message) -> str | None:
    """The same for a text, as python-telegram-bot's CommandHandler reads it."""
    entities = message.parse_entities([MessageEntity.BOT_COMMAND]) if message.text else {}
    return _leading(entities, message.get_bot()) if entities else None


def _leading(entities: dict[MessageEntity, str], bot: Bot) -> str | None:
    for entity, text in entities.items():
        if entity.offset == 0:
            name, _, addressee = text[1:].partition("@")
            return name.lower() if addressee.lower() in ("", bot.username.lower()) else None
    return None


class CaptionCommand(MessageFilter):
    """Messages whose caption starts with one of the commands. PTB's CommandHandler sees texts only."""

    def __init__(self, *names: str) -> None:
        super().__init__(name=f"CaptionCommand({', '.join(names)})")
        self._names: Collection[str] = names

    def filter(self, message: Message) -> bool:
        """See `MessageFilter`."""
        return bool(message.caption) and caption_command(message, message.get_bot()) in self._names
