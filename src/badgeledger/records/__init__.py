"""Log lines become raw rows (RULEBOOK 3).

One module a family of shapes: :mod:`strict_json` reads a line, :mod:`values` reads its scalars, :mod:`calls` and
:mod:`badge_definitions` read records, :mod:`shapes` tells which of them a line is.
"""
