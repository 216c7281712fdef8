/** Shows code in two languages, and links. */
export const SERVER_SENT_EVENTS = `**A stream of server-sent events is a \`fetch\` whose response takes its time.** The server \
keeps the response open and writes one small message after another into its body. This is the whole format:

\`\`\`http
HTTP/1.1 200 OK
Content-Type: text/event-stream

id: 1
data: {"text": "Hello"}

id: 2
data: {"text": ", world"}

\`\`\`

Each line is a field, and an empty line ends a message. Browsers have a reader for it:

\`\`\`js
const events = new EventSource('/news')
events.onmessage = ({ data }) => show(data)
events.onerror = () => show('Trying again…')
\`\`\`

What \`fetch\` doesn’t do for you, \`EventSource\` does: it connects again when the connection breaks, and names the last \
id it saw in the header \`Last-Event-ID\`, so that the server can go on from there.

It has a price: it sends no body and no headers of your own, only a \`GET\`. To ask by \`POST\`, as chats do, read the body \
yourself:

\`\`\`js
import * as sse from 'eventsource-parser/stream'

const ask = { method: 'POST', body: question }
const { body } = await fetch('/ask', ask)
const events = body
  .pipeThrough(new TextDecoderStream())
  .pipeThrough(new sse.EventSourceParserStream())
for await (const { data } of events) show(data)
\`\`\`

Don’t split the text at empty lines by hand: a chunk may end in the middle of a message, or of a character.

Read on: [the standard](https://html.spec.whatwg.org/multipage/server-sent-events.html), \
[MDN’s guide](https://developer.mozilla.org/en-US/docs/Web/API/Server-sent_events/Using_server-sent_events) and \
[eventsource-parser](https://github.com/rexxars/eventsource-parser), which Millrace uses too.`
