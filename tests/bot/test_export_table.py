"""`import --list`, as a person sees it."""

from pathlib import Path

from rich.console import Console

from bot.commands.export_table import export_list
from tests import exports, html_exports
from tests.bot.test_command_line import run


def listed(path: Path, data: Path) -> list[str]:
    """What a process of its own prints."""
    result = run("import", str(path), "--list", CHATLENS_DATA_DIR=str(data))
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def test_an_accounts_chats_are_listed_with_what_is_missing(tmp_path: Path) -> None:
    """By these lines people decide what to import, and whether to export again."""
    chats = [
        exports.chat(exports.photo(1), exports.photo(2), exports.photo(3, photo=exports.NOT_INCLUDED), "odd"),
        exports.chat(exports.photo(4, photo=exports.TOO_LARGE), name="[red]Bob[/]", kind="personal_chat", number=5),
        exports.chat(kind="saved_messages", number=6),
    ]
    left = exports.chat(exports.photo(7), name="Old", kind="public_channel", number=8)
    folder = exports.written(tmp_path / "account", exports.account(*chats, left=(left,)))
    lines = listed(exports.zipped(folder), tmp_path / "data")
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines if line.startswith("│")]
    assert cells == [
        ["1234567890", "Weekend crew", "supergroup", "2", "1", "2024-05-03", "2024-05-03", "–"],
        ["5", "[red]Bob[/]", "private chat", "0", "1", "2024-05-03", "2024-05-03", "–"],
        ["6", "Saved Messages", "saved messages", "0", "–", "–", "–", "–"],
        ["8", "Old", "public channel, left", "1", "–", "2024-05-03", "2024-05-03", "–"],
    ]
    assert lines[-3:] == [
        "No file, 1 ×: not included: export again with photos ticked.",
        "No file, 1 ×: larger than the export's size limit: export again with a higher one.",
        "Passed over, 1 ×: not a message.",
    ]


def test_of_html_it_is_said_what_it_does_not_say(tmp_path: Path) -> None:
    """Whose history it is has to be told."""
    lines = listed(html_exports.written(tmp_path / "html", exports.chat(exports.photo(1))), tmp_path / "data")
    assert any("-1" in line and "Weekend crew" in line and "not said (HTML)" in line for line in lines)
    assert "name neither their chat's id nor its kind" in " ".join(lines)


def test_an_export_without_chats_is_said_to_be_one() -> None:
    """Not an empty table."""
    console = Console()
    with console.capture() as captured:
        console.print(export_list([]))
    assert captured.get() == "The export holds no chats.\n"
