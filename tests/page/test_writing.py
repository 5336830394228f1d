"""What one writes, answers, corrects, takes back and attaches."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.page.cast import Cast
from tests.page.chat_page import ChatPage
from tests.sandbox.people import png


async def _newest(cast: Cast, count: int = 1) -> list[dict[str, Any]]:
    return (await cast.messages(cast.forum))[-count:]


async def test_enter_sends_and_empties_the_box(page: ChatPage, cast: Cast) -> None:
    """Enter sends, Shift+Enter breaks the line."""
    await page.composer.press_sequentially("Two")
    await page.composer.press("Shift+Enter")
    await page.composer.press_sequentially("lines")
    await page.composer.press("Enter")
    await page.shows("Two\nlines")
    await expect(page.composer).to_have_value("")
    assert (await cast.texts(cast.forum))[-1] == "Two\nlines"


async def test_a_reply_quotes_and_reaches_the_same_topic(page: ChatPage, cast: Cast) -> None:
    """A reply written in the view of all topics stays in the topic of what it answers."""
    asked = await cast.ben.say("Who has the boat?", cast.forum, message_thread_id=cast.topics["Trips"])
    await page.do("Who has the boat?", "Reply")
    await page.say("Cleo has")
    await page.shows("Who has the boat?", "Cleo has")
    sent = (await _newest(cast))[0]
    assert sent["reply_to_message"]["message_id"] == asked["message_id"]
    assert sent["message_thread_id"] == cast.topics["Trips"]


async def test_editing_changes_the_message_and_not_the_draft(page: ChatPage, cast: Cast) -> None:
    """The edited text is saved; the box is empty afterwards."""
    await page.say("Tea at fuor")
    await page.do("Tea at fuor", "Edit")
    await expect(page.composer).to_have_value("Tea at fuor")
    await page.say("Tea at four")
    await page.shows("Tea at four")
    await expect(page.composer).to_have_value("")
    assert (await _newest(cast))[0]["text"] == "Tea at four"


async def test_others_messages_offer_no_edit(page: ChatPage, cast: Cast) -> None:
    """Edit is only in the menu of one's own messages."""
    await cast.ben.say("Mine", cast.forum)
    await page.message("Mine").locator(".bubble").click(button="right")
    await expect(page.tab.get_by_role("menuitem", name="Reply")).to_be_visible()
    await expect(page.tab.get_by_role("menuitem", name="Edit")).to_have_count(0)


async def test_deleting_asks_first(page: ChatPage, cast: Cast) -> None:
    """Cancel keeps the message, Delete takes it out for everyone."""
    await page.say("Oops")
    for answer in ("Cancel", "Delete"):
        await page.do("Oops", "Delete")
        await page.tab.get_by_role("dialog").get_by_role("button", name=answer).click()
    await expect(page.messages).to_have_count(0)
    assert "Oops" not in await cast.texts(cast.forum)


async def test_one_picked_photo_is_sent_with_its_caption(page: ChatPage, cast: Cast) -> None:
    """What stood in the box becomes the caption."""
    await page.composer.fill("From the bridge")
    await page.attach(png(320, 200))
    await page.tab.get_by_role("button", name="Send", exact=True).last.click()
    await expect(page.message("From the bridge").locator("img")).to_be_visible()
    await expect(page.composer).to_have_value("")
    sent = (await _newest(cast))[0]
    assert (sent["caption"], sent["photo"][-1]["width"]) == ("From the bridge", 320)


@pytest.mark.parametrize("how", ["paste", "drop"])
async def test_several_pictures_become_one_album(page: ChatPage, cast: Cast, how: str) -> None:
    """Pasted or dropped together, they are sent together."""
    await page.give(how, png(60, 60, "red"), png(60, 60, "green"), png(60, 60, "blue"))
    caption = page.tab.get_by_role("textbox", name="Caption")
    await caption.fill("Three colours")
    await caption.press("Enter")
    await expect(page.message("Three colours").locator(".cell")).to_have_count(3)
    assert len({m.get("media_group_id") for m in await _newest(cast, 3)}) == 1


async def test_twelve_pictures_become_two_albums(page: ChatPage, cast: Cast) -> None:
    """An album holds ten at most; the rest follows."""
    await page.give("drop", *[png(40, 40, (20 * i, 90, 90)) for i in range(12)])
    await page.tab.get_by_role("textbox", name="Caption").press("Enter")
    await expect(page.messages).to_have_count(2)
    await expect(page.messages.first.locator(".cell")).to_have_count(10)


async def test_a_picture_can_go_as_a_file_or_hidden(page: ChatPage, cast: Cast) -> None:
    """The two boxes in the preview do what they say."""
    for option in ("Send as file", "Hide with a spoiler"):
        await page.attach(png(300, 300))
        await page.tab.get_by_label(option).check()
        await page.tab.get_by_role("textbox", name="Caption").press("Enter")
        await expect(page.tab.get_by_role("dialog")).to_have_count(0)
    as_file, hidden = await _newest(cast, 2)
    assert as_file["document"]["file_name"] == "picture0.png"
    assert hidden["has_media_spoiler"] is True


async def test_a_refused_message_comes_back_into_the_box(page: ChatPage, cast: Cast) -> None:
    """What could not be sent is not lost, and the reason is said."""
    long = "x" * 4097
    page.expect_complaints("status of 400")
    await page.say(long)
    await expect(page.tab.locator(".toast.error")).to_contain_text("too long")
    await expect(page.composer).to_have_value(long)


async def test_drafts_wait_in_their_chat(page: ChatPage) -> None:
    """Half a message stays where it was begun."""
    await page.composer.fill("Half a tho")
    await page.chat("Flat 12")
    await expect(page.composer).to_have_value("")
    await page.chat("Weekend pictures")
    await expect(page.composer).to_have_value("Half a tho")


async def test_channels_are_written_by_their_administrators(page: ChatPage, cast: Cast) -> None:
    """Others are told so instead of offered a box; an administrator posts in the channel's name."""
    await page.chat("City walks")
    await expect(page.tab.get_by_text("Only the channel's administrators can post here.")).to_be_visible()
    await page.become("Ben")
    await page.say("Meet at the tower")
    await expect(page.message("Meet at the tower")).to_contain_text("City walks")


async def test_someone_outside_is_offered_to_join(page: ChatPage, cast: Cast) -> None:
    """Cleo is not in the flat's group until she joins."""
    await page.become("Cleo")
    await page.chat("Flat 12")
    await page.tab.get_by_role("button", name="Join as Cleo").click()
    await page.say("Hello flat")
    await expect(page.message("Hello flat")).to_be_visible()
