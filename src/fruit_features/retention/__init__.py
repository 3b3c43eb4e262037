"""For how long images, features and logs are kept, and what goes then."""
