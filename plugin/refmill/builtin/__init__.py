"""The plugins that come with refmill, one folder a format or service; they enter by the door of strangers."""
