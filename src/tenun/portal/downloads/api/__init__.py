"""The results API: the figures of the pages for programs, behind the same roles and areas.

It lives in the portal's process, since its accounts, roles and areas are the portal's. `urls.patterns` are its
addresses; each is named in `tenun.portal.access.ROUTES`, or answers to nobody.
"""
