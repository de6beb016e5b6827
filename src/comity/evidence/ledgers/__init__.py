"""Ledgers of custody: a package on disk, or rows of a node."""
