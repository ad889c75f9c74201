"""The hot path of Sightglass: forwards every request unchanged and leaves one Exchange behind.

Rooms, from the floor up (imports point down only, checked by ``make check``):

``settings``   frozen configuration from one YAML file and the environment
``exchange``   the facts of one request and its response; the closed enums of how it ended
``sample``     an Exchange that sampling kept, with its content; the queue's versioned wire format
``errors``     the error tree, and the OpenAI-shaped body of an error of ours
``metrics``    the one table of metric names
``wire``       sans-I/O readers: SSE, content codings, chat / responses / messages / completions
``tap`` ``sampler`` ``redact`` ``router`` ``pricing``   pure parts of the request's way
``upstream``   HTTP/1.1 connection pool; the only maker of upstream sockets
``queue``      SampleQueue protocol and its SQLite implementation
``publisher``  bounded ring -> SampleQueue, in the background
``forward``    one request upstream and its bytes back
``routes`` ``app`` ``supervisor`` ``cli``   handlers, composition root, processes, commands
"""

__version__ = "0.1.0"
