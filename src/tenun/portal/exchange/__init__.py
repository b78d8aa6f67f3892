"""How the exchange between the two ministries is doing."""
