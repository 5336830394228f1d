"""Answers as text."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from handlers.errors import sentence
from handlers.render import CAPTION_LIMIT, Listed, answer_caption, message_link, nothing_found, stats, utf16_length
from search.errors import SeveralCalled
from search.ranking import Hit
from search.records import ChatCounts, ChatInfo, Photo, Sender
from search.verdict import Verdict
from tests.builders import CHAT, a_photo

SUPERGROUP = ChatInfo(CHAT, "supergroup", "Weekend crew")
COUNTS = ChatCounts(indexed=8, waiting=0, failed=0, since=datetime(2023, 11, 4, tzinfo=UTC))
PHOTO = a_photo()


@pytest.mark.parametrize(
    ("photo", "chat", "link"),
    [
        (PHOTO, SUPERGROUP, "https://t.me/c/1234567890/77"),
        (replace(PHOTO, thread_id=5), SUPERGROUP, "https://t.me/c/1234567890/5/77"),
        (PHOTO, replace(SUPERGROUP, username="crew"), "https://t.me/crew/77"),
        (PHOTO, replace(SUPERGROUP, kind="channel"), "https://t.me/c/1234567890/77"),
        (PHOTO, replace(SUPERGROUP, kind="group"), None),
        (PHOTO, ChatInfo(5, "private", "Ann", "ann"), None),
        (replace(PHOTO, origin_chat_id=-42), SUPERGROUP, None),
    ],
    ids=["private supergroup", "topic", "public", "channel", "basic group", "private", "before migration"],
)
def test_a_link_does_not_lead_nowhere(photo: Photo, chat: ChatInfo, link: str | None) -> None:
    """Telegram has links to messages of supergroups and channels only; elsewhere none is shown."""
    assert message_link(photo, chat) == link


def test_a_name_cannot_write_html() -> None:
    """Names are people's own text."""
    photo = replace(PHOTO, sender=Sender(1, "<b>Ann</b> & co"))
    assert "&lt;b&gt;Ann&lt;/b&gt; &amp; co, 3 May 2024" in answer_caption(
        Listed([Hit(photo, 0.3)], SUPERGROUP, COUNTS)
    )


def test_ten_long_names_do_not_exceed_the_caption() -> None:
    """What Telegram counts stays within 1,024 units, and the waiting line is kept."""
    photo = replace(PHOTO, sender=Sender(1, "👩‍👩‍👧‍👦" * 60))
    basic = replace(SUPERGROUP, kind="group")
    page = Listed(
        [Hit(photo, 0.3, posted=1_000, reason="in the caption: " + "👩‍👩‍👧‍👦" * 60)] * 10,
        basic,
        replace(COUNTS, waiting=3),
        Verdict.UNSURE,
        first=991,
    )
    caption = answer_caption(page)
    assert utf16_length(caption) <= CAPTION_LIMIT
    assert caption.endswith("(3 photos still waiting to be indexed)")
    assert caption.startswith("I am not sure about these:\n991. posted 1,000 times, first by ")


def test_a_line_says_why_a_photo_is_a_hit() -> None:
    """Reposts are counted with the first one's author and day; words that were found stand behind, as plain text."""
    hit = Hit(PHOTO, 0.3, posted=5, reason="in the caption: <b>red</b> car")
    assert answer_caption(Listed([hit], replace(SUPERGROUP, kind="group"), COUNTS, first=6, place="6 of 6")) == (
        "6. posted 5 times, first by Ann on 3 May 2024 – in the caption: &lt;b&gt;red&lt;/b&gt; car\n6 of 6"
    )


def test_a_name_turns_the_line_around() -> None:
    """Hebrew and Arabic stand isolated; marks that end an isolation or override directions are left out."""
    for name, shown in (("\u05d0\u05e0\u05d4", "\u2068\u05d0\u05e0\u05d4\u2069"), ("A\u2069\u202enn\u202c", "Ann")):
        hit = Hit(replace(PHOTO, sender=replace(PHOTO.sender, name=name)), 0.3)
        basic = replace(SUPERGROUP, kind="group")
        assert answer_caption(Listed([hit], basic, COUNTS)) == f"1. {shown}, 3 May 2024"
    assert "\u202e" not in sentence(SeveralCalled("Ann", ["Ann\u202e", "Ann (@ann)"]))


def test_days_are_those_of_greenwich() -> None:
    """Of the zone: half an hour before midnight there is the next day in Berlin."""
    hit = Hit(replace(PHOTO, date=datetime(2024, 5, 3, 22, 30, tzinfo=UTC)), 0.3)
    listed = Listed([hit], replace(SUPERGROUP, kind="group"), COUNTS, zone=ZoneInfo("Europe/Berlin"))
    assert answer_caption(listed) == "1. Ann, 4 May 2024"


def test_an_empty_answer_says_why() -> None:
    """Nothing there, nothing yet, nothing readable and nothing like it are four different things."""
    sentences = {
        nothing_found(ChatCounts(0, 0, 0, None)),
        nothing_found(replace(COUNTS, indexed=0, waiting=2)),
        nothing_found(replace(COUNTS, indexed=0, failed=2)),
        nothing_found(COUNTS),
    }
    assert len(sentences) == 4


def test_stats_count_what_failed_and_what_waits() -> None:
    """All four figures of the archive."""
    text = stats(ChatCounts(1_234, 5, 6, datetime(2023, 11, 4, tzinfo=UTC)))
    assert text == "1,234 photos indexed since 4 Nov 2023. 5 waiting. 6 could not be read."


def test_photos_of_a_long_page_have_no_line() -> None:
    """Ten photos have ten lines: reasons are shortened for that, then names."""
    long = Hit(PHOTO, 0.3, posted=12, reason="in the caption: " + "a very long quotation " * 5)
    wordy = replace(PHOTO, sender=Sender(1, "Maximiliana Konstantinopolskaya-Wellington"))
    emoji = replace(PHOTO, sender=Sender(1, "👩" * 60))
    basic = replace(SUPERGROUP, kind="group")
    for photo in (PHOTO, wordy, emoji):
        page = Listed([replace(long, photo=photo)] * 10, basic, replace(COUNTS, waiting=3), Verdict.UNSURE, first=991)
        caption = answer_caption(page)
        assert utf16_length(caption) <= CAPTION_LIMIT
        assert [line.partition(".")[0] for line in caption.splitlines()[1:-1]] == [str(991 + at) for at in range(10)]
        assert photo is not PHOTO or "Ann on 3 May 2024 – in the caption: " in caption
