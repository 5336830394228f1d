"""Who is meant by from:."""

import pytest

from search.records import Sender
from search.senders import called

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
