"""Measurements of the program beside other ways of doing the same; nothing here is imported by it."""

BENCHMARKS = (
    "indexing",
    "engines",
    "preprocessing",
    "asking",
    "answering",
    "starting",
    "memory",
)
"""Those of `make bench`, in its order: each is a module here with `run(quick) -> Report`, and a file in `results/`."""
