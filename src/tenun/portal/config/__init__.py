"""Settings, addresses and the rule of who may open them."""
