"""The work of benches/src/peers for CPython: `python3 - WORK SETTING SIZES < peers.py`.

Nothing is printed for work that SETTING does not change. SETTING is how games tune CPython's collector: `default`, `raised` (thresholds of 100,000, 50, 100) or `off`
(disabled in the round, collected after it).
"""

import gc
import sys
import time

now = time.thread_time_ns
RING = 10
PER_FRAME = 2000


def status(field):
    try:
        with open("/proc/self/status") as lines:
            for line in lines:
                if line.startswith(field):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


class Node:
    __slots__ = ("payload", "a", "b", "c")

    def __init__(self, payload, a=None):
        self.payload = payload
        self.a = a
        self.b = None
        self.c = None


class Owner:
    __slots__ = ("hp", "last")

    def __init__(self):
        self.hp = 3
        self.last = None


class Bullet:
    __slots__ = ("owner", "x", "y", "vx", "vy", "hp", "kind", "frames_left")

    def __init__(self, owner, shot):
        self.owner = owner
        self.x = self.y = self.vx = self.vy = self.hp = self.kind = self.frames_left = shot


class Small:
    __slots__ = ("next", "value")

    def __init__(self, value):
        self.next = None
        self.value = value


class Random:
    """SplitMix64, as in benches/src/random.rs."""

    def __init__(self, seed):
        self.state = seed

    def below(self, end):
        mask = 0xFFFFFFFFFFFFFFFF
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return ((z ^ (z >> 31)) * end) >> 64


def quantile(times, part):
    times.sort()
    return times[round((len(times) - 1) * part)]


def timed(call):
    start = now()
    call()
    return now() - start


def level(objects):
    nodes = [Node(n) for n in range(objects)]
    random = Random(objects)
    for node in nodes:
        node.a = nodes[random.below(objects)]
        node.b = nodes[random.below(objects)]
        node.c = nodes[random.below(objects)]
    return nodes


def ring(to):
    first = last = Node(0)
    for payload in range(1, RING):
        last = Node(payload, last)
    first.a = last
    first.b = to


def churn(size):
    owner = Owner()

    def once():
        bullets = [Bullet(owner, shot) for shot in range(size["bullets"])]
        assert bullets[-1].owner.hp == 3

    times = [timed(once) for _ in range(size["rounds"] // 3 + 1)]
    mean = sum(times) / len(times) / size["bullets"]
    return {"median": quantile(times, 0.5) / size["bullets"], "mean": mean}


def live(objects, size):
    nodes = level(objects)
    times = [timed(gc.collect) for _ in range(size["collections"] if objects == size["live"] else 3)]
    assert len(nodes) == objects
    return {"collect": quantile(times, 0.5) / 1e6}


class Root:
    __slots__ = ("nodes",)


def one_root(objects, size):
    root = Root()
    root.nodes = level(objects)
    times = [timed(gc.collect) for _ in range(size["collections"] if objects == size["live"] else 3)]
    return {"collect": quantile(times, 0.5) / 1e6}


def rings(size):
    def once():
        for _ in range(size["live"] // RING):
            ring(None)
        gc.collect()

    once()
    return {"total": quantile([timed(once) for _ in range(size["collections"])], 0.5) / 1e6}


def frames(size, owned):
    nodes = level(size["live"])
    random = Random(1)
    gc.collect()

    def once():
        for _ in range(PER_FRAME // RING):
            ring(nodes[random.below(len(nodes))] if owned else None)

    for _ in range(min(60, size["frames"])):
        once()
    times = [timed(once) for _ in range(size["frames"])]
    mean = sum(times) / len(times) / 1e3
    return {
        "p50": quantile(times, 0.5) / 1e3,
        "p99": quantile(times, 0.99) / 1e3,
        "longest": times[-1] / 1e3,
        "mean": mean,
        "peak": status("VmHWM") / 1e6,
    }


def memory(size):
    count = size["million"]
    handles = [None] * count
    before = status("VmRSS") - 8 * count  # the list is of the handles
    start = now()
    for n in range(count):
        handles[n] = Small(1)  # the value is a shared number: not an object of its own
    made = now() - start
    after = status("VmRSS")
    start = now()
    del handles
    dropped = now() - start
    return {"bytes": (after - before) / count, "make": made / count, "drop": dropped / count}


# The match: see benches/src/peers/game.rs.


class Ship:
    __slots__ = ("x", "y", "bullets")

    def __init__(self, x):
        self.x = x
        self.y = 0
        self.bullets = []


class Shot:
    __slots__ = ("owner", "spark", "x", "y", "vx", "vy", "frames_left")

    def __init__(self, owner, n):
        self.owner = owner
        self.spark = None
        self.x = owner.x
        self.y = owner.y
        self.vx = n % 13 - 6
        self.vy = n % 7 + 1
        self.frames_left = 10 + n % 50


class Spark:
    __slots__ = ("bullet", "glow")

    def __init__(self, bullet, glow):
        self.bullet = bullet
        self.glow = glow


def match(size, setting):
    nodes = level(size["live"])
    ships = [Ship(n * 100) for n in range(8)]
    gc.collect()
    longest = 0
    began = 0

    def watch(phase, info):
        nonlocal longest, began
        if phase == "start":
            began = now()
        else:
            longest = max(longest, now() - began)

    gc.callbacks.append(watch)
    fired = 0
    score = 0
    start = now()
    for _ in range(size["match_frames"]):
        for ship in ships:
            bullets = ship.bullets
            for _ in range(25):
                bullet = Shot(ship, fired)
                if fired % 10 == 0:
                    bullet.spark = Spark(bullet, fired)
                bullets.append(bullet)
                fired += 1
            kept = []
            for bullet in bullets:
                bullet.x += bullet.vx
                bullet.y += bullet.vy
                bullet.frames_left -= 1
                if bullet.frames_left > 0:
                    kept.append(bullet)
                else:
                    score += bullet.x ^ bullet.y
                    if bullet.spark is not None:
                        score += bullet.spark.glow % 3
                    score += bullet.owner.x % 7
            ship.bullets = kept
            bullet = None
    if setting == "off":  # the round is over
        gc.collect()
    total = now() - start
    assert len(nodes) == size["live"]
    return {"total": total / 1e6, "pause": longest / 1e6, "score": score}


def main():
    work, setting, sizes = sys.argv[1:4]
    names = ("bullets", "rounds", "live", "million", "collections", "frames", "match_frames")
    size = dict(zip(names, map(int, sizes.split(","))))
    if setting == "raised":
        gc.set_threshold(100_000, 50, 100)
    elif setting == "off":
        gc.disable()
    figures = {
        "churn": lambda: churn(size),
        "live": lambda: live(size["live"], size),
        "one-root": lambda: one_root(size["live"], size),
        "live-million": lambda: live(size["million"], size),
        "one-root-million": lambda: one_root(size["million"], size),
        "rings": lambda: rings(size),
        "frames": lambda: frames(size, False),
        "owned-frames": lambda: frames(size, True),
        "memory": lambda: memory(size),
        "match": lambda: match(size, setting),
    }
    if setting != "default" and work in ("live", "one-root", "live-million", "one-root-million"):
        return  # no setting changes a full collection
    if work in figures:
        for name, value in figures[work]().items():
            print(name, value)


main()
