"""Takes photos, and all that was made of them, out of everything that is stored."""
