"""Whether the best of a chat's photos is good enough for a question."""

from enum import StrEnum


class Verdict(StrEnum):
    """What an answer may claim."""

    SURE = "sure"
    UNSURE = "unsure"
    NOTHING = "nothing"
    """Nothing in this archive looks like that: no photo is shown."""
