#!/usr/bin/env bash
# nannyml 0.13.1 (drift of a column, univariate) with numpy 2.4.6, pandas 3.1.1 and scipy 1.17.1, Python 3.11. Latencies
# in seconds, 9000 or 12000 as the reference with one timeout of 60 seconds, and 100 new ones of the same distribution.
# Once one of the new ones is 0.02 seconds faster than the fastest of the reference. nannyml is installed without what
# it only draws, models and reports with; empty modules stand in for that, and its own package is loaded without the
# rest of it.
#
# Behaviour: computation_params is documented as a dictionary with an entry for each method, {"wasserstein":
# {"calculation_method": "exact", "n_bins": 10000}}. The entry is only looked for; the values are then taken from the
# dictionary around it, which has none, so that "exact" and "estimated" are both "auto", and n_bins is always 10000. From
# 10000 rows on "auto" estimates Wasserstein's distance. There it counts the values below the reference's range and one
# more, its own border, as lying below, and moves the whole distribution of the new values by that one: the distance
# grows by the width of the reference divided by the number of new values. One value that is a little faster than all
# before so adds half a second to a distance of 0.14, and is an alarm. With 9000 rows, or by scipy, nothing happens.
# Nothing warns of either.
# Consequence: alarms that come and go with the size of the reference, and no way to ask for the exact distance.
#
# Seen (rows of the reference, asked for: distance, alarm for the sample; for that with one faster; by scipy):
#   9000, auto: 0.15 none; 0.14 none; by scipy 0.15 0.14
#   9000, exact: 0.15 none; 0.14 none; by scipy 0.15 0.14
#   9000, estimated: 0.15 none; 0.14 none; by scipy 0.15 0.14
#   12000, auto: 0.14 none; 0.66 alarm; by scipy 0.14 0.14
#   12000, exact: 0.14 none; 0.66 alarm; by scipy 0.14 0.14
#   12000, estimated: 0.14 none; 0.66 alarm; by scipy 0.14 0.14
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile --no-deps nannyml==0.13.1 numpy==2.4.6 \
    pandas==3.1.1 scipy==1.17.1 python-dateutil six 2>/dev/null
cat >drift.py <<'PY'
import importlib.abc
import importlib.machinery
import pathlib
import sys
import sysconfig
import types

UNUSED = {"dotenv", "matplotlib", "plotly", "seaborn", "segment", "sklearn", "statsmodels"}


class Empty(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in UNUSED:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        module.__getattr__ = lambda name: type(name, (), {})


sys.meta_path.insert(0, Empty())
for name in ("nannyml", "nannyml.drift"):
    package = types.ModuleType(name)
    package.__path__ = [str(pathlib.Path(sysconfig.get_path("purelib"), *name.split(".")))]
    package.__version__ = "0.13.1"
    sys.modules[name] = package

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from nannyml.chunk import SizeBasedChunker  # noqa: E402
from nannyml.drift.univariate.calculator import UnivariateDriftCalculator  # noqa: E402
from scipy.stats import wasserstein_distance  # noqa: E402

numbers = np.random.default_rng(1)
reference = np.round(numbers.gamma(2.0, 1.0, 12000) + 0.2, 3)
reference[7] = 60.0
sample = np.round(numbers.gamma(2.0, 1.0, 100) + 0.2, 3)
faster = sample.copy()
faster[0] = reference.min() - 0.02
for rows in (9000, 12000):
    for method in ("auto", "exact", "estimated"):
        drift = UnivariateDriftCalculator(
            column_names=["latency"], continuous_methods=["wasserstein"], chunker=SizeBasedChunker(100),
            computation_params={"wasserstein": {"calculation_method": method, "n_bins": 10000}})
        drift.fit(pd.DataFrame({"latency": reference[:rows]}))
        shown = []
        for values in (sample, faster):
            last = drift.calculate(pd.DataFrame({"latency": values})).to_df()["latency"]["wasserstein"].iloc[-1]
            shown += [f"{last['value']:.2f} {'alarm' if last['alert'] else 'none'}"]
        right = [f"{wasserstein_distance(reference[:rows], values):.2f}" for values in (sample, faster)]
        print(f"{rows}, {method}: {'; '.join(shown)}; by scipy {' '.join(right)}")
PY
HOME="$folder" NML_DISABLE_USAGE_LOGGING=1 PYTHONDONTWRITEBYTECODE=1 venv/bin/python -W ignore drift.py 2>err | tee out ||
    { tail -5 err; exit 1; }
diff out - <<'SEEN'
9000, auto: 0.15 none; 0.14 none; by scipy 0.15 0.14
9000, exact: 0.15 none; 0.14 none; by scipy 0.15 0.14
9000, estimated: 0.15 none; 0.14 none; by scipy 0.15 0.14
12000, auto: 0.14 none; 0.66 alarm; by scipy 0.14 0.14
12000, exact: 0.14 none; 0.66 alarm; by scipy 0.14 0.14
12000, estimated: 0.14 none; 0.66 alarm; by scipy 0.14 0.14
SEEN
