"""Comity: a State's side of the UN Convention against Cybercrime.

One folder is one room; docs/house.md has the stair on which they stand.
"""
