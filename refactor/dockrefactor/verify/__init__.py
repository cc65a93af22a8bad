"""Proof by building: the original and the result are built, compared and run with the engine that is there.

Only the command line's `verify` imports this package; refactoring itself never builds, runs or connects anywhere.
"""
