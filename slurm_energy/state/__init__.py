"""What survives our death in the state directory, without a database."""
