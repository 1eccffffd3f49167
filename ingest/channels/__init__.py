"""Channels: each takes bytes from the world and hands them to the depositor, acknowledging only afterwards."""
