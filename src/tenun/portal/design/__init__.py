"""What every page shares: layout, components, words, errors."""
