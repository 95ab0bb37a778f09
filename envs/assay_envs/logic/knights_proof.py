"""The worked solution of Knights & Knaves: deductions in words, and suppositions that fail."""

from __future__ import annotations

from collections.abc import Sequence

from assay_envs.environment import CertificateError
from assay_envs.logic.knights_statements import ROLES, Statement, worlds_of


class Proof:
    """A proof in words: what single statements force, and suppositions that they refute."""

    def __init__(
        self, names: Sequence[str], statements: Sequence[Statement], knights: Sequence[str]
    ) -> None:
        self._names = names
        self._n = len(names)
        self._worlds = worlds_of(self._n)
        self._told = [self._worlds.told(*said) for said in enumerate(statements)]
        self._true = [name in knights for name in names]

    def lines(self) -> list[str]:
        """Everyone's role, one deduction a line."""
        lines: list[str] = []
        known = self._worlds.everything
        while True:
            known, forced, _ = self._follow(known)
            lines += [f"{text}." for text in forced]
            unknown = [who for who in range(self._n) if self._open(known, who)]
            if not unknown:
                return lines
            who, text = self._refuted(known, unknown)
            lines.append(text)
            known &= self._as(who, self._true[who])

    def _refuted(self, known: int, unknown: Sequence[int]) -> tuple[int, str]:
        """Someone whose wrong role leads to a contradiction, and how; the shortest way there."""
        for depth in range(self._n):
            refutations = [
                (text, who)
                for who in unknown
                if (text := self._contradiction(known & self._as(who, not self._true[who]), depth))
            ]
            if refutations:
                text, who = min(refutations, key=lambda found: len(found[0]))
                wrong, right = (ROLES[role] for role in (not self._true[who], self._true[who]))
                name = self._names[who]
                return who, f"Suppose {name} is a {wrong}. {text} So {name} is a {right}."
        raise CertificateError("the roles are not forced")

    def _contradiction(self, known: int, depth: int) -> str:
        """How ``known`` leads to a contradiction by ``depth`` suppositions inside it, or ""."""
        known, forced, refuted = self._follow(known)
        said = "".join(f"{text}. " for text in forced)
        if refuted is not None:
            return f"{said}But then {self._names[refuted]} could not say that."
        if depth == 0:
            return ""
        for who in (who for who in range(self._n) if self._open(known, who)):
            cases = [(role, self._as(who, role)) for role in (True, False)]
            inner = [(role, self._contradiction(known & case, depth - 1)) for role, case in cases]
            if all(text for _, text in inner):
                name = self._names[who]
                tried = " ".join(f"If {name} is a {ROLES[role]}: {text}" for role, text in inner)
                return f"{said}{tried}"
        return ""

    def _follow(self, known: int) -> tuple[int, list[str], int | None]:
        """What single statements force: the roles left, how, and whose statement is refuted."""
        forced: list[str] = []
        changed = True
        while changed:
            changed = False
            for speaker, told in enumerate(self._told):
                left = known & told
                if not left:
                    return known, forced, speaker
                for who, knight in enumerate(self._worlds.knights):
                    if self._open(known, who) and not (left & knight and left & ~knight):
                        role = bool(left & knight)
                        known &= self._as(who, role)
                        changed = True
                        by = f"By what {self._names[speaker]} says"
                        forced.append(f"{by}, {self._names[who]} is a {ROLES[role]}")
        return known, forced, None

    def _as(self, who: int, knight: bool) -> int:
        return (self._worlds.knights if knight else self._worlds.knaves)[who]

    def _open(self, known: int, who: int) -> bool:
        knight = self._worlds.knights[who]
        return bool(known & knight and known & ~knight)
