"""The composition root: settings, wiring and commands. It alone constructs concrete classes; nothing imports it."""
