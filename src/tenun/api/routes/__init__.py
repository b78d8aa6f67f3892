"""The routes, by what they are for. Each reads its request, has the exchange decide and work, and shapes the answer."""
