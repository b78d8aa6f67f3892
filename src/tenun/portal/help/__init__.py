"""What this is, and what to do when something is unclear."""
