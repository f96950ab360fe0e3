"""The retryable steps flows are made of."""
