"""SampleQueue: what lies between the proxy and the worker. One protocol, one contract suite, several stores."""
