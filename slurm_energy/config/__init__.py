"""Settings: pydantic schema, loading, conversion."""
