"""Sans-I/O readers: bytes in, values out. They read copies; the bytes on the wire are never touched."""
