"""Which chat of an export goes to which chat of the bot."""

from datetime import UTC, datetime

import pytest

from bot.import_plan import NoPlace, Plan, Planner, Wish
from history.records import ExportedChat
from search.records import Chat
from tests.exports import an_exported_chat

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CREW, NEWS, OLD = -1_001_234_567_890, -1_000_000_000_555, -77


def chat(
    chat_id: int, title: str, username: str | None = None, *, left: bool = False, became: int | None = None
) -> Chat:
    gone = NOW if left or became is not None else None
    return Chat(chat_id, "supergroup", title, username, NOW, gone, became)


PLANNER = Planner(
    [
        chat(CREW, "Weekend crew", "crew"),
        chat(NEWS, "News"),
        chat(OLD, "Weekend crew", became=CREW),
        chat(-5, "Gone", left=True),
        chat(-6, "Twins"),
        chat(-7, "twins"),
        chat(101, ""),
        chat(-2024, "2025"),
    ]
)
SUPERGROUP = an_exported_chat()
BASIC = an_exported_chat(id=77, kind="private_group")
STRANGE = an_exported_chat(id=42, name="Strangers")
PRIVATE = an_exported_chat(id=1_234_567_890, name="Bob", kind="personal_chat")


def pairs(plan: Plan) -> list[tuple[ExportedChat, int]]:
    return [(one.exported, one.chat.id) for one in plan.assigned]


@pytest.mark.parametrize("name", [str(CREW), "@Crew", "weekend CREW", str(OLD)])
def test_a_chat_is_named_in_some_way_that_is_not_understood(name: str) -> None:
    """By its id, its username, its title, and the id of the group that it was."""
    assert PLANNER.named(name).id == CREW


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Nobody", "It knows “Weekend crew”"),
        ("Gone", "no longer in"),
        ("Twins", "Several chats"),
        ("-99", "in no chat"),
        ("", "No chat is named"),
        (" ", "No chat is named"),
        ("@", "No chat is named"),
    ],
)
def test_photos_go_to_a_chat_that_was_not_meant(name: str, why: str) -> None:
    """What names none, several, or one that the bot has left, is refused with a sentence that says what there is."""
    with pytest.raises(NoPlace, match=why):
        PLANNER.named(name)


def test_an_export_goes_where_its_id_does_not_belong() -> None:
    """Untold, only what is surely the same chat is taken, and never a private one: its id is the other person's."""
    assert pairs(PLANNER.plan([SUPERGROUP], Wish())) == [(SUPERGROUP, CREW)]
    for other in (STRANGE, PRIVATE):
        with pytest.raises(NoPlace, match="--chat"):
            PLANNER.plan([other], Wish())
    plan = PLANNER.plan([SUPERGROUP, STRANGE, PRIVATE], Wish(is_for_all=True))
    assert pairs(plan) == [(SUPERGROUP, CREW)]
    assert [one.name for one, _ in plan.left_out] == ["Strangers", "Bob"]


@pytest.mark.parametrize("wish", [Wish(chat="@crew"), Wish(chat="Weekend crew"), Wish(mapped={42: "weekend CREW"})])
def test_photos_go_to_a_namesake(wish: Wish) -> None:
    """An export that tells which chat it is of goes to another only by that one's numeric id; both are named."""
    with pytest.raises(NoPlace, match=r"of “Strangers” \(-1000000000042\).*is “Weekend crew” \(-1001234567890\)"):
        PLANNER.plan([STRANGE], wish)
    assert pairs(PLANNER.plan([STRANGE], Wish(chat=f" {OLD} "))) == [(STRANGE, CREW)]
    assert pairs(PLANNER.plan([SUPERGROUP], Wish(chat="@crew"))) == [(SUPERGROUP, CREW)]
    page = an_exported_chat(id=-1, name="Anything", kind="")
    assert pairs(PLANNER.plan([page], Wish(chat="@crew"))) == [(page, CREW)], "pages of HTML tell nothing"


def test_a_title_made_of_digits_is_never_found() -> None:
    """An id comes first; what is none of a chat's may be a title, also one of digits that are none."""
    assert PLANNER.named("2025").id == -2024
    assert PLANNER.named("-2024").id == -2024
    with pytest.raises(NoPlace, match="in no chat"):
        PLANNER.named("²")


def test_a_whole_account_is_poured_into_one_chat() -> None:
    """Of several chats, --chat takes the one that it is; where none is, --map has to say which."""
    assert pairs(PLANNER.plan([STRANGE, SUPERGROUP], Wish(chat="@crew"))) == [(SUPERGROUP, CREW)]
    with pytest.raises(NoPlace, match="--map"):
        PLANNER.plan([STRANGE, SUPERGROUP], Wish(chat="News"))
    with pytest.raises(NoPlace, match="--list"):
        PLANNER.plan([STRANGE, SUPERGROUP], Wish())
    assert pairs(PLANNER.plan([STRANGE, SUPERGROUP], Wish(mapped={42: str(NEWS)}))) == [(STRANGE, NEWS)]
    both = PLANNER.plan([STRANGE, SUPERGROUP], Wish(mapped={42: str(NEWS)}, is_for_all=True))
    assert pairs(both) == [(STRANGE, NEWS), (SUPERGROUP, CREW)]
    with pytest.raises(NoPlace, match="no chat with the id 43"):
        PLANNER.plan([STRANGE], Wish(mapped={43: "News"}))


def test_numbers_of_a_basic_group_lead_to_messages_of_the_supergroup() -> None:
    """Only a supergroup's or channel's own export has the numbers that the bot sees."""
    [own] = PLANNER.plan([SUPERGROUP], Wish()).assigned
    [before] = PLANNER.plan([BASIC], Wish()).assigned
    [told] = PLANNER.plan([STRANGE], Wish(chat=str(CREW))).assigned
    assert [one.has_its_numbers for one in (own, before, told)] == [True, False, False]
    assert [one.is_its_own for one in (own, before, told)] == [True, True, False]
