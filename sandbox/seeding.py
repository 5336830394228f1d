"""Filling a world from the sample archive: its messages are posted with their own dates and wait for the bot.

archive/manifest.json: {"people": […], "chats": […], "messages": […]}, messages sorted by date, pictures beside it.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox import membership, posting
from sandbox.chats import Chat
from sandbox.formatting import plain
from sandbox.messages import Content, Message
from sandbox.methods.sending import new_group_id
from sandbox.world import World

ARCHIVE = Path(__file__).with_name("archive")
Entry = dict[str, Any]


class ArchiveMissing(Exception):
    """There is no sample archive to fill the world from."""


def seed(world: World, folder: Path) -> None:
    """Adds an archive's people, chats and messages to a world. Raises ArchiveMissing."""
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        raise ArchiveMissing(f"There is no sample archive at {manifest}. Start with --empty, or put the archive there.")
    _Seeding(world, folder, json.loads(manifest.read_text(encoding="utf-8"))).run()


class _Seeding:
    """One archive on its way into one world."""

    def __init__(self, world: World, folder: Path, manifest: Entry) -> None:
        self.world = world
        self.folder = folder
        self.manifest = manifest
        self.chats: dict[int, Chat] = {}
        self.posted: list[Message] = []
        self.albums: dict[tuple[int, str], str] = {}

    def run(self) -> None:
        for person in self.manifest["people"]:
            self.world.add_person(
                person["first_name"], person["id"], last_name=person.get("last_name"), username=person.get("username")
            )
        first: dict[int, int] = {}
        for entry in self.manifest["messages"]:
            first.setdefault(entry["chat"], _date(entry))
        for chat in self.manifest["chats"]:
            self.chats[chat["id"]] = self.open_chat(chat, first.get(chat["id"], self.world.clock.date()))
        for entry in self.manifest["messages"]:
            self.posted.append(self.post(entry))

    def open_chat(self, entry: Entry, date: int) -> Chat:
        people = [self.world.person(i) for i in entry.get("members", [])]
        if entry["type"] == "private":
            return self.world.dialog(self.world.person(entry["id"]), self.world.bot)
        admins = [self.world.person(i) for i in entry.get("admins", [])]
        status = "administrator" if entry["type"] == "channel" else "member"
        chat = membership.create_chat(
            self.world,
            entry["type"],
            people,
            admins,
            bot_status=status,
            date=date,
            chat_id=entry["id"],
            title=entry.get("title"),
            username=entry.get("username"),
            is_forum=entry.get("is_forum", False),
        )
        for topic in entry.get("topics", []):
            creator = chat.creator() or people[0]
            posting.create_topic(self.world, chat, topic["name"], creator, date=date, at_least_id=topic["id"])
        return chat

    def post(self, entry: Entry) -> Message:
        chat = self.chats[entry["chat"]]
        reply = self.posted[entry["reply_to"]] if entry.get("reply_to") is not None else None
        thread = entry.get("topic") or (posting.thread_of_reply(chat, reply) if reply else None)
        return posting.post(
            self.world,
            chat,
            self.content(entry),
            None if chat.is_channel else self.world.person(entry["from"]),
            date=_date(entry),
            lazily=True,
            sender_chat=chat.as_object() if chat.is_channel else None,
            reply_to=reply.id if reply else None,
            thread_id=thread,
            media_group_id=self.group(entry),
        )

    def content(self, entry: Entry) -> Content:
        text, entities = plain(entry.get("caption") or entry.get("text") or "")
        if "file" not in entry:
            return Content(text, entities)
        picture = self.world.files.add_known_picture((self.folder / entry["file"]).read_bytes())
        return Content(text, entities, photo=picture, spoiler=bool(entry.get("spoiler")))

    def group(self, entry: Entry) -> str | None:
        album = entry.get("album")
        return self.albums.setdefault((entry["chat"], str(album)), new_group_id()) if album is not None else None


def _date(entry: Entry) -> int:
    return int(datetime.fromisoformat(entry["date"]).timestamp())
