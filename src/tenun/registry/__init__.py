"""What each register promises to hold: tables, code lists, regions, identifiers."""
