"""The threshold: where the house is wired together and run.

Holds the settings; in time the URL sets, the dispatch from a kind of letter to a deed, and the clockwork.
The only room that may know all others. It must not hold a rule.
"""
