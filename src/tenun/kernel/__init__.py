"""Clock, canonical JSON, keys, errors: what every package stands on. Knows nothing of the domain."""
