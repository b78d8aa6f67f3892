"""P19: has the village's objection been answered? A village's right of reply to one figure about it."""
