"""The same exports as `tests.exports` makes, as HTML: what Telegram Desktop writes of those messages."""

from datetime import timedelta, timezone
from html import escape
from pathlib import Path
from typing import Any

from tests import exports
from tests.exports import Message

OFFSET = timezone(timedelta(hours=2))
PAGE_SIZE = 1000
_HEAD = """<!DOCTYPE html>
<html>

 <head>
  <meta charset="utf-8"/>
<title>Exported Data</title>
  <meta content="width=device-width, initial-scale=1.0" name="viewport"/>
  <link href="css/style.css" rel="stylesheet"/>
  <script src="js/script.js" type="text/javascript">
  </script>
 </head>

 <body onload="CheckLocation();">
  <div class="page_wrap">
   <div class="page_header">
    <div class="content">
     <div class="text bold">
{name}
     </div>
    </div>
   </div>
   <div class="page_body chat_page">
    <div class="history">
"""
_TAIL = "    </div>\n   </div>\n  </div>\n </body>\n</html>\n"


def written(folder: Path, *chats: dict[str, Any], page_size: int = PAGE_SIZE, pictures: bool = True) -> Path:
    """A folder with the pages of one chat, or of several as an account has them, and the pictures they show."""
    for place, chat in enumerate(chats, start=1):
        inner = f"chats/chat_{place:03}/" if len(chats) > 1 else ""
        _write_pages(folder, inner, chat, page_size)
        for number, path in enumerate(exports.paths(chat) if pictures else ()):
            exports.put(folder / inner / path, number)
    return folder


def _write_pages(folder: Path, inner: str, chat: dict[str, Any], page_size: int) -> None:
    (folder / inner).mkdir(parents=True, exist_ok=True)
    messages = chat["messages"]
    for first in range(0, max(len(messages), 1), page_size):
        number = first // page_size + 1
        parts = [_HEAD.format(name=escape(chat.get("name") or "Saved messages"))]
        before: Message | None = None
        for message in messages[first : first + page_size]:
            parts.append(_message(message, before, inner))
            before = message
        name = f"messages{number if number > 1 else ''}.html"
        (folder / inner / name).write_text("".join([*parts, _TAIL]), encoding="utf-8")


def _message(message: Message, before: Message | None, inner: str) -> str:
    if message["type"] != "message":
        return (
            f'     <div class="message service" id="message{message["id"]}">\n'
            '      <div class="body details">\nAnn Lee did something\n      </div>\n     </div>\n'
        )
    is_joined = before is not None and before["type"] == "message" and before["from_id"] == message["from_id"]
    date = exports.at(message["id"]).astimezone(OFFSET)
    name = "" if is_joined else _block("from_name", escape(message["from"] or "Deleted Account"))
    return (
        f'     <div class="message default clearfix{" joined" if is_joined else ""}" id="message{message["id"]}">\n'
        f'{"" if is_joined else _USERPIC}      <div class="body">\n'
        f'       <div class="pull_right date details" title="{date:%d.%m.%Y %H:%M:%S} UTC+02:00">\n'
        f"{date:%H:%M}\n       </div>\n"
        f"{name}{_forwarded(message)}{_media(message, inner)}{_text(message)}"
        f"{'       </div>' if 'forwarded_from' in message else ''}      </div>\n     </div>\n"
    )


_USERPIC = """      <div class="pull_left userpic_wrap">
       <div class="userpic userpic4" style="width: 42px; height: 42px">
        <div class="initials" style="line-height: 42px">
AL
        </div>
       </div>
      </div>
"""


def _forwarded(message: Message) -> str:
    """Opened here, closed by the message."""
    if "forwarded_from" not in message:
        return ""
    date = '<span class="date details" title="01.01.2020 10:00:00 UTC+02:00"> 01.01.2020 10:00:00</span>'
    return _USERPIC.replace("pull_left", "pull_left forwarded") + (
        f'       <div class="forwarded body">\n{_block("from_name", escape(message["forwarded_from"]) + " " + date)}'
    )


def _media(message: Message, inner: str) -> str:
    if "photo" in message:
        return _photo(message, inner)
    if message.get("media_type") == "sticker":
        return _preview("sticker", message["file"], inner)
    if "file" in message:
        is_film = "media_type" in message
        return _box("media_video" if is_film else "media_file", message, message["file"], "Animation", inner)
    return ""


def _photo(message: Message, inner: str) -> str:
    if message["photo"].startswith("("):
        return _box("media_photo", message, message["photo"], "Photo", inner)
    return _preview("photo", message["photo"], inner)


def _preview(kind: str, path: str, inner: str) -> str:
    path = _linked(path, inner)
    return (
        f'       <div class="media_wrap clearfix">\n        <a class="{kind}_wrap clearfix pull_left" href="{path}">\n'
        f'         <img class="{kind}" src="{path.replace(".", "_thumb.")}" style="width: 260px; height: 195px"/>\n'
        "        </a>\n       </div>\n"
    )


def _box(kind: str, message: Message, path: str, title: str, inner: str) -> str:
    """What stands where there is no preview, or no file."""
    tag, link, described = "a", f' href="{_linked(path, inner)}"', ""
    if path.startswith("("):
        tag, link = "div", ""
        described = path.strip("()").removeprefix("File ").replace(". Change", ", change").capitalize()
    name = path.rpartition("/")[2] if kind == "media_file" else title
    size = f"{message['width']}x{message['height']}, 12.3 KB" if title == "Photo" else "12.3 KB"
    return (
        f'       <div class="media_wrap clearfix">\n        <{tag} class="media clearfix pull_left {kind}"{link}>\n'
        '         <div class="fill pull_left">\n         </div>\n         <div class="body">\n'
        + _block("title bold", escape(name))
        + (_block("description", escape(described)) if described else "")
        + _block("status details", size)
        + f"         </div>\n        </{tag}>\n       </div>\n"
    )


def _linked(path: str, inner: str) -> str:
    """Links lead back to the export's root first."""
    return "../" * inner.count("/") + inner + path


def _text(message: Message) -> str:
    parts = [_formatted(part) for part in message["text_entities"]]
    return _block("text", "".join(parts)) if parts else ""


def _formatted(part: dict[str, str]) -> str:
    text = escape(part["text"]).replace("\n", "<br>")
    match part["type"]:
        case "plain":
            return text
        case "bold":
            return f"<strong>{text}</strong>"
        case "bot_command":
            call = escape(f'return ShowBotCommand("{text[1:]}")')
            return f'<a href="" onclick="{call}">{text}</a>'
    return f'<a href="{text}">{text}</a>'


def _block(classes: str, content: str) -> str:
    return f'       <div class="{classes}">\n{content}\n       </div>\n'
