"""Small problems in every language that has appended tests: right programs, wrong ones, tests.

Our own, in the shape of the multilingual translations of HumanEval: :data:`PAIRS` holds, by
language and name, the tests, a right program and a wrong one. Each language shows every way of
writing tests that ``code/conventions`` knows for it.
"""

from __future__ import annotations

from typing import NamedTuple


class Pair(NamedTuple):
    tests: str
    right: str
    wrong: str


_C_GCD = Pair(
    "#include <assert.h>\nint main(void) { assert(gcd(12, 18) == 6); assert(gcd(7, 0) == 7); }",
    "int gcd(int a, int b) { while (b) { int r = a % b; a = b; b = r; } return a; }",
    "int gcd(int a, int b) { return b ? b : a; }",
)

PAIRS: dict[str, dict[str, Pair]] = {
    "c": {
        "gcd": _C_GCD,
        "reverse a text": Pair(
            """
#include <string.h>
#include <assert.h>
int main() {
  char text[] = "abc { ", none[] = "";
  reverse(text);
  reverse(none);
  assert(strcmp(text, " { cba") == 0);
  assert(!*none);
  return 0;
}
""",
            """
#include <string.h>
#include <stdio.h>
void reverse(char *s) {
  int i = 0, j = (int)strlen(s) - 1;
  for (; i < j; i++, j--) { char c = s[i]; s[i] = s[j]; s[j] = c; }
}
int main(void) { char s[] = "x"; reverse(s); printf("%s\\n", s); return 1; }
""",
            """
#include <string.h>
void reverse(char *s) {
  int i = 0, j = (int)strlen(s) - 1;
  for (; i < j - 1; i++, j--) { char c = s[i]; s[i] = s[j]; s[j] = c; }
}
""",
        ),
        "sort in place": Pair(
            """
static void same(const int *a, const int *b, int n) { while (n--) assert(a[n] == b[n]); }
int main(int argc, char **argv) {
  int a[] = {3, -1, 2}, b[] = {-1, 2, 3};
  sort(a, 3);
  same(a, b, 3);
}
""",
            """
#define _GNU_SOURCE
#include <stdlib.h>
static int order(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
void sort(int *a, int n) { qsort(a, n, sizeof *a, order); }
""",
            "void sort(int *a, int n) { (void)a; (void)n; }",
        ),
    },
    "cpp": {
        "gcd": _C_GCD,
        "below zero": Pair(
            """
#undef NDEBUG
#include <assert.h>
#include <vector>
using namespace std;
int main() {
  assert(below_zero({}) == false);
  assert(below_zero({1, 2, -3, 1, 2, -3}) == false);
  assert(below_zero({1, 2, -4, 5, 6}) == true);
}
""",
            """
#include <bits/stdc++.h>
#define int long long
using namespace std;
bool below_zero(vector<int> moves) {
  int sum = 0;
  for (int move : moves) if ((sum += move) < 0) return true;
  return false;
}
signed main() { cout << below_zero({1}) << endl; }
""",
            """
#include <vector>
bool below_zero(std::vector<long long> moves) {
  long long sum = 0;
  for (auto move : moves) sum += move;
  return sum < 0;
}
""",
        ),
        "a stack": Pair(
            """
auto main() -> int {
  Stack<std::string> s;
  s.push("}"); s.push("b");
  assert(s.pop() == "b" && s.pop() == "}");
  bool thrown = false;
  try { s.pop(); } catch (const std::exception &) { thrown = true; }
  assert(thrown);
}
""",
            """
#include <stdexcept>
#include <string>
#include <vector>
template <class T> struct Stack {
  std::vector<T> all;
  void push(T t) { all.push_back(t); }
  T pop() {
    if (all.empty()) throw std::out_of_range("empty");
    T t = all.back(); all.pop_back(); return t;
  }
};
""",
            """
#include <string>
#include <vector>
template <class T> struct Stack {
  std::vector<T> all;
  void push(T t) { all.push_back(t); }
  T pop() { if (all.empty()) return T(); T t = all.back(); all.pop_back(); return t; }
};
""",
        ),
    },
    "java": {
        "a class with main": Pair(
            """
import java.util.*;
public class Main {
  static class Case { int given, wanted; Case(int g, int w) { given = g; wanted = w; } }
  public static void main(String[] args) {
    Solution s = new Solution();
    List<Boolean> correct = Arrays.asList(s.digits(0) == 1, s.digits(99) == 2, s.digits(100) == 3);
    if (correct.contains(false)) { throw new AssertionError(); }
  }
}
""",
            """
import java.util.*;
import java.lang.*;
class Solution { public int digits(int n) { return String.valueOf(n).length(); } }
public class Main { public static void main(String[] args) { System.exit(3); } }
""",
            "class Solution { int digits(int n) { return n < 10 ? 1 : 2; } }",
        ),
        "assertions": Pair(
            """
class Tests {
  public static void main(String... given) {
    assert Words.count("a b  a").equals(java.util.Map.of("a", 2, "b", 1)) : "counts { ";
    assert Words.count("").isEmpty();
  }
}
""",
            """
package some.where;
import java.util.Map;
import java.util.TreeMap;
public class Words {
  static Map<String, Integer> count(String text) {
    Map<String, Integer> all = new TreeMap<>();
    for (String word : text.split("\\\\s+")) if (!word.isEmpty()) all.merge(word, 1, Integer::sum);
    return all;
  }
}
""",
            """
import java.util.*;
class Words {
  static Map<String, Integer> count(String text) {
    Map<String, Integer> all = new HashMap<>();
    for (String word : text.split(" ")) all.put(word, 1);
    return all;
  }
}
""",
        ),
        "a class that the candidate began": Pair(
            """
    public static void main(String[] args) {
      assert(triple(3) == (9l));
      assert(triple(0) == (0l));
    }
}
""",
            "import java.util.*;\nclass Problem {\n  static long triple(long n) { return 3 * n; }",
            "class Problem {\n  static long triple(long n) { return n + 6; }",
        ),
    },
    "javascript": {
        "node:assert": Pair(
            """
const assert = require('node:assert');
function test() {
  let candidate = unique;
  assert.deepEqual(candidate([3, 1, 3]), [1, 3]);
  assert.deepEqual(candidate([]), []);
}
test();
""",
            """
const assert = require('assert');
const process = require('process');
const unique = (list) => [...new Set(list)].sort((a, b) => a - b);
assert.deepStrictEqual(unique([2]), [2]);
module.exports = { unique };
if (require.main === module) process.exit(4);
""",
            "var unique = (list) => list.sort();",
        ),
        "console.assert": Pair(
            """
const testWords = () => {
  console.assert(words('a  b').length === 2);
  console.assert(words('').length === 0);
}
testWords()
""",
            "export default function words(text) { return text.split(/\\s+/).filter(Boolean); }",
            "function words(text) { return text.split(' '); }\nfunction test() {}",
        ),
        "promises": Pair(
            """
import assert from 'node:assert/strict';
(async () => {
  assert.equal(await later(2), 4);
  await assert.rejects(() => later(-1), RangeError);
})();
""",
            """
import { setTimeout as sleep } from 'node:timers/promises';
export const later = async (n) => {
  await sleep(1);
  if (n < 0) throw new RangeError('below zero');
  return n * n;
};
""",
            "const later = async (n) => n * n;",
        ),
        "node:test": Pair(
            """
const test = require('node:test');
const assert = require('node:assert');
test('adds', () => assert.strictEqual(add(1, 2), 3));
test('adds later', async (t) => { await t.test('negative', () => assert.equal(add(-1, -2), -3)); });
""",
            "function add(a, b) { return a + b; }",
            "function add(a, b) { return Math.abs(a) + Math.abs(b); }",
        ),
    },
    "typescript": {
        "node:assert": Pair(
            """
declare var require: any;
const assert = require('node:assert');
function test() {
  let candidate = sum;
  assert.deepEqual(candidate([3, 1]), 4);
  assert.deepEqual(candidate([]), 0);
}
test();
""",
            "export function sum(list: number[]): number {\n"
            "  return list.reduce((a: number, b: number) => a + b, 0);\n}",
            "function sum(list: number[]): number { return list.length ? list[0] + 1 : 1; }",
        ),
        "types of its own": Pair(
            """
import assert from 'assert';
const p: Point = { x: 3, y: 4 };
assert.strictEqual(length(p), 5);
assert.strictEqual(length({ x: 0, y: -2 }), 2);
""",
            """
interface Point { x: number; y: number }
enum Kind { Near, Far }
export const length = ({ x, y }: Point): number => Math.hypot(x, y);
""",
            "type Point = { x: number; y: number };\nconst length = (p: Point) => p.x + p.y - 2;",
        ),
        "generics": Pair(
            """
import { deepStrictEqual } from 'node:assert';
deepStrictEqual(chunks<string>(['a', 'b', 'c'], 2), [['a', 'b'], ['c']]);
deepStrictEqual(chunks<number>([], 2), []);
""",
            """
function* pieces<T>(list: readonly T[], size: number): Generator<T[]> {
  for (let i = 0; i < list.length; i += size) yield list.slice(i, i + size);
}
const chunks = <T,>(list: T[], size: number): T[][] => [...pieces(list, size)];
""",
            "const chunks = <T,>(list: T[], n: number) => [list.slice(0, n), list.slice(n)];",
        ),
    },
    "go": {
        "a test": Pair(
            """
package main

import (
	"reflect"
	"testing"
)

func TestSquares(t *testing.T) {
	if got := Squares([]int{1, -2}); !reflect.DeepEqual(got, []int{1, 4}) {
		t.Errorf("got %v", got)
	}
}
""",
            """
package main

import "fmt"

func Squares(list []int) []int {
	made := []int{}
	for _, n := range list {
		made = append(made, n*n)
	}
	return made
}

func main() { fmt.Println(Squares([]int{3})) }
""",
            "package main\nfunc Squares(list []int) []int { return list }",
        ),
        "a table with subtests": Pair(
            """
import ("testing"; "strings")

func TestTitle(t *testing.T) {
	candidate := Title
	for _, tc := range []struct{ given, wanted string }{{"ab", "Ab"}, {"", ""}, {"É", "É"}} {
		tc := tc
		t.Run("case "+tc.given, func(t *testing.T) {
			t.Parallel()
			if got := candidate(tc.given); strings.Compare(got, tc.wanted) != 0 {
				t.Fatalf("Title(%q) = %q", tc.given, got)
			}
		})
	}
}
""",
            """
import (
	"strings" // for ToUpper
	"unicode/utf8"
)

func Title(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:n]) + s[n:]
}
""",
            'import "strings"\nfunc Title(s string) string { return strings.ToUpper(s) }',
        ),
        "several tests": Pair(
            """
import "testing"
func TestMax(t *testing.T) { if Max(1, 2) != 2 { t.Fail() } }
func TestMaxOfEqual(t *testing.T) { if Max(3, 3) != 3 { t.Fail() } }
func TestMaxFirst(t *testing.T) { if Max(5, 3) != 5 { t.Fail() } }
""",
            "func Max[T int | float64](a, b T) T {\n\tif a > b {\n\t\treturn a\n\t}\n\treturn b\n}",
            "func Max(a, b int) int { return b }",
        ),
    },
    "rust": {
        "a module of tests": Pair(
            """
#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn counts() {
        let mut wanted = HashMap::new();
        wanted.insert('a', 2);
        assert_eq!(count("aa"), wanted);
    }

    #[test]
    fn nothing() {
        assert!(count("").is_empty());
    }
}
""",
            """
#![allow(dead_code)]
use std::collections::HashMap;

pub fn count(text: &str) -> HashMap<char, u32> {
    let mut all = HashMap::new();
    for letter in text.chars() {
        *all.entry(letter).or_insert(0) += 1;
    }
    all
}

fn main() {
    println!("{:?}", count("x"));
}

#[cfg(test)]
mod tests {
    #[test]
    fn own() {}
}
""",
            """
use std::collections::HashMap;
fn count(text: &str) -> HashMap<char, u32> { text.chars().map(|c| (c, 1)).collect() }
""",
        ),
        "a main": Pair(
            """
fn main() {
    let candidate = longest;
    assert_eq!(candidate(vec![String::from("a"), String::from("bb")]), Some(String::from("bb")));
    assert_eq!(candidate(Vec::<String>::new()), None);
}
""",
            """
fn longest(list: Vec<String>) -> Option<String> {
    list.into_iter().rev().max_by_key(|text| text.len())
}
""",
            "fn longest(list: Vec<String>) -> Option<String> { list.into_iter().min() }",
        ),
        "panics and results": Pair(
            """
use std::fmt;
#[test]
#[should_panic(expected = "zero")]
fn by_zero() { divide(1, 0); }
#[test]
fn even() -> Result<(), String> {
    if divide(6, 2) == 3 { Ok(()) } else { Err("not 3".to_string()) }
}
""",
            'use std::fmt;\nfn divide(a: i64, b: i64) -> i64 { if b == 0 { panic!("0") } a / b }',
            "fn divide(a: i64, b: i64) -> i64 { if b == 0 { 0 } else { a / b } }",
        ),
    },
}
