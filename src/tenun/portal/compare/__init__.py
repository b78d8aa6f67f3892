"""P4: does this village differ from similar ones?"""
