"""An invented population with known truth, for the demo, tests and benchmarks.

Nobody in it exists. Every invented NIK ends in a serial of 9000 or more, which registry offices do
not reach; every file says "DATA BUATAN".
"""
