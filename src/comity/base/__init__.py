"""The ground: what every room stands on and what knows no law and no room.

Holds the types and the arithmetic that carry all else: lifecycles as tables, strict JSON, the table of
signing suites, signed statements, Merkle trees, the one clock, identifiers, errors by whose fault they are,
and who acts. Serves no article by itself. It must not know any law, any room, the disk or the network.
"""
