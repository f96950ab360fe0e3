"""What has been done, for whom, with what result."""
