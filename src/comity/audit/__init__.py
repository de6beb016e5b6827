"""The append-only record: one transparency log that anyone can check, and in time every deed and read.

Articles served: 24 and 36 (safeguards that can be shown to have been kept). The log's form is C2SP's:
tlog-tiles, tlog-checkpoint, tlog-proof. It must not know what a deed meant: an entry is bytes. Keys that
sign checkpoints, stores that keep entries and the deeds that need a proof come from outside.
"""
