"""The drawer under the hood: what the bot asks, and how it can be made to fail."""

import asyncio

import pytest
import telegram
from playwright.async_api import Route, expect

from sandbox.server import Sandbox
from tests.page.cast import Cast
from tests.page.chat_page import ChatPage
from tests.people import until

STANDING = """async ([chat, status]) => {
  const chats = await (await fetch("/api/chats")).json();
  return chats.find(({ id }) => id === chat).bot === status;
}"""


async def _open(page: ChatPage, tab: str) -> None:
    await page.tab.get_by_role("button", name="Under the hood").click()
    await page.tab.get_by_role("tab", name=tab).click()


async def test_calls_are_listed_live_with_their_bodies(page: ChatPage, cast: Cast, bot: telegram.Bot) -> None:
    """Newest first, with status and time; request and answer unfold."""
    await bot.send_message(cast.forum, "Before the drawer")
    await _open(page, "Calls")
    rows = page.tab.locator(".calls li")
    await expect(rows.first).to_contain_text("sendMessage")
    with pytest.raises(telegram.error.BadRequest):
        await bot.send_message(1, "To nobody")
    await expect(rows.first).to_contain_text("400")
    await rows.first.locator("summary").click()
    await expect(rows.first).to_contain_text("To nobody")
    await expect(rows.first).to_contain_text("chat not found")
    await bot.get_me()
    await page.tab.get_by_role("searchbox", name="Filter by method").fill("getme")
    await expect(rows.first).to_contain_text("getMe")
    await expect(page.tab.locator(".calls")).not_to_contain_text("sendMessage")


async def test_faults_can_be_written_and_taken_back(page: ChatPage, cast: Cast, bot: telegram.Bot) -> None:
    """A fault from the panel hits the next call as written, and is gone then."""
    await _open(page, "Faults")
    await page.tab.get_by_role("button", name="Too many requests").click()
    await page.tab.get_by_label("Method", exact=True).fill("sendMessage")
    await page.tab.get_by_label("Retry after, s").fill("7")
    await page.tab.get_by_role("button", name="Add fault").click()
    faults = page.tab.get_by_role("list", name="Faults to come")
    await expect(faults).to_contain_text("sendMessage")
    refused = await cast.http.post(f"/bot{bot.token}/sendMessage", json={"chat_id": cast.forum, "text": "Too fast"})
    assert (refused.status_code, refused.json()["parameters"]) == (429, {"retry_after": 7})
    await expect(faults).to_contain_text("None. Telegram behaves.")
    await page.tab.get_by_role("button", name="Connection dropped").click()
    await page.tab.get_by_role("button", name="Add fault").click()
    await page.tab.get_by_role("button", name="Remove the fault for sendMessage").click()
    await expect(faults).to_contain_text("None. Telegram behaves.")
    await bot.send_message(cast.forum, "Through again")
    await expect(page.message("Through again")).to_be_visible()


async def test_switches_change_the_world(page: ChatPage, sandbox: Sandbox, bot: telegram.Bot) -> None:
    """Privacy mode and flood limits are what the switches say."""
    await _open(page, "Settings")
    privacy = page.tab.get_by_role("switch", name="Privacy mode")
    await expect(privacy).not_to_be_checked()
    await privacy.check()
    await page.tab.get_by_role("switch", name="Flood limits").check()

    async def is_told() -> bool:
        return sandbox.world.settings.flood_limits and not (await bot.get_me()).can_read_all_group_messages

    await until(is_told, "the server to know")
    await page.tab.reload()
    await page.tab.get_by_role("tab", name="Settings").click()
    await expect(privacy).to_be_checked()
    await expect(page.tab.get_by_role("switch", name="Flood limits")).to_be_checked()


async def test_a_late_answer_undoes_a_switch(page: ChatPage, sandbox: Sandbox) -> None:
    """Nothing can be switched before the server has said how it stands."""

    async def late(route: Route) -> None:
        await asked.wait()
        await route.continue_()

    asked = asyncio.Event()
    await page.tab.route("**/api/settings", late)
    await _open(page, "Settings")
    flood = page.tab.get_by_role("switch", name="Flood limits")
    await expect(flood).to_be_disabled()
    asked.set()
    await flood.check()
    await expect(flood).to_be_checked()


async def test_the_bot_can_be_sent_out_and_asked_in(page: ChatPage, cast: Cast, sandbox: Sandbox) -> None:
    """The chat's menu removes the bot and adds it again."""
    for action, status in (("Remove the bot", "kicked"), ("Add the bot", "member")):
        await page.tab.get_by_role("button", name="More about this chat").click()
        await page.tab.get_by_role("menuitem", name=action).click()
        await page.tab.wait_for_function(STANDING, arg=[cast.forum, status])
    await expect(page.tab.locator(".service").last).to_contain_text("added Sandbox Bot")
