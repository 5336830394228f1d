"""A second demo beside the first."""

from typing import Any

import pytest

from bot.demo import running
from bot.errors import SandboxFailed
from bot.settings import Settings


def test_a_second_demo_polls_the_sandbox_of_the_first(sandbox: Any) -> None:
    """The port is taken: it says so, and does not take whatever answers there for its own sandbox."""
    port = int(sandbox.url.rpartition(":")[2])
    with pytest.raises(SandboxFailed), running(Settings(_env_file=None), port):
        pass
