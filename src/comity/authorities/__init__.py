"""Who may sign what: signers and their keys, logs and stamp authorities that are trusted, and our own keys.

Articles served: 40.12, 40.13 and 41 in time (central authorities, contact points). Today: trust material,
the folder that reaches a reader by another way than the evidence does. It must not know users or cases.
"""
