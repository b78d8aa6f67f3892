"""A log that can be added to and not changed: RFC 6962 tree, C2SP tiles, signed checkpoints, proofs.

Knows bytes and keys. Imports nothing of ours, so that an auditor can run it alone:
`python -m tenun.transparency_log FOLDER VERIFIER-KEY`.
"""
