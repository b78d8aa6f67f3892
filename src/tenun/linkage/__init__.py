"""Which SIAPKerja account is which resident: standardise, block, compare, weigh, decide, publish."""
