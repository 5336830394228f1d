"""https://core.telegram.org/bots/api#sendmessage, #sendphoto, #senddocument, #sendmediagroup, #sendchataction"""

from typing import Any

from sandbox import posting, rendering
from sandbox.errors import BadRequest
from sandbox.formatting import caption_of, text_of
from sandbox.markup import reply_markup
from sandbox.messages import Content, Message
from sandbox.methods import media
from sandbox.methods.call import MethodCall
from sandbox.methods.targets import Target, target, thread, writable_chat
from sandbox.parameters import Parameters

MIN_ALBUM = 2
"""As documented. The real server lets one item pass, as a message outside any album; better not to count on it."""
MAX_ALBUM = 10
ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)


async def send_message(call: MethodCall) -> dict[str, Any]:
    """Text."""
    text, entities = text_of(call.parameters, call.world.user)
    to = target(call)
    return _sent(call, to, Content(text, entities, link_preview=link_preview(call.parameters)))


async def send_photo(call: MethodCall) -> dict[str, Any]:
    """A photo, uploaded or by `file_id`."""
    picture = await media.photo(call, call.parameters.file("photo"))
    text, entities = caption_of(call.parameters, call.world.user)
    to = target(call, "can_send_photos")
    spoiler, above = call.parameters.boolean("has_spoiler"), call.parameters.boolean("show_caption_above_media")
    return _sent(call, to, Content(text, entities, photo=picture, spoiler=spoiler, caption_above=above))


async def send_document(call: MethodCall) -> dict[str, Any]:
    """A file as it is."""
    file = await media.document(call, call.parameters.file("document"))
    text, entities = caption_of(call.parameters, call.world.user)
    to = target(call, "can_send_documents")
    return _sent(call, to, Content(text, entities, document=file))


async def send_media_group(call: MethodCall) -> list[dict[str, Any]]:
    """An album of 2 to 10 photos, or of as many documents."""
    items = call.parameters.array("media")
    if not items:
        raise BadRequest("there are no messages to send")
    if len(items) > MAX_ALBUM:
        raise BadRequest("too many messages to send as an album")
    if len(items) < MIN_ALBUM:
        raise BadRequest("too few messages to send as an album")
    contents = [await media.album_item(call, item, place) for place, item in enumerate(items, 1)]
    if len({content.photo is None for content in contents}) > 1:
        raise BadRequest("document can't be mixed with other media types")
    if len({content.caption_above for content in contents}) > 1:
        raise BadRequest("parameter show_caption_above_media must be the same for all messages")
    to = target(call, "can_send_photos" if contents[0].photo else "can_send_documents", len(items))
    group = posting.new_group_id()
    return [_sent(call, to, content, media_group_id=group) for content in contents]


async def send_chat_action(call: MethodCall) -> bool:
    """What the bot is busy with, shown to people for a few seconds."""
    chat = writable_chat(call)
    action = call.parameters.text("action").lower()
    if action not in ACTIONS:
        raise BadRequest("wrong parameter action in request")
    thread_id = thread(call, chat)
    call.world.events.publish(
        "action",
        {
            "chat_id": chat.id,
            "action": action,
            "user": call.bot.user.as_object(),
            **({"message_thread_id": thread_id} if thread_id else {}),
        },
    )
    return True


def link_preview(given: Parameters) -> dict[str, Any] | None:
    """https://core.telegram.org/bots/api#linkpreviewoptions, or the older parameter that Telegram still takes."""
    if given.boolean("disable_web_page_preview"):
        return {"is_disabled": True}
    return given.object("link_preview_options") or None


def _sent(call: MethodCall, to: Target, content: Content, **details: Any) -> dict[str, Any]:
    markup = None if "media_group_id" in details else reply_markup(call.parameters)
    return send(call, to, content, reply_markup=markup, **details)


def send(call: MethodCall, to: Target, content: Content, **details: Any) -> dict[str, Any]:
    """Posts a message of this bot and returns it as the bot sees it."""
    message: Message = posting.post(
        call.world,
        to.chat,
        content,
        None if to.chat.is_channel else call.bot.user,
        sender_chat=to.chat.as_object() if to.chat.is_channel else None,
        thread_id=to.thread_id,
        reply_to=to.reply.message.id if to.reply.message else None,
        external_reply=to.reply.external,
        quote=to.reply.quote,
        protected=call.parameters.boolean("protect_content"),
        author_bot_id=call.bot.id,
        **details,
    )
    return rendering.message(message, to.chat, call.bot)
