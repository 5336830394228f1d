"""Everything without a mouse."""

from playwright.async_api import expect

from tests.page.cast import Cast
from tests.page.chat_page import ChatPage
from tests.sandbox.people import png


async def test_a_whole_visit_without_a_mouse(page: ChatPage, cast: Cast) -> None:
    """Choose a chat, read upwards, reply to a message, correct the answer, delete it."""
    keyboard = page.tab.keyboard
    await cast.ben.say("Anyone for tea?", cast.flat)
    await cast.ben.say("Or coffee", cast.flat)
    row = page.tab.locator(".chat-row", has_text="Flat 12")
    await expect(row).to_contain_text("Or coffee")
    await page.tab.locator(".chat-row").first.focus()
    for _ in range(await row.evaluate("(node) => [...document.querySelectorAll('.chat-row')].indexOf(node)")):
        await keyboard.press("ArrowDown")
    await expect(row).to_be_focused()
    await keyboard.press("Enter")
    await expect(page.title).to_have_text("Flat 12")
    await expect(page.message("Or coffee")).to_be_visible()
    await _tab_back_to_the_messages(page)
    await page.tab.locator("article").last.focus()
    await keyboard.press("ArrowUp")
    await expect(page.message("Anyone for tea?")).to_be_focused()
    await keyboard.press("r")
    await expect(page.composer).to_be_focused()
    await keyboard.type("Yes, green")
    await keyboard.press("Enter")
    await expect(page.message("Yes, green")).to_be_visible()
    await expect(page.composer).to_have_value("")
    await keyboard.press("ArrowUp")
    await expect(page.composer).to_have_value("Yes, green")
    await keyboard.type(" please")
    await keyboard.press("Enter")
    await expect(page.message("Yes, green please")).to_contain_text("edited")
    await expect(page.composer).to_have_value("")  # only then has it done with the focus
    await page.message("Yes, green please").focus()
    await keyboard.press("Enter")
    await expect(page.tab.get_by_role("menuitem").first).to_be_visible()
    await keyboard.press("End")
    await expect(page.tab.get_by_role("menuitem", name="Delete")).to_be_focused()
    await keyboard.press("Enter")
    await expect(page.tab.get_by_role("dialog").get_by_role("button", name="Delete")).to_be_focused()
    await keyboard.press("Enter")
    await expect(page.message("Yes, green please")).to_have_count(0)


async def _tab_back_to_the_messages(page: ChatPage) -> None:
    """From the box; a few steps."""
    await page.composer.focus()
    for _ in range(20):
        await page.tab.keyboard.press("Shift+Tab")
        if await page.tab.evaluate("document.activeElement.closest('#timeline') !== null"):
            return
    raise AssertionError("the messages are no stop on the way")


async def test_only_the_message_in_hand_is_a_tab_stop(page: ChatPage, cast: Cast) -> None:
    """Hundreds of messages are one stop, whose own buttons follow it."""
    for i in range(20):
        await cast.ben.show(png(), chat_id=cast.forum, caption=f"Picture {i}.")
    await expect(page.message("Picture 19.")).to_be_visible()
    stops = page.tab.locator("#timeline article[tabindex='0']")
    await expect(stops).to_have_count(1)
    await _tab_back_to_the_messages(page)
    await page.tab.keyboard.press("Escape")
    await expect(page.message("Picture 19.")).to_be_focused()
    await page.tab.keyboard.press("Tab")
    await expect(page.tab.get_by_role("button", name="Open Photo: Picture 19.")).to_be_focused()


async def test_pictures_are_leafed_through_with_arrows(page: ChatPage, cast: Cast) -> None:
    """The arrows go from picture to picture, Escape returns to where one was."""
    for name in ("First", "Second", "Third"):
        await cast.ben.show(png(200, 100), chat_id=cast.forum, caption=name)
    await expect(page.message("Third")).to_be_visible()
    await page.message("Second").focus()
    await page.tab.keyboard.press("Tab")
    await expect(page.tab.get_by_role("button", name="Open Photo: Second")).to_be_focused()
    await page.tab.keyboard.press("Enter")
    box = page.tab.get_by_role("dialog", name="Picture")
    await expect(box.locator(".caption")).to_have_text("Second")
    await page.tab.keyboard.press("ArrowRight")
    await expect(box.locator(".caption")).to_have_text("Third")
    await expect(box.get_by_role("button", name="Next picture")).to_be_disabled()
    await page.tab.keyboard.press("ArrowLeft")
    await page.tab.keyboard.press("ArrowLeft")
    await expect(box.locator(".caption")).to_have_text("First")
    await page.tab.keyboard.press("Escape")
    await expect(page.tab.get_by_role("button", name="Open Photo: Second")).to_be_focused()


async def test_menus_are_walked_with_arrows_and_give_the_focus_back(page: ChatPage) -> None:
    """Up, Down, first letters, Escape."""
    await page.tab.locator("#me").focus()
    await page.tab.keyboard.press("Enter")
    await expect(page.tab.get_by_role("menuitemradio", name="Ann")).to_be_focused()
    await page.tab.keyboard.press("ArrowDown")
    await expect(page.tab.get_by_role("menuitemradio", name="Ben")).to_be_focused()
    await page.tab.keyboard.press("n")
    await expect(page.tab.get_by_role("menuitem", name="New person…")).to_be_focused()
    await page.tab.keyboard.press("Escape")
    await expect(page.tab.locator("#me")).to_be_focused()


async def test_escape_lets_go_of_a_reply(page: ChatPage, cast: Cast) -> None:
    """The quote over the box goes, the text stays."""
    await cast.ben.say("A question", cast.forum)
    await page.do("A question", "Reply")
    await page.composer.fill("An answer")
    await page.tab.keyboard.press("Escape")
    await page.tab.keyboard.press("Enter")
    await page.shows("A question", "An answer")
    assert "reply_to_message" not in (await cast.messages(cast.forum))[-1]


async def test_typing_anywhere_writes(page: ChatPage) -> None:
    """A letter pressed with nothing in focus goes into the box."""
    await page.tab.evaluate("document.activeElement.blur()")
    await page.tab.keyboard.type("hello")
    await expect(page.composer).to_have_value("hello")
