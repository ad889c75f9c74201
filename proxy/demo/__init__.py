"""A demonstration in one command: a small built-in provider, Sightglass in front of it, and an application's traffic.

``answers``    what the built-in model says: mostly from the document it was given, sometimes invented, sometimes not
``provider``   its HTTP face, a chat completions endpoint
``dialogues``  the prompts and documents of four made-up applications
``traffic``    sends them through the real ``openai`` client
``children``   the two processes and their end
``report``     what Sightglass found, read from its own console and metrics
``story``      the chapters: a quiet week, a provider that changes, a worker that dies
``stopping``   what SIGINT and SIGTERM do, from the first moment on
``run``        the command itself
"""
