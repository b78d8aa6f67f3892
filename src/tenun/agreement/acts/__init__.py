"""What happened to the agreement since it was signed: acts, each signed, each bound to those before it.

An act is a small signed document: an addendum, an extension, a shut-off, a report. The agreement's state at a
moment is computed from the acts (`state`), and from nothing else. Who must sign an act, when it takes effect and
what it may change is one table (`law`).
"""
