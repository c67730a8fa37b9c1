"""Thousands of broken case folders and weather answers: what the daily run makes of them.

Part of `make soak`; by hand `python -m bench.fuzz --count 200 --seed 7`. A tiny town of six loops
over a day. Each trial spoils either files of the case (`fuzz_cases.py`) or the answer of its
weather service (`fuzz_answers.py`), then runs `heat-dispatch daily` in a worker process. Allowed
are the exits 0, 10 and 20 with a published run that verifies, and 2 with words and without a run.
All else is a fault, told with the number of its trial, by which it can be repeated: any other
exit, a traceback, more time than the budget, a published plan that the audit rejects.

Of the weather answers every fifth is planned with; of the others the weather is read and laid on
the grid, where a bad answer does its harm, if any.
"""

import json
import multiprocessing
import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Thread
from unittest import mock

import click
from click.testing import CliRunner

from bench.fuzz_answers import mutate_answer
from bench.fuzz_cases import mutate_case
from bench.fuzz_town import NOW, write_town
from bench.report import text_table, write_section

TITLE = "Broken cases and broken weather"
COUNT, SEED = 5_000, 20_260_115
BUDGET_S = 120.0  # of one trial; a plan of the town takes one or two
WORKERS = 2
PLANNED_EVERY = 5  # of weather answers
WHOLE_EVERY = 3  # of cases: with weather of their own, meters and telemetry
PLANNED, REFUSED = (0, 10, 20), 2
# Whatever a spoiled case asks for, only our own service is reached.
NOWHERE = "http://127.0.0.1:9"
OFFLINE = {"HTTPS_PROXY": NOWHERE, "HTTP_PROXY": NOWHERE, "NO_PROXY": "127.0.0.1"}
OFFLINE |= {name.lower(): value for name, value in OFFLINE.items()}
KINDS = ("case", "weather")


@dataclass(frozen=True)
class Trial:
    """One thing to try; the same trial does the same every time."""

    kind: str
    number: int
    seed: int

    @property
    def draw(self) -> Random:
        """Draws of this trial alone."""
        return Random(f"{self.seed}/{self.kind}/{self.number}")  # noqa: S311 (no secret)

    def __str__(self) -> str:
        """Return what repeats it."""
        return f"--kind {self.kind} --seed {self.seed} --only {self.number}"


@dataclass(frozen=True)
class Ended:
    """What came of a trial."""

    trial: Trial
    code: int  # exit code of the command; 0 too where the weather alone was read
    done: tuple[str, ...] = ()  # to the case or the answer
    fault: str = ""  # what must not be
    seconds: float = 0.0


# ---- a service ------------------------------------------------------------------------------


@contextmanager
def serving(body: Callable[[str], bytes]) -> Iterator[str]:
    """Answer requests on 127.0.0.1 with `body` of their target; yields the base URL."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

        def do_GET(self) -> None:
            content = body(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            try:
                self.wfile.write(content)
            except OSError:
                return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@cache
def _good(target: str) -> bytes:
    from weather_server import WeatherServer, around, good_body

    return good_body(WeatherServer(NOW, around(-2.0), None), target)


# ---- trials ----------------------------------------------------------------------------------


def tried(trial: Trial) -> Ended:
    """Try one thing in this process."""
    began = time.perf_counter()
    with TemporaryDirectory(prefix="fuzz-") as name, mock.patch.dict(os.environ, OFFLINE):
        work = _tried_case if trial.kind == "case" else _tried_weather
        ended = work(trial, Path(name))
    seconds = time.perf_counter() - began
    return Ended(trial, ended.code, ended.done, ended.fault, seconds)


def _tried_case(trial: Trial, folder: Path) -> Ended:
    town = write_town(folder / "town", whole=trial.number % WHOLE_EVERY == 0)
    done = mutate_case(trial.draw, town)
    return _daily(trial, folder, done)


def _tried_weather(trial: Trial, folder: Path) -> Ended:
    draw = trial.draw
    done: list[str] = []
    answers: dict[str, bytes] = {}

    def body(target: str) -> bytes:
        if target not in answers:
            told, answers[target] = mutate_answer(draw, _good(target))
            done.extend(told)
        return answers[target]

    with serving(body) as base_url:
        write_town(folder / "town", f'kind = "open_meteo"\nbase_url = "{base_url}"')
        planned = trial.number % PLANNED_EVERY == 0
        ended = (_daily if planned else _weather_alone)(trial, folder, done)
    if not answers and not ended.fault:
        return Ended(trial, 1, (), "the weather service was not asked")
    return ended


def _weather_alone(trial: Trial, folder: Path, done: Sequence[str]) -> Ended:
    """Read the weather as the daily run does, and hold it to the contract of a forecast."""
    from dispatch.daily_request import DailyRequest, Stopwatch
    from dispatch.situation import look
    from forecasts.series import check_weather

    request = DailyRequest(folder / "town", NOW, folder / "runs", folder / "store")
    try:
        check_weather(look(request, Stopwatch(lambda _: None)).weather)
    except Exception:  # noqa: BLE001 (whatever it is, it is a fault)
        return Ended(trial, 1, tuple(done), _last_lines(traceback.format_exc()))
    return Ended(trial, 0, tuple(done))


def _daily(trial: Trial, folder: Path, done: Sequence[str]) -> Ended:
    from scenarios.cli import main

    folders = ["--runs", str(folder / "runs"), "--store", str(folder / "store")]
    words = ["--debug", "daily", str(folder / "town"), "--now", NOW.isoformat(), *folders]
    ended = CliRunner().invoke(main, words)
    said = ended.output
    code = ended.exit_code
    fault = ""
    if ended.exception is not None and not isinstance(ended.exception, SystemExit | click.Abort):
        code, fault = 1, _last_lines("".join(traceback.format_exception(*ended.exc_info)))
    elif code not in (*PLANNED, REFUSED):
        fault = f"exit {code}: {said[-300:]}"
    elif "Traceback" in said:
        fault = "a traceback was shown"
    else:
        fault = _fault_of_folder(folder / "runs", code, said)
    return Ended(trial, code, tuple(done), fault)


def _fault_of_folder(runs: Path, code: int, said: str) -> str:
    """What must not be in the runs folder after an exit, in words; "" if all is well."""
    from dispatch.verify import verify_run

    latest = [path for path in runs.glob("*/latest") if path.exists()]
    if code == REFUSED:
        if latest:
            return "exit 2, and a run is published"
        return "" if said.strip() else "exit 2 without a word"
    if len(latest) != 1:
        return f"exit {code}, and {len(latest)} runs are published"
    report = verify_run(latest[0].resolve())
    if not report.passed:
        return f"exit {code}, but the run does not verify: {' | '.join(report.faults)[:300]}"
    return ""


def _last_lines(text: str) -> str:
    return " / ".join(line.strip() for line in text.strip().splitlines()[-5:])[-600:]


# ---- workers ---------------------------------------------------------------------------------


@dataclass
class Worker:
    """A process that tries what it is sent; killed where one trial takes too long."""

    process: BaseProcess
    line: Connection
    trial: Trial | None = None
    since: float = 0.0

    @classmethod
    def started(cls) -> "Worker":
        """Start one."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs,), daemon=False)
        process.start()
        theirs.close()
        return cls(process, ours)

    def give(self, trial: Trial) -> None:
        """Send the next trial."""
        self.trial, self.since = trial, time.monotonic()
        self.line.send(trial)

    def end(self) -> None:
        """End the process, at work or not."""
        self.process.kill()
        self.process.join()
        self.line.close()


def _work(line: Connection) -> None:
    while True:
        try:
            line.send(tried(line.recv()))
        except EOFError:
            return


def all_tried(trials: Sequence[Trial], workers: int, budget_s: float) -> Iterator[Ended]:
    """Try everything in some processes, and yield what came of it as it comes."""
    left = iter(trials)
    busy: list[Worker] = []
    for trial in left:
        busy.append(Worker.started())
        busy[-1].give(trial)
        if len(busy) == workers:
            break
    while busy:
        wait([worker.line for worker in busy], timeout=1.0)
        for worker in list(busy):
            ended = _ended(worker, budget_s)
            if ended is None:
                continue
            yield ended
            following = next(left, None)
            if following is None or not worker.process.is_alive():
                worker.end()
                busy.remove(worker)
            if following is not None:
                if worker not in busy:
                    worker = Worker.started()  # noqa: PLW2901 (the old one is gone)
                    busy.append(worker)
                worker.give(following)


def _ended(worker: Worker, budget_s: float) -> Ended | None:
    """What came of a worker's trial; None while it goes on."""
    if worker.trial is None:
        raise RuntimeError("a worker without a trial")
    took_s = time.monotonic() - worker.since
    if worker.line.poll():
        try:
            ended: Ended = worker.line.recv()
        except EOFError:
            worker.process.join(5.0)
            how = f"the process died, exit {worker.process.exitcode}"
            return Ended(worker.trial, 1, (), how, took_s)
        return ended
    if took_s > budget_s:
        worker.process.kill()
        worker.process.join()
        return Ended(worker.trial, 1, (), f"no end within {budget_s:g} s", took_s)
    return None


# ---- telling ---------------------------------------------------------------------------------


def told(found: Sequence[Ended], seed: int) -> str:
    """The section of the results."""
    rows = []
    for kind in KINDS:
        mine = [one for one in found if one.trial.kind == kind]
        codes = Counter(one.code for one in mine if not one.fault)
        longest = max((one.seconds for one in mine), default=0.0)
        faults = sum(bool(one.fault) for one in mine)
        counts = [str(codes[code]) for code in (REFUSED, *PLANNED)]
        rows.append([kind, str(len(mine)), *counts, f"{longest:.0f}", str(faults)])
    head = ["spoiled", "trials", "refused (2)", "green (0)", "amber (10)", "red (20)", "longest, s"]
    lines = [
        f"Seed {seed}. Files of a small town, or the answers of its weather service, spoiled at "
        "random; then the daily run. Of the weather answers one in five is planned with, the "
        "others are read only and counted as 0.",
        text_table([*head, "faults"], rows),
        *(f"FAULT {one.trial}: {'; '.join(one.done)}: {one.fault}" for one in found if one.fault),
    ]
    return "\n\n".join(lines)


@click.command()
@click.option("--count", default=COUNT, show_default=True, help="Trials of each kind.")
@click.option("--seed", default=SEED, show_default=True, help="Of all draws.")
@click.option("--kind", type=click.Choice([*KINDS, "both"]), default="both", help="What to spoil.")
@click.option("--only", type=int, help="One trial by its number, in this process.")
@click.option("--first", default=0, help="Number of the first trial.")
@click.option("--workers", default=WORKERS, show_default=True, help="Processes.")
@click.option("--budget", default=BUDGET_S, show_default=True, help="Seconds for one trial.")
@click.option("--log", type=click.Path(path_type=Path), help="A JSON line for each trial.")
def main(
    count: int,
    seed: int,
    kind: str,
    only: int | None,
    first: int,
    workers: int,
    budget: float,
    log: Path | None,
) -> None:
    """Spoil inputs of the daily run and see what it makes of them."""
    kinds = KINDS if kind == "both" else (kind,)
    if only is not None:
        for one in kinds:
            print(tried(Trial(one, only, seed)))
        return
    trials = [Trial(one, number, seed) for number in range(first, first + count) for one in kinds]
    found = []
    for ended in all_tried(trials, workers, budget):
        found.append(ended)
        if ended.fault:
            print(f"FAULT {ended.trial}: {'; '.join(ended.done)}: {ended.fault}", flush=True)
        if log is not None:
            with log.open("a", encoding="utf-8") as stream:
                line = {"trial": str(ended.trial), "code": ended.code, "done": ended.done}
                line |= {"fault": ended.fault, "seconds": round(ended.seconds, 2)}
                stream.write(json.dumps(line, ensure_ascii=True) + "\n")
    found.sort(key=lambda one: (KINDS.index(one.trial.kind), one.trial.number))
    section = told(found, seed)
    print(section)
    if count >= COUNT:
        write_section(TITLE, section)
    sys.exit(1 if any(one.fault for one in found) else 0)


if __name__ == "__main__":
    main()
