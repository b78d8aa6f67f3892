"""From delivered and linked records to figures per area, and the figures for whoever shows them."""
