"""Vaults: a folder today."""
