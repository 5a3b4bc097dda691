"""WordPress with our plugin: `client` speaks to it, `erasure` drives every eraser there, `report` says what is left."""
