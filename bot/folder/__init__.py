"""`python -m bot index` and `search`: the bot's engine over a folder of pictures, without Telegram and its token."""
