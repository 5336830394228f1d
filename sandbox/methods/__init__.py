"""The Bot API's methods, one file per family. `table.METHODS` is the whole list."""
