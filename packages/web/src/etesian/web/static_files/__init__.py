"""Files of a folder, served with validators, ranges and versioned URLs."""
