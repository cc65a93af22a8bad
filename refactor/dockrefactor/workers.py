"""Files done in several processes, with the answers in the order of the files.

Only reading and thinking is shared out: what is printed or written is the first process's.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")

# enough to keep the processes busy, few enough that the first answers come soon
_MOST_AT_ONCE: Final = 16
# a quarter of a second of work, many times what a copy of this process takes to start
_FILES_EACH: Final = 32
# what the first process does with the answers takes a tenth of the time
_MOST: Final = 8
_work: Callable[[Any], Any]


def worthwhile(files: int) -> int:
    """How many processes share so many files best: no more than there are processors, each with enough to do. One
    where a process cannot start as a copy of this one."""
    if sys.platform != "linux":
        return 1
    return max(1, min(len(os.sched_getaffinity(0)), files // _FILES_EACH, _MOST))


def answers(
    prepare: Callable[[], Callable[[Asked], Answered]], items: Sequence[Asked], jobs: int
) -> Iterator[Answered]:
    """What the function that `prepare` gives says of each item, in their order, by `jobs` processes.

    `prepare` is called once in each process; it, the items and the answers can be pickled. Raises what the function
    raises, at the first such item, and concurrent.futures.process.BrokenProcessPool where a process is killed.
    """
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    size = max(1, min(_MOST_AT_ONCE, len(items) // (4 * jobs)))
    # a copy of this process has everything imported; elsewhere than on Linux that is not safe
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    pool = ProcessPoolExecutor(jobs, context, _start, (prepare,))
    try:
        yield from pool.map(_answer, items, chunksize=size)
    finally:
        pool.shutdown(cancel_futures=True)


def _start(prepare: Callable[[], Callable[[Any], Any]]) -> None:
    global _work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process says that it was interrupted
    _work = prepare()


def _answer(item: Any) -> Any:
    return _work(item)
