"""What is the same answer and what is not: two tables, each pair judged in both directions.

Everything here is decided in process: a worker that is asked fails the test.
"""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest

from assay_verifiers.math import MathVerifier
from assay_verifiers.workers import WorkerPool


class _NoPool(WorkerPool):
    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        raise AssertionError("a worker was asked")


SAME = [
    ("\\frac{1}{2}", "0.5"), ("\\frac12", ".5"), ("x^2+2x+1", "(x+1)^2"), ("2\\pi r", "2r\\pi"),
    ("\\frac{\\sqrt{2}}{2}", "\\frac{1}{\\sqrt{2}}"), ("\\sqrt{12}", "2\\sqrt{3}"),
    ("(1,2)", "\\left(1, 2\\right)"), ("\\{1,2,3\\}", "\\{3,2,1\\}"), ("[0,1)", "0\\le x<1"),
    ("(-\\infty,2)\\cup(2,\\infty)", "x\\neq 2"), ("x\\ne 2", "\\mathbb{R}\\setminus\\{2\\}"),
    ("(-2,2)", "x^2<4"), ("[-2,2]", "\\{x \\mid x^2 \\le 4\\}"), ("(-3,3)", "|x|<3"),
    ("y=2x+3", "2x-y+3=0"), ("y=2x+3", "2x+3"), ("x=1, y=2", "y=2, x=1"),
    ("1\\pm\\sqrt2", "1+\\sqrt2,1-\\sqrt2"), ("\\pm1,\\pm i", "1,-1,i,-i"),
    ("5\\text{ cm}", "5\\mathrm{cm}"), ("5\\text{ cm}", "0.05\\text{ m}"),
    ("72\\text{ km/h}", "20\\text{ m/s}"), ("60 mph", "60"), ("15\\mbox{ cm}^2", "15"),
    ("15\\mbox{ cm}^2", "15\\text{ cm}^2"), ("\\$18.90", "18.90"), ("\\$18.90", "18.9 dollars"),
    ("\\$18.90", "1890 cents"), ("\\text{(C)}", "C"), ("\\text{(C)}", "\\text{C}"),
    ("\\text{Evelyn}", "Evelyn"), ("10,\\!080", "10080"), ("10,080", "10,080"),
    ("2516_8", "2516_{8}"), ("2516_8", "1358"), ("-\\frac{\\pi}{6}", "\\frac{-\\pi}{6}"),
    ("\\frac{3}{5},-\\frac{12}{5}", "-\\frac{12}{5},\\frac{3}{5}"), ("2^{n}-n-1", "2^n-(n+1)"),
    ("n!", "n\\cdot(n-1)!"), ("\\binom{n}{2}", "\\frac{n(n-1)}{2}"),
    ("\\frac{n!}{k!(n-k)!}", "\\binom nk"), ("\\log_2 8", "3"),
    ("\\log_{10}250", "\\log_{10}25+1"), ("\\ln 4", "2\\ln 2"), ("\\sin 2x", "2\\sin x\\cos x"),
    ("\\sin^2 x+\\cos^2 x", "1"), ("\\tan x", "\\frac{\\sin x}{\\cos x}"), ("e^{2x}", "(e^x)^2"),
    ("\\frac{1}{x-1}-\\frac1{x+1}", "\\frac{2}{x^2-1}"), ("e^{16}-1", "-1 + exp(16)"),
    ("\\dfrac\\pi2", "pi/2"), ("\\sqrt{2}", "sqrt(2)"), ("\\sqrt{x^2+1}", "(x^2+1)^{1/2}"),
    ("x^{-1}", "1/x"), ("3+4i", "4i+3"), ("\\frac{1+i}{2}", "0.5+0.5i"),
    ("2\\text{ hours}", "120\\text{ minutes}"), ("\\infty", "infinity"), ("+\\infty", "\\infty"),
    ("\\text{no solution}", "\\emptyset"), ("DNE", "\\text{does not exist}"),
    ("\\text{Yes}", "yes"), ("\\text{True}", "True"), ("f(x)=2x+1", "f(x) = 1+2x"),
    ("f(x)=2x+1", "f(t)=2t+1"), ("f(x)=2x+1", "2x+1"),
    ("\\begin{pmatrix}1\\\\2\\end{pmatrix}", "\\begin{bmatrix}1\\\\2\\end{bmatrix}"),
    ("\\begin{pmatrix}1\\\\2\\end{pmatrix}", "\\langle 1,2\\rangle"), ("1.5\\times10^3", "1500"),
    ("1.5e3", "1500"), ("1.5E+03", "1.5 \\cdot 10^{3}"), ("10^{-400}", "\\frac{1}{10^{400}}"),
    ("0.\\overline{27}", "\\frac{3}{11}"), ("0.1\\dot{6}", "1/6"), ("3\\frac{1}{2}", "3.5"),
    ("3\\frac{1}{2}", "\\frac72"), ("3 1/2", "7/2"), ("50\\%", "\\frac12"), ("50\\%", "0.5"),
    ("90^\\circ", "\\frac\\pi2"), ("90^\\circ", "90\\text{ degrees}"), ("x\\in[-2,7]", "[-2,7]"),
    ("x \\in [-2,7]", "-2\\le x\\le 7"), ("1, 2", "2 \\text{ and } 1"),
    ("1 \\text{ or } 2", "1,2"), ("3x-y=2", "6x-2y=4"), ("x^2+y^2=1", "1=x^2+y^2"), ("x>1", "1<x"),
    ("\\frac{x^2}{4}+\\frac{y^2}{9}=1", "9x^2+4y^2=36"),
    ("5x - 7y + 11z + 4 = 0", "-5x+7y-11z-4=0"), ("\\sqrt{2}", "1.4142135623730951"),
    ("1000000007", "1,000,000,007"), ("2^{100}", "1267650600228229401496703205376"),
    ("100!", "\\prod_{k=1}^{100}k"), ("7 \\pmod{10}", "7 \\pmod{10}"),
    ("x \\equiv 3 \\pmod 7", "x\\equiv 3\\pmod{7}"), ("\\lfloor x \\rfloor", "\\lfloor x\\rfloor"),
    ("ab", "ba"), ("a,b,c,d", "a,b,c,d"), ("(0:0:1)", "(0:0:2)"),
    ("\\mathbb{Z}_2", "\\mathbb{Z}_2"), ("O(n)", "O(n)"),
    ("\\Phi(2)-\\Phi(-3)", "-\\Phi(-3)+\\Phi(2)"), ("h''(b)", "h''(b)"),
    ("\\alpha>L", "L<\\alpha"), ("S_3", "S_{3}"), ("SE(2)", "SE(2)"), ("v_0 t", "t v_0"),
    ("v_{0}t-\\frac12gt^2", "-\\frac{g t^2}{2}+v_0 t"),
    ("\\frac{\\mathrm{d}y}{\\mathrm{d}x}", "y'"), ("2\\cdot 3 = 6", "6"),
    ("1\\text{ hour }30\\text{ minutes}", "90\\text{ minutes}"), ("12:30", "12:30"),
    ("2,-\\log _{10} 250", "-\\log_{10}250, 2"),
    ("x=\\frac{1}{6} \\pi+\\pi k", "x=\\frac{7\\pi}{6}+k\\pi"),
    ("k\\pi", "n\\pi, n\\in\\mathbb{Z}"), ("\\frac{1}{2},\\sqrt{x}", "\\sqrt{x},\\frac12"),
    ("m n-\\lfloor m / 2\\rfloor", "mn-\\lfloor\\frac{m}{2}\\rfloor"),
    ("\\frac{d !}{2 k(d-k) !}", "\\frac{d!}{2k\\cdot(d-k)!}"), ("4 \\sqrt{5}", "\\sqrt{80}"),
    ("(2) (x+2) (x-2)", "2x^2-8"),
    ("\\cot x^{\\cot x} > \\cot x^{\\tan x}", "\\cot x^{\\cot x}>\\cot x^{\\tan x}"),
    ("a = b = c = 0", "a=b=c=0"), ("2k, k\\in\\mathbb{Z}", "2n, n\\in\\mathbb{Z}"),
    ("\\{2,4,6,\\ldots\\}", "\\{2,4,6,\\dots\\}"), ("3^{1/3}", "\\sqrt[3]{3}"),
    ("x^{2/3}", "\\sqrt[3]{x^2}"), ("\\sin^{-1}(1/2)", "\\frac{\\pi}{6}"),
    ("\\arcsin\\frac12", "30^\\circ"), ("\\text{Monday}", "\\textbf{monday}"),
    ("2 \\text{ apples}", "2"), ("\\{5\\}", "5"), ("x=3 \\text{ or } x=-1", "-1,3"),
    ("(x-1)(x-2)=0", "x^2-3x+2=0"), ("5 \\times 10^{-3} \\text{ m}", "5\\text{ mm}"), ("3.0", "3"),
    ("1{,}5", "1.5"), ("∞", "\\infty"), ("2√3", "2\\sqrt{3}"), ("x≥2", "[2,\\infty)"),
    ("½", "0.5"), ("10⁻³", "0.001"), ("３", "3"), ("\\max = 5", "5"),
    ("\\left\\lceil \\frac{n}{2} \\right\\rceil", "\\lceil n/2 \\rceil"), ("\\sqrt[4]{16}", "2"),
    ("16^{3/4}", "8"), ("\\overline{AB}", "\\overline{AB}"), ("AB = 5", "5"),
    ("A=\\pi r^2", "\\pi r^2"), ("\\text{Area} = 12", "12"), ("12", "12."), ("12", "12.0"),
    ("(1,2),(3,4)", "(3,4),(1,2)"), ("[1,2,3]", "(1,2,3)"), ("\\text{A,B}", "B, A"),
    ("(-1)^{n}", "(-1)^{n+2}"), ("x", "\\ln e^{x}"), ("25^\\circ\\text{C}", "25"),
    ("25°C", "25^\\circ C"), ("\\sum_{i=1}^{10} i", "55"), ("3.14", "\\approx 3.14"),
    ("x=5", "= 5"), ("\\text{red, blue}", "blue, red"), ("A, C", "C, A"),
    ("x \\in \\{1,2\\}", "1, 2"), ("\\{(1,2),(3,4)\\}", "(3,4),(1,2)"), ("x=1,y=2", "(x,y)=(1,2)"),
    ("e^{i\\theta}", "\\cos\\theta+i\\sin\\theta"), ("60\\text{ miles per hour}", "60 mph"),
    ("x^n x^m", "x^{n+m}"), ("(x+1)^{100}", "((x+1)^{50})^2"), ("\\textbf{(A)}\\ 12", "12"),
    ("\\textbf{(A)}\\ 12", "A"), ("\\frac{1}{2}\\text{ dollars}", "50 cents"),
    ("10:30\\text{ PM}", "10:30 PM"), ("x^{2}+y^{2}+z^{2}=1", "z^2+y^2+x^2=1"),
    ("\\frac{x}{y}", "x/y"), ("n\\ge 3", "n>=3"), ("(a+b)^3", "a^3+3a^2b+3ab^2+b^3"),
    ("\\cos^2 x-\\sin^2 x", "\\cos 2x"), ("\\frac{\\pi}{3}\\text{ radians}", "60^\\circ"),
    ("\\frac{\\pi}{3}\\text{ radians}", "\\frac{\\pi}{3}"),
    ("2\\text{ m}^2", "20000\\text{ cm}^2"), ("\\sinh x", "\\frac{e^x-e^{-x}}{2}"),
    ("1.23 \\times 10^{-4}", "0.000123"), ("-\\sqrt{3}+2", "2-\\sqrt3"), ("6!", "720"),
    ("\\frac{6!}{3!}", "120"), ("{10 \\choose 3}", "120"), ("2\\sqrt[3]{2}", "\\sqrt[3]{16}"),
    ("(−1, 2)", "(-1,2)"), ("10^{-3}", "1e-3"), ("\\mathbf{v}", "v"), ("\\vec{v}", "v"),
    ("x\\leq 3\\text{ and }x\\geq 1", "[1,3]"),
    ("x=-1\\pm\\sqrt{5}", "x=-1+\\sqrt5 \\text{ or } x=-1-\\sqrt5"), ("\\boxed{5}", "5"),
    ("f^{-1}(x)=\\frac{x-1}{2}", "\\frac{x-1}{2}"), ("P(X>1)=\\frac12", "0.5"),
    ("\\cos(\\alpha+\\beta)", "\\cos\\alpha\\cos\\beta-\\sin\\alpha\\sin\\beta"),
    ("\\frac{dy}{dx}=2x", "y'=2x"), ("O(n\\log n)", "O(n \\log n)"),
    ("\\{x\\in\\mathbb{R}: x>0\\}", "(0,\\infty)"),
    ("\\mathbb{R}\\setminus\\{0,1\\}", "(-\\infty,0)\\cup(0,1)\\cup(1,\\infty)"),
    ("[0,1]\\cap[1/2,2]", "[1/2,1]"), ("x>2 \\text{ or } x<-2", "|x|>2"), ("\\log_{2}(8)", "3"),
    ("\\ln(x^2)", "2\\ln|x|"), ("\\max(3,5)", "5"), ("\\gcd(12,18)", "6"), ("7 \\bmod 4", "3"),
    ("0.1\\overline{6}", "\\frac16"), ("100\\text{ cm}", "1 m"),
    ("\\text{Alice and Bob}", "Bob and Alice"), ("12 \\text{ and } 13", "13, 12"),
    ("6", "6 apples"), ("72", "72 clips"), ("5 square units", "5"), ("(-1)^{2n}", "1"),
    ("\\lg x", "\\log_{10} x"), ("x=3=5", "5"),
]  # fmt: skip

DIFFERENT = [
    ("x^2+2x+1", "(x+1)^3"), ("(1,2)", "(2,1)"), ("\\{1,2\\}", "(1,2)"), ("(-3,3)", "|x|\\le3"),
    ("y=2x+3", "y=2x+4"), ("x=1, y=2", "y=1, x=2"), ("5\\text{ cm}", "5\\text{ km}"),
    ("15\\mbox{ cm}^2", "15\\text{ cm}^3"), ("\\$18.90", "18.90 cents"), ("\\text{(C)}", "D"),
    ("\\text{Evelyn}", "Navin"), ("2516_8", "2516_9"), ("2^{n}-n-1", "2^n-n"), ("3+4i", "4+3i"),
    ("-\\infty", "\\infty"), ("\\text{Yes}", "No"), ("True", "Yes"), ("f(x)=2x+1", "g(x)=2x+1"),
    ("f(x)=2x+1", "2t+1"),
    ("\\begin{pmatrix}1\\\\2\\end{pmatrix}", "\\begin{pmatrix}2\\\\1\\end{pmatrix}"),
    ("1.5e-300", "1.5e-301"), ("10^{400}", "10^{401}"), ("3\\frac12", "\\frac32"),
    ("90^\\circ", "80^\\circ"), ("1", "1,2"), ("1,2", "1"), ("3x-y=2", "6x-2y=5"), ("x>1", "x<1"),
    ("2", "\\sqrt{4.0001}"), ("\\sqrt{2}", "1.41421356"), ("\\pi", "3.14"),
    ("\\frac{22}{7}", "\\pi"), ("\\frac13", "0.33"), ("1000000007", "1000000006"),
    ("2^{100}", "1267650600228229401496703205377"), ("e^{\\pi\\sqrt{163}}", "262537412640768744"),
    ("\\sqrt{2}", "\\sqrt{2}+10^{-5000}"), ("x \\equiv 3 \\pmod 7", "x\\equiv 4\\pmod{7}"),
    ("ab", "ba+1"), ("N", "n"), ("\\mathbb{Z}_2", "\\mathbb{Z}_3"), ("O(n)", "O(n^2)"),
    ("\\Phi(2)", "\\Phi(3)"), ("h''(b)", "h'(b)"), ("S_3", "S_4"),
    ("v_{0}t-\\frac12gt^2", "v_1 t-\\frac12gt^2"), ("2\\cdot 3 = 7", "7"), ("12:00", "1:00"),
    ("\\frac{\\pi}{6}+k\\pi", "\\frac{\\pi}{3}+k\\pi"),
    ("\\frac{d !}{2 k(d-k) !}", "\\frac{d!}{k\\cdot(d-k)!}"), ("(2,3]", "[2,3)"),
    ("(0,1)", "0,1,2"), ("2k, k\\in\\mathbb{Z}", "3n, n\\in\\mathbb{Z}"),
    ("2 \\text{ apples}", "2 \\text{ pears}"), ("5", "5!"), ("5", "-5"), ("120", "5"),
    ("0", "\\emptyset"), ("\\{0\\}", "\\emptyset"), ("7", "7^2"), ("x=2", "x^2=4"), ("x", "y"),
    ("3", "x^2=3"), ("5", "a+b=5"), ("1", "0=1"), ("5", "\\frac{10}{2.0001}"), ("3", "3x"),
    ("12", "1.2"), ("1.2", "12"), ("0.1", ".01"), ("1/2", "1/2/2"),
    ("\\frac{1}{2}", "\\frac{2}{1}"), ("x", "-x"), ("\\sqrt{x}", "x"), ("\\sin x", "\\cos x"),
    ("\\sin x", "\\sin y"), ("\\ln x", "\\log_{10} x"), ("2^x", "x^2"), ("e", "2.718281828"),
    ("\\frac{\\pi}{4}", "0.785398"), ("i", "-i"), ("\\sqrt{-4}", "2"), ("(1,2,3)", "(1,2)"),
    ("(1,2),(3,4)", "(1,2),(4,3)"), ("1,2,3", "1,2,4"), ("[1,2]", "(1,2)"), ("[1,2]", "\\{1,2\\}"),
    ("\\mathbb{R}", "\\mathbb{Q}"), ("\\mathbb{R}", "(-\\infty,0)\\cup(0,\\infty)"),
    ("(-\\infty,1)\\cup(2,\\infty)", "(-\\infty,1]\\cup(2,\\infty)"), ("x<1", "x\\le1"),
    ("1<x<2", "1<x\\le 2"), ("1<x<2", "1<x<3"), ("y=x", "y=-x"), ("y=x^2", "x=y^2"),
    ("x+y=1", "x-y=1"), ("\\text{east}", "\\text{west}"),
    ("\\text{increasing}", "\\text{decreasing}"), ("A", "B"), ("\\text{A,B}", "\\text{A,C}"),
    ("A,B", "A"), ("10\\text{ m}", "10\\text{ s}"),
    ("10\\text{ m/s}", "10\\text{ m}"), ("\\$10", "10\\%"), ("11_2", "11_3"), ("11_2", "11"),
    ("2^{2005}", "2^{2006}"), ("n", "n+1"), ("n^2", "n^3"), ("(-1)^n", "1"),
    ("(-1)^n", "(-1)^{n+1}"), ("n!", "(n+1)!"), ("\\binom{n}{2}", "\\binom{n}{3}"),
    ("\\lfloor x\\rfloor", "\\lceil x\\rceil"), ("|x|", "x"), ("\\frac{a}{b}", "\\frac{b}{a}"),
    ("a+b", "a-b"), ("abc", "abd"), ("\\alpha", "\\beta"), ("x_1", "x_2"), ("f(x)=x", "f(x)=2x"),
    ("f(x)", "g(x)"), ("P(A)=0.3", "P(B)=0.3"), ("0.\\overline{3}", "0.3"),
    ("0.\\overline{12}", "0.\\overline{21}"), ("1:2", "2:1"), ("1:2:3", "1:2:4"), ("2+3i", "2-3i"),
    ("\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", "\\begin{pmatrix}1&2\\\\3&5\\end{pmatrix}"),
    ("\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", "\\begin{pmatrix}1&2\\end{pmatrix}"),
    ("x=1", "x=1,2"), ("x=1,2", "x=1"), ("x=1, y=2", "x=1"), ("\\infty", "1"), ("1", "\\infty"),
    ("\\emptyset", "\\{\\emptyset\\}"), ("2", "\\{2,3\\}"), ("2", "(2,3)"), ("(2,3)", "2"),
    ("[2,3]", "2"), ("\\pm 2", "\\pm 3"), ("\\pm 2", "2"), ("5", "4+1=6"), ("2x", "2"),
    ("2x", "x"), ("4", "4\\sqrt(2)"), ("f(x) = 0", "\\forall x>0, f(x) = 0"),
    ("1-\\frac1{\\mathrm e}", "1+\\frac1{\\mathrm e}"), ("1,2,\\ldots,n", "1,3,5,\\ldots,2n-1"),
    ("stale", "least"), ("\\text{cat}", "\\text{act}"),
    ("100000000000000000000000000000001", "100000000000000000000000000000000"),
    ("0.30000000000000004", "0.3"), ("\\frac{1}{3}", "0.333333333333333333333334"),
    ("\\frac{1}{3}", "0.3333333333333334"), ("10^{-20}", "0"), ("1", "1+10^{-30}"),
    ("\\cos(10^{-20})", "1"), ("\\sqrt{10^{40}+1}", "10^{20}"), ("\\ln(e^{100}+1)", "100"),
    ("\\tanh(100)", "1"), ("\\frac{1}{x}", "\\frac{1}{x+10^{-30}}"), ("x^2", "x^2+10^{-100}"),
    ("\\sin x", "\\sin x+10^{-100}"), ("\\sin x", "x-\\frac{x^3}{6}"),
    ("e^x", "\\sum_{k=0}^{50}\\frac{x^k}{k!}"), ("x", "x\\cdot\\frac{x}{|x|}"),
    ("x", "\\sqrt[4]{x^4}"), ("x", "\\ln e^{x}+10^{-40}"), ("5 and not 6", "5"), ("5", "5 and 6"),
    ("5", "not 5"), ("5", "5 or so"), ("5", "5=6=5"), ("7", "x=5=7=9"), ("25°C", "25°F"),
    ("\\text{red, blue}", "red, green"), ("E, D, A, C, B", "A, B, C, D, E"),
    ("10:30\\text{ PM}", "10:30 AM"),
    ("\\text{The series converges}", "\\text{The series diverges}"), ("10^{-3}", "1e-4"),
    ("\\cos(\\alpha+\\beta)", "\\cos\\alpha\\cos\\beta+\\sin\\alpha\\sin\\beta"),
    ("n+\\pi", "n+\\pi+1"), ("m\\pi+2\\pi", "m\\pi+3\\pi"), ("6", "6m"), ("100", "100 percent"),
    ("x", "x^{1.0000001}"), ("\\lg x", "\\ln x"),
]  # fmt: skip


def _outcomes(one: str, other: str) -> set[str]:
    verifier = MathVerifier(pool=_NoPool("none"))
    pairs = ((one, other), (other, one))
    return {verifier.check(f"\\boxed{{{given}}}", gold).outcome for gold, given in pairs}


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_answer_is_correct_either_way(one: str, other: str) -> None:
    assert _outcomes(one, other) == {"correct"}


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_another_answer_is_incorrect_either_way(one: str, other: str) -> None:
    assert _outcomes(one, other) == {"incorrect"}
