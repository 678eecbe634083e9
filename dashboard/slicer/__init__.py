"""The Slicer view: how information thins out through layers, channels and epochs (CNNSlicer)."""
