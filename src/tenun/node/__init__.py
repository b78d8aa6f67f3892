"""A node: its folders, its stored state, its services."""
