"""Who one is, which chat is open, which topic is on show."""

import re

from playwright.async_api import expect

from sandbox.server import serve_in_thread
from tests.page.cast import Cast
from tests.page.chat_page import ChatPage
from tests.sandbox.spec import checked


async def test_being_someone_else_turns_the_bubbles_round(page: ChatPage, cast: Cast) -> None:
    """One's own messages are on the right, whoever one is, and what is written is theirs."""
    await page.say("From Ann")
    own = page.tab.locator(".run.mine article")
    await expect(own).to_have_count(1)
    await page.become("Ben")
    await expect(own).to_have_count(0)
    await page.say("From Ben")
    await expect(own).to_have_count(1)
    assert (await cast.messages(cast.forum))[-1]["from"]["id"] == cast.ben.id


async def test_who_one_is_outlives_a_reload(page: ChatPage) -> None:
    """The tab remembers it."""
    await page.become("Cleo")
    await page.tab.reload()
    await expect(page.tab.locator("#me")).to_contain_text("Cleo")


async def test_private_chats_are_ones_own(page: ChatPage, cast: Cast) -> None:
    """The dialog with the bot changes with the person; nobody reads another's."""
    await cast.ben.say("Ben's secret")
    await page.chat("Sandbox Bot")
    await expect(page.messages).to_have_count(0)
    await page.say("Ann's secret")
    await page.shows("Ann's secret")
    await page.become("Ben")
    await page.shows("Ben's secret")


async def test_a_topic_shows_and_takes_only_its_own(page: ChatPage, cast: Cast) -> None:
    """Messages are filtered by topic, and one written there belongs there."""
    await cast.ben.say("In general", cast.forum)
    await cast.ben.say("Soup", cast.forum, message_thread_id=cast.topics["Food"])
    await page.shows("In general", "Soup")
    await page.topic("Food")
    await page.shows("Soup")
    await page.say("Bread")
    await page.shows("Soup", "Bread")
    assert (await cast.messages(cast.forum))[-1]["message_thread_id"] == cast.topics["Food"]
    await page.topic("General")
    await page.shows("In general")


async def test_a_quiet_topic_is_found_far_up(page: ChatPage, cast: Cast) -> None:
    """Its messages are read from the server though hundreds elsewhere are newer."""
    await cast.ben.say("Soup", cast.forum, message_thread_id=cast.topics["Food"])
    for i in range(150):
        await cast.ben.say(f"Talk {i}", cast.forum)
    await page.tab.reload()
    await expect(page.message("Talk 149")).to_be_visible()
    await page.topic("Food")
    await page.shows("Soup")


async def test_a_new_topic_gets_its_tab(page: ChatPage, cast: Cast) -> None:
    """Made in the page, it is there at once."""
    await page.tab.get_by_role("button", name="New topic").click()
    await page.tab.get_by_role("textbox", name="Name").fill("Boats")
    await page.tab.get_by_role("button", name="Create", exact=True).click()
    await page.topic("Boats")
    await expect(page.tab.get_by_role("button", name="Boats", exact=True)).to_have_attribute("aria-pressed", "true")


async def test_unread_messages_are_counted_until_read(page: ChatPage, cast: Cast) -> None:
    """Only messages of others in chats that are not open count."""
    await cast.ben.say("Here", cast.forum)
    for text in ("One", "Two"):
        await cast.ben.say(text, cast.flat)
    row = page.tab.locator(".chat-row", has_text="Flat 12")
    await expect(row.locator(".badge")).to_have_text("2 unread")
    await expect(row).to_contain_text("Ben: Two")
    await page.chat("Flat 12")
    await expect(row.locator(".badge")).to_have_count(0)
    await expect(page.tab.locator(".chat-row .badge")).to_have_count(0)


async def test_back_returns_to_the_last_chat(page: ChatPage) -> None:
    """The address names the chat, so the browser's Back and a reload work."""
    await page.chat("Flat 12")
    await page.tab.reload()
    await expect(page.title).to_have_text("Flat 12")
    await page.tab.go_back()
    await expect(page.title).to_have_text("Weekend pictures")


async def test_narrow_screens_show_list_or_chat(page: ChatPage, cast: Cast) -> None:
    """On a telephone one is in the list or in a chat, and nothing sticks out sideways."""
    await cast.ben.say("A long word: " + "x" * 300, cast.forum)
    await page.tab.set_viewport_size({"width": 360, "height": 700})
    chats = page.tab.get_by_role("navigation", name="Chats")
    await expect(chats).to_be_hidden()
    await expect(page.message("A long word")).to_be_visible()
    assert await page.tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await page.tab.evaluate("timeline.scrollWidth <= timeline.clientWidth")
    await page.tab.get_by_role("button", name="Back to the chats").click()
    await expect(chats).to_be_visible()
    await expect(page.composer).to_be_hidden()
    await page.chat("Flat 12")
    await expect(page.composer).to_be_visible()


async def test_a_group_that_becomes_a_supergroup_stays_open(page: ChatPage, cast: Cast) -> None:
    """The page follows to the new chat and no longer lists the old one."""
    await page.chat("Flat 12")
    await page.tab.get_by_role("button", name="More about this chat").click()
    await page.tab.get_by_role("menuitem", name="Make it a supergroup").click()
    await expect(page.tab).not_to_have_url(re.compile(f"#{cast.flat}$"))
    await expect(page.tab.locator("#chat-head .status")).to_contain_text("members")
    await expect(page.tab.locator(".chat-row", has_text="Flat 12")).to_have_count(1)
    await page.say("Still here")
    await expect(page.message("Still here")).to_be_visible()
    assert "Still here" not in await cast.texts(cast.flat)


async def test_a_new_person_can_be_made(page: ChatPage) -> None:
    """One is that person at once."""
    await page.tab.locator("#me").click()
    await page.tab.get_by_role("menuitem", name="New person…").click()
    await page.tab.get_by_role("textbox", name="First name").fill("Dora")
    await page.tab.get_by_role("button", name="Create", exact=True).click()
    await expect(page.tab.locator("#me")).to_contain_text("Dora")


async def test_the_first_person_of_an_empty_world(page: ChatPage) -> None:
    """Nobody is there, so one is asked to begin, and can talk to the bot and make a group."""
    with serve_in_thread() as empty, checked(empty):
        await page.tab.goto(empty.url)
        await page.tab.get_by_role("button", name="New person", exact=True).click()
        await page.tab.get_by_role("textbox", name="First name").fill("Eve")
        await page.tab.get_by_role("button", name="Create", exact=True).click()
        await expect(page.title).to_have_text("Sandbox Bot")
        await page.tab.get_by_role("button", name="Start", exact=True).click()
        await page.shows("/start")
        await page.tab.get_by_role("button", name="New chat").click()
        await page.tab.get_by_role("textbox", name="Name").fill("My group")
        await page.tab.get_by_role("button", name="Create", exact=True).click()
        await expect(page.title).to_have_text("My group")
        await page.say("Hello, me")
        await page.shows("Hello, me")
        await page.tab.goto("about:blank")
