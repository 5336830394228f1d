"""Everyday words for what pictures show, with which a question has to compete: see `search.evidence`.

Names of things from Unicode CLDR (Unicode licence), and some of what photos show besides.
"""

from importlib.resources import files


def load_words() -> list[str]:
    """Some 800 English words, in no particular order."""
    return files("search").joinpath("words.txt").read_text("utf-8").splitlines()
