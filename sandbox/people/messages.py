"""What people write, edit, delete and react to."""

from dataclasses import dataclass, replace
from itertools import islice, takewhile
from typing import Any

from starlette.responses import Response

from sandbox import posting, reactions, rendering
from sandbox.chats import Chat
from sandbox.errors import BadRequest, Forbidden
from sandbox.formatting import MAX_CAPTION, MAX_TEXT, plain
from sandbox.messages import Content, Message
from sandbox.origins import origin
from sandbox.parameters import number
from sandbox.people.permissions import may_act, may_react, may_write
from sandbox.people.request import PeopleRequest, answer
from sandbox.users import User

MAX_ALBUM = 10


@dataclass(frozen=True)
class Author:
    """Who a message is from: a person, or a channel or group that the person speaks for."""

    user: User | None
    sender_chat: dict[str, Any] | None = None
    signature: str | None = None


async def list_messages(request: PeopleRequest) -> Response:
    """Messages with ids above `after` and below `before`, oldest first; the newest `limit` of them."""
    chat, fields = request.chat(), request.fields
    after, before, limit = fields.integer("after"), fields.integer("before"), fields.integer("limit")
    newest_first = takewhile(lambda m: m.id > after, reversed(chat.messages.values()))
    found = list(islice((m for m in newest_first if not before or m.id < before), limit if limit > 0 else None))
    return _shown(request, chat, found[::-1])


async def post_messages(request: PeopleRequest) -> Response:
    """One message, or an album when several photos are given → the messages created."""
    person = request.person()
    chat = _open_chat(request, person)
    author = _author(request, chat, person)
    details = _details(request, chat)
    if request.fields.given("forward_from"):
        contents, forward = _forwarded(request)
        details["forward_origin"] = forward
    else:
        contents = await _contents(request)
    for content in contents:
        may_write(chat, person, content)
    if len(contents) > 1:
        details["media_group_id"] = posting.new_group_id()
    posted = [
        posting.post(
            request.world,
            chat,
            content,
            author.user,
            sender_chat=author.sender_chat,
            signature=author.signature,
            **details,
        )
        for content in contents
    ]
    return _shown(request, chat, posted)


def _shown(request: PeopleRequest, chat: Chat, found: list[Message]) -> Response:
    return answer([rendering.message(message, chat, request.bot, for_people=True) for message in found])


def _open_chat(request: PeopleRequest, person: User) -> Chat:
    """The chat, if this person is inside; the first message to the bot opens the private chat."""
    if request.raw.path_params["chat_id"] == str(person.id):
        chat = request.world.dialog(person, request.bot)
        member = chat.member(request.bot.id)
        if member is not None and not member.inside:
            raise Forbidden("you have blocked this bot; unblock it to write to it")
        return chat
    chat = request.chat()
    may_act(chat, person)
    return chat


def _author(request: PeopleRequest, chat: Chat, person: User) -> Author:
    if chat.is_channel:
        return Author(None, chat.as_object())
    if request.fields.boolean("anonymous"):
        member = chat.member(person.id)
        if member is None or not member.is_admin:
            raise BadRequest("only administrators can be anonymous")
        return Author(GROUP_ANONYMOUS_BOT, chat.as_object(), member.title)
    if channel_id := request.fields.integer("as_channel"):
        channel = request.world.chats.find(channel_id, request.bot.id)
        if channel is None or not channel.is_channel:
            raise BadRequest(f"there is no channel {channel_id}")
        speaker = channel.member(person.id)
        if speaker is None or not speaker.may("can_post_messages"):
            raise Forbidden(f"{person.full_name} does not speak for this channel")
        return Author(CHANNEL_BOT, channel.as_object())
    return Author(person)


GROUP_ANONYMOUS_BOT = User(1087968824, "Group", username="GroupAnonymousBot", is_bot=True)
"""Stands in `from` for anonymous administrators. https://core.telegram.org/bots/api#message"""
CHANNEL_BOT = User(136817688, "Channel", username="Channel_Bot", is_bot=True)
"""Stands in `from` for channels that write in groups."""


def _details(request: PeopleRequest, chat: Chat) -> dict[str, Any]:
    fields = request.fields
    reply_to = fields.integer("reply_to_message_id") or None
    original = chat.messages.get(reply_to) if reply_to else None
    if reply_to and original is None:
        raise BadRequest("message to be replied not found")
    thread_id = fields.integer("message_thread_id") or None
    if thread_id and thread_id not in chat.topics:
        raise BadRequest("there is no such topic in this chat")
    if thread_id is None and original:
        thread_id = posting.thread_of_reply(chat, original)
    if thread_id in chat.topics and chat.topics[thread_id].closed:
        raise BadRequest("this topic is closed")
    return {"reply_to": reply_to, "thread_id": thread_id, "protected": fields.boolean("protected")}


async def _contents(request: PeopleRequest) -> list[Content]:
    fields, spoiler = request.fields, request.fields.boolean("spoiler")
    photos, documents = request.photos(), request.uploads.get("document", [])
    if len(photos) > MAX_ALBUM or len(documents) > MAX_ALBUM:
        raise BadRequest(f"an album has at most {MAX_ALBUM} items")
    if photos and documents:
        raise BadRequest("photos and files make albums of their own: send them separately")
    if not photos and not documents:
        return [Content(*_written(fields.text("text"), MAX_TEXT))]
    caption = _written(fields.text("caption") or fields.text("text"), MAX_CAPTION)
    files = request.world.files
    contents = [Content(photo=await files.add_picture(photo.content), spoiler=spoiler) for photo in photos]
    contents += [Content(document=await files.add_document(d.content, d.name, d.mime_type)) for d in documents]
    return [contents[0].with_text(*caption), *contents[1:]]


def _written(text: str, most: int) -> tuple[str, list[dict[str, Any]]]:
    found, entities = plain(text, most)
    if not found and most == MAX_TEXT:
        raise BadRequest("message text is empty")
    return found, entities


def _forwarded(request: PeopleRequest) -> tuple[list[Content], dict[str, Any]]:
    """`forward_from` is {chat_id, message_id}."""
    source = request.fields.object("forward_from") or {}
    chat = request.world.chats.find(number(source.get("chat_id", 0), "chat_id"), request.bot.id)
    message = chat.messages.get(number(source.get("message_id", 0), "message_id")) if chat else None
    if chat is None or message is None:
        raise BadRequest("message to forward not found")
    if chat.protects(message):
        raise BadRequest("message has protected content and can't be forwarded")
    return [message.content], origin(message, chat)


async def edit_message(request: PeopleRequest) -> Response:
    """{user_id, text | caption | photo} → the message."""
    chat = request.chat()
    message, person = request.message(chat), request.person()
    _check_own(chat, message, person)
    content, fields = message.content, request.fields
    if photos := request.photos():
        content = replace(content, photo=await request.world.files.add_picture(photos[0].content), document=None)
    if fields.given("text") or fields.given("caption"):
        words = fields.text("caption") if fields.given("caption") else fields.text("text")
        content = content.with_text(*_written(words, MAX_CAPTION if content.has_media else MAX_TEXT))
    may_write(chat, person, content)
    posting.edit(request.world, chat, message, content)
    return answer(rendering.message(message, chat, request.bot, for_people=True))


async def delete_message(request: PeopleRequest) -> Response:
    """Takes a message out for everyone. Bots are not told."""
    chat = request.chat()
    message = request.message(chat)
    if request.fields.given("user_id") and not chat.is_private:
        member = chat.member(request.person().id)
        if not (member and member.may("can_delete_messages")):
            _check_own(chat, message, request.person())
    posting.delete(request.world, chat, [message.id])
    return answer({"deleted": message.id})


def _check_own(chat: Chat, message: Message, person: User) -> None:
    own = message.sender is not None and message.sender.id == person.id
    member = chat.member(person.id)
    speaks_for = message.sender_chat is not None and member is not None and member.is_admin
    if message.is_service or not (own or speaks_for):
        raise Forbidden("this message is someone else's")


async def react(request: PeopleRequest) -> Response:
    """{user_id, emoji?: "👍"} sets or, without an emoji, takes back a reaction."""
    chat = request.chat()
    message, emoji = request.message(chat), request.fields.text("emoji")
    chosen = [{"type": "emoji", "emoji": emoji}] if emoji else []
    may_react(chat, request.person())
    reactions.react(request.world, chat, message, request.person(), reactions.checked(chosen))
    return answer(reactions.all_of(message))
