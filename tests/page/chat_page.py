"""The page as a person uses it: by what they see and the names that screen readers say."""

import base64
from pathlib import Path

from playwright.async_api import FilePayload, FloatRect, Locator, Page, expect

AUDIT = Path(__file__).with_name("audit.js")
GIVE_FILES = """([target, kind, files]) => {
  const transfer = new DataTransfer();
  for (const {name, type, content} of files) {
    transfer.items.add(new File([Uint8Array.from(atob(content), (c) => c.charCodeAt(0))], name, {type}));
  }
  const node = document.querySelector(target);
  const options = {bubbles: true, cancelable: true, clipboardData: transfer, dataTransfer: transfer};
  if (kind === "paste") node.dispatchEvent(new ClipboardEvent("paste", options));
  else for (const step of ["dragenter", "dragover", "drop"]) node.dispatchEvent(new DragEvent(step, options));
}"""


class ChatPage:
    """One tab. `complaints` collects what the browser reports: errors, refused content, failed loads."""

    def __init__(self, tab: Page) -> None:
        self.tab = tab
        self.complaints: list[str] = []
        self._expected: tuple[str, ...] = ()
        tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        tab.on("console", lambda line: self.complaints.append(line.text) if line.type in ("error", "warning") else None)

    def expect_complaints(self, *about: str) -> None:
        """From now on these are no surprise. The browser may report long after what it reports has happened, so nobody
        can tell when it has said all of it."""
        self._expected += about

    @property
    def surprises(self) -> list[str]:
        """Complaints that nobody expected."""
        return [said for said in self.complaints if not any(about in said for about in self._expected)]

    @property
    def messages(self) -> Locator:
        """Every bubble."""
        return self.tab.locator("article.message")

    @property
    def composer(self) -> Locator:
        """The box in which one writes."""
        return self.tab.get_by_role("textbox", name="Message", exact=True)

    @property
    def title(self) -> Locator:
        """The name of the chat on show."""
        return self.tab.locator("#chat h1")

    async def open(self, url: str) -> None:
        """Loads the page and waits until it knows who is who."""
        await self.tab.goto(url)
        await expect(self.composer).to_be_visible()  # the chats are there before anybody is anybody

    def message(self, text: str) -> Locator:
        """The bubble that has this text."""
        return self.messages.filter(has_text=text)

    async def shows(self, *texts: str) -> None:
        """Waits until the conversation has exactly these bubbles, oldest first."""
        await expect(self.tab.locator("article.message .text")).to_contain_text(list(texts))
        await expect(self.messages).to_have_count(len(texts))

    async def resting_place(self, text: str) -> FloatRect:
        """Where on the screen a message stands once nothing moves any more."""
        last: FloatRect | None = None
        while True:
            await self.tab.evaluate("() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")
            now = await self.message(text).bounding_box()
            if now is not None and now == last:
                return now
            last = now

    async def chat(self, title: str) -> None:
        """Chooses a chat in the list."""
        await self.tab.locator(".chat-row").filter(has=self.tab.locator(".name", has_text=title)).click()
        await expect(self.title).to_have_text(title)

    async def topic(self, name: str) -> None:
        """Chooses a topic."""
        await self.tab.get_by_role("group", name="Topics").get_by_role("button", name=name, exact=True).click()

    async def become(self, name: str) -> None:
        """Goes on as somebody else."""
        await self.tab.locator("#me").click()
        await self.tab.get_by_role("menuitemradio", name=name).click()

    async def say(self, text: str) -> None:
        """Writes and sends."""
        await self.composer.fill(text)
        await self.composer.press("Enter")

    async def do(self, text: str, action: str) -> None:
        """Opens the menu of a message and chooses."""
        await self.message(text).locator(".bubble").click(button="right")
        await self.tab.get_by_role("menuitem", name=action, exact=True).click()

    async def attach(self, *pictures: bytes) -> None:
        """Picks files with the attach button."""
        async with self.tab.expect_file_chooser() as chooser:
            await self.tab.get_by_role("button", name="Attach pictures or files").click()
        named = enumerate(pictures)
        files = [FilePayload(name=f"picture{i}.png", mimeType="image/png", buffer=content) for i, content in named]
        await (await chooser.value).set_files(files)

    async def give(self, how: str, *pictures: bytes) -> None:
        """Pastes or drops pictures; `how` is "paste" or "drop"."""
        target = "#composer-text" if how == "paste" else "#timeline"
        contents = [base64.b64encode(picture).decode() for picture in pictures]
        files = [{"name": f"{i}.png", "type": "image/png", "content": content} for i, content in enumerate(contents)]
        await self.tab.evaluate(GIVE_FILES, [target, how, files])

    async def audit(self) -> list[str]:
        """What is wrong with names, roles and contrast of everything on show."""
        found: list[str] = await self.tab.evaluate(AUDIT.read_text(encoding="utf-8"))
        return found
