"""The release gate: what others than the two ministries may be shown, and by which letters (Pasal 7(2)).

Default deny. `gate` answers from the chain of acts and from nothing else; `states` says who may do what, when;
`preview` says what a release would show and tell before anyone consents to it.
"""
