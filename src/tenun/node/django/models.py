"""Tables of the node. Whoever can write here can let a recorded request be answered a second time."""

from django.db import models


class Seen(models.Model):
    """A value that may come once: a nonce, a token's or proof's `jti`, the id of an event.

    Kept as SHA-256 and not as it came: of one length whoever sends it, and telling nobody anything. A row may go
    once `expires` has passed, because what carried the value is refused by its own age then.
    """

    pk = models.CompositePrimaryKey("kind", "value")
    kind = models.CharField(max_length=24)
    value = models.BinaryField()
    expires = models.DateTimeField()

    class Meta:
        db_table = "node_seen"
        indexes = (models.Index(fields=["expires"], name="node_seen_expires"),)

    def __str__(self) -> str:
        return f"{self.kind} until {self.expires:%Y-%m-%d %H:%M}"
