"""Commands as Telegram writes them: at the start of a text or of a caption, with or without the bot's name."""

from collections.abc import Collection

from telegram import Bot, Message, MessageEntity
from telegram.ext.filters import MessageFilter


def words_after(message: Message) -> str:
    """What stands behind the command of a text or caption."""
    entities = {
        **message.parse_entities([MessageEntity.BOT_COMMAND]),
        **message.parse_caption_entities([MessageEntity.BOT_COMMAND]),
    }
    leading = next((text for entity, text in entities.items() if entity.offset == 0), "")
    return (message.text or message.caption or "").removeprefix(leading)


def caption_command(message: Message, bot: Bot) -> str | None:
    """The command at the start of a caption, in lower case; None where there is none or it is for another bot."""
    entities = message.parse_caption_entities([MessageEntity.BOT_COMMAND])
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
