"""Twenty browsers at one page while a teacher trains: each beats every half second, and fetches pictures now and then.

Beside it: one browser at the same time, and twenty while nothing runs. The limit is a file that the same server only has
to hand out.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.harness import Browser, Darkroom, folder, machine, median, met, ms, percentile, read_runs, table
from workers.engine import Engine
from workers.studies import Study, digits_study

TARGET_SECONDS = 0.100
BEAT_SECONDS = 0.5
EPOCHS = 400  # more than fit into the time measured; the rest is cancelled


@dataclass
class Seen:
    """What one crowd of browsers has seen."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str, ask: Callable[[], object]) -> None:
        """Times one request; what goes wrong with it is an error, whatever it is."""
        began = time.perf_counter()
        try:
            ask()
        except Exception as error:
            with self.lock:
                self.errors.append(f"{what}: {type(error).__name__}: {error}")
            return
        with self.lock:
            self.seconds.setdefault(what, []).append(time.perf_counter() - began)


def browse(port: int, number: int, seconds: float, crowd: int, images: str, seen: Seen) -> None:
    """One browser: a pulse every beat, an atlas page and a picture every tenth."""
    browser = Browser(port)

    def fetch(path: str) -> None:
        status, _ = browser.get(path)
        if status != 200:
            raise RuntimeError(f"{path} answered {status}")

    try:
        browser.load()
        began = time.perf_counter()
        beats = int(seconds / BEAT_SECONDS)
        for beat in range(beats):
            due = began + (beat + number / crowd) * BEAT_SECONDS  # browsers do not beat together
            time.sleep(max(0.0, due - time.perf_counter()))
            seen.note("pulse", browser.pulse)
            if beat % 10 == number % 10:
                seen.note("atlas page", lambda: fetch(f"/atlas/{images}/0"))
                seen.note("picture", lambda: fetch(f"/image/{images}/{(37 * beat + number) % 1797}.png"))  # noqa: B023
                seen.note("static file", lambda: fetch("/assets/page.css"))
    except (Exception, SystemExit) as error:
        with seen.lock:
            seen.errors.append(f"browser {number}: {type(error).__name__}: {error}")
    finally:
        browser.close()


def crowd_of(count: int, port: int, seconds: float, images: str) -> Seen:
    """What `count` browsers see in `seconds`."""
    seen = Seen()
    threads = [
        threading.Thread(target=browse, args=(port, number, seconds, count, images, seen)) for number in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def train(engine: Engine) -> Study:
    """A digits teacher that trains for longer than anybody here looks; its study is the newest, which pages open."""
    return engine.studies.create("Long training", digits_study(teacher={"epochs": EPOCHS}))


def main() -> None:
    chosen = read_runs(__doc__, 1, browsers=(20, "browsers"), seconds=(20.0, "how long each crowd looks"))
    print(machine())
    crowds: dict[str, list[Seen]] = {}
    with folder() as parent, Darkroom(parent / "data") as page:
        page.wait(page.answers, "the page answers")
        engine = page.engine()
        first = page.wait(engine.studies.all, "the study is there", pause=0.1)[0]
        keys = set(first.keys.values())
        page.wait(lambda: engine.results.which(list(keys)) == keys, "the digits study is done", 600, pause=0.2)
        images = first.keys["images"]
        for _ in range(chosen.runs):
            crowd = f"{chosen.browsers} browsers"
            idle = crowd_of(chosen.browsers, page.port, chosen.seconds, images)
            crowds.setdefault(f"{crowd}, nothing runs", []).append(idle)
            study = train(engine)
            teacher = study.keys["teacher"]
            page.wait(lambda: engine.jobs.metric_count(teacher), "training")  # noqa: B023
            alone = crowd_of(1, page.port, chosen.seconds, images)
            crowds.setdefault("1 browser, training", []).append(alone)
            busy = crowd_of(chosen.browsers, page.port, chosen.seconds, images)
            crowds.setdefault(f"{crowd}, training", []).append(busy)
            still_training = engine.jobs.get(teacher).state
            engine.studies.cancel(study)
            engine.studies.delete(study.id)
            if still_training != "running":
                raise SystemExit(f"the teacher was {still_training} before the browsers were: choose fewer --seconds")
    rows = []
    for name, seen in crowds.items():
        for what in ("pulse", "atlas page", "picture", "static file"):
            times = [second for one in seen for second in one.seconds.get(what, [])]
            if times:
                figures = [ms(median(times)), ms(percentile(times, 0.95)), ms(max(times))]
                rows.append([f"{name}: {what}", str(len(times)), *figures])
    print(table("What browsers wait", ["", "requests", "median", "p95", "max"], rows))
    errors = [error for seen in crowds.values() for one in seen for error in one.errors]

    def p95(name: str, what: str) -> float:
        return percentile([second for one in crowds[name] for second in one.seconds[what]], 0.95)

    busy, quiet = f"{chosen.browsers} browsers, training", f"{chosen.browsers} browsers, nothing runs"
    ours = p95(busy, "pulse")
    print(f"\np95 of the pulse ≤ {ms(TARGET_SECONDS)}: {met(ours, TARGET_SECONDS)}; ", end="")
    print(f"no error: {'met' if not errors else f'MISSED, {len(errors)}'}")
    for error in sorted(set(errors))[:5]:
        print(f"  {error}")
    alone = p95("1 browser, training", "pulse")
    print(f"against one browser: {ours / alone:.2f} ×; against nothing running: {ours / p95(quiet, 'pulse'):.2f} ×")
    print(f"limit: a file handed out under the same load; we take {ours / p95(busy, 'static file'):.2f} × its p95")


if __name__ == "__main__":
    main()
