"""The stream of events, read slowly."""

import json

from sandbox.events import KEPT, SLICE, Events


async def _numbers(events: Events, burst: int) -> list[int | str]:
    """What a reader sees that stops after its first event while `burst` more happen; "reset" where it is told so."""
    stream = events.stream(None)
    assert await anext(stream) == b"retry: 1000\n\n"
    seen: list[int | str] = []
    for number in range(10):
        events.publish("call", {"number": number})
    last = 9 + burst
    async for line in stream:
        text = line.decode()
        seen.append("reset" if "event: reset" in text else int(json.loads(text.partition("data: ")[2])["number"]))
        if len(seen) == 1:
            for number in range(10, 10 + burst):
                events.publish("call", {"number": number})
        if seen[-1] == "reset":
            events.publish("call", {"number": last + 1})
            last += 1
        if seen[-1] == last:
            break
    await stream.aclose()  # type: ignore[attr-defined]
    return seen


async def test_slow_reader_loses_events_silently() -> None:
    """A reader that falls behind while it reads is told to load everything anew."""
    seen = await _numbers(Events(), KEPT + 2 * SLICE)
    assert seen[:10] == list(range(10))
    assert seen[10] == "reset"
    assert seen[11:] == [KEPT + 2 * SLICE + 10]


async def test_reader_that_keeps_up_is_reset() -> None:
    """Many events at once, but fewer than are kept, all arrive in order."""
    assert await _numbers(Events(), 3 * SLICE) == list(range(10 + 3 * SLICE))


async def test_what_happens_between_the_question_and_the_first_read_is_lost() -> None:
    """A stream counts from when it was asked for, not from when somebody reads it."""
    events = Events()
    stream = events.stream(None)
    events.publish("call", {"number": 1})
    assert await anext(stream) == b"retry: 1000\n\n"
    assert b'"number": 1' in await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]
