/** What a program of an answer shows. Python is that of the build, here in Node. */
import { readFileSync } from 'node:fs'
import { loadPyodide } from 'pyodide'
import { beforeAll, expect, test } from 'vitest'
import { ROOT } from '../../../scripts/bundle.ts'

interface Shown {
  text: string
  missing: string
}

let run: (code: string) => Shown

beforeAll(async () => {
  const python = await loadPyodide()
  python.runPython(readFileSync(`${ROOT}client/run/python/program.py`, 'utf8'))
  const program = python.globals.get('run')
  run = (code) => {
    let text = ''
    const write = (_kind: string, written: string) => {
      text += written
    }
    const missing = program(code, write, () => {}, false)
    return { text, missing }
  }
})

const PRINTS: [name: string, code: string, text: string | RegExp][] = [
  ['what it prints', 'print("one")\nprint("two", end="")\nprint(" and three")', 'one\ntwo and three'],
  ['the value of its last expression', 'x = 6\nx * 7', '42'],
  ['nothing for a last expression that is None', 'print("once")\nNone', 'once'],
  ['what it writes to both', 'import sys\nprint("out")\nprint("err", file=sys.stderr)', 'out\nerr'],
  [
    'text in any script, in a buffer too',
    'import sys\nsys.stdout.buffer.write("naïve 水車 🌊".encode())',
    /naïve 水車 🌊/,
  ],
  ['half of a pair that is no character', 'print("\\ud83d")', '\\ud83d'],
  [
    'an error with its line, and no line of the runner',
    'def half(x):\n    return x / 0\n\nhalf(1)',
    /^Traceback \(most recent call last\):\n {2}File "answer.py", line 4, in <module>\n {4}half\(1\)[\s\S]*line 2, in half[\s\S]*ZeroDivisionError: division by zero$/,
  ],
  [
    'an error of its syntax with its line',
    'x = 1\nif x\n    pass',
    /File "answer.py", line 2\n {4}if x[\s\S]*SyntaxError/,
  ],
  [
    'that nothing can be typed in',
    'name = input("Name? ")',
    /^Name\? [\s\S]*EOFError: Nothing can be typed in here/,
  ],
  ['the words of an exit', 'import sys\nsys.exit("no flour")', 'no flour'],
  ['nothing for an exit', 'print("before")\nraise SystemExit\nprint("after")', 'before'],
  ['a module that is in no list', 'import no_such_mill', /No module named 'no_such_mill'$/],
  [
    'what goes on where a package is missing',
    'try:\n    import numpy\nexcept ImportError:\n    print("without")',
    'without',
  ],
  [
    'a program of classes, as the main one',
    'from dataclasses import dataclass\nimport pickle\n@dataclass\nclass Mill:\n    wheel: str\nif __name__ == "__main__":\n    print(pickle.loads(pickle.dumps(Mill("overshot"))))',
    "Mill(wheel='overshot')",
  ],
  [
    'what the standard library makes',
    'import collections, datetime, decimal, fractions, hashlib, itertools, json, math, random, re, statistics, textwrap\nprint(json.dumps({"pi": round(math.pi, 3)}), statistics.mean([1, 2, 6]), fractions.Fraction(3, 6), hashlib.sha256(b"").hexdigest()[:4])',
    '{"pi": 3.142} 3 1/2 e3b0',
  ],
]

test.each(PRINTS)('shows %s', (_, code, text) => {
  const words = run(code).text.trim()
  if (typeof text === 'string') expect(words).toBe(text)
  else expect(words).toMatch(text)
})

test.each([
  ['import numpy.linalg', 'numpy'],
  ['import no_such_mill', 'no_such_mill'],
  ['from json import no_such_name', ''],
  ['raise ModuleNotFoundError("a mill")', ''],
  ['print(1)', ''],
])('of %j the module that was not found is %j', (code, missing) => {
  expect(run(code).missing).toBe(missing)
})

test('a program leaves no name for the next one', () => {
  run('wheel = "overshot"')
  expect(run('wheel').text).toContain("name 'wheel' is not defined")
})
