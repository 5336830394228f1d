"""Mutated pictures of every accepted format: each ends as a picture or as a reason, in bounded memory."""
