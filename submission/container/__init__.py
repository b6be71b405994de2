"""Commands in containers: an Engine protocol and its implementations."""
