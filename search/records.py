"""The records of `storage` that the layers above may use: they import them from here, never from `storage`."""

from storage.chat_records import Chat, ChatCounts, ChatInfo
from storage.chat_settings import MOST_PHOTOS, ChatSettings
from storage.questions import Question, Sent
from storage.records import FileKind, Photo, PhotoPost, PhotoSize, PhotoSource, PhotoState, Posting, Remembered, Sender
from storage.stand_ins import Moment

__all__ = [
    "MOST_PHOTOS",
    "Chat",
    "ChatCounts",
    "ChatInfo",
    "ChatSettings",
    "FileKind",
    "Moment",
    "Photo",
    "PhotoPost",
    "PhotoSize",
    "PhotoSource",
    "PhotoState",
    "Posting",
    "Question",
    "Remembered",
    "Sender",
    "Sent",
]
