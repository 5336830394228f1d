"""Which topic of a forum a message belongs to, as far as an export tells.

It does not say so itself. A topic begins with a service message, whose id is the topic's; a message of the topic
"replies" to that one, unless it replies to another: then it is in the topic of that other one.
"""

from collections import OrderedDict

from history.picture import integer

_BEGINNING = "topic_created"
REMEMBERED = 50_000
"""Messages whose topic is remembered, for those that reply to them; 7 MB, and nothing at all in what is no forum."""


class Topics:
    """Follows one chat's messages."""

    def __init__(self) -> None:
        self._topics: OrderedDict[int, int] = OrderedDict()
        self._recent: OrderedDict[int, int] = OrderedDict()

    def topic(self, message: object) -> int | None:
        """None also for what was posted outside of topics."""
        if not isinstance(message, dict):
            return None
        number = integer(message.get("id"))
        if number is None:
            return None
        if message.get("action") == _BEGINNING:
            _keep(self._topics, number, number)
            return number
        topic = self._replied(message)
        if topic is not None:
            _keep(self._recent, number, topic)
        return topic

    def _replied(self, message: dict[str, object]) -> int | None:
        replied = integer(message.get("reply_to_message_id"))
        if replied is None or message.get("reply_to_peer_id") is not None:  # that is another chat's message
            return None
        return self._topics.get(replied) or self._recent.get(replied)


def _keep(kept: OrderedDict[int, int], number: int, topic: int) -> None:
    kept[number] = topic
    if len(kept) > REMEMBERED:
        kept.popitem(last=False)
