"""Settings: one pydantic schema; documents are generated from it, files are checked against it."""
