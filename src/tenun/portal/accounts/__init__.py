"""People who sign in: their role, their ministry, the area they may see."""
