"""How a bot sees chats, members and messages: the Bot API's objects, with that bot's own `file_id`s."""

from typing import Any

from sandbox import file_ids
from sandbox.chats import ADMIN_RIGHTS, ADMINS_ALONE, CHANNEL_RIGHTS, GROUP_RIGHTS, MEMBER_RIGHTS, Chat, Member
from sandbox.file_ids import FileId
from sandbox.files import Document
from sandbox.messages import Content, Message
from sandbox.pictures import Picture, Size, Thumbnail
from sandbox.users import Bot

Object = dict[str, Any]


def photo_sizes(picture: Picture, bot: Bot, *, for_people: bool = False) -> list[Object]:
    """https://core.telegram.org/bots/api#photosize, smallest first. People need not wait until the sizes in bytes,
    an optional field, are known."""
    sized = picture.encoded or not for_people
    return [_size(size, "photo", bot) | ({"file_size": len(size.content)} if sized else {}) for size in picture.sizes]


def _size(size: Size | Thumbnail, kind: str, bot: Bot) -> Object:
    return {
        "file_id": file_ids.encode(FileId(bot.id, kind, size.unique_id)),
        "file_unique_id": size.unique_id,
        "width": size.width,
        "height": size.height,
    }


def document(file: Document, bot: Bot) -> Object:
    """https://core.telegram.org/bots/api#document"""
    shown: Object = {
        "file_id": file_ids.encode(FileId(bot.id, "document", file.unique_id)),
        "file_unique_id": file.unique_id,
        "file_name": file.name,
        "mime_type": file.mime_type,
        "file_size": len(file.content),
    }
    if file.thumbnail:
        shown["thumbnail"] = _size(file.thumbnail, "thumbnail", bot) | {"file_size": len(file.thumbnail.content)}
    return shown


def message(shown: Message, chat: Chat, bot: Bot, *, nested: bool = False, for_people: bool = False) -> Object:
    """https://core.telegram.org/bots/api#message; a replied-to message does not show what it replies to itself.

    To bots every message of a topic that replies to nothing else is a reply to the message that opened the topic;
    clients (`for_people`) do not show that.
    """
    body: Object = {"message_id": shown.id, "date": shown.date, "chat": chat.as_object()}
    body |= (
        _sender(shown)
        | _place(shown)
        | _marks(shown, chat, for_people=for_people)
        | _content(shown.content, bot, for_people=for_people)
        | shown.service
    )
    if not nested and (original := _replied(shown, chat, for_people=for_people)):
        body["reply_to_message"] = message(original, chat, bot, nested=True, for_people=for_people)
    return body


def _replied(shown: Message, chat: Chat, *, for_people: bool) -> Message | None:
    opening = shown.thread_id if shown.in_topic and shown.thread_id != shown.id and not for_people else None
    answered = shown.reply_to if shown.reply_to is not None or shown.external_reply else opening
    return chat.messages.get(answered) if answered is not None else None


def _sender(shown: Message) -> Object:
    body: Object = {}
    if shown.sender:
        body["from"] = shown.sender.as_object()
    if shown.sender_chat:
        body["sender_chat"] = shown.sender_chat
    if shown.signature:
        body["author_signature"] = shown.signature
    if shown.via_bot:
        body["via_bot"] = shown.via_bot.as_object()
    if shown.forward_origin:
        body["forward_origin"] = shown.forward_origin
    return body


def _place(shown: Message) -> Object:
    body: Object = {}
    if shown.thread_id is not None:
        body["message_thread_id"] = shown.thread_id
    if shown.in_topic:
        body["is_topic_message"] = True
    if shown.media_group_id:
        body["media_group_id"] = shown.media_group_id
    return body


def _marks(shown: Message, chat: Chat, *, for_people: bool) -> Object:
    body: Object = {}
    if shown.edit_date is not None and not (for_people and shown.edit_hidden):
        body["edit_date"] = shown.edit_date
    if chat.protects(shown):
        body["has_protected_content"] = True
    if shown.reply_markup:
        body["reply_markup"] = shown.reply_markup
    if shown.quote:
        body["quote"] = shown.quote
    if shown.external_reply:
        body["external_reply"] = shown.external_reply
    return body


def _content(content: Content, bot: Bot, *, for_people: bool) -> Object:
    body: Object = {}
    if content.photo:
        body["photo"] = photo_sizes(content.photo, bot, for_people=for_people)
    if content.document:
        body["document"] = document(content.document, bot)
    if content.spoiler:
        body["has_media_spoiler"] = True
    if content.link_preview:
        body["link_preview_options"] = content.link_preview
    if content.text:
        text, entities = ("caption", "caption_entities") if content.has_media else ("text", "entities")
        body[text] = content.text
        if content.entities:
            body[entities] = content.entities
        if content.has_media and content.caption_above:
            body["show_caption_above_media"] = True
    return body


def member(shown: Member, chat: Chat) -> Object:
    """https://core.telegram.org/bots/api#chatmember"""
    body: Object = {"status": shown.status, "user": shown.user.as_object()}
    if shown.status == "creator":
        body["is_anonymous"] = shown.anonymous
    if shown.status == "administrator":
        extra = CHANNEL_RIGHTS if chat.is_channel else GROUP_RIGHTS
        body |= {right: shown.may(right) for right in (*ADMIN_RIGHTS, *extra)}
        body |= {"can_be_edited": False, "is_anonymous": shown.anonymous}
    if shown.status == "restricted":
        body |= {right: right not in shown.denied | ADMINS_ALONE for right in MEMBER_RIGHTS}
        body |= {"is_member": True, "until_date": 0}
    if shown.status == "kicked":
        body["until_date"] = 0
    if shown.is_admin and shown.title:
        body["custom_title"] = shown.title
    return body


def permissions(chat: Chat) -> Object:
    """https://core.telegram.org/bots/api#chatpermissions"""
    return {right: right not in chat.forbidden | ADMINS_ALONE for right in MEMBER_RIGHTS}
