"""Images to features, by a backbone broadcast to the workers."""
