"""The domain: what a picture is, how it is embedded, kept and found again. Nothing of Telegram enters here."""
