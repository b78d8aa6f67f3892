"""P5: what does this figure mean, and how is it computed?"""
