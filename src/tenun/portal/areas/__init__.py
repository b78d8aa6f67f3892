"""P2: how is work in this village? With the search that leads there."""
