"""The live stream, and what happens when it breaks."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import expect

from sandbox.server import Sandbox, serve_in_thread
from tests.page.cast import Cast
from tests.page.chat_page import ChatPage
from tests.page.relay import Relay
from tests.sandbox.people import png
from tests.sandbox.spec import checked

SCROLL = """([text, step]) => {
  const line = document.getElementById("timeline");
  if (line.textContent.includes(text)) return true;
  line.scrollTop = Math.max(0, line.scrollTop + step);
  return false;
}"""

FEW = "() => document.querySelectorAll('article.message').length <= 80"


@pytest_asyncio.fixture(loop_scope="session")
async def relay(page: ChatPage, sandbox: Sandbox) -> AsyncIterator[Relay]:
    """A wire that can be cut, with the page at its end."""
    async with Relay(sandbox.url) as wire:
        await page.open(wire.url)
        page.expect_complaints("net::ERR")  # browsers report every refused connection
        yield wire
        await page.tab.goto("about:blank")


async def test_nothing_is_lost_or_doubled_by_a_broken_stream(page: ChatPage, cast: Cast, relay: Relay) -> None:
    """What was sent, edited and deleted during the gap is right once the stream is back."""
    kept = await cast.ben.say("Kept", cast.forum)
    edited = await cast.ben.say("Before", cast.forum)
    gone = await cast.ben.say("Gone", cast.forum)
    await page.shows("Kept", "Before", "Gone")
    relay.cut()
    await expect(page.tab.locator("#chat-head .status")).to_have_text("Connecting…")
    await cast.edit(edited, text="After")
    await cast.remove(gone)
    for i in range(3):
        await cast.ben.say(f"Missed {i}", cast.forum)
    await cast.ben.say("Elsewhere", cast.flat)
    relay.mend()
    await page.shows("Kept", "After", "Missed 0", "Missed 1", "Missed 2")
    await cast.ben.say("Live again", cast.forum)
    await page.shows("Kept", "After", "Missed 0", "Missed 1", "Missed 2", "Live again")
    await expect(page.tab.locator(".chat-row", has_text="Flat 12")).to_contain_text("Ben: Elsewhere")
    await expect(page.tab.locator("#chat-head .status")).not_to_have_text("Connecting…")
    assert kept["text"] == "Kept"


async def test_news_between_the_first_list_and_the_stream_are_lost(page: ChatPage, cast: Cast) -> None:
    """The stream is open before any messages are read."""
    order: list[str] = []
    page.tab.on("request", lambda request: order.append(f"asked {request.url.removeprefix(cast.url)}"))
    page.tab.on("response", lambda response: order.append(f"given {response.url.removeprefix(cast.url)}"))
    await cast.ben.say("There already", cast.forum)
    await page.tab.reload()
    await page.shows("There already")
    read = next(i for i, line in enumerate(order) if line.startswith("asked") and "/messages?" in line)
    assert order.index("given /api/events") < read


async def test_a_restarted_sandbox_replaces_what_was_shown(page: ChatPage, cast: Cast, relay: Relay) -> None:
    """Its memory is empty, so the old messages go and the stream starts anew."""
    await cast.ben.say("From the old world", cast.forum)
    await page.shows("From the old world")
    relay.cut()
    with serve_in_thread() as second, checked(second):
        async with Cast(second) as again:
            await again.gather()
            relay.mend(second.url)
            await expect(page.messages).to_have_count(0)
            await again.ben.say("From the new world", again.forum)
            await page.shows("From the new world")
            await page.tab.goto("about:blank")


async def test_a_message_that_cannot_be_sent_waits_in_the_box(page: ChatPage, relay: Relay) -> None:
    """Without a connection the text stays, and goes when there is one."""
    relay.cut()
    await page.say("Can you hear me?")
    await expect(page.tab.locator(".toast.error").last).to_contain_text("does not answer")
    await expect(page.composer).to_have_value("Can you hear me?")
    relay.mend()
    await page.composer.press("Enter")
    await page.shows("Can you hear me?")


async def test_long_chats_load_upwards_and_keep_the_place(page: ChatPage, cast: Cast) -> None:
    """Only the newest are drawn; scrolling up brings the rest in order, and never more than a few hundred at once."""
    for i in range(400):
        await cast.ben.say(f"Number {i}.", cast.forum)
    await page.tab.reload()
    await expect(page.message("Number 399.")).to_be_in_viewport()
    await page.tab.wait_for_function(FEW)
    for text, step in (("Number 0.", -900), ("Number 399.", 900)):
        numbers = await _scrolled_to(page, text, step)
        assert numbers == list(range(numbers[0], numbers[-1] + 1))
        assert len(numbers) <= 240
    await page.tab.evaluate("timeline.scrollTop -= 900")
    await page.tab.get_by_role("button", name="Go to the newest message").click()
    await expect(page.message("Number 399.")).to_be_in_viewport()
    await page.tab.wait_for_function(FEW)


async def _scrolled_to(page: ChatPage, text: str, step: int) -> list[int]:
    """Scrolls by steps until a text is drawn → the numbers of all messages drawn then."""
    await page.tab.wait_for_function(SCROLL, arg=[text, step], polling=50)
    texts = await page.tab.locator("article.message .text").all_text_contents()
    return [int(text.split(".")[0].removeprefix("Number ")) for text in texts]


async def test_reading_above_is_not_disturbed_by_news(page: ChatPage, cast: Cast) -> None:
    """Whoever has scrolled up stays there; a button counts what came and leads down."""
    for i in range(60):
        await cast.ben.say(f"Number {i}.", cast.forum)
    await expect(page.message("Number 59.")).to_be_in_viewport()
    await page.tab.evaluate("timeline.scrollTop -= 900")
    await expect(page.tab.locator("#to-bottom")).to_be_visible()
    before = (await page.resting_place("Number 40."))["y"]
    await cast.ben.show(png(500, 500), chat_id=cast.forum, caption="News")
    await expect(page.tab.locator("#to-bottom .count")).to_have_text("1")
    assert abs(before - (await page.resting_place("Number 40."))["y"]) < 1
    await page.tab.locator("#to-bottom").click()
    await expect(page.message("News")).to_be_in_viewport()
    await expect(page.tab.locator("#to-bottom")).to_be_hidden()


async def test_pictures_that_load_late_move_nothing(page: ChatPage, cast: Cast) -> None:
    """The room for a picture is there before its bytes are."""
    await page.tab.emulate_media(reduced_motion="reduce")
    await page.tab.route("**/api/files/*", lambda route: route.abort())
    page.expect_complaints("net::ERR_FAILED")
    await cast.ben.show(png(900, 300), chat_id=cast.forum, caption="Wide")
    await cast.ben.say("Below", cast.forum)
    await expect(page.message("Wide").locator(".cell.broken")).to_be_visible()
    missing = await page.resting_place("Below")
    await page.tab.unroute_all()
    await page.tab.reload()
    await page.tab.wait_for_function("() => document.querySelector('.cell img')?.naturalWidth > 0")
    assert await page.resting_place("Below") == missing
