"""The receiver: stores every notification before it answers, and judges nothing."""
