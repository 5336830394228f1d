"""The commands of `python -m bot`, a file for each group; `bot.__main__` joins them. Nothing is done here but reading
arguments and showing what came of them. What takes long to import is imported where it is used: `--help` is quick.
"""
