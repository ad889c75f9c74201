"""Task suites: made from traffic, labelled by people, run against a model, compared with a run before.

``check``      does an answer meet what a case expects, and why not
``select``     which samples of production become cases, with their weights
``verdict``    what a run says, alone and against another one
"""
