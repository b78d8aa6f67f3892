"""How NIKs, names, dates, places and addresses are brought to one form before they are compared."""
