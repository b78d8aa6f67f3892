"""What SIAPKerja promises to hold."""
