"""The references' word lists: names, pronouns, conjunctions, stop words, capitals, languages.

Sources: IFBench's ``instructions.py`` (names, pronouns, conjunctions, capitals); nltk's English
stop words; the profiles of langdetect 1.0.9.
"""

from __future__ import annotations


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


CONJUNCTIONS = _listed("and but for nor or so yet")
NAMES = _listed("""
    Emma Liam Sophia Jackson Olivia Noah Ava Lucas Isabella Mason Mia Ethan Charlotte Alexander
    Amelia Benjamin Harper Leo Zoe Daniel Chloe Samuel Lily Matthew Grace Owen Abigail Gabriel
    Ella Jacob Scarlett Nathan Victoria Elijah Layla Nicholas Audrey David Hannah Christopher
    Penelope Thomas Nora Andrew Aria Joseph Claire Ryan Stella Jonathan
""")
PERSONAL_PRONOUNS = frozenset(
    _listed("""
    i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his
    himself she her hers herself it its itself they them their theirs themselves
    """)
)
PRONOUNS = PERSONAL_PRONOUNS.union(
    _listed("""
    this that these those who whom whose which what whoever whomever whatever whichever anybody
    anyone anything everybody everyone everything nobody nothing somebody someone something each
    either neither both all some any none
    """)
)
# as far as a run of word characters can equal one: function words, and what is left of a
# contraction that is cut at its apostrophe
STOP_WORDS = frozenset(
    # pronouns, determiners
    _listed("""
    i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she
    her hers herself it its itself they them their theirs themselves this that these those what
    which who whom a an the all any both each few more most other some such no nor not only own
    same
    """)
    # verbs
    + _listed("""
    am is are was were be been being have has had having do does did doing will can should now
    """)
    # prepositions, conjunctions, adverbs
    + _listed("""
    and but if or because as until while of at by for with about against between into through
    during before after above below to from up down in out on off over under again further then
    once here there when where why how so than too very just
    """)
    # contractions, cut
    + _listed("""
    s t d ll m o re ve y don ain aren couldn didn doesn hadn hasn haven isn ma mightn mustn needn
    shan shouldn wasn weren won wouldn
    """)
)
CAPITALS = _listed("""
    Reykjavik Helsinki Oslo Tallinn Stockholm Riga Moscow Copenhagen Vilnius Minsk Dublin Berlin
    Amsterdam Warsaw London Brussels Prague Luxembourg Paris Vienna Bratislava Budapest Vaduz
    Chisinau Bern Ljubljana Zagreb
""")
LANGUAGES = _listed("""
    af ar bg bn ca cs cy da de el en es et fa fi fr gu he hi hr hu id it ja kn ko lt lv mk ml mr
    ne nl no pa pl pt ro ru sk sl so sq sv sw ta te th tl tr uk ur vi zh-cn zh-tw
""")
