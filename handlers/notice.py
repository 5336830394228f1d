"""What people are told of privacy: what is stored, for how long, and how it is undone."""


def privacy_notice(retention_days: int | None) -> str:
    """The reply to /privacy."""
    kept = "until it is forgotten" if retention_days is None else f"for {retention_days} days"
    return (
        "What I store of a photo: a fingerprint that tells what it shows and whether it was posted before, the words I "
        "read in it, its caption, who posted it and when, and Telegram's id of the file. The pictures themselves "
        "stay with Telegram, those from before I came also with whoever runs me. Of a question: "
        "what was asked, for as long as its answer has buttons, at most 30 days.\n\n"
        f"For how long: {kept}. A chat that removes me cannot be searched any more and is erased after 30 days. "
        "Telegram does not tell me when you delete a message, so tell me:\n\n"
        "/forget – as a reply to a photo: I forget it (who posted it, or an admin)\n"
        "/optout – I forget all your photos in this chat and keep none from now on; in a private chat with me: in all "
        "chats. /optin undoes that\n"
        "/purge – I forget every photo of this chat (admins)\n\n"
        "What is forgotten is no longer found from that moment, and its last bytes are gone within 24 hours; what "
        "stays is its message's number, so that it is not taken up again. A picture that was posted elsewhere too "
        "stays there.\n\n"
        "Who sees it: the people of the chat in which it was posted, and whoever runs me."
    )


def photos_in_words(count: int) -> str:
    """1 photo, 2 photos."""
    return "1 photo" if count == 1 else f"{count:,} photos"
