"""What people exported from Telegram, read: messages as records, pictures as files. Knows nothing of the bot."""
