"""The outside systems as local servers, with seeded data and fault switches."""
