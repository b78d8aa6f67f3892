"""Messages between two nodes: signatures, digests, tokens, proofs and problems. Pure functions over bytes and keys.

Knows the standards and the profile of them that both nodes speak (docs/protocols/wire-signatures.md, tokens.md).
Must not know the agreement, a file, a database or a web framework: whoever calls says which keys are pinned and
what time it is.
"""
