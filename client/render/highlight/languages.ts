/** The languages that can be coloured: CodeMirror's stream modes, each loaded on first use. */
import type { StreamParser } from '@codemirror/streamparser'

type Load = () => Promise<StreamParser<unknown>>

const javascript = () => import('@codemirror/legacy-modes/mode/javascript')
const clike = () => import('@codemirror/legacy-modes/mode/clike')
const css = () => import('@codemirror/legacy-modes/mode/css')
const sql = () => import('@codemirror/legacy-modes/mode/sql')
const xml = () => import('@codemirror/legacy-modes/mode/xml')

/** Keys are the names of a language. `known-languages.ts` repeats all of them. */
const MODES: Record<string, Load> = {
  'js javascript jsx': async () => (await javascript()).javascript,
  'ts tsx typescript vue': async () => (await javascript()).typescript,
  'json json5 jsonc': async () => (await javascript()).json,
  'c h': async () => (await clike()).c,
  'c++ cpp hpp': async () => (await clike()).cpp,
  'c# cs csharp': async () => (await clike()).csharp,
  dart: async () => (await clike()).dart,
  java: async () => (await clike()).java,
  'kotlin kt': async () => (await clike()).kotlin,
  'm objc objective-c': async () => (await clike()).objectiveC,
  scala: async () => (await clike()).scala,
  css: async () => (await css()).css,
  less: async () => (await css()).less,
  scss: async () => (await css()).sCSS,
  sql: async () => (await sql()).standardSQL,
  mysql: async () => (await sql()).mySQL,
  'pgsql postgres postgresql psql': async () => (await sql()).pgSQL,
  plsql: async () => (await sql()).plSQL,
  sqlite: async () => (await sql()).sqlite,
  'html xhtml': async () => (await xml()).html,
  'svg xml': async () => (await xml()).xml,
  'bash console sh shell zsh': async () => (await import('@codemirror/legacy-modes/mode/shell')).shell,
  'clj clojure': async () => (await import('@codemirror/legacy-modes/mode/clojure')).clojure,
  cmake: async () => (await import('@codemirror/legacy-modes/mode/cmake')).cmake,
  'diff patch': async () => (await import('@codemirror/legacy-modes/mode/diff')).diff,
  'docker dockerfile': async () => (await import('@codemirror/legacy-modes/mode/dockerfile')).dockerFile,
  elm: async () => (await import('@codemirror/legacy-modes/mode/elm')).elm,
  'erl erlang': async () => (await import('@codemirror/legacy-modes/mode/erlang')).erlang,
  fortran: async () => (await import('@codemirror/legacy-modes/mode/fortran')).fortran,
  'go golang': async () => (await import('@codemirror/legacy-modes/mode/go')).go,
  groovy: async () => (await import('@codemirror/legacy-modes/mode/groovy')).groovy,
  'haskell hs': async () => (await import('@codemirror/legacy-modes/mode/haskell')).haskell,
  ini: async () => (await import('@codemirror/legacy-modes/mode/properties')).properties,
  'jl julia': async () => (await import('@codemirror/legacy-modes/mode/julia')).julia,
  'latex tex': async () => (await import('@codemirror/legacy-modes/mode/stex')).stex,
  lisp: async () => (await import('@codemirror/legacy-modes/mode/commonlisp')).commonLisp,
  lua: async () => (await import('@codemirror/legacy-modes/mode/lua')).lua,
  'make makefile': async () => (await import('@codemirror/legacy-modes/mode/cmake')).cmake,
  'matlab octave': async () => (await import('@codemirror/legacy-modes/mode/octave')).octave,
  nginx: async () => (await import('@codemirror/legacy-modes/mode/nginx')).nginx,
  'perl pl': async () => (await import('@codemirror/legacy-modes/mode/perl')).perl,
  'powershell ps1': async () => (await import('@codemirror/legacy-modes/mode/powershell')).powerShell,
  'proto protobuf': async () => (await import('@codemirror/legacy-modes/mode/protobuf')).protobuf,
  'py python': async () => (await import('@codemirror/legacy-modes/mode/python')).python,
  r: async () => (await import('@codemirror/legacy-modes/mode/r')).r,
  'rb ruby': async () => (await import('@codemirror/legacy-modes/mode/ruby')).ruby,
  'rs rust': async () => (await import('@codemirror/legacy-modes/mode/rust')).rust,
  scheme: async () => (await import('@codemirror/legacy-modes/mode/scheme')).scheme,
  swift: async () => (await import('@codemirror/legacy-modes/mode/swift')).swift,
  toml: async () => (await import('@codemirror/legacy-modes/mode/toml')).toml,
  vb: async () => (await import('@codemirror/legacy-modes/mode/vb')).vb,
  verilog: async () => (await import('@codemirror/legacy-modes/mode/verilog')).verilog,
  vhdl: async () => (await import('@codemirror/legacy-modes/mode/vhdl')).vhdl,
  'wasm wast wat': async () => (await import('@codemirror/legacy-modes/mode/wast')).wast,
  'yaml yml': async () => (await import('@codemirror/legacy-modes/mode/yaml')).yaml,
}

export const LANGUAGE_NAMES: readonly string[] = Object.keys(MODES).flatMap((names) => names.split(' '))

/** @param language one of the names above, in lower case */
export async function loadMode(language: string): Promise<StreamParser<unknown> | undefined> {
  const load = Object.entries(MODES).find(([names]) => names.split(' ').includes(language))?.[1]
  return load?.()
}
