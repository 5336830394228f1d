"""One file a version, in order of their numbers; never edited once released."""
