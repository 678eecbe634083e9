"""The science: NumPy and torch in, NumPy out. Knows no Dash, no Celery, no Redis."""
