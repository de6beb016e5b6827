"""Migrations of this room, linear."""
