"""People judge links: what they are asked, what they said, and what that tells of the linkage."""
