"""How models/demo and the sample archive are made and measured; nothing here is imported by the bot."""
