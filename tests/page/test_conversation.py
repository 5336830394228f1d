"""What others write appears, changes and goes while one looks on."""

from playwright.async_api import expect

from tests.page.cast import Cast
from tests.page.chat_page import ChatPage
from tests.sandbox.people import png

COVERED = """frame => {
  const area = (node) => { const { width, height } = node.getBoundingClientRect(); return width * height; };
  return [...frame.querySelectorAll(".cell")].reduce((sum, cell) => sum + area(cell), 0) / area(frame);
}"""
LOADED = "image => image.complete && image.naturalWidth > 0"


async def test_messages_appear_without_a_reload(page: ChatPage, cast: Cast) -> None:
    """A message of somebody else is there as soon as it is sent, and once."""
    await cast.ben.say("Look at the lake", cast.forum)
    await page.shows("Look at the lake")
    await expect(page.messages.first).to_contain_text("Ben")


async def test_pictures_appear_live_with_their_bytes(page: ChatPage, cast: Cast) -> None:
    """A posted photo is loaded and shown, in room that was kept for it."""
    await cast.ben.show(png(640, 480, "orange"), chat_id=cast.forum, caption="Sunset")
    image = page.message("Sunset").locator("img").first
    await expect(image).to_be_visible()
    await page.tab.wait_for_function(LOADED, arg=await image.element_handle())
    box = await image.bounding_box()
    assert box is not None
    assert abs(box["width"] / box["height"] - 640 / 480) < 0.02


async def test_an_album_is_one_bubble_without_gaps(page: ChatPage, cast: Cast) -> None:
    """Five pictures sent together fill a mosaic; the one caption stands below."""
    shapes = [(640, 480), (480, 640), (600, 600), (800, 450), (300, 600)]
    await cast.ben.show(*[png(w, h) for w, h in shapes], chat_id=cast.forum, caption="The walk")
    await expect(page.messages).to_have_count(1)
    cells = page.message("The walk").locator(".cell")
    await expect(cells).to_have_count(5)
    covered = await page.message("The walk").locator(".frame").evaluate(COVERED)
    assert abs(covered - 1) < 0.02


async def test_edits_and_deletions_are_shown_live(page: ChatPage, cast: Cast) -> None:
    """The bubble changes and says so; a deleted one leaves."""
    first = await cast.ben.say("At nine", cast.forum)
    second = await cast.ben.say("Never mind", cast.forum)
    await page.shows("At nine", "Never mind")
    await cast.edit(first, text="At ten")
    await expect(page.message("At ten")).to_contain_text("edited")
    await cast.remove(second)
    await page.shows("At ten")


async def test_hostile_text_is_shown_as_text(page: ChatPage, cast: Cast) -> None:
    """Markup in messages, names and captions is never parsed."""
    attack = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script><b>x</b>"
    mallory = await cast.person(attack)
    await cast.post(f"/api/chats/{cast.forum}/members", user_id=mallory.id, status="member")
    await mallory.say(attack, cast.forum)
    await mallory.show(png(), chat_id=cast.forum, caption=attack)
    await expect(page.messages).to_have_count(2)
    await expect(page.messages.first.locator(".text")).to_contain_text(attack)
    await expect(page.messages.first.locator(".sender")).to_contain_text(attack)
    assert await page.tab.locator("article script, article b, article img[src='x']").count() == 0
    assert await page.tab.title() != "owned"


async def test_links_that_run_scripts_are_no_links(page: ChatPage) -> None:
    """Only http, https, tg, mailto and tel addresses can be followed."""
    link = {"type": "text_link", "offset": 0, "length": 5, "url": "javascript:document.title='owned'"}
    shown = await page.tab.evaluate(
        """async (link) => {
          const { formatted } = await import("/page/entities.js");
          const holder = document.createElement("p");
          holder.append(...formatted("click", [link], {}));
          return [holder.querySelectorAll("a").length, holder.textContent];
        }""",
        link,
    )
    assert shown == [0, "click"]


async def test_entities_count_utf16_units(page: ChatPage) -> None:
    """Formatting after an emoji covers the right letters."""
    html = await page.tab.evaluate(
        """async () => {
          const { formatted } = await import("/page/entities.js");
          const holder = document.createElement("p");
          const entities = [{type: "bold", offset: 3, length: 9}, {type: "italic", offset: 8, length: 4}];
          holder.append(...formatted("👩 red boat.", entities, {}));
          return holder.innerHTML;
        }"""
    )
    assert html == "👩 <strong>red b<em>oat.</em></strong>"


async def test_a_hidden_picture_stays_hidden_until_asked_for(page: ChatPage, cast: Cast) -> None:
    """The first press uncovers a spoiler, the second opens it."""
    await cast.ben.show(png(400, 300, "red"), chat_id=cast.forum, spoiler="true")
    veiled = page.tab.get_by_role("button", name="Hidden picture, press to show")
    await veiled.click()
    await expect(page.tab.get_by_role("dialog")).to_have_count(0)
    await page.tab.get_by_role("button", name="Open Photo").click()
    await expect(page.tab.get_by_role("dialog", name="Picture")).to_be_visible()


async def test_a_quote_leads_to_what_it_quotes(page: ChatPage, cast: Cast) -> None:
    """Pressing the quoted message goes there, even far up, and marks it."""
    first = (await cast.ben.show(png(200, 200), chat_id=cast.forum, caption="The boat"))[0]
    for i in range(140):
        await cast.ben.say(f"Message {i}", cast.forum)
    await cast.cleo.say("This one!", cast.forum, reply_to_message_id=first["message_id"])
    await expect(page.message("This one!")).to_be_visible()
    await page.message("This one!").get_by_role("button", name="In reply to Ben: Photo: The boat").click()
    target = page.tab.locator(f"article[data-message-id='{first['message_id']}']")
    await expect(target).to_be_in_viewport()
    await expect(target).to_be_focused()


async def test_days_and_runs_group_messages(page: ChatPage, cast: Cast) -> None:
    """One name and one face stand for what a person says in a row; each day has its heading."""
    for person, text in [(cast.ben, "One"), (cast.ben, "Two"), (cast.cleo, "Three")]:
        await person.say(text, cast.forum)
    await page.shows("One", "Two", "Three")
    await expect(page.tab.locator("article .sender")).to_have_count(2)
    await expect(page.tab.get_by_role("region", name="Today")).to_have_count(1)
    await expect(page.tab.locator(".run > .avatar")).to_have_count(2)
