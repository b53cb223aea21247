"""The payment provider that Flash Tickets charges, with a failure ratio that can be set."""
