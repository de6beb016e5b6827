"""Exhibits, their seals and their custody, and the package that anyone can check without us.

Articles served: 28.3(c) (integrity of what is seized), 25 (preservation), 40 and 44 (evidence that another
State's court believes). An exhibit is what its seal says; custody is a ledger of signed steps, each in the
transparency log. It must not know which case an exhibit serves.

Beside the usual files: ``gathering`` and ``streams`` read what is sealed, ``vault`` and ``vaults/`` keep it,
``ledger`` and ``ledgers/`` keep its custody (a package in the field, rows in a node), ``packing`` writes
packages, ``verification/`` judges them, ``stamping`` asks a stamp authority, and ``standalone/verify.py`` is
the verifier that a stranger runs without any of this.
"""
