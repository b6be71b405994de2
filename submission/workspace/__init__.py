"""Settings files and environment to frozen settings."""
