/** The entry of `widget.js`: defines the element, and creates one for a script tag with `data-launcher`. */
import { MillraceChat } from './define.ts'
import { launch } from './launcher/launch.ts'

// Set before any element is created: the default Worker is the script's origin.
MillraceChat.endpoint = new URL(import.meta.url).origin
launch(import.meta.url)
