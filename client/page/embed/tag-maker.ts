/** The tag maker: a form, the chat that it describes, live, and the tag to copy. Loaded when it is opened. */
import '../style/embed.css'
import { copyText } from '../../render/dom/copy-text.ts'
import { create } from '../../widget/view/element.ts'
import { getJson } from '../../widget/visitor/get-json.ts'
import type { Announcer } from '../announcer.ts'
import { listModels } from '../offer.ts'
import { warningsOf } from './contrast.ts'
import { createForm } from './form.ts'
import { createPreview, previewWarnings } from './preview.ts'
import { problemsOf, type Release, tagOf } from './tag.ts'
import { toRgb } from './to-rgb.ts'

const FEEDBACK_MS = 2000
const isColor = (text: string) => CSS.supports('color', text)

/**
 * @param send calls the Worker
 * @throws {TypeError} if the Worker doesn't say which version of the widget it has
 */
export async function createTagMaker(
  place: HTMLElement,
  announcer: Announcer,
  send: typeof fetch,
): Promise<void> {
  const [release, models] = await Promise.all([
    // The list of the widget's parts: it names the version and its hash.
    getJson<Omit<Release, 'origin'>>('/widget-chunks.json', fetch),
    listModels(send),
  ])
  const { version, integrity } = release ?? {}
  if (!version || !integrity) throw new TypeError('The widget’s version is not known.')
  const preview = createPreview()
  const code = create('code')
  const shown = create('pre', { class: 'tag', tabindex: '0', role: 'region', 'aria-label': 'The tag' }, code)
  const copy = create('button', { type: 'button', class: 'solid' }, 'Copy the tag')
  const form = createForm(models, version, update)

  function update(): void {
    const settings = form.read()
    const problems = problemsOf(settings, isColor)
    form.showProblems(problems, { ...warningsOf(settings.colors, toRgb), ...previewWarnings(settings) })
    // What is not right is in neither the tag nor the preview: both stay as they were.
    const isRight = Object.keys(problems).length === 0
    copy.disabled = !isRight
    shown.classList.toggle('stale', !isRight)
    if (!isRight) return
    code.textContent = tagOf(
      settings,
      { origin: location.origin, version, integrity } as Release,
      form.pinned,
    )
    preview.show(settings)
  }

  copy.addEventListener('click', async () => {
    const copied = await copyText(code.textContent, code)
    copy.textContent = copied ? 'Copied' : 'Press Ctrl+C'
    announcer.say(copied ? 'The tag is copied.' : 'The tag is selected: copy it by keyboard.')
    setTimeout(() => {
      copy.textContent = 'Copy the tag'
    }, FEEDBACK_MS)
  })
  update()
  place.append(
    create(
      'div',
      { class: 'embed' },
      form.element,
      create(
        'div',
        { class: 'embed-side' },
        preview.element,
        shown,
        create('div', { class: 'copy' }, copy, advice()),
      ),
    ),
  )
}

/** What the Worker needs beside the tag. */
function advice(): HTMLElement {
  const setting = (name: string) => create('code', {}, name)
  if (/^(localhost|127\.0\.0\.1|\[::1\])$/.test(location.hostname)) {
    return create(
      'p',
      { class: 'advice' },
      'This tag has your own machine’s address. A deployed Worker makes it with its own.',
    )
  }
  return create(
    'p',
    { class: 'advice' },
    'The Worker lets your site in by ',
    setting('ALLOWED_ORIGINS'),
    ' and ',
    setting('SESSION_SECRET'),
    '.',
  )
}
