"""The node's own tables in its PostgreSQL: what must survive a restart and be shared by all workers.

Knows Django's migrations and nothing else of it: rows are written and read with plain statements
(`tenun.node.replay`), which cost a tenth of the ORM's time. The portal and the API both list this app.
"""
