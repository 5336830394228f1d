"""Every address of the people's side."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.errors import ApiError
from sandbox.people import chats, control, files, messages, queries
from sandbox.people.request import PeopleRequest, answer

Handler = Callable[[PeopleRequest], Awaitable[Response]]


def _route(verb: str, path: str, handler: Handler) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            return await handler(await PeopleRequest.read(request))
        except ApiError as error:
            return answer({"error": error.description, "description": error.description}, error.status)

    return Route(path, endpoint, methods=[verb])


ROUTES = [
    _route("GET", "/api/users", chats.list_users),
    _route("POST", "/api/users", chats.create_user),
    _route("GET", "/api/chats", chats.list_chats),
    _route("POST", "/api/chats", chats.create_chat),
    _route("PATCH", "/api/chats/{chat_id}", chats.change_chat),
    _route("GET", "/api/chats/{chat_id}/members", chats.list_members),
    _route("POST", "/api/chats/{chat_id}/members", chats.set_member),
    _route("POST", "/api/chats/{chat_id}/migrate", chats.migrate),
    _route("GET", "/api/chats/{chat_id}/topics", chats.list_topics),
    _route("POST", "/api/chats/{chat_id}/topics", chats.create_topic),
    _route("PATCH", "/api/chats/{chat_id}/topics/{thread_id}", chats.change_topic),
    _route("GET", "/api/chats/{chat_id}/messages", messages.list_messages),
    _route("POST", "/api/chats/{chat_id}/messages", messages.post_messages),
    _route("PATCH", "/api/chats/{chat_id}/messages/{message_id}", messages.edit_message),
    _route("DELETE", "/api/chats/{chat_id}/messages/{message_id}", messages.delete_message),
    _route("POST", "/api/chats/{chat_id}/messages/{message_id}/reactions", messages.react),
    _route("POST", "/api/callbacks", queries.press),
    _route("POST", "/api/inline", queries.ask),
    _route("POST", "/api/inline/choose", queries.choose),
    _route("GET", "/api/files/{file_id}", files.show_file),
    _route("GET", "/api/events", files.stream_events),
    _route("GET", "/api/faults", control.list_faults),
    _route("POST", "/api/faults", control.add_fault),
    _route("DELETE", "/api/faults", control.remove_faults),
    _route("DELETE", "/api/faults/{fault_id}", control.remove_faults),
    _route("GET", "/api/calls", control.list_calls),
    _route("DELETE", "/api/calls", control.forget_calls),
    _route("GET", "/api/clock", control.show_clock),
    _route("POST", "/api/clock", control.set_clock),
    _route("GET", "/api/bot", control.show_bot),
    _route("PATCH", "/api/bot", control.change_bot),
    _route("GET", "/api/bots", control.list_bots),
    _route("POST", "/api/bots", control.create_bot),
    _route("GET", "/api/settings", control.show_settings),
    _route("PATCH", "/api/settings", control.change_settings),
]
