/** Shows an answer from documents: `[[NAME]]` stands where the text rests on the document of that name. */
export const ON_YOUR_SITE = `One tag in your page is enough, and your page gives nothing away with it: no key, no account.

\`\`\`html
<script type="module" src="https://millrace.example.com/widget.js" data-launcher></script>
\`\`\`

It makes a bubble in the corner of the page, which opens the chat.[[WIDGET.md]] Your Worker needs two settings before:

- \`ALLOWED_ORIGINS\`, the origin of your site, such as \`https://www.example.com\`
- \`SESSION_SECRET\`, a secret by which it tells its visitors apart[[DEPLOY.md]]

Without them the chat tells visitors that it isn’t set up yet, and the browser’s console tells you which one is \
missing.[[WIDGET.md]] What a visitor may ask in a day has a limit from the start: 100,000 tokens.[[CONFIGURATION.md]]`
