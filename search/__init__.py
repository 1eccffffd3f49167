"""Finding: one analyser, one query language, engines behind one protocol, a follower that may lag but never miss.

Rule: the index proposes, the catalogue decides; every search states its coverage.
"""

import os

# numpy would start a thread for each core when it is loaded, though nothing here needs linear algebra; and only a
# program of one thread can be copied whole, which is how a command gets its workers (`archiver.crew`)
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
