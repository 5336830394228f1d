"""A real bot under load: the sandbox plays updates as fast as the bot takes them, and people ask meanwhile."""
