/** The names that a fence may have for its code to be coloured. They are here so that no other name loads anything. */

/** In lower case. */
export const KNOWN_LANGUAGES: ReadonlySet<string> = new Set(
  'bash c c# c++ clj clojure cmake console cpp cs csharp css dart diff docker dockerfile elm erl erlang fortran go golang groovy h haskell hpp hs html ini java javascript jl js json json5 jsonc jsx julia kotlin kt latex less lisp lua m make makefile matlab mysql nginx objc objective-c octave patch perl pgsql pl plsql postgres postgresql powershell proto protobuf ps1 psql py python r rb rs ruby rust scala scheme scss sh shell sql sqlite svg swift tex toml ts tsx typescript vb verilog vhdl vue wasm wast wat xhtml xml yaml yml zsh'.split(
    ' ',
  ),
)
