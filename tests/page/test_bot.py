"""What a bot can do to the page: buttons, answers, chat actions, commands, inline results."""

import asyncio

import telegram
from playwright.async_api import expect
from telegram import (
    BotCommand,
    BotCommandScopeAllPrivateChats,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultCachedPhoto,
    Update,
)

from tests.page.cast import Cast
from tests.page.chat_page import ChatPage
from tests.sandbox.people import png


async def _next(bot: telegram.Bot, kind: str) -> Update:
    """The next update of a kind, all before it confirmed."""
    offset = 0
    while True:
        for update in await bot.get_updates(offset, timeout=5):
            offset = update.update_id + 1
            if getattr(update, kind):
                await bot.get_updates(offset, timeout=0)
                return update


def _buttons(*rows: list[str]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=label) for label in row] for row in rows])


async def test_a_button_waits_for_its_answer(page: ChatPage, cast: Cast, bot: telegram.Bot) -> None:
    """It is busy until the bot answers, then the answer is shown, and the edited message has its focus back."""
    sent = await bot.send_message(cast.forum, "Page 1", reply_markup=_buttons(["Back", "More"]))
    more = page.tab.get_by_role("button", name="More", exact=True)
    await more.click()
    await expect(more).to_have_attribute("aria-busy", "true")
    query = (await _next(bot, "callback_query")).callback_query
    assert query is not None
    assert (query.data, query.from_user.id) == ("More", cast.ann.id)
    await bot.edit_message_text("Page 2", cast.forum, sent.message_id, reply_markup=_buttons(["Back", "More"]))
    await expect(page.message("Page 2")).to_be_visible()
    await expect(more).to_be_focused()
    await bot.answer_callback_query(query.id, "Page 2 of 3")
    await expect(page.tab.locator(".toast")).to_have_text("Page 2 of 3")
    await expect(more).not_to_have_attribute("aria-busy", "true")


async def test_an_alert_must_be_closed(page: ChatPage, cast: Cast, bot: telegram.Bot) -> None:
    """show_alert opens a box instead of a passing line."""
    await bot.send_message(cast.forum, "Sure?", reply_markup=_buttons(["Yes"]))
    await page.tab.get_by_role("button", name="Yes", exact=True).click()
    query = (await _next(bot, "callback_query")).callback_query
    assert query is not None
    await bot.answer_callback_query(query.id, "This cannot be undone", show_alert=True)
    box = page.tab.get_by_role("dialog", name="Message from the bot")
    await expect(box).to_contain_text("This cannot be undone")
    await box.get_by_role("button", name="OK").click()
    await expect(box).to_have_count(0)


async def test_chat_actions_show_what_the_bot_is_doing(page: ChatPage, cast: Cast, bot: telegram.Bot) -> None:
    """They stand under the chat's name and at the end of the conversation until the bot's message is there."""
    await bot.send_chat_action(cast.forum, "upload_photo")
    await asyncio.gather(  # both at once: Telegram's clients show an action for five seconds
        expect(page.tab.locator("#chat-head .status")).to_contain_text("is sending a photo"),
        expect(page.tab.locator(".acting-row")).to_be_visible(),
    )
    await bot.send_photo(cast.forum, png(300, 200), caption="Here")
    await expect(page.message("Here")).to_be_visible()
    await expect(page.tab.locator(".acting-row")).to_have_count(0)


async def test_commands_are_offered_and_completed(page: ChatPage, cast: Cast, bot: telegram.Bot) -> None:
    """What the bot registers while the page is open is offered on "/": Tab completes, Enter sends."""
    await bot.set_my_commands([BotCommand("search", "find pictures by words"), BotCommand("stats", "what is known")])
    await bot.set_my_commands([BotCommand("secret", "only in private")], scope=BotCommandScopeAllPrivateChats())
    await expect(page.tab.get_by_text("New here? Try")).to_be_visible()
    options = page.tab.get_by_role("listbox", name="Commands of the bot").get_by_role("option")
    await page.composer.press_sequentially("/s")
    await expect(options).to_have_text(["/searchfind pictures by words", "/statswhat is known"])
    await page.composer.press("Tab")
    await expect(page.composer).to_have_value("/search ")
    await page.composer.press_sequentially("pizza")
    await page.composer.press("Enter")
    await expect(page.composer).to_have_value("")
    await page.composer.press_sequentially("/st")
    await expect(options).to_have_count(1)
    await page.composer.press("Enter")
    await page.shows("/search pizza", "/stats")


async def test_a_newcomer_finds_something_to_try(page: ChatPage, cast: Cast, bot: telegram.Bot) -> None:
    """One press asks the bot; the tip has done its work then and does not return."""
    await bot.set_my_commands([BotCommand("search", "find pictures by words")])
    await page.tab.get_by_role("button", name="/search pizza").click()
    await page.shows("/search pizza")
    await expect(page.tab.get_by_text("New here?")).to_be_hidden()
    await page.tab.reload()
    await page.shows("/search pizza")
    await expect(page.tab.get_by_text("New here?")).to_be_hidden()


async def test_inline_results_are_shown_and_sent(page: ChatPage, cast: Cast, bot: telegram.Bot) -> None:
    """Words after its name show the bot's pictures over the box; the chosen one is sent in one's own name."""
    photo = (await bot.send_photo(cast.forum, png(300, 200, "purple"))).photo[-1].file_id
    username = (await bot.get_me()).username
    await page.composer.fill(f"@{username} boat")
    query = (await _next(bot, "inline_query")).inline_query
    assert query is not None
    assert query.query == "boat"
    results = [InlineQueryResultCachedPhoto("1", photo, title="A boat")]
    await bot.answer_inline_query(query.id, results, is_personal=True)
    result = page.tab.get_by_role("button", name="Send A boat")
    await expect(result.locator("img")).to_be_visible()
    await page.composer.press("ArrowUp")
    await expect(result).to_be_focused()
    await page.tab.keyboard.press("Enter")
    await expect(page.messages.last).to_contain_text(f"via @{username}")
    await expect(page.composer).to_have_value("")
    assert (await cast.messages(cast.forum))[-1]["from"]["id"] == cast.ann.id


async def test_links_to_messages_of_this_telegram_open_here(page: ChatPage, cast: Cast, bot: telegram.Bot) -> None:
    """The link to an original in an answer goes to the message instead of to t.me."""
    original = await cast.ben.say("The original", cast.forum)
    for i in range(30):
        await cast.ben.say(f"Since then {i}", cast.forum)
    bare = str(cast.forum).removeprefix("-100")
    url = f"https://t.me/c/{bare}/{original['message_id']}"
    await bot.send_message(cast.forum, f'1. <a href="{url}">original</a>', parse_mode="HTML")
    await page.tab.get_by_role("link", name="original").click()
    await expect(page.tab.locator(f"article[data-message-id='{original['message_id']}']")).to_be_in_viewport()
    assert page.tab.url.startswith(cast.url)


async def test_reactions_are_shown(page: ChatPage, cast: Cast, bot: telegram.Bot) -> None:
    """The bot's and one's own reaction stand on the message together."""
    message = await cast.ben.say("We won!", cast.forum)
    await bot.set_message_reaction(cast.forum, message["message_id"], "👍")
    await expect(page.message("We won!").locator(".reactions")).to_have_text("👍")
    await page.do("We won!", "👍")
    await expect(page.message("We won!").locator(".reactions")).to_have_text("👍 2")


async def test_the_page_says_whether_a_bot_is_there(page: ChatPage, cast: Cast, bot: telegram.Bot) -> None:
    """A program that polls is shown as connected."""
    await expect(page.tab.locator("#bot-status")).to_contain_text("is not connected")

    async def poll() -> None:
        while True:
            await bot.get_updates(timeout=2)

    polling = asyncio.create_task(poll())
    await expect(page.tab.locator("#bot-status")).to_contain_text("is connected")
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)
