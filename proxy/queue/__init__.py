"""SampleQueue: the queue between the proxy and the worker. One protocol, one contract test suite, several stores."""
