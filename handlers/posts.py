"""From Telegram's messages to the domain's records. Reading only: nothing here answers or stores."""

from telegram import Chat, Document, Message, MessageEntity
from telegram import PhotoSize as TelegramPhotoSize

from search.images import is_heif_accepted
from search.page import Asking
from search.records import ChatInfo, FileKind, PhotoPost, PhotoSize, Sender

IMAGE_TYPES = frozenset({"image/jpeg", "image/png", "image/webp", "image/avif", "image/gif"})
HEIF_TYPES = frozenset({"image/heic", "image/heif"})


def photo_post(message: Message) -> PhotoPost | None:
    """The photo, or the picture sent as a file, that the message shows; None where it shows none."""
    if message.photo:
        sizes = tuple(_size(size) for size in message.photo)
        return _post(message, FileKind.PHOTO, _largest(sizes), sizes, "image/jpeg")
    document = message.document  # an animation that Telegram made a film of comes as one too, of type video/mp4
    if document is not None and is_image(document):
        whole = PhotoSize(document.file_id, document.file_unique_id, 0, 0, document.file_size)
        return _post(message, FileKind.DOCUMENT, whole, (whole,), document.mime_type)
    return None


def external_photo(message: Message) -> PhotoPost | None:
    """The photo of another chat to which the message replies."""
    replied = message.external_reply
    if replied is None or not replied.photo:
        return None
    sizes = tuple(_size(size) for size in replied.photo)
    return _post(message, FileKind.PHOTO, _largest(sizes), sizes, "image/jpeg")


def is_image(document: Document) -> bool:
    """Whether a file says that it is a picture of a kind we read. What it really is shows when it is decoded."""
    mime_type = (document.mime_type or "").lower()
    return mime_type in IMAGE_TYPES or (mime_type in HEIF_TYPES and is_heif_accepted())


def chat_info(chat: Chat) -> ChatInfo:
    """What is kept of a chat."""
    return ChatInfo(chat.id, str(chat.type), chat.title or chat.full_name, chat.username)


def sender(message: Message) -> Sender:
    """Who posted: a channel or an anonymous admin posts in the name of a chat, not of a person."""
    if message.sender_chat is not None:
        chat = message.sender_chat
        return Sender(chat.id, chat.title or chat.username or "a channel", chat.username)
    user = message.from_user
    if user is None:
        return Sender(message.chat.id, message.chat.title or "a channel", message.chat.username)
    return Sender(user.id, user.full_name, user.username)


def asking(message: Message) -> Asking:
    """A message as one that asks. Who writes in the name of a chat asks as that chat."""
    author = message.sender_chat or message.from_user
    return Asking(
        chat_id=message.chat.id,
        message_id=message.message_id,
        thread_id=topic(message),
        asker_id=None if author is None else author.id,
        sent_at=message.date,
        edited_at=message.edit_date,
    )


def replied_message(message: Message) -> Message | None:
    """The message replied to. In a topic every message "replies" to the one that opened the topic: not meant."""
    replied = message.reply_to_message
    if replied is None or replied.forum_topic_created is not None:
        return None
    return replied


def topic(message: Message) -> int | None:
    """The topic to answer in."""
    return message.message_thread_id if message.is_topic_message else None


def _size(size: TelegramPhotoSize) -> PhotoSize:
    return PhotoSize(size.file_id, size.file_unique_id, size.width, size.height, size.file_size)


def _largest(sizes: tuple[PhotoSize, ...]) -> PhotoSize:
    return max(sizes, key=lambda size: size.width * size.height)


def _post(
    message: Message, kind: FileKind, largest: PhotoSize, sizes: tuple[PhotoSize, ...], mime_type: str | None
) -> PhotoPost:
    return PhotoPost(
        chat_id=message.chat.id,
        message_id=message.message_id,
        thread_id=topic(message),
        media_group_id=message.media_group_id,
        sender=sender(message),
        date=message.date,
        caption=_said(message),
        kind=kind,
        file_id=largest.file_id,
        file_unique_id=largest.file_unique_id,
        mime_type=mime_type,
        sizes=sizes,
        spoiler=bool(message.has_media_spoiler),
        protected=bool(message.has_protected_content),
    )


def _said(message: Message) -> str | None:
    """The caption, unless it is a command: that asks the bot something and says nothing of the picture."""
    is_command = any(
        entity.type == MessageEntity.BOT_COMMAND and entity.offset == 0 for entity in message.caption_entities
    )
    return None if is_command else message.caption
