"""What jobs draw, and what of power and room a cluster has."""
