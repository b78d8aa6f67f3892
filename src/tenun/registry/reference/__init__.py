"""Reference lists: regions in their editions, code lists, and the harmonised values they map to."""
