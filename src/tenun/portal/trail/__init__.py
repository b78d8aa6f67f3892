"""P20: who saw what, when and for what?"""
