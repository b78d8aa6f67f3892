"""Readers of the files that villages and ministries really have, and the way from a file into the lake.

A reader finds its columns by their headings, never by their place. What cannot be used is told by file,
sheet, row, field and rule, and never by the value that stood there.
"""
