"""HTML, MarkdownV2, the older Markdown, and what Telegram finds by itself.

https://core.telegram.org/bots/api#formatting-options
"""

from typing import Any

import pytest
import telegram
from hypothesis import given
from hypothesis import strategies as st
from telegram.helpers import escape_markdown

from sandbox.detection import detect, utf16_length
from sandbox.errors import BadRequest
from sandbox.formatting import formatted
from sandbox.users import User

ANN = User(700, "Ann")
NOBODY: dict[int, User] = {}


def parse(text: str, mode: str) -> tuple[str, list[tuple[str, str]]]:
    """The text, and each entity's type with the words it covers."""
    plain, entities = formatted(text, mode, None, {700: ANN}.get)
    units = plain.encode("utf-16-le")
    return plain, [(e["type"], units[2 * e["offset"] : 2 * (e["offset"] + e["length"])].decode("utf-16-le"))
                   for e in entities]  # fmt: skip


def details(text: str, mode: str) -> dict[str, Any]:
    """The only entity."""
    (entity,) = formatted(text, mode, None, {700: ANN}.get)[1]
    return entity


@pytest.mark.parametrize(
    ("text", "plain", "entities"),
    [
        ("<b>bold <i>both</i></b> none", "bold both none", [("bold", "bold both"), ("italic", "both")]),
        ("<u>u</u><s>s</s>", "us", [("underline", "u"), ("strikethrough", "s")]),
        ("<tg-spoiler>t</tg-spoiler>", "t", [("spoiler", "t")]),
        ('<span class="tg-spoiler">secret</span>', "secret", [("spoiler", "secret")]),
        ("1 &lt; 2 &amp; &#51; &gt; &quot;2&quot; &copy;", '1 < 2 & 3 > "2" &copy;', []),
        ("<code>a&lt;b</code>", "a<b", [("code", "a<b")]),
        ("😀<b>ё</b>", "😀ё", [("bold", "ё")]),
        ("<blockquote expandable>long</blockquote>", "long", [("expandable_blockquote", "long")]),
        ("<a href='no link'>x</a><b></b>", "x", []),
        ("  <b> padded </b>  ", "padded", [("bold", "padded")]),
        ("</b", None, []),
    ],
)  # fmt: skip
def test_html_is_read_otherwise_than_telegram_reads_it(
    text: str, plain: str | None, entities: list[tuple[str, str]]
) -> None:
    """Tags become entities, references characters, and white space around the text goes."""
    if plain is None:
        with pytest.raises(BadRequest):
            parse(text, "HTML")
    else:
        assert parse(text, "HTML") == (plain, entities)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<b>open", 'Can\'t find end tag corresponding to start tag "b"'),
        ("ё<h1>x</h1>", 'Unsupported start tag "h1" at byte offset 2'),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("a <b", "Unclosed start tag at byte offset 2"),
        ("<a href>x</a>", 'Expected equal sign in declaration of an attribute of the tag "a" at byte offset 0'),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_broken_html_is_sent(text: str, reason: str) -> None:
    """Telegram refuses markup it cannot read and says where."""
    with pytest.raises(BadRequest) as refusal:
        parse(text, "HTML")
    assert refusal.value.description == f"Bad Request: can't parse entities: {reason}"


def test_details_of_html_entities_are_lost() -> None:
    """Links, mentions, languages and custom emoji keep what they point to."""
    assert details('<a href="example.com">x</a>', "HTML")["url"] == "http://example.com/"
    assert details('<a href="tg://user?id=700">x</a>', "HTML")["user"] == ANN.as_object()
    assert details('<pre><code class="language-python">x</code></pre>', "HTML")["language"] == "python"
    assert details('<tg-emoji emoji-id="5368">👍</tg-emoji>', "HTML")["custom_emoji_id"] == "5368"
    assert details("[x](tg://user?id=700)", "MarkdownV2")["type"] == "text_mention"
    assert formatted('<a href="tg://user?id=1">x</a>', "HTML", None, {700: ANN}.get) == ("x", [])


@pytest.mark.parametrize(
    ("text", "plain", "entities"),
    [
        ("*bold _both_* none", "bold both none", [("bold", "bold both"), ("italic", "both")]),
        ("__u__ ~s~ ||t||", "u s t", [("underline", "u"), ("strikethrough", "s"), ("spoiler", "t")]),
        ("_italic __both__ italic_", "italic both italic", [("italic", "italic both italic"), ("underline", "both")]),
        (r"1\. 2\! \_x\_", "1. 2! _x_", []),
        ("`a*b`", "a*b", [("code", "a*b")]),
        ("```py\nx = 1\n```", "x = 1", [("pre", "x = 1")]),
        (r"[text](https://example\.com/\))", "text", [("text_link", "text")]),
        (">one\n>two\nthree", "one\ntwo\nthree", [("blockquote", "one\ntwo")]),
        (">one\n>two||\n**>three", "one\ntwo\nthree", [("expandable_blockquote", "one\ntwo"), ("blockquote", "three")]),
        ("![👍](tg://emoji?id=5368)", "👍", [("custom_emoji", "👍")]),
        ("**", "", []),
    ],
)
def test_markdown_v2_is_read_otherwise_than_telegram_reads_it(
    text: str, plain: str, entities: list[tuple[str, str]]
) -> None:
    """Marks become entities, escaped characters themselves."""
    assert parse(text, "MarkdownV2") == (plain, entities)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Hello.", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("a | b", "Character '|' is reserved and must be escaped with the preceding '\\'"),
        ("1 > 0", "Character '>' is reserved and must be escaped with the preceding '\\'"),
        ("ё *open", "Can't find end of Bold entity at byte offset 3"),
        ("[text](url", "Can't find end of a URL at byte offset 7"),
        (">*one\ntwo*", "Can't find end of Bold entity at byte offset 1"),
        ("![x](y)", "Custom emoji entity must contain a tg://emoji URL"),
    ],
)
def test_broken_markdown_is_sent(text: str, reason: str) -> None:
    """Reserved characters must be escaped, and what begins must end."""
    with pytest.raises(BadRequest) as refusal:
        parse(text, "MarkdownV2")
    assert refusal.value.description == f"Bad Request: can't parse entities: {reason}"


@pytest.mark.parametrize(
    ("text", "plain", "entities"),
    [
        ("*b* _i_ `c`", "b i c", [("bold", "b"), ("italic", "i"), ("code", "c")]),
        ("[t](https://example.com/)", "t", [("text_link", "t")]),
        (r"2\*2 is 4.", "2*2 is 4.", []),
        ("```\nx\n```", "x", [("pre", "x")]),
    ],
)
def test_old_markdown_is_read_as_the_new(text: str, plain: str, entities: list[tuple[str, str]]) -> None:
    """The older mode has four marks and reserves nothing else."""
    assert parse(text, "Markdown") == (plain, entities)


@given(st.text())
def test_escaped_text_does_not_come_back(text: str) -> None:
    """What python-telegram-bot escapes arrives as it was, in every mode."""
    for mode, escaped in (
        ("HTML", text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")),
        ("MarkdownV2", escape_markdown(text, version=2)),
    ):
        assert formatted(escaped, mode, None, NOBODY.get)[0] == text.strip()


@given(st.text(alphabet="*_~`|[]()>!\\\n ab", max_size=30), st.sampled_from(["MarkdownV2", "Markdown"]))
def test_odd_markup_crashes_the_parser(text: str, mode: str) -> None:
    """Whatever is sent is either refused or gives entities within the text."""
    try:
        plain, entities = formatted(text, mode, None, NOBODY.get)
    except BadRequest:
        return
    assert all(0 <= e["offset"] < e["offset"] + e["length"] <= utf16_length(plain) for e in entities)


@given(st.text(alphabet="<>/ab=\"' &;#x1-", max_size=30))
def test_odd_tags_crash_the_parser(text: str) -> None:
    """Whatever is sent is either refused or gives entities within the text."""
    try:
        plain, entities = formatted(text, "HTML", None, NOBODY.get)
    except BadRequest:
        return
    assert all(0 <= e["offset"] < e["offset"] + e["length"] <= utf16_length(plain) for e in entities)


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("/search red car", [("bot_command", 0, 7)]),
        ("/search@sandbox_bot x", [("bot_command", 0, 19)]),
        ("😀 /go", [("bot_command", 3, 3)]),
        ("see https://example.com/a?b=1.", [("url", 4, 25)]),
        ("ask @ann_smith or #cats2, not a@b.de", [("mention", 4, 10), ("hashtag", 18, 6), ("email", 30, 6)]),
        ("a/b 1/2 #1 no@", []),
        ("$USD", [("cashtag", 0, 4)]),
    ],
)
def test_plain_text_has_no_entities(text: str, entities: list[tuple[str, int, int]]) -> None:
    """Commands, mentions, hashtags, links and addresses are found by themselves, measured in UTF-16 units."""
    assert [(e["type"], e["offset"], e["length"]) for e in detect(text, [])] == entities


async def test_entities_do_not_reach_the_bot(bot: telegram.Bot, people: Any) -> None:
    """Sent text comes back parsed, and python-telegram-bot writes it as it was."""
    ann = await people.person()
    await ann.say("/start")
    sent = await bot.send_message(ann.id, "<b>x &lt; <i>y</i></b>", parse_mode="HTML")
    assert (sent.text, sent.text_html) == ("x < y", "<b>x &lt; <i>y</i></b>")
