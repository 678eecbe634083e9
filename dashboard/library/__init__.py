"""The Library view: where in the net the answer is decided, and whether an input belongs (Lee 2019)."""
