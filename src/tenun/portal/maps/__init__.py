"""P3: where is the value of this indicator high or low?"""
