"""What the bot says of itself."""

import re
from html import unescape

from handlers.help import SEARCH_LANGUAGE
from search.language import parse
from search.tokens import NAMES

MESSAGE_LIMIT = 4096


def test_help_teaches_what_is_not_understood() -> None:
    """Every example is a question, every operator has one, and all fits into a message."""
    examples = [unescape(code).removeprefix("/search ") for code in re.findall("<code>(.*?)</code>", SEARCH_LANGUAGE)]
    questions = [parse(example) for example in examples]
    assert not any(question.is_empty for question in questions)
    assert any(question.minus == ("traffic light",) for question in questions)
    for name in NAMES:
        assert any(f"{name}:" in example for example in examples), name
    assert len(SEARCH_LANGUAGE) < MESSAGE_LIMIT
