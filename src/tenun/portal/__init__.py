"""The results portal of both ministries: a Django project whose apps are screen families.

Apps do not import one another. What two of them share lies here (`access`, `figures`, `words`) or in
`design`; what decides anything lies further down, outside Django.
"""
