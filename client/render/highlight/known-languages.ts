/**
 * The language names of code fences that can be coloured. They are a list of their own so that an unknown
 * name loads nothing.
 */

/** All are lower case. */
export const KNOWN_LANGUAGES: ReadonlySet<string> = new Set(
  'bash c c# c++ clj clojure cmake console cpp cs csharp css dart diff docker dockerfile elm erl erlang fortran go golang groovy h haskell hpp hs html ini java javascript jl js json json5 jsonc jsx julia kotlin kt latex less lisp lua m make makefile matlab mysql nginx objc objective-c octave patch perl pgsql pl plsql postgres postgresql powershell proto protobuf ps1 psql py python r rb rs ruby rust scala scheme scss sh shell sql sqlite svg swift tex toml ts tsx typescript vb verilog vhdl vue wasm wast wat xhtml xml yaml yml zsh'.split(
    ' ',
  ),
)
