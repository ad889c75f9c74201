"""A classifier of one's own, run by ONNX Runtime in place of a scorer. Needs the extra ``onnx``.

``card`` describes a model directory and needs no extra; ``model`` runs it.
May import: ``reading``, ``score``; ``model`` also the registry.
"""
