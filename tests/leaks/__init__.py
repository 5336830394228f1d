"""Random histories over many chats, against a model of what may be seen."""
