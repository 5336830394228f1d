"""Eyes, ears and fingers: names, roles, contrast, focus, and what the page may load."""

import pytest
import telegram
from playwright.async_api import Page, expect
from telegram import BotCommand, InlineKeyboardButton, InlineKeyboardMarkup

from tests.page.cast import Cast
from tests.page.chat_page import ChatPage
from tests.sandbox.people import png

FOCUS_MARK = """() => {
  const node = document.activeElement, style = getComputedStyle(node);
  return node.matches(":focus-visible") && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
}"""


async def _fill(page: ChatPage, cast: Cast, bot: telegram.Bot) -> None:
    """One of everything that a conversation can hold; all but the fleeting chat action is there at the end."""
    await bot.set_my_commands([BotCommand("search", "find pictures by words")])
    first = await cast.ben.say("Hello https://example.org, see /search", cast.forum)
    food = cast.topics["Food"]
    await cast.cleo.show(png(640, 480, "white"), chat_id=cast.forum, caption="White", message_thread_id=food)
    await cast.ann.show(png(90, 640, "black"), png(640, 90, "white"), png(300, 300), chat_id=cast.forum)
    await cast.ben.show(png(400, 300, "white"), chat_id=cast.forum, spoiler="true")
    await cast.ann.show(png(), chat_id=cast.forum, part="document", caption="The file")
    await cast.ann.say("Answer", cast.forum, reply_to_message_id=first["message_id"])
    html = "<b>Bold</b> <i>it</i> <u>u</u> <s>s</s> <code>code</code> <tg-spoiler>secret</tg-spoiler> <a href='https://x.org'>link</a><pre>pre</pre><blockquote>quoted</blockquote>"
    keys = [[InlineKeyboardButton("More", callback_data="m"), InlineKeyboardButton("Site", url="https://example.org")]]
    await bot.send_message(cast.forum, html, parse_mode="HTML", reply_markup=InlineKeyboardMarkup(keys))
    await bot.set_message_reaction(cast.forum, first["message_id"], "👍")
    await expect(page.message("Bold")).to_be_visible()
    await expect(page.message("Hello").first.locator(".reactions")).to_have_text("👍")
    await bot.send_chat_action(cast.forum, "typing")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_state_has_names_roles_and_contrast(
    page: ChatPage, cast: Cast, bot: telegram.Bot, scheme: str
) -> None:
    """Nothing on show is nameless, misplaced, too small or too faint, in either colour scheme."""
    await page.tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    await _fill(page, cast, bot)
    assert await page.audit() == []
    await page.composer.fill("/s")
    await expect(page.tab.get_by_role("option")).to_be_visible()
    assert await page.audit() == []
    await page.composer.fill("")
    await page.tab.get_by_role("button", name="Under the hood").click()
    for tab in ("Faults", "Settings", "Calls"):
        await page.tab.get_by_role("tab", name=tab).click()
        assert await page.audit() == []
    await page.tab.locator(".calls summary").first.click()
    assert await page.audit() == []
    await page.message("Answer").locator(".bubble").click(button="right")
    assert await page.audit() == []
    await page.tab.get_by_role("menuitem", name="Reply").click()
    assert await page.audit() == []
    await page.attach(png(), png())
    assert await page.audit() == []
    await page.tab.keyboard.press("Escape")
    await page.message("White").locator(".cell").click()
    assert await page.audit() == []


async def test_the_system_decides_until_one_chooses(page: ChatPage) -> None:
    """Dark follows the system; a choice overrides it and outlives a reload."""
    sidebar = page.tab.locator(".sidebar")
    light = await sidebar.evaluate("(node) => getComputedStyle(node).backgroundColor")
    await page.tab.emulate_media(color_scheme="dark")
    await expect(sidebar).not_to_have_css("background-color", light)
    await page.tab.get_by_role("button", name="Colours").click()
    await page.tab.get_by_role("menuitemradio", name="Light").click()
    await expect(sidebar).to_have_css("background-color", light)
    await page.tab.reload()
    await expect(sidebar).to_have_css("background-color", light)


async def test_new_messages_are_announced(page: ChatPage, cast: Cast) -> None:
    """A screen reader hears who wrote what; one's own words are not repeated."""
    await cast.ben.say("Supper is ready", cast.forum)
    await expect(page.tab.locator("#announcer")).to_have_text("Ben: Supper is ready")
    await page.say("Coming")
    await page.shows("Supper is ready", "Coming")
    await expect(page.tab.locator("#announcer")).to_have_text("Ben: Supper is ready")


async def test_focus_is_visible_wherever_tab_leads(page: ChatPage, cast: Cast, bot: telegram.Bot) -> None:
    """Every stop on the way through the page is marked."""
    await _fill(page, cast, bot)
    stops: set[str] = set()
    for _ in range(40):
        await page.tab.keyboard.press("Tab")
        if await page.tab.evaluate("document.activeElement === document.body"):
            break
        assert await page.tab.evaluate(FOCUS_MARK), await _focused(page.tab)
        stops.add(await _focused(page.tab))
    assert {"Message", "Attach pictures or files", "Filter chats"} <= stops


async def _focused(tab: Page) -> str:
    name: str = await tab.evaluate(
        """() => {
          const node = document.activeElement;
          return node.ariaLabel ?? node.labels?.[0]?.innerText.trim() ?? node.innerText;
        }"""
    )
    return name


async def test_nothing_comes_from_elsewhere(page: ChatPage, cast: Cast, bot: telegram.Bot) -> None:
    """The page loads from its own server only, and its policy would let nothing else in."""
    asked: list[str] = []
    page.tab.on("request", lambda request: asked.append(request.url))
    await page.tab.reload()
    await _fill(page, cast, bot)
    assert [url for url in asked if not url.startswith((cast.url, "data:", "blob:"))] == []
    policy = await page.tab.locator("meta[http-equiv='Content-Security-Policy']").get_attribute("content")
    assert policy is not None
    assert policy.startswith("default-src 'self'; img-src 'self' data: blob:;")
    page.expect_complaints("Content Security Policy")
    async with page.tab.expect_console_message(lambda line: "Content Security Policy" in line.text):
        refused = await page.tab.evaluate("() => fetch('http://127.0.0.1:9/').then(() => false, () => true)")
    assert refused
