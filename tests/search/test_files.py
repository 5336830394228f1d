"""Which of a photo's sizes is downloaded."""

from datetime import UTC, datetime

import pytest

from search.errors import FileGone
from search.files import file_to_embed, smallest_covering
from search.records import FileKind, PhotoPost, PhotoSize, Sender

SIZES = tuple(PhotoSize(f"f{w}", f"u{w}", w, h, w * 100) for w, h in ((90, 60), (320, 213), (800, 533), (1280, 853)))


@pytest.mark.parametrize(("side", "width"), [(60, 90), (64, 320), (213, 320), (224, 800), (853, 1280), (2_000, 1280)])
def test_no_more_is_downloaded_than_the_model_sees(side: int, width: int) -> None:
    """The smallest size whose shorter side covers the model's input, else the largest there is."""
    assert smallest_covering(SIZES, side).width == width


def test_a_thumbnail_does_not_stand_for_the_picture() -> None:
    """A size that only just covers the input has been reduced and compressed too far."""
    post = PhotoPost(
        chat_id=1,
        message_id=1,
        sender=Sender(1, "Ann"),
        date=datetime.now(UTC),
        file_id="f1280",
        file_unique_id="u1280",
        sizes=SIZES,
    )
    assert file_to_embed(post, 60, max_bytes=1) == "f320"
    assert file_to_embed(post, 224, max_bytes=1) == "f800"


def test_a_file_that_the_bot_api_does_not_hand_out_is_not_asked_for() -> None:
    """Over 20 MB the answer is known beforehand."""
    whole = PhotoSize("f", "u", 0, 0, 21_000_000)
    post = PhotoPost(
        chat_id=1,
        message_id=1,
        sender=Sender(1, "Ann"),
        date=datetime.now(UTC),
        kind=FileKind.DOCUMENT,
        file_id="f",
        file_unique_id="u",
        sizes=(whole,),
    )
    assert file_to_embed(post, 224, max_bytes=50_000_000) == "f"
    with pytest.raises(FileGone, match="21 MB"):
        file_to_embed(post, 224, max_bytes=20_000_000)
