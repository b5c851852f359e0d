"""Finding Chinese text by its characters, by its pinyin and by the first letters of it, on SQLite and on PostgreSQL.

``words`` cuts a text into the terms of the index, ``query`` turns what somebody typed into an expression over those terms,
``backend`` keeps and asks Wagtail's index with both. Nothing here knows what is being looked for.
"""
