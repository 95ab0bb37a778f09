"""Checkers for contest problems with several right outputs, by the problem's name.

A checker is a function ``(given, out, gold) -> bool`` of three token readers: the test's input, the
candidate's output and the published one. It may use :class:`Tokens` and the standard modules named
in ``_HEAD`` only, for :func:`checker` makes a whole program of it, in the shape that
``assay_verifiers/code/checker.py`` runs in the sandbox: exit code 0 accepts, 1 refuses. Each says
what the problem asks of an output; none looks at what its test is. They are ours.
"""

from __future__ import annotations

import inspect
from collections import Counter, deque
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import pairwise

_HEAD = """
from __future__ import annotations
import sys
from collections import Counter, deque
from heapq import heappop, heappush
from itertools import pairwise
"""
_TAIL = """
given, out, gold = (Tokens(open(name).read()) for name in sys.argv[1:4])
try:
    accepted = {name}(given, out, gold) and not out.left
except (IndexError, ValueError, KeyError):
    accepted = False
sys.exit(0 if accepted else 1)
"""


class Tokens:
    """The words of a text, one after another; ``IndexError`` beyond the last."""

    def __init__(self, text: str) -> None:
        self.left = deque(text.split())

    def word(self) -> str:
        return self.left.popleft()

    def number(self) -> int:
        return int(self.word())

    def numbers(self, count: int) -> list[int]:
        return [self.number() for _ in range(count)]

    def rows(self, count: int, width: int) -> list[tuple[int, ...]]:
        return [tuple(self.numbers(width)) for _ in range(count)]


Check = Callable[[Tokens, Tokens, Tokens], bool]
CHECKERS: dict[str, Check] = {}


def _for(*names: str) -> Callable[[Check], Check]:
    def kept(check: Check) -> Check:
        CHECKERS.update(dict.fromkeys(names, check))
        return check

    return kept


def checker(problem: str) -> dict[str, str] | None:
    """The checker of the problem whose id holds a name of :data:`CHECKERS`, for the verifier."""
    check = next((each for name, each in CHECKERS.items() if name in problem), None)
    if check is None:
        return None
    body = inspect.getsource(check).partition("def ")[2]
    helpers = (Tokens, _near, _distances, _apart)
    parts = (_HEAD, *map(inspect.getsource, helpers), f"def {body}")
    return {
        "language": "python",
        "source": "\n".join(parts) + _TAIL.format(name=check.__name__),
    }


# ── what several share ───────────────────────────────────────────────────────────────────────────


def _near(edges: list[tuple[int, ...]]) -> dict[int, list[int]]:
    """Neighbours of each node."""
    near: dict[int, list[int]] = {}
    for a, b, *_ in edges:
        near.setdefault(a, []).append(b)
        near.setdefault(b, []).append(a)
    return near


def _distances(edges: list[tuple[int, ...]], start: int) -> dict[int, int]:
    """The least sum of weights from ``start`` to each node that can be reached."""
    near: dict[int, list[tuple[int, int]]] = {}
    for a, b, weight in edges:
        near.setdefault(a, []).append((b, weight))
        near.setdefault(b, []).append((a, weight))
    far: dict[int, int] = {}
    queue = [(0, start)]
    while queue:
        distance, here = heappop(queue)
        if here not in far:
            far[here] = distance
            for there, weight in near.get(here, ()):
                heappush(queue, (distance + weight, there))
    return far


def _apart(points: list[tuple[int, ...]]) -> list[int]:
    """Squared distances of all pairs, sorted."""
    return sorted(
        sum((x - y) ** 2 for x, y in zip(p, q, strict=True))
        for number, p in enumerate(points)
        for q in points[:number]
    )


# ── the problems ─────────────────────────────────────────────────────────────────────────────────


@_for("791_b_bear_and_friendship", "1516_b_agaga_xooorrr")
def any_case(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """Words in capital or small letters."""
    same = [word.lower() for word in out.left] == [word.lower() for word in gold.left]
    out.left.clear()
    return same


@_for("749_b_parallelogram_is_back")
def points_in_any_order(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """A count, then as many points."""
    count = gold.number()
    return out.number() == count and sorted(out.rows(count, 2)) == sorted(gold.rows(count, 2))


@_for("288_c_polo")
def permutation_of_most_beauty(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """0 … n in an order for which the sum of i ^ p[i] is the greatest."""
    n, best = given.number(), gold.number()
    said, order = out.number(), out.numbers(n + 1)
    beauty = sum(place ^ value for place, value in enumerate(order))
    return said == beauty == best and sorted(order) == list(range(n + 1))


@_for("862_c_mahmoud_and_ehab")
def set_with_xor(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """n different numbers up to a million whose xor is x, where there are such."""
    n, x = given.numbers(2)
    said, wanted = out.word(), gold.word()
    if said != wanted or said == "NO":
        return said == wanted
    numbers = out.numbers(n)
    for number in numbers:
        x ^= number
    return x == 0 and len(set(numbers)) == n and all(0 <= each <= 10**6 for each in numbers)


@_for("1041_e_tree_reconstruction")
def tree_of_largest_numbers(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """A tree of which each edge leaves the given pair of largest numbers on its two sides."""
    n = given.number()
    pairs = Counter(tuple(sorted(pair)) for pair in given.rows(n - 1, 2))
    said, wanted = out.word(), gold.word()
    if said != wanted or said == "NO":
        return said == wanted
    edges = out.rows(n - 1, 2)
    near = _near(edges)

    def largest(a: int, b: int) -> int:
        seen, queue = {a, b}, [a]
        while queue:
            new = set(near[queue.pop()]) - seen
            seen |= new
            queue += new
        return max(seen - {b})

    found = Counter(tuple(sorted((largest(a, b), largest(b, a)))) for a, b in edges)
    return found == pairs and set(near) == set(range(1, n + 1))


@_for("1076_d_edge_deletion")
def edges_kept(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """At most k edges, by which as many nodes as can be are as near to the first as by all."""
    n, m, k = given.numbers(3)
    edges = given.rows(m, 3)
    kept = set(out.numbers(out.number()))
    full = _distances(edges, 1)
    left = _distances([edges[number - 1] for number in kept], 1)
    good = sum(left.get(node) == distance for node, distance in full.items())
    return len(kept) <= k and good >= min(n, k + 1)


@_for("1325_c_ehab_and_pathetic")
def labels_of_edges(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """Labels 0 … n - 2 so that no path has 0, 1 and 2, where the tree is more than a path."""
    n = given.number()
    edges, labels = given.rows(n - 1, 2), out.numbers(n - 1)
    if sorted(labels) != list(range(n - 1)):
        return False
    if max(map(len, _near(edges).values())) < 3:
        return True
    chosen = [edges[labels.index(label)] for label in range(3)]
    near = _near(edges)

    def inside(a: int, b: int) -> set[tuple[int, int]]:
        before, queue = {a: 0}, deque([a])
        while b not in before:
            here = queue.popleft()
            for there in near[here]:
                if there not in before:
                    before[there] = here
                    queue.append(there)
        path = set()
        while b != a:
            path |= {(b, before[b]), (before[b], b)}
            b = before[b]
        return path

    ends = {node for edge in chosen for node in edge}
    return not any(set(chosen) <= inside(a, b) for a in ends for b in ends if a != b)


@_for("1391_e_pairs_of_pairs")
def path_or_pairs(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """A simple path of half the nodes, or pairs of half of them with few edges in between."""
    for _ in range(given.number()):
        n, m = given.numbers(2)
        edges = {frozenset(edge) for edge in given.rows(m, 2)}
        if out.word() == "PATH":
            path = out.numbers(out.number())
            steps = map(frozenset, pairwise(path))
            if 2 * len(path) < n or len(set(path)) < len(path) or not set(steps) <= edges:
                return False
            continue
        pairs = out.rows(out.number(), 2)
        nodes = [node for pair in pairs for node in pair]
        if 2 * len(nodes) < n or len(set(nodes)) < len(nodes):
            return False
        pair_of = {node: number for number, pair in enumerate(pairs) for node in pair}
        inner = Counter(pair_of[a] for a, b in pairs if frozenset((a, b)) in edges)
        between = Counter(
            frozenset(pair_of[node] for node in edge)
            for edge in edges
            if all(node in pair_of for node in edge)
        )
        for both, count in between.items():
            if len(both) == 2 and count + sum(inner[each] for each in both) > 2:
                return False
    return True


@_for("963_b_destruction_of_a_tree")
def order_of_destruction(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """Every node once, each of an even degree when it goes."""
    n = given.number()
    edges = [(n_, p) for n_, p in enumerate(given.numbers(n), 1) if p]
    said, wanted = out.word(), gold.word()
    if said != wanted or said == "NO":
        return said == wanted
    near, order = _near(edges), out.numbers(n)
    gone: set[int] = set()
    for node in order:
        if sum(other not in gone for other in near.get(node, ())) % 2:
            return False
        gone.add(node)
    return len(gone) == n


@_for("576_a_vasya_and_petya")
def questions(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """As few divisors as can be that tell all numbers up to n apart."""
    n, count = given.number(), out.number()
    asked = set(out.numbers(count))
    answers = {tuple(x % y == 0 for y in asked) for x in range(1, n + 1)}
    return count == gold.number() and len(answers) == n and asked <= set(range(1, n + 1))


@_for("1217_d_coloring_edges")
def colours_without_cycles(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """As few colours as can be so that none has a cycle."""
    n, m = given.numbers(2)
    edges, count = given.rows(m, 2), out.number()
    colours = out.numbers(m)
    for colour in set(colours):
        own = [edge for edge, each in zip(edges, colours, strict=True) if each == colour]
        into, after = Counter(b for _, b in own), dict[int, list[int]]()
        for a, b in own:
            after.setdefault(a, []).append(b)
        free = [node for node in range(1, n + 1) if not into[node]]
        for node in free:
            for there in after.get(node, ()):
                into[there] -= 1
                if not into[there]:
                    free.append(there)
        if len(free) < n:
            return False
    return count == gold.number() and set(colours) <= set(range(1, count + 1))


@_for("1521_d_nastia_plays")
def moves_to_a_path(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """As few exchanges of edges as can be that leave a path."""
    for _ in range(given.number()):
        n = given.number()
        edges = {frozenset(edge) for edge in given.rows(n - 1, 2)}
        count = gold.number()
        gold.rows(count, 4)
        if out.number() != count:
            return False
        for a, b, c, d in out.rows(count, 4):
            edges.remove(frozenset((a, b)))
            edges.add(frozenset((c, d)))
        near = _near([tuple(edge) for edge in edges])
        reached = _distances([(*edge, 1) for edge in edges], 1)
        whole = len(reached) == n and len(edges) == n - 1
        if not whole or max(map(len, near.values())) > 2:
            return False
    return True


@_for("27_b_tournament")
def missing_game(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """The one pair that did not play, its result such that nobody beats in a circle."""
    n = given.number()
    games = given.rows(n * (n - 1) // 2 - 1, 2)
    lost = (out.number(), out.number())
    played = {frozenset(game) for game in games}
    wins = Counter(winner for winner, _ in (*games, lost))
    ranks = sorted(wins[player] for player in range(1, n + 1))
    return frozenset(lost) not in played and lost[0] != lost[1] and ranks == list(range(n))


@_for("45_h_road_problem")
def roads_without_bridges(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """As few new roads as can be so that no single road is the only way."""
    n, m = given.numbers(2)
    roads = given.rows(m, 2)
    count, least = out.number(), gold.number()
    if count != least or count < 1:
        return count == least
    roads += out.rows(count, 2)
    if len({frozenset(road) for road in roads}) < len(roads) or any(a == b for a, b in roads):
        return False

    def reached(used: list[tuple[int, ...]]) -> int:
        return len(_distances([(a, b, 1) for a, b in used], 1))

    return all(reached(roads[:k] + roads[k + 1 :]) == n for k in range(len(roads)))


@_for("136_d_rectangle_and_square")
def square_and_rectangle(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """Four of the points a square, the other four a rectangle."""
    points = given.rows(8, 2)
    said, wanted = out.word(), gold.word()
    if said != wanted or said == "NO":
        return said == wanted
    numbers = out.numbers(8)
    square, other = (_apart([points[k - 1] for k in half]) for half in (numbers[:4], numbers[4:]))
    a, b = other[0], other[2]
    right = other == sorted((a, a, b, b, a + b, a + b)) and a > 0
    return right and square == [square[0]] * 4 + [2 * square[0]] * 2 and len(set(numbers)) == 8


@_for("407_a_triangle")
def right_triangle(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """A right triangle with these legs, no side along an axis."""
    a, b = given.numbers(2)
    said, wanted = out.word(), gold.word()
    if said != wanted or said == "NO":
        return said == wanted
    points = out.rows(3, 2)
    slanted = all(len({point[axis] for point in points}) == 3 for axis in (0, 1))
    return slanted and _apart(points) == sorted((a * a, b * b, a * a + b * b))


@_for("464_b_restore_cube")
def cube(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """The numbers of each line in another order, so that the points are a cube."""
    lines = given.rows(8, 3)
    said, wanted = out.word(), gold.word()
    if said != wanted or said == "NO":
        return said == wanted
    points = out.rows(8, 3)
    side = _apart(points)[0]
    apart = [side] * 12 + [2 * side] * 12 + [3 * side] * 4
    same = all(sorted(p) == sorted(q) for p, q in zip(lines, points, strict=True))
    return same and side > 0 and _apart(points) == apart


@_for("618_c_constellation")
def empty_triangle(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """Three stars, not in one line, no other within or on their triangle."""
    stars = given.rows(given.number(), 2)
    numbers = out.numbers(3)
    a, b, c = (stars[number - 1] for number in numbers)

    def turn(p: tuple[int, ...], q: tuple[int, ...], r: tuple[int, ...]) -> int:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    def within(star: tuple[int, ...]) -> bool:
        turns = (turn(a, b, star), turn(b, c, star), turn(c, a, star))
        return min(turns) >= 0 or max(turns) <= 0

    others = [star for number, star in enumerate(stars, 1) if number not in numbers]
    return min(numbers) > 0 and turn(a, b, c) != 0 and not any(map(within, others))


@_for("633_c_spy_syndrome")
def words_of_cipher(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """Words of the list that give the text, each written backwards in small letters."""
    given.word()
    cipher = given.word()
    words = {given.word() for _ in range(given.number())}
    said = list(out.left)
    out.left.clear()
    return set(said) <= words and "".join(word[::-1].lower() for word in said) == cipher


@_for("774_h_repairing_of_string")
def text_of_counts(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """A text with so many runs of one letter, by length."""
    n = given.number()
    wanted, text = given.numbers(n), out.word()
    found = [0] * n
    run = 0
    for place, letter in enumerate(text):
        run = run + 1 if place and text[place - 1] == letter else 1
        for length in range(run):
            found[length] += 1
    return len(text) == n and found == wanted and text.isalpha() and text.islower()


@_for("1031_e_triple_flips", "1071_c_triple_flips")
def flips(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """At most n / 3 + 12 flips of three at equal distances that leave zeros."""
    n = given.number()
    bits = given.numbers(n)
    said, wanted = out.word(), gold.word()
    if said != wanted or said == "NO":
        return said == wanted
    count = out.number()
    for x, y, z in out.rows(count, 3):
        if not 1 <= x < y < z <= n or y - x != z - y:
            return False
        for place in (x, y, z):
            bits[place - 1] ^= 1
    return count <= n // 3 + 12 and not any(bits)


@_for("1427_e_xum")
def board_to_one(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """Sums and xors of what is on the board until there is a 1."""
    board = {given.number()}
    for _ in range(out.number()):
        a, sign, b = out.number(), out.word(), out.number()
        made = a + b if sign == "+" else a ^ b
        if not {a, b} <= board or sign not in "+^" or not 0 <= made <= 5 * 10**18:
            return False
        board.add(made)
    return 1 in board


@_for("1438_d_powerful_ksenia")
def xors_to_equal(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """At most n times the xor of three for all three, after which all are equal."""
    n = given.number()
    numbers = given.numbers(n)
    said, wanted = out.word(), gold.word()
    if said != wanted or said == "NO":
        return said == wanted
    count = out.number()
    for i, j, k in out.rows(count, 3):
        if len({i, j, k}) < 3 or min(i, j, k) < 1:
            return False
        made = numbers[i - 1] ^ numbers[j - 1] ^ numbers[k - 1]
        numbers[i - 1] = numbers[j - 1] = numbers[k - 1] = made
    return count <= n and len(set(numbers)) == 1


@_for("925_c_big_secret")
def growing_xors(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """The numbers in an order in which the xor of the first i grows with i."""
    n = given.number()
    numbers = given.numbers(n)
    said, wanted = out.word(), gold.word()
    if said != wanted or said == "No":
        return said == wanted
    order, before, growing = out.numbers(n), 0, True
    for number in order:
        growing = growing and before ^ number > before
        before ^= number
    return growing and sorted(order) == sorted(numbers)


@_for("521_d_shop")
def improvements(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """At most m different improvements whose product is the greatest, in the order of kinds."""
    k, n, m = given.numbers(3)
    skills, offers = given.numbers(k), given.rows(n, 3)

    def product(said: Tokens) -> int:
        count = said.number()
        chosen = said.numbers(count)
        if count > m or len(set(chosen)) < count or min(chosen, default=1) < 1:
            return 0
        now = list(skills)
        for kind, skill, value in (offers[number - 1] for number in chosen):
            old = now[skill - 1]
            now[skill - 1] = (value, old + value, old * value)[kind - 1]
        whole = 1
        for skill in now:
            whole *= skill
        return whole

    return product(out) == product(gold)


@_for("1407_e_egor")
def schedule(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """A colour for each city such that the shortest way is as long as can be."""
    n, m = given.numbers(2)
    roads = given.rows(m, 3)
    length, colours = out.number(), out.word()
    after: dict[int, list[int]] = {}
    for a, b, kind in roads:
        if colours[a - 1] == str(kind):
            after.setdefault(a, []).append(b)
    far, queue = {1: 0}, deque([1])
    while queue:
        here = queue.popleft()
        for there in after.get(here, ()):
            if there not in far:
                far[there] = far[here] + 1
                queue.append(there)
    return length == gold.number() == far.get(n, -1) and len(colours) == n


@_for("507_e_breaking_good")
def roads_changed(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """As few changed roads as can be that leave one shortest way and nothing else working."""
    n, m = given.numbers(2)
    roads = given.rows(m, 3)
    works = {frozenset((a, b)): z for a, b, z in roads}
    count = out.number()
    for a, b, z in out.rows(count, 3):
        if works.pop(frozenset((a, b))) != 1 - z:
            return False
        works[frozenset((a, b))] = z
    left = [(*road, 1) for road, z in works.items() if z]
    shortest = _distances([(a, b, 1) for a, b, _ in roads], 1)[n]
    reached = _distances(left, 1)
    return count == gold.number() and len(left) == shortest == reached.get(n)


@_for("715_b_complete_the_graph", "716_d_complete_the_graph")
def weights(given: Tokens, out: Tokens, gold: Tokens) -> bool:
    """Weights for the edges without one, so that the shortest way has the given length."""
    _, m, length, start, end = given.numbers(5)
    edges = given.rows(m, 3)
    said, wanted = out.word(), gold.word()
    if said != wanted or said == "NO":
        return said == wanted
    full = {frozenset(edge[:2]): edge[2] for edge in out.rows(m, 3)}
    kept = all(full[frozenset((a, b))] == w if w else full[frozenset((a, b))] for a, b, w in edges)
    least = min(full.values()) >= 1 and max(full.values()) <= 10**18
    lengths = _distances([(*edge, weight) for edge, weight in full.items()], start)
    return kept and least and len(full) == m and lengths[end] == length
