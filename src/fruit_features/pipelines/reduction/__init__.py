"""Features to fewer numbers by principal component analysis."""
