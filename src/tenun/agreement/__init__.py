"""The signed agreement as something that can be asked: its document, its clauses, its decisions.

Knows nothing of village files, of the network, of pages. Everything above asks it before it touches
a person's data.
"""
