/** Texts to count: written ones, and random ones over all of Unicode. */
import fc from 'fast-check'

export const CODE: Readonly<Record<string, string>> = {
  python: `import numpy as np

def plot_2d_normal(mean=(0.0, 0.0), cov=((1, 0), (0, 1)), *, n: int = 100) -> None:
    """Draws the density of a 2-D Gaussian."""
    x, y = np.mgrid[-3:3:n * 1j, -3:3:n * 1j]
    z = np.exp(-0.5 * (x**2 + y**2)) / (2 * np.pi)  # isn't scaled
    print(f"peak={z.max():.4f}", z.shape)
`,
  typescript: `export async function* lines(body: ReadableStream<Uint8Array>): AsyncIterable<string> {
\tlet rest = ''
\tfor await (const chunk of body.pipeThrough(new TextDecoderStream())) {
\t\tconst parts = (rest + chunk).split(/\\r?\\n/)
\t\trest = parts.pop() ?? ''
\t\tyield* parts
\t}
\tif (rest !== '') yield rest // the last one has no end
}
`,
  rust: `#[derive(Debug, Clone, PartialEq)]
pub struct Ledger<'a> { name: &'a str, spent: u64, limit: Option<u64> }

impl<'a> Ledger<'a> {
    pub fn spend(&mut self, n: u64) -> Result<(), String> {
        match self.limit {
            Some(l) if self.spent + n > l => Err(format!("{}: {} > {l}", self.name, self.spent + n)),
            _ => { self.spent += n; Ok(()) }
        }
    }
}
`,
  c: `#include <stdio.h>\r
#define MAX(a, b) ((a) > (b) ? (a) : (b))\r
int main(int argc, char **argv) {\r
    unsigned long long h = 0xcbf29ce484222325ULL;\r
    for (const char *p = argc > 1 ? argv[1] : "x"; *p; ++p) h = (h ^ *p) * 0x100000001b3ULL;\r
    return printf("%016llx\\n", h) < 0;\r
}\r
`,
  sql: `SELECT c.name, COUNT(*) AS calls, SUM(u.tokens)/1000.0 AS "k tokens"
FROM usage AS u LEFT JOIN callers c ON c.id = u.caller_id
WHERE u.at >= '2026-11-01' AND c.name NOT LIKE '%test\\_%'
GROUP BY 1 HAVING SUM(u.tokens) > 10000 ORDER BY 3 DESC; -- the month's largest
`,
}

export const LANGUAGES: Readonly<Record<string, string>> = {
  english:
    "It's what we'd call a streamed answer: they'll read it AS it's WRITTEN, word by word. DON'T wait!",
  german: 'Fräulein Müßiggängers Donaudampfschifffahrtsgesellschaft fährt übermorgen nicht.',
  chinese: '我们今天去公园散步，天气非常好。人工智能模型一个字一个字地回答问题，读者不必等待。',
  japanese: 'ストリーミングは、回答を少しずつ表示する方法です。ｶﾞとガ、㍿、ｱｲｳ。',
  korean: '스트리밍은 답을 조금씩 보여 주는 방법이다. 한글 자모 ㅎㅏㄴ도 있다.',
  thai: 'การสตรีมคือการส่งคำตอบทีละส่วน ผู้อ่านไม่ต้องรอจนจบ ๑๒๓๔๕',
  arabic: 'البثّ يعني أنّ الجواب يصل كلمةً كلمةً، فلا ينتظر القارئ. ١٢٣٤٥٦',
  hindi: 'उत्तर शब्द-दर-शब्द आता है, पाठक को प्रतीक्षा नहीं करनी पड़ती। १२३४',
  hebrew: 'הַתְּשׁוּבָה מַגִּיעָה מִלָּה אַחַר מִלָּה',
  russian: 'Ответ приходит по словам: ЧИТАТЕЛЬ не ждёт. Съешь ещё этих мягких французских булок.',
  vietnamese: 'Tiếng Việt: câu trả lời đến từng chữ một, người đọc không phải chờ.',
}

export const ODD: Readonly<Record<string, string>> = {
  empty: '',
  'emoji with joiners': '👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇩🇪🇫🇷 ❤️‍🔥 1️⃣ 🧑🏿‍🚀!',
  'what looks like special tokens': '<|endoftext|><|im_start|>user<|im_end|> <|fim_prefix|> <|endofprompt|>',
  'lone surrogates': '\ud83d a\ude00b \udc00\udc00\ud800\ud800 \ud83d\ude00\ud83d',
  'marks without a letter': '\u0301\u0301 \u0301a!\u0301\u0301b \u20e3',
  blanks: ' a  b   c\t\td\n\n  e \r\n \r\n  \n f\u00a0\u00a0g\u3000 h\u2028i\ufeff j   ',
  numbers: '1 12 123 1234 12345 1234567890 ½ ²³ Ⅷ 𝟘𝟙𝟚𝟛 3.14159e-10',
  contractions: "I'm we'VE 'tis 'll'Ll x'sy 's's don't'nt 're're 'ſ ’s A'LLB 漢's 1's 'r 'v'",
  cases: 'camelCase PascalCase HTTPServer iPhoneX ǅabc ǲ ÀÉÎ àéî 漢ABc 漢AB ªBº ʰAʰa',
  'a capital before half a small letter': '漢AB𝑎 ˡՁ𝑎 ˡՁ𝐀'.repeat(9),
  signs: '!!! ... =/=\n/// https://a.b/c?d=e#f /\n/\r\n/ -->\n\n<!-- $_{x}^2$ \\(a\\) ((x)) ("y")',
  control: '\0\u0001\u007f\u0080\u0085a\u0085\u0085b\v\f\u001c c\u200b\u200d\u2060',
}

/** Characters on which the splitting into pre-tokens turns: at least one of each class. */
export const TELLING = ["'", 's', 'l', 'R', 'E', 'B', '漢', '\u0301', '1', ' ', '\n', '/', '!', '𝐀', '𝑎']

const anywhere = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code))
const inBlock = fc
  .tuple(
    fc.constantFrom(0x80, 0x100, 0x370, 0x400, 0x590, 0x600, 0x900, 0xe00, 0x1100, 0x2000, 0x3040),
    fc.nat(255),
  )
  .map(([block, i]) => String.fromCodePoint(block + i))
const han = fc.integer({ min: 0x4e00, max: 0x9fff }).map((code) => String.fromCodePoint(code))
const emoji = fc.integer({ min: 0x1f300, max: 0x1faff }).map((code) => String.fromCodePoint(code))
const ascii = fc.integer({ min: 0, max: 0x7f }).map((code) => String.fromCodePoint(code))
const half = fc.integer({ min: 0xd800, max: 0xdfff }).map((unit) => String.fromCharCode(unit))
const run = fc.tuple(fc.constantFrom(...TELLING, '\t', '=', 'x'), fc.integer({ min: 2, max: 40 }))
const word = fc.constantFrom(
  ' the',
  ' answer',
  'ing',
  'Stream',
  "'ll",
  '\r\n',
  '    ',
  'é',
  '。',
  '<|endoftext|>',
)

/** Up to some 60 pieces, a piece being a character of any range, a run of one, or a part of a word. */
export const randomText = fc
  .array(
    fc.oneof(
      { weight: 2, arbitrary: anywhere },
      { weight: 3, arbitrary: inBlock },
      { weight: 2, arbitrary: han },
      { weight: 1, arbitrary: emoji },
      { weight: 6, arbitrary: ascii },
      { weight: 1, arbitrary: half },
      { weight: 4, arbitrary: fc.constantFrom(...TELLING) },
      { weight: 1, arbitrary: run.map(([character, times]) => character.repeat(times)) },
      { weight: 4, arbitrary: word },
    ),
    { maxLength: 60, size: 'max' },
  )
  .map((pieces) => pieces.join(''))
