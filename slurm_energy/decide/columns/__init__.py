"""A queue as columns, kept from turn to turn."""
