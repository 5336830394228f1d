"""The people's side: what persons do in their clients, and what a developer sets, as JSON over HTTP under /api.

Errors are {"error": "sentence"} with a 4xx status. `routes.ROUTES` is the whole list.
"""
