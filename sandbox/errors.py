"""What Telegram refuses, in its own words.

ApiError                    a status code, a description, optional `parameters`
├── BadRequest        400   "Bad Request: …"
│   └── Migrated      400   carries `migrate_to_chat_id`
├── Unauthorized      401   wrong token
├── Forbidden         403   "Forbidden: …" (kicked, blocked)
├── NotFound          404   no such method, no such file
├── Conflict          409   a second poller, or polling beside a webhook
├── TooLarge          413   an upload above the server's limit
├── TooManyRequests   429   carries `retry_after`
└── NotPlayed         501   Telegram has this method, the sandbox does not play it

The people's side answers with the same errors, as {"error": description}.
"""

from typing import Any


class ApiError(Exception):
    """A refusal with its HTTP status; `description` is what the Bot API would say."""

    status = 400
    prefix = ""

    def __init__(self, reason: str, **parameters: int) -> None:
        self.reason = reason
        self.description = f"{self.prefix}: {reason}" if self.prefix else reason
        self.parameters = parameters
        super().__init__(self.description)

    def as_object(self) -> dict[str, Any]:
        """The body of a failed Bot API response."""
        body: dict[str, Any] = {"ok": False, "error_code": self.status, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return body


class BadRequest(ApiError):
    """Something in the request is wrong."""

    status = 400
    prefix = "Bad Request"


class Migrated(BadRequest):
    """The group lives on under a new id."""

    def __init__(self, new_chat_id: int) -> None:
        super().__init__("group chat was upgraded to a supergroup chat", migrate_to_chat_id=new_chat_id)


class Unauthorized(ApiError):
    """The token belongs to no bot."""

    status = 401

    def __init__(self) -> None:
        super().__init__("Unauthorized")


class Forbidden(ApiError):
    """The bot may not do this here: kicked, blocked, never a member."""

    status = 403
    prefix = "Forbidden"


class NotFound(ApiError):
    """No such method, file or address."""

    status = 404

    def __init__(self, reason: str = "") -> None:
        super().__init__(f"Not Found: {reason}" if reason else "Not Found")


class Conflict(ApiError):
    """Two ways of receiving updates at once."""

    status = 409
    prefix = "Conflict"


class TooLarge(ApiError):
    """The upload is above the server's limit."""

    status = 413

    def __init__(self) -> None:
        super().__init__("Request Entity Too Large")


class TooManyRequests(ApiError):
    """The flood model says to wait `seconds`."""

    status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too Many Requests: retry after {seconds}", retry_after=seconds)


class NotPlayed(ApiError):
    """A real method that the sandbox does not play: an error, never a silent `true`."""

    status = 501

    def __init__(self, method: str) -> None:
        super().__init__(f"Not Implemented: the sandbox does not play {method}")
