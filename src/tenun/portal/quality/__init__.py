"""P7: which data cannot be trusted yet, and who puts it right?"""
