"""The generated sample: clean shops, and the defects planted in them."""
