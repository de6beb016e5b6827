"""Judging a package: layout, seal, every byte, every step, against trust that comes from elsewhere.

Reads a folder it does not trust; never writes; never reaches the node's framework or database. The format
and the verdicts are docs/protocol/evidence-package.md; ``standalone/verify.py`` is a second, independent
implementation of the same page, and the tests hold the two against each other.
"""
