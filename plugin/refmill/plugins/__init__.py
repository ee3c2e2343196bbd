"""The registry of plugins, their options, and a plugin of one's own to begin with."""
