"""GPU types: what they draw, where jobs get which, and how fast jobs run on them."""
