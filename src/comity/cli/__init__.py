"""The terminal's face: ``comity <noun> <verb>``, one file for each noun.

All sentences for people at a terminal live here. It must not touch tables, and what a court runs offline
(``verify``) must never reach the framework.
"""
