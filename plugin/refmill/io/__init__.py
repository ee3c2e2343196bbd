"""Inputs and outputs: what is opened, unpacked, and written whole or not at all."""
