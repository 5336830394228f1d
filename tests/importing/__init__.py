"""Imports as tests run them, and `python -m tests.importing`, which measures a large one."""
