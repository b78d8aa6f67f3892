"""Which figures may be shown, and what stands in the place of those that may not. Knows numbers, not villages."""
