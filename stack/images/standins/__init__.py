"""The stand-ins' build: programs, then a base image, then one image for each."""
