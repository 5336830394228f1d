"""What a chat says and how it is answered. Of the domain it sees what `search` offers, never `storage`."""
