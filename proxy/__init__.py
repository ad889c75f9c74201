"""The proxy: forwards every request unchanged and leaves one Exchange behind.

At the root stand the way of a request (``forward``, ``plan``, ``core``), the composition root (``app``), the commands
(``cli``) and the nouns (``exchange``, ``sample``, ``errors``). The rooms, from the floor up; imports point down only,
and ``make check`` holds that:

``config``     settings from one YAML file and the environment
``net``        header lines, file descriptors
``wire``       readers without I/O: server-sent events, codings, the providers' APIs
``routing``    where a request goes and whose it is
``redact``     secrets and personal data out of text
``edge``       the listener: HTTP/1.1 from applications
``upstream``   HTTP/1.1 to providers; the only maker of upstream sockets
``observe``    the copy of a request, and what is read from it
``queue``      the sample queue: SQLite or Redis
``telemetry``  metrics, access log, OpenTelemetry
``publish``    samples and feedback into the queue, in the background
``record``     what a finished request leaves behind
``relay``      the answer's way back to the client
``run``        processes: start, supervise, check, stop
``demo``       the demonstration
"""

__version__ = "0.1.0"
