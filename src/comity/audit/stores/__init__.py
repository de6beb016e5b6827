"""Stores of a log: a folder of C2SP tiles, or a node's database."""
