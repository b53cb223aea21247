"""Images: the Dockerfile of our own programs, and stand-ins where no registry serves the others."""
