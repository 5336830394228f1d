"""https://core.telegram.org/bots/api#updating-messages"""

from typing import Any

from sandbox import delivery, posting, rendering
from sandbox.chats import Chat
from sandbox.errors import BadRequest
from sandbox.formatting import caption_of, text_of
from sandbox.markup import inline_keyboard, reply_markup
from sandbox.messages import Content, Message
from sandbox.methods import media
from sandbox.methods.call import MethodCall
from sandbox.methods.targets import inside, known_chat, message_of

NOT_MODIFIED = ("message is not modified: specified new message content and reply markup are exactly the same as a "
                "current content and reply markup of the message")  # fmt: skip


async def edit_message_text(call: MethodCall) -> dict[str, Any]:
    """Another text."""
    text, entities = text_of(call.parameters)
    chat, message = _editable(call)
    if message.content.has_media:
        raise BadRequest("there is no text in the message to edit")
    return _edited(call, chat, message, message.content.with_text(text, entities))


async def edit_message_caption(call: MethodCall) -> dict[str, Any]:
    """Another caption."""
    text, entities = caption_of(call.parameters)
    chat, message = _editable(call)
    if not message.content.has_media:
        raise BadRequest("there is no caption in the message to edit")
    return _edited(call, chat, message, message.content.with_text(text, entities))


async def edit_message_media(call: MethodCall) -> dict[str, Any]:
    """Another photo or document; an album's item keeps its kind."""
    content = await media.input_media(call, call.parameters.object("media"))
    chat, message = _editable(call)
    if message.media_group_id and (content.photo is None) != (message.content.photo is None):
        raise BadRequest("message can't be edited: the media of an album keeps its type")
    return _edited(call, chat, message, content)


async def edit_message_reply_markup(call: MethodCall) -> dict[str, Any]:
    """Other buttons."""
    chat, message = _editable(call)
    return _edited(call, chat, message, message.content)


def _editable(call: MethodCall) -> tuple[Chat, Message]:
    """The message to edit. A bot edits its own messages, in a channel also others' where it may."""
    chat = known_chat(call)
    member = inside(call, chat)
    message = message_of(call, chat, "edit")
    own = message.sender is not None and message.sender.id == call.bot.id
    in_channel = chat.is_channel and member is not None and member.may("can_edit_messages")
    if message.is_service or not (own or in_channel):
        raise BadRequest("message can't be edited")
    return chat, message


def _edited(call: MethodCall, chat: Chat, message: Message, content: Content) -> dict[str, Any]:
    """Carries an edit out. An edit without `reply_markup` takes the buttons away."""
    markup = None if message.media_group_id else reply_markup(call.parameters)
    if content == message.content and markup == message.reply_markup:
        raise BadRequest(NOT_MODIFIED)
    message.reply_markup = inline_keyboard(markup)
    if content == message.content:
        delivery.changed_markup(call.world, chat, message)
    else:
        posting.edit(call.world, chat, message, content)
    return rendering.message(message, chat, call.bot)
