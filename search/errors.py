"""Everything that can go wrong in `search`, drawn once.

SearchError
├── QuestionError          told to the person who asked, word for word
│   ├── EmptyQuestion
│   ├── QuestionTooLong
│   ├── NotUnderstood
│   │   ├── NobodyCalled
│   │   └── SeveralCalled
│   ├── OnlyMinus
│   ├── WordsCancelOut
│   └── ChatNotSearchable
├── ImageRefused           a file that is no picture we accept; its text is kept on the photo's row
├── ReadingFailed          the text of one picture could not be read; its text is kept on the picture's row
├── ReadingImpossible      no picture's text can be read here: logged once, everything else goes on
├── FileError
│   ├── FileGone           will never come: no retry
│   │   └── FileTooLarge
│   └── FileUnreachable    may come later: retried with growing pauses
├── ModelChanged           meanwhile another model answers: what was begun is done again
├── FolderEmpty            no picture is left in a folder that had some
└── ModelError             the operator must act: printed, and the bot that just started does not run
    ├── ModelUnknown
    ├── ModelUnreachable
    ├── ModelDamaged
    ├── DeviceUnavailable
    └── TooFewCaptions     the archive does not say enough to calibrate the model on

`storage.errors.StorageError` passes through unchanged: it is already written for the operator.
"""

from collections.abc import Sequence
from datetime import timedelta

from storage.errors import ModelMismatch, StorageError

__all__ = [
    "ChatNotSearchable",
    "DeviceUnavailable",
    "EmptyQuestion",
    "FileError",
    "FileGone",
    "FileTooLarge",
    "FileUnreachable",
    "FolderEmpty",
    "ImageRefused",
    "ModelChanged",
    "ModelDamaged",
    "ModelError",
    "ModelMismatch",
    "ModelUnknown",
    "ModelUnreachable",
    "NobodyCalled",
    "NotUnderstood",
    "OnlyMinus",
    "QuestionError",
    "QuestionTooLong",
    "ReadingFailed",
    "ReadingImpossible",
    "SearchError",
    "SeveralCalled",
    "StorageError",
    "TooFewCaptions",
    "WordsCancelOut",
]

QUOTED_CHARACTERS = 60
"""How much of a word that is not understood is repeated."""


class SearchError(Exception):
    """Search failed."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__ or type(self).__name__)


class QuestionError(SearchError):
    """I did not understand the question."""


class EmptyQuestion(QuestionError):
    """What should I look for? Try /search red car – or reply to a photo with /similar."""


class QuestionTooLong(QuestionError):
    """That question is too long for me. A few words work best, for example /search red car."""

    def __init__(self, characters: int, limit: int) -> None:
        super().__init__(
            f"That question has {characters} characters; I can take {limit}. "
            "A few words work best, for example /search red car."
        )


class NotUnderstood(QuestionError):
    """I do not understand a word of that question. /help search tells how to ask."""

    def __init__(self, word: str, why: str) -> None:
        shown = word if len(word) <= QUOTED_CHARACTERS else word[: QUOTED_CHARACTERS - 1] + "…"
        super().__init__(f"I do not understand “{shown}”: {why}\n/help search tells how to ask.")


class NobodyCalled(NotUnderstood):
    """Nobody of that name has posted a photo here."""

    def __init__(self, written: str) -> None:
        super().__init__(
            f"from:{written}",
            "nobody of that name has posted a photo here that I remember. Write from:@username, a full name in quotes, "
            "or from:me.",
        )


class SeveralCalled(NotUnderstood):
    """Several people of that name have posted photos here."""

    def __init__(self, written: str, names: Sequence[str]) -> None:
        super().__init__(
            f"from:{written}",
            f"that could be {' or '.join(names)}. Write from:@username or the full name in quotes, or pick the person "
            "from the list that @ opens.",
        )


class OnlyMinus(QuestionError):
    """I know what not to look for, but not what to look for. Try /search beach -people."""


class WordsCancelOut(QuestionError):
    """What to look for and what to leave out are the same there, and nothing is left."""


class ChatNotSearchable(QuestionError):
    """I am no longer a member of this chat, so its photos cannot be searched. Add me again to use them."""


class ImageRefused(SearchError):
    """The file is not a picture that can be read."""


class ReadingFailed(SearchError):
    """The process that reads text ended or hung over the picture."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class ReadingImpossible(SearchError):
    """Text cannot be read from pictures on this machine."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"Text in pictures is not read: {reason}. "
            "Install Chatlens again with all it needs, or set CHATLENS_OCR=off."
        )


class FileError(SearchError):
    """The file could not be fetched."""


class FileGone(FileError):
    """The file is no longer available."""


class FileTooLarge(FileGone):
    """The file has more bytes than CHATLENS_MAX_FILE_MB allows."""


class FileUnreachable(FileError):
    """The file could not be fetched just now."""

    def __init__(self, message: str, retry_after: timedelta | None = None, *, is_outage: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.is_outage = is_outage
        """Nothing can be fetched just now, which says nothing of this file."""


class ModelChanged(SearchError):
    """Meanwhile another model answers."""


class FolderEmpty(SearchError):
    """No picture is left in a folder that had some: it may lie on a disk that is not there just now."""


class ModelError(SearchError):
    """The model could not be loaded."""


class ModelUnknown(ModelError):
    """The model's name is not known to open_clip."""


class ModelUnreachable(ModelError):
    """The model's weights are not on this machine and could not be downloaded."""


class ModelDamaged(ModelError):
    """The model's files are there but could not be read."""


class DeviceUnavailable(ModelError):
    """This machine has no such device to compute on."""

    def __init__(self, device: str, reason: str) -> None:
        super().__init__(
            f"The device {device!r} (setting CHATLENS_DEVICE) cannot be used: {reason}. Set it to auto or cpu."
        )


class TooFewCaptions(ModelError):
    """The archive has too few captions to calibrate on."""

    def __init__(self, telling: int, enough: int) -> None:
        super().__init__(
            f"To calibrate, I need {enough} captions that say what their pictures show; I found {telling}. "
            "Until there are more, the bot answers with what it has and hardly ever says that there is nothing."
        )
