"""The Student view: what decides an image's class, read from a student distilled on its neighbours."""
