"""What Chatlens remembers: records in SQL, which is the truth, and the vector index derived from it.

Nothing here knows Telegram, pictures or models. Errors of a driver (SQLAlchemy, Chroma) do not leave this
package: they are translated where they occur into the small tree of `storage.errors`.
"""
