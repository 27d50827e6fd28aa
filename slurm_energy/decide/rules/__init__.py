"""What may not be done: promises, guards, grid events and budgets."""
