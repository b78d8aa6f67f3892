"""What a provider's node answers with, without any web: exports, deltas, one person, the catalogue, feedback."""
