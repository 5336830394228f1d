"""Measurements of the program beside other ways of doing the same; nothing here is imported by it."""
