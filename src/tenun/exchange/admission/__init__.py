"""The way of every request at the provider, whatever web framework brought it: who asks, may they, is it in the log.

In this order, and each step is cheaper than what it keeps away:

1. is the gate open (a read of memory)
2. whose message is it: RFC 9421, by a message key that the agreement pins for the other party *now*
3. what may they: our own token, held by whoever proves its key (DPoP), of the gate's present epoch
4. was it here before: nonce of the signature and `jti` of the proof, in one statement
5. does the agreement, as it stands at this moment, allow exactly this
6. the log has it in writing
7. and only then an answer, signed

**What a stranger learns**: that the message was not accepted, or that the exchange is shut off, which `/health` says
as well. Not whether a key, a client, an export or an agreement exists: nothing of ours is looked up for someone whose
signature does not hold, and the body is not even parsed. **What a stranger costs**: one memory read, a look at the
headers and at most one signature check, no statement in the database and, after the first dozen, no entry of their
own in the log: they are counted (`doorstep`).

Knows the agreement, the log and messages. Must not know a web framework, nor what data an answer holds.
"""
