"""What a message says about its picture and its sender."""

from datetime import UTC, datetime
from typing import Any

import pytest
from telegram import Animation, Chat, Document, ForumTopicCreated, Message, MessageEntity, PhotoSize, User

from handlers.posts import photo_post, replied_message, sender, topic
from search.images import accept_heif
from search.records import FileKind

NOW = datetime(2024, 5, 3, tzinfo=UTC)
GROUP = Chat(-1001, "supergroup", title="Weekend crew")
ANN = User(1, "Ann", is_bot=False, last_name="Lee", username="ann")
SIZES = tuple(PhotoSize(f"f{w}", f"u{w}", w, w // 2) for w in (90, 1280, 320))


@pytest.fixture
def heif() -> None:
    """The optional extra, which tests install."""
    assert accept_heif()


def message(**fields: Any) -> Message:
    return Message(7, NOW, GROUP, **{"from_user": ANN, **fields})


def test_the_key_of_a_photo_is_its_largest_size_wherever_it_stands() -> None:
    """Each size has ids of its own; a repost must be recognised whatever the order of the list."""
    post = photo_post(message(photo=SIZES, caption="hi", has_media_spoiler=True))
    assert post is not None
    assert (post.file_unique_id, post.caption, post.spoiler) == ("u1280", "hi", True)
    assert len(post.sizes) == 3


def test_a_question_in_a_caption_is_found_as_what_the_picture_says() -> None:
    """The next one who asks the same in words would be answered with the last one's question."""
    asked = [MessageEntity(MessageEntity.BOT_COMMAND, 0, len("/search"))]
    post = photo_post(message(photo=SIZES, caption="/search red car", caption_entities=asked))
    assert post is not None
    assert post.caption is None


@pytest.mark.parametrize("mime", ["image/jpeg", "image/png", "image/webp", "image/avif", "image/gif", "IMAGE/HEIC"])
@pytest.mark.usefixtures("heif")
def test_a_picture_sent_as_a_file_is_a_post(mime: str) -> None:
    """Every kind that is read, however its type is written."""
    post = photo_post(message(document=Document("f", "u", file_name="x", mime_type=mime, file_size=5)))
    assert post is not None
    assert post.kind is FileKind.DOCUMENT


@pytest.mark.parametrize("mime", ["application/pdf", "image/svg+xml", "video/mp4", None])
def test_other_files_are_not_taken_for_pictures(mime: str | None) -> None:
    """They would only end as failed."""
    assert photo_post(message(document=Document("f", "u", mime_type=mime))) is None


def test_a_gif_that_telegram_made_a_film_of_is_no_picture() -> None:
    """Telegram sends such an animation as a document too."""
    film = Animation("f", "u", 10, 10, 1)
    assert photo_post(message(animation=film, document=Document("f", "u", mime_type="video/mp4"))) is None


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({}, "Ann Lee"),
        ({"sender_chat": GROUP}, "Weekend crew"),
        ({"sender_chat": Chat(-1002, "channel", title="News")}, "News"),
        ({"from_user": None}, "Weekend crew"),
    ],
    ids=["person", "anonymous admin", "linked channel", "channel"],
)
def test_an_anonymous_admin_is_not_named_as_a_person(fields: dict[str, Any], name: str) -> None:
    """Who posts in the name of a chat is that chat."""
    assert sender(message(**fields)).name == name


def test_a_message_in_a_topic_is_no_reply_to_the_topic() -> None:
    """Telegram makes every message of a topic reply to the one that opened it."""
    opening = message(forum_topic_created=ForumTopicCreated("Food", 0))
    asked = message(reply_to_message=opening, message_thread_id=5, is_topic_message=True)
    assert replied_message(asked) is None
    assert topic(asked) == 5


def test_a_thread_of_replies_is_no_topic() -> None:
    """Groups without topics number reply threads too; answering into them fails."""
    assert topic(message(message_thread_id=5)) is None
