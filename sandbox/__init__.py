"""A local Telegram: Bot API server, people's side and chat page, in memory and on loopback.

It knows nothing of any bot that talks to it, and imports none of the project's other packages.
"""
