"""Sans-I/O readers: bytes in, values out. They read copies and never change the bytes on the wire."""
