"""The face: one folder a view. Never imports torch or `models`; everything comes through `workers.engine`."""
