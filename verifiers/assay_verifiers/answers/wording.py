"""The wording that denies, hedges or takes back an answer, or refuses one.

Patterns on lower-case text; each meets a window around a claim or one line, but ``RETRACTION``,
which meets all that follows one.
"""

from __future__ import annotations

import re

NEGATION = re.compile(r"(?:\w{2,12}ly )?(?:not\b|n't\b|never\b)")
HEDGING = re.compile(r"\b(?:maybe|perhaps|possibly)\b|^(?:probably|either|likely|i guess)\b")

_BETWEEN = (
    r"(?:\s|[$*:({\[\\]|the|final|answer|equal to|simply|just|actually|exactly|be|is|=){0,12}$"
)
DENIED_BEFORE = re.compile(
    rf"(?:\bnot|n't|\bnever|\bneither|≠|\\neq?){_BETWEEN}"
    r"|\banswer (?:is|was|be|can|could|should)?\s?(?:\w{2,12}ly )?(?:not|n't)\b"
    r"(?:(?!\b(?:but|so|rather|it is|it's|hence|therefore|thus|instead)\b)[^.!?;\n]){0,80}$"
    r"|(?:n't|not) (?:think|believe)\b[^.!?;,\n]{0,60}$"
    r"|\b(?:doubt|(?:false|incorrect|wrong|not true|not the case) that)\b"
    r"[^.!?;,\n]{0,60}$"
    r"|\b(?:if|whether|suppos(?:e|ing)|assum(?:e|ing)|unless|imagine|let|let's say)\s(?:that\s)?"
    r"(?:the|my|our|your|this)?\s?(?:final|correct|right)?\s{0,2}$"
)
DENIED_AFTER = re.compile(
    r"[\s$)\]}*\\.,]{0,8}(?:(?:is|are|was|would be|seems|looks)\s(?:clearly\s|obviously\s|also\s)?"
    r"(?:not|wrong|incorrect|false|invalid|impossible|extraneous|rejected|too (?:big|small))\b"
    r"|(?:isn't|aren't|wasn't|can(?:no| no|')t be|does(?: not|n't) (?:work|fit|satisfy))\b)"
)
HEDGED_BEFORE = re.compile(
    r"\b(?:maybe|perhaps|possibly|probably|(?:i|my|wild|best) guess(?:ing)?(?: is| that)?|either|"
    rf"not (?:sure|certain)[^.!?\n]{{0,60}}),?{_BETWEEN}"
    r"|\b(?:might|may|could) (?:also )?be[\s$*:(\[\\]{0,8}$"
)
HEDGED_AFTER = re.compile(
    r"[\s$)\]}*\\]{0,8}[^.!?\n]{0,40}\?"
    r"|[\s$)\]}*\\]{0,8}[^.!?\n]{0,30}\b(?:not (?:(?:completely|entirely|very|at all) )?"
    r"(?:sure|certain)|unsure|a guess|guessing|or maybe|or perhaps|or possibly|or is it|but maybe|"
    r"but perhaps|(?:could|might|may) also be|it (?:could|might|may) be|also possible|also works|"
    r"or something)\b"
)
RETRACTION = re.compile(
    r"\b(?:that|this|it|which|above|previous|answer|solution|provided)(?:'s| is| was) "
    r"(?:wrong|incorrect|not right|not correct|a mistake|an error)\b"
    r"|\b(?:i|i've|i have) made (?:a|an|some) (?:\w+ )?(?:mistake|error)\b"
    r"|\b(?:scratch|ignore|disregard|forget) (?:that|this|it|the above|my)\b"
    r"|\bi take (?:that|it) back\b"
    r"|\bnever ?mind\b|\bno,? wait\b|\bwait,? no\b|\bcorrection:"
    r"|(?:[.!?…]|^)\s?no[,!.](?=\s)|\bi was wrong\b|\bjust kidding\b|\boops\b"
    r"|\bactually,? (?:no,? )?(?=(?:it|that|the (?:correct |right )?answer)(?:'s| is| should be)\b)"
)

# Closing lines

REFUSAL = re.compile(
    r"\bi (?:give|gave) up\b|\b(?:i|we) (?:can ?not|can't|could not|couldn't|am unable|are unable|"
    r"do not know|don't know|am not sure|am stuck|have no idea|did not|didn't)\b|\bi'm (?:not sure|"
    r"unable|stuck|sorry)\b|\bi (?:refuse|decline|won't)\b|\bno idea\b|\bnot sure\b|\bunable to\b"
    r"|\bas an ai\b"
)
UNDECIDED = re.compile(
    r"\b(?:maybe|perhaps|possibly|probably|either|might be|could be|may be|wrong|incorrect)\b"
    r"|\b(?:is|are|was)(?: not|n't) (?:the|my|our|correct|right|equal)\b"
)
