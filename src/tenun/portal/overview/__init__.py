"""P1: how is work in the villages now, and where is attention needed?"""
