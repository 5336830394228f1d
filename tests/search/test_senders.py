"""Who is meant by from:."""

from dataclasses import replace
from pathlib import Path

import pytest

from search.errors import NobodyCalled, SeveralCalled
from search.language import Person
from search.records import Sender
from search.senders import Senders, called
from storage.database import Database
from storage.filtered import FilteredPhotos
from tests.storage.builders import GROUP, indexed, post

ANN = Sender(1, "Ann Lee", "ann_lee")
OTHER_ANN = Sender(2, "Ann Berg")
STRASSE = Sender(3, "Jörg Straße", "Joerg")
ANTON = Sender(4, "Антон", "anton")
CHANNEL = Sender(-100, "ＮＥＷＳ　today", "news")
EVERYBODY = [ANN, OTHER_ANN, STRASSE, ANTON, CHANNEL]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("@ann_lee", [ANN]),
        ("@ANN_LEE", [ANN]),
        ("ann_lee", [ANN]),
        ("ann lee", [ANN]),
        ("Lee  Ann", [ANN]),
        ("berg", [OTHER_ANN]),
        ("Ann", [ANN, OTHER_ANN]),
        ("JÖRG STRASSE", [STRASSE]),
        ("антон", [ANTON]),
        ("news today", [CHANNEL]),
        ("@antonia", []),
        ("@Антон", []),
        ("An", []),
        ("@", []),
        ("", []),
    ],
)
def test_a_name_is_taken_for_another(written: str, meant: list[Sender]) -> None:
    """Usernames, full names, then parts of names; without case and width, in every script."""
    assert called(written, EVERYBODY) == meant


def test_a_full_name_is_ambiguous_with_a_longer_one() -> None:
    """Whoever is called exactly that is meant, not whoever is called that and more."""
    assert called("Ann", [ANN, Sender(9, "Ann")]) == [Sender(9, "Ann")]


async def test_somebody_who_changed_their_name_is_lost(tmp_path: Path) -> None:
    """Any name under which somebody posted here is theirs; who is called so today goes first."""
    database = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'chatlens.db'}")
    for number, sender in enumerate(
        (Sender(1, "Ann", "ann"), Sender(1, "Anna", "anna"), Sender(2, "Bob"), Sender(3, "Bob"), Sender(3, "Ann"))
    ):
        await indexed(database, replace(post(number, minutes=number), sender=sender))
    await indexed(database, replace(post(9, chat_id=-5), sender=Sender(1, "Elsewhere")))
    senders = Senders(FilteredPhotos(database))

    async def meant(name: str) -> set[int]:
        return set(await senders.ids(GROUP.id, [Person(name)], None) or ())

    assert [await meant(name) for name in ("@ann", "@anna", "Anna", "Ann", "Bob")] == [{1}, {1}, {1}, {3}, {2}]
    await indexed(database, replace(post(20, minutes=20), sender=Sender(2, "Robert")))
    with pytest.raises(SeveralCalled, match="Robert"):
        await meant("Bob")
    with pytest.raises(NobodyCalled):
        await meant("Elsewhere")
    await database.close()
