"""Carbon intensity and price from outside; each becomes a Series with its unit and its age."""
