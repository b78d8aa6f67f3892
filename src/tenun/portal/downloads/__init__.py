"""Taking the same figures along as CSV or XLSX."""
