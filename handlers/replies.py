"""Sends sentences and texts – in the same topic, as a reply."""

from typing import TypedDict

from telegram import Bot, InlineKeyboardMarkup, LinkPreviewOptions, Message, ReplyParameters
from telegram.constants import ParseMode

from handlers.delivery import delivered
from handlers.posts import topic
from search.records import Photo


class _Placement(TypedDict):
    """Where an answer stands: in the topic of its question, as a reply."""

    message_thread_id: int | None
    reply_parameters: ReplyParameters


class Replies:
    """Whatever is said beside the answers to questions, which are `handlers.answers`' business."""

    async def say(self, bot: Bot, question: Message, text: str) -> None:
        """A sentence as a reply; plain text, whatever a host application's defaults are."""
        place = _reply(question)
        await delivered(question.chat.id, lambda chat_id: bot.send_message(chat_id, text, parse_mode=None, **place))

    async def write(
        self,
        bot: Bot,
        question: Message,
        html: str,
        *,
        original: Photo | None = None,
        markup: InlineKeyboardMarkup | None = None,
    ) -> None:
        """A text with links, as a reply; to the message of `original` where one is given, so that people can go there
        in chats that have no links."""
        place = _reply(question, original)
        silent = LinkPreviewOptions(is_disabled=True)
        await delivered(
            question.chat.id,
            lambda chat_id: bot.send_message(
                chat_id, html, parse_mode=ParseMode.HTML, link_preview_options=silent, reply_markup=markup, **place
            ),
        )


def _reply(question: Message, original: Photo | None = None) -> _Placement:
    """To the question; or to an original, where its message ids are those of this chat."""
    is_here = original is not None and original.origin_chat_id == question.chat.id
    message_id = original.message_id if original is not None and is_here else question.message_id
    return {
        "message_thread_id": topic(question),
        "reply_parameters": ReplyParameters(message_id, allow_sending_without_reply=True),
    }
