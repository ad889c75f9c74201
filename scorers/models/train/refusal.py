"""``python -m scorers.models.train.refusal --data DIR``: fit ``refusal.json``, ``refusal_sense.json`` and
``refusal_foreign.json``.

``scorers.report.held_out`` judges them by leaving out sources, authors and manners.
"""

from __future__ import annotations

from scorers.datasets.figures import auroc
from scorers.models.train import sense
from scorers.models.train.data import folder, share
from scorers.models.train.linear import write
from scorers.models.train.refusal_answers import everything
from scorers.models.train.refusal_sense import Crossed, logit
from scorers.reading.ngrams import FOLDER, logistic
from scorers.refusal import REFUSED


def main() -> None:
    """The heads, fitted on all that is not held out, and what they say of the questions held out."""
    taken = everything(folder(__doc__ or ""))
    heads = Crossed(taken).whole()
    write(heads.words, FOLDER / "refusal.json")
    sense.write(heads.sense, FOLDER / "refusal_sense.json")
    write(heads.foreign, FOLDER / "refusal_foreign.json")
    values = [(logistic(logit(heads, one)), one.positive) for one in taken if one.held and one.english]
    yes, no = ([value for value, positive in values if positive is side] for side in (True, False))
    print(
        f"held out: AUROC {auroc(yes, no)} {share(yes, REFUSED.threshold):.3f} {1 - share(no, REFUSED.threshold):.3f}"
    )


if __name__ == "__main__":
    main()
