"""https://core.telegram.org/bots/api#setmessagereaction"""

from sandbox import reactions
from sandbox.errors import BadRequest
from sandbox.methods.call import MethodCall
from sandbox.methods.targets import inside, known_chat


async def set_message_reaction(call: MethodCall) -> bool:
    """At most one emoji; an empty list takes it back. Bots get no update for their own reactions."""
    chat = known_chat(call)
    inside(call, chat)
    message = chat.messages.get(call.parameters.integer("message_id"))
    if message is None:
        raise BadRequest("message to react not found")
    chosen = call.parameters.array("reaction") or []
    if len(chosen) > 1:
        raise BadRequest("REACTIONS_TOO_MANY")
    reactions.react(call.world, chat, message, call.bot.user, reactions.checked(chosen))
    return True
