"""All jobs of a cluster choose their slots together, and pay for crowding."""
