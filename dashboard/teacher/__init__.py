"""The Teacher view: what the classifier confuses, and the images behind it."""
