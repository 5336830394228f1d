"""https://core.telegram.org/bots/api#updating-messages"""

from dataclasses import dataclass, replace
from typing import Any

from sandbox import posting, rendering
from sandbox.chats import Chat
from sandbox.errors import BadRequest
from sandbox.formatting import caption_of, text_of
from sandbox.markup import reply_markup
from sandbox.messages import Content, Message
from sandbox.methods import media
from sandbox.methods.call import MethodCall
from sandbox.methods.sending import link_preview
from sandbox.methods.targets import inside, known_chat, message_of

Edited = dict[str, Any] | bool
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a "
    "current content and reply markup of the message"
)


@dataclass(frozen=True)
class Editable:
    """A message this bot may edit. Edits of inline messages are answered with True."""

    chat: Chat
    message: Message
    inline: bool


async def edit_message_text(call: MethodCall) -> Edited:
    """Another text."""
    text, entities = text_of(call.parameters, call.world.user)
    found = _editable(call)
    if found.message.content.has_media:
        raise BadRequest("there is no text in the message to edit")
    content = replace(found.message.content, text=text, entities=entities, link_preview=link_preview(call.parameters))
    return _edited(call, found, content)


async def edit_message_caption(call: MethodCall) -> Edited:
    """Another caption."""
    text, entities = caption_of(call.parameters, call.world.user)
    found = _editable(call)
    if not found.message.content.has_media:
        raise BadRequest("there is no caption in the message to edit")
    above = call.parameters.boolean("show_caption_above_media")
    return _edited(call, found, replace(found.message.content, text=text, entities=entities, caption_above=above))


async def edit_message_media(call: MethodCall) -> Edited:
    """Another photo or document; an album's item keeps its kind."""
    content = await media.input_media(call, call.parameters.object("media"))
    found = _editable(call)
    if found.message.media_group_id and (content.photo is None) != (found.message.content.photo is None):
        raise BadRequest("message media can't be edited: the type of an album's media can't be changed")
    return _edited(call, found, content)


async def edit_message_reply_markup(call: MethodCall) -> Edited:
    """Other buttons."""
    found = _editable(call)
    return _edited(call, found, found.message.content)


def _editable(call: MethodCall) -> Editable:
    """The message to edit. A bot edits its own messages, in a channel also others' where it may."""
    if inline_id := call.parameters.text("inline_message_id"):
        return _inline_message(call, inline_id)
    chat = known_chat(call)
    member = inside(call, chat)
    message = message_of(call, chat, "edit")
    in_channel = chat.is_channel and member is not None and member.may("can_edit_messages")
    if message.is_service or message.forward_origin or not (message.is_by(call.bot.id) or in_channel):
        raise BadRequest("message can't be edited")
    return Editable(chat, message, inline=False)


def _inline_message(call: MethodCall, inline_id: str) -> Editable:
    chat, message = call.world.inline_messages.get(inline_id, (None, None))
    if chat is None or message is None or message.via_bot is not call.bot.user:
        raise BadRequest("MESSAGE_ID_INVALID")
    if chat.messages.get(message.id) is not message:  # an edit must not bring back what was deleted
        raise BadRequest("MESSAGE_ID_INVALID")
    return Editable(chat, message, inline=True)


def _edited(call: MethodCall, found: Editable, content: Content) -> Edited:
    """Carries an edit out. An edit without `reply_markup` takes the buttons away."""
    chat, message = found.chat, found.message
    markup = None if message.media_group_id else reply_markup(call.parameters)
    if content == message.content and markup == message.reply_markup:
        raise BadRequest(NOT_MODIFIED)
    if call.world.settings.flood_limits:
        call.world.flood.spend(call.bot.id, chat, 1)
    message.reply_markup = markup
    if content == message.content:
        posting.edit_markup(call.world, chat, message)
    else:
        posting.edit(call.world, chat, message, content)
    return True if found.inline else rendering.message(message, chat, call.bot)
