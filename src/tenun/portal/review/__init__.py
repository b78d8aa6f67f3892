"""Judging links: one pair at a time, covered unless asked for, two reviewers and an arbiter (page P8)."""
