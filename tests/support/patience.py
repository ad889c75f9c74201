"""How long tests wait on a machine that is busy with something else."""


def patient(seconds: float) -> float:
    """How long a wait may take before its test fails, where ``seconds`` are ample on a quiet machine.

    A wait ends with its condition, so that patience costs nothing where the condition comes. What a test tells apart
    from an answer in time (an idle time-out, say) must be further away than this.
    """
    return 6.0 * seconds
